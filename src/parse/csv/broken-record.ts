/*
  Finds how far a record with broken quotes may extend. After `1,"a "b" c` and a line end, either the record is over, or a later
  quote closes a field that contains the line end. No row may be made of a part of such a field, so all lines that may belong to
  the record are rejected with it.
*/
import { isAt } from '../cells/cell-bytes.js'
import { carriageReturn, lineFeed } from '../line-ends.js'
import type { CsvDialect } from './csv-dialect.js'

/** After this many bytes of correct records, a broken record has certainly ended, because no text looks like that. */
const convincingBytes = 65_536

/** `unknownEnd`: finding the end takes more input. `openEnd`: the record ends in a quote that is never closed. */
export const unknownEnd: number = -1
export const openEnd: number = -2

export interface BrokenInput {
  readonly bytes: Uint8Array
  /** End of the bytes received. */
  readonly end: number
  /** Like `end`, but without the line feed that the reader adds if the input does not end with one. */
  readonly contentEnd: number
  /** Position of `bytes[0]` in the input. */
  readonly offset: number
  /** True if no more bytes come, and the last ones end a line. */
  readonly ended: boolean
  readonly fieldCount: number
  /** True if a blank line or a comment begins at the position. */
  readonly isNoRecord: (position: number) => boolean
}

const blank = 32
const tab = 9

/** Finds the ends of broken records. Remembers its findings about later bytes for the next broken record. */
export class BrokenRecords {
  /** Position of the open quote, if `endOf` returned `openEnd`. */
  openAt = -1
  readonly #delimiter: Uint8Array
  readonly #quote: Uint8Array
  readonly #escape: Uint8Array
  readonly #isDoubled: boolean
  readonly #trim: boolean
  readonly #lax: boolean
  readonly #maxRecordBytes: number
  #input!: BrokenInput
  /** The result must not depend on bytes from this position on. */
  #limit = 0
  /** Position after the record scanned last, its number of fields, and whether all its quotes are right. */
  #next = 0
  #fields = 0
  #isClean = true
  /** True if a line end of the record scanned last may lie inside a field. */
  #isInDoubt = false
  /** True if the record scanned last has a quote that may close a field opened before that record. */
  #maySettle = false
  /** True while records after the broken one are scanned. */
  #isSettling = false
  /** Between these input offsets, no record has a quote that can close a field opened before that record. */
  #knownFrom = 0
  #knownTo = 0
  /** From this input offset on, records are correct. */
  #goodFrom = 0

  constructor(dialect: CsvDialect) {
    const encoder = new TextEncoder()
    this.#delimiter = encoder.encode(dialect.delimiter)
    this.#quote = encoder.encode(dialect.quote)
    this.#escape = encoder.encode(dialect.escape)
    this.#isDoubled = dialect.escape === dialect.quote
    this.#trim = dialect.trim
    this.#lax = dialect.quotes === 'lax'
    this.#maxRecordBytes = dialect.maxRecordBytes
  }

  /** Forgets the findings about the previous input. */
  begin(): void {
    this.#knownFrom = 0
    this.#knownTo = 0
    this.#goodFrom = 0
  }

  /**
   * Finds the end of everything that may belong to the record at `start`, whose quotes are broken. Returns `openEnd` if
   * a quote of the record is never closed, and `unknownEnd` if the end cannot be determined.
   */
  endOf(start: number, input: BrokenInput): number {
    this.#input = input
    this.#isSettling = false
    const limit = start + this.#maxRecordBytes
    this.#limit = input.contentEnd > limit ? limit : input.end
    if (!this.#walk(start)) return this.openAt >= 0 && this.#isFinal() ? openEnd : unknownEnd
    let next = this.#next
    let inDoubt = this.#isInDoubt
    this.#isSettling = true
    while (inDoubt) {
      const settled = this.#settledBehind(next)
      if (settled === undefined) return unknownEnd
      inDoubt = settled > next
      next = Math.max(next, settled)
    }
    return next
  }

  /** True if later input cannot change the result. */
  #isFinal(): boolean {
    return this.#input.ended || this.#limit < this.#input.end
  }

  /**
   * Continues after a line end that may lie inside a field, as if the record ended there.
   * @returns the position after a later record that may close the field; 0 if there is none; undefined if more input is
   *   needed
   */
  #settledBehind(lineEnd: number): number | undefined {
    const { offset, isNoRecord, fieldCount } = this.#input
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
      const isRecord = p < this.#limit && !isNoRecord(p)
      if (!(isRecord ? this.#walk(p) : this.#passLine(p))) return this.#isFinal() ? 0 : undefined
      if (isRecord && this.#maySettle) return this.#next
      p = this.#next
      if (isRecord && !(this.#isClean && this.#fields === fieldCount)) goodFrom = p + offset
    }
  }

  #passLine(start: number): boolean {
    const { bytes } = this.#input
    let p = start
    while (p < this.#limit && bytes[p] !== lineFeed && bytes[p] !== carriageReturn) p++
    return this.#endLine(p)
  }

  /**
   * Walks over the record at `start`. Treats impossible quotes as ordinary characters.
   * @returns false if the record does not end before the limit
   */
  #walk(start: number): boolean {
    this.#fields = 0
    this.#isClean = true
    this.#isInDoubt = false
    this.#maySettle = false
    this.openAt = -1
    let p = start
    for (;;) {
      const open = this.#quote.length > 0 && this.#trim ? this.#afterBlanks(p) : p
      p = this.#isQuote(open) ? this.#walkQuoted(open) : this.#walkPlain(p, p)
      if (p < 0) return false
      this.#fields++
      if (!this.#isAt(this.#delimiter, p)) return this.#endLine(p)
      p += this.#delimiter.length
    }
  }

  /** Walks over a quoted field. Returns the position of the delimiter or line end after it, or −1 at the limit. */
  #walkQuoted(open: number): number {
    const quote = this.#quote
    let p = open + quote.length
    // The opening quote may instead close an earlier field, if that field could end here.
    const mayClose = this.#endsField(p)
    if (mayClose) this.#maySettle = true
    for (;;) {
      if (p >= this.#limit) {
        if (mayClose && this.#isSettling && this.#isFinal()) return this.#walkPlain(open, -1)
        this.openAt = open
        return -1
      }
      if (!this.#isDoubled && this.#isAt(this.#escape, p)) {
        const escaped = p + this.#escape.length
        if (this.#isQuote(escaped) || this.#isAt(this.#escape, escaped)) p = escaped
        p++
      } else if (!this.#isQuote(p)) p++
      else if (this.#isDoubled && this.#isQuote(p + quote.length)) p += 2 * quote.length
      else break
    }
    p += quote.length
    const after = this.#trim ? this.#afterBlanks(p) : p
    if (after >= this.#limit) return -1
    if (this.#endsField(after)) return after
    this.#isClean = false
    this.#isInDoubt = true
    return this.#walkPlain(p, -1)
  }

  /**
   * Walks to the end of a field. Treats quotes as ordinary characters.
   * @param start  start of the field; −1 if the walk begins inside the field
   */
  #walkPlain(from: number, start: number): number {
    const { bytes } = this.#input
    let isBlank = start >= 0
    let p = from
    for (;;) {
      if (p >= this.#limit) return -1
      const c = bytes[p]!
      if (c === lineFeed || c === carriageReturn || this.#isAt(this.#delimiter, p)) return p
      if (this.#isQuote(p)) {
        if (!this.#lax) this.#isClean = false
        if (this.#endsField(p + this.#quote.length)) this.#maySettle = true
        // Some programs write blanks before an opening quote.
        if (isBlank) this.#isInDoubt = true
      }
      isBlank &&= c === blank || c === tab
      p++
    }
  }

  #afterBlanks(start: number): number {
    const { bytes } = this.#input
    let p = start
    while ((bytes[p] === blank || bytes[p] === tab) && !this.#isAt(this.#delimiter, p)) p++
    return p
  }

  #endsField(p: number): boolean {
    const c = this.#input.bytes[p]
    return c === lineFeed || c === carriageReturn || this.#isAt(this.#delimiter, p)
  }

  #isQuote(p: number): boolean {
    return this.#quote.length > 0 && this.#isAt(this.#quote, p)
  }

  #isAt(text: Uint8Array, p: number): boolean {
    return isAt(text, this.#input.bytes, p)
  }

  /** Ends a record or line at `p`. Returns false if the line end is incomplete before the limit. */
  #endLine(p: number): boolean {
    const { bytes, end } = this.#input
    if (p >= this.#limit || (bytes[p] === carriageReturn && p + 1 >= end)) return false
    this.#next = bytes[p] === carriageReturn && bytes[p + 1] === lineFeed ? p + 2 : p + 1
    return this.#next <= this.#limit
  }
}
