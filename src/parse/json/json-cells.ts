/*
  Turns the values of members into cells: the text of a value unchanged, or the elements of an array one after the other. If a
  column refuses a kind of value, the record becomes a reject, or with `lenient` the cell becomes null.
*/
import { clippedText } from '../shown-text.js'
import { elementSeparator } from '../columns/array-column.js'
import { jsonKinds, kindsText } from './json-kinds.js'
import type { JsonMember } from './json-members.js'
import { closeBracket, comma, openBracket, quote, type JsonScanner } from './json-scanner.js'
import type { Fault, RecordBlock } from '../record-block.js'

/** The end of each message that refuses NaN or an infinity. */
export const notJsonAdvice = 'which JSON does not have: write null instead'

export class JsonCells {
  /** The reason why the value scanned last is unsuitable although it is JSON; undefined if it is not JSON. */
  obstacle: Fault | undefined
  readonly #scanner: JsonScanner
  readonly #members: readonly JsonMember[]
  readonly #lenient: boolean

  constructor(scanner: JsonScanner, members: readonly JsonMember[], lenient: boolean) {
    this.#scanner = scanner
    this.#members = members
    this.#lenient = lenient
  }

  /** Scans the value at `p` into the row's cell. Returns the position after the value, or −1. */
  scan(block: RecordBlock, row: number, field: number, p: number): number {
    const scanner = this.#scanner
    const { kinds, elementKinds } = this.#members[field]!
    const cell = row * block.fieldCount + field
    const c = scanner.bytes[p]
    if (elementKinds !== 0 && c === openBracket) {
      const start = scanner.scratch
      const next = this.#scanElements(block, row, field, p)
      block.starts[cell] = start
      block.ends[cell] = scanner.scratch
      return next
    }
    const next = c === quote ? scanner.string(p) : scanner.value(p)
    if (next < 0) return next
    const { kind } = scanner
    block.starts[cell] = scanner.textStart
    block.ends[cell] = kind === jsonKinds.null ? scanner.textStart : scanner.textEnd
    if (block.numberCells !== undefined) {
      block.numberCells[cell] = kind === jsonKinds.number ? 1 : 0
    }
    if ((kinds & kind) === 0 && kind !== jsonKinds.null) {
      block.ends[cell] = scanner.textStart
      return this.wrongKind(block, row, field, kinds) ? next : -1
    }
    if (kind === jsonKinds.string && scanner.brokenSurrogate) {
      block.ends[cell] = scanner.textStart
      return this.#brokenText(block, row, field) ? next : -1
    }
    return next
  }

  /** Writes the elements of an array one after the other, with separators between them. A null becomes an empty element. */
  #scanElements(block: RecordBlock, row: number, field: number, open: number): number {
    const scanner = this.#scanner
    const { bytes } = scanner
    const { elementKinds } = this.#members[field]!
    let p = scanner.skipBlanks(open + 1)
    if (bytes[p] === closeBracket) return p + 1
    for (;;) {
      const to = scanner.scratch
      p = scanner.value(p)
      if (p < 0) return p
      const { kind, textStart, textEnd } = scanner
      scanner.scratch = to
      if (kind !== jsonKinds.null) {
        const suits = (elementKinds & kind) !== 0
        if (suits && !bytes.subarray(textStart, textEnd).includes(elementSeparator)) {
          // A text with escapes needs no copying, because the scanner has already written it to `to`.
          if (textStart !== to) bytes.copyWithin(to, textStart, textEnd)
          scanner.scratch = to + textEnd - textStart
        } else if (!this.wrongKind(block, row, field, elementKinds)) return -1
      }
      p = scanner.skipBlanks(p)
      if (bytes[p] === closeBracket) return p + 1
      if (bytes[p] !== comma) return scanner.stop(p)
      bytes[scanner.scratch++] = elementSeparator
      p = scanner.skipBlanks(p + 1)
    }
  }

  /** Handles a value of a kind that the column refuses. Returns true if the record may still be a row. */
  wrongKind(block: RecordBlock, row: number, field: number, kinds: number): boolean {
    const { bytes, textStart, textEnd, kind } = this.#scanner
    const { columnName, typeText, formatHint } = this.#members[field]!
    if (this.#lenient) {
      block.addWrongCell(row, field)
      return true
    }
    const hint = kind === jsonKinds.number ? formatHint?.(bytes, textStart, textEnd) : undefined
    const value = clippedText(bytes, textStart, textEnd)
    const got = kind === jsonKinds.string ? `the string "${value}"` : value
    const advice = kind === jsonKinds.notFinite ? `, ${notJsonAdvice}` : ''
    const message = `${typeText} column "${columnName}": expected ${kindsText(kinds)}${hint === undefined ? '' : `, ${hint}`}, got ${got}${advice}`
    this.obstacle = { code: 'DDB_INPUT_CELL', class: 'type', message, columnName, value }
    return false
  }

  #brokenText(block: RecordBlock, row: number, field: number): boolean {
    const { columnName, typeText } = this.#members[field]!
    if (this.#lenient) {
      block.addWrongCell(row, field)
      return true
    }
    const message = `${typeText} column "${columnName}": half of a surrogate pair is not text`
    this.obstacle = { code: 'DDB_INPUT_ENCODING', message, columnName }
    return false
  }
}
