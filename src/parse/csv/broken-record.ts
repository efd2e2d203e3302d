/* Finds how far a record with broken quotes may go. After `1,"a "b" c` and a line end, either the record is over, or a later quote closes a
   field that contains the line end. No row may consist of a part of such a field, so all lines that may belong to it are rejected. */
import { option } from '../../errors.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import type { CsvDialect } from './csv-dialect.js'
import { RecordWalk } from './record-walk.js'

/** After this many bytes of correct records, a broken record has certainly ended, because no text looks like that. */
const convincingBytes = 65_536

/** `unknownEnd`: finding the end takes more input. `openEnd`: the record ends in a quote that is never closed. */
const unknownEnd: number = -1
export const openEnd: number = -2

/** Finds the ends of broken records. Remembers its findings about later bytes for the next broken record. */
export class BrokenRecords {
  readonly #walk: RecordWalk
  readonly #lines: LineTokenizer
  /** Between these input offsets, no record has a quote that can close a field opened before that record. */
  #knownFrom = 0
  #knownTo = 0
  /** From this input offset on, records are correct. */
  #goodFrom = 0

  constructor(dialect: CsvDialect, lines: LineTokenizer) {
    this.#walk = new RecordWalk(dialect, { isLax: dialect.quotes !== 'strict' })
    this.#lines = lines
  }

  /** Position of the open quote, if `endOf` returned `openEnd`. */
  get openAt(): number {
    return this.#walk.openAt
  }

  /**
   * Finds the end of everything that may belong to the record at `start`, whose quotes are broken. Returns `openEnd` if
   * a quote of the record is never closed, and `unknownEnd` if the end cannot be determined.
   */
  endOf(start: number, fieldCount: number): number {
    const walk = this.#walk
    const lines = this.#lines
    walk.limitTo(start, lines)
    walk.maySettleOpen = false
    // Later input cannot change the result.
    const isFinal = lines.ended || walk.limit < walk.end
    if (!walk.walk(start)) return walk.openAt >= 0 && isFinal ? openEnd : unknownEnd
    let { next } = walk
    let inDoubt = walk.isInDoubt
    walk.maySettleOpen = isFinal
    while (inDoubt) {
      const settled = this.#settledBehind(next, fieldCount)
      if (settled === undefined && !isFinal) return unknownEnd
      inDoubt = settled !== undefined && settled > next
      if (inDoubt) next = settled!
    }
    return next
  }

  /**
   * Continues after a line end that may lie inside a field, as if the record ended there.
   * @returns the position after a later record that may close the field; 0 if there is none; undefined if the limit comes first
   */
  #settledBehind(lineEnd: number, fieldCount: number): number | undefined {
    const walk = this.#walk
    const { offset } = this.#lines.window
    const from = lineEnd + offset
    let p = lineEnd
    let goodFrom = from
    if (from >= this.#knownFrom && from <= this.#knownTo) {
      p = this.#knownTo - offset
      goodFrom = Math.max(from, this.#goodFrom)
    } else this.#knownFrom = from
    for (;;) {
      this.#knownTo = p + offset
      this.#goodFrom = goodFrom
      if (fieldCount > 1 && p + offset - goodFrom >= convincingBytes) return 0
      const isRecord = p < walk.limit && !this.#lines.isNoRecord(p)
      if (!(isRecord ? walk.walk(p) : walk.walkLine(p))) return undefined
      if (isRecord && walk.maySettle) return walk.next
      p = walk.next
      if (isRecord && (walk.isBroken || walk.fieldCount !== fieldCount)) goodFrom = p + offset
    }
  }
}

/** Message for a quote inside field `fieldNumber`, from 1. @param lineCount  number of lines that are rejected for this quote */
export function quoteMessage(fieldNumber: number, lineCount = 1): string {
  const more =
    lineCount === 1
      ? ''
      : `; all ${lineCount} lines up to the next certain end of a record are rejected with it`
  return (
    `field ${fieldNumber} has a quote in the middle${more}: put the field in quotes and double the quotes inside, ` +
    `or load quotes as text, with ${option('input.quotes')} lax those inside unquoted fields, with ${option('input.quotes')} excel those of formulas such as ="1", with ${option('input.quote')} '' all`
  )
}
