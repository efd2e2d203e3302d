/*
  Splits a sample into records by a dialect that is being tried. Refuses nothing, but shows how well the dialect fits.
*/
import { isAt } from '../cells/cell-bytes.js'
import { carriageReturn, lineFeed } from '../line-ends.js'
import type { CsvDialect } from './csv-dialect.js'

/** The parts of a dialect that split records. */
export type TriedDialect = Pick<CsvDialect, 'delimiter' | 'quote' | 'escape' | 'comment' | 'trim'>

const blank = 32
const tab = 9

/** Longest quoted field. A quote that is not closed within this length counts as an ordinary character. */
const maxQuotedBytes = 65_536

/** Steps from record to record. `starts`, `ends` and `quoted` describe the fields of the current record. */
export class SampleRecords {
  readonly bytes: Uint8Array
  readonly starts: number[] = []
  readonly ends: number[] = []
  readonly quoted: boolean[] = []
  fieldCount = 0
  /** `hasQuoted`: the record has a quoted field. `isBroken`: the record has a quote where none may be. */
  hasQuoted = false
  isBroken = false
  /** True if the record is broken in a field that begins with a quote. */
  isMisquoted = false
  /** True if the `maxQuotedBytes` bytes after an opening quote contain neither the closing quote nor a line end. */
  isOverlong = false
  readonly #buffer: Buffer
  readonly #isWhole: boolean
  readonly #delimiter: Uint8Array
  readonly #quote: number
  readonly #escape: number
  readonly #comment: Uint8Array
  readonly #trim: boolean
  readonly #special: Uint8Array = new Uint8Array(256)
  /** Position of the next record. */
  #at: number

  /**
   * @param from  where the first record may begin
   * @param isWhole  true if the input ends with the sample
   */
  constructor(bytes: Uint8Array, from: number, isWhole: boolean, dialect: TriedDialect) {
    const encoder = new TextEncoder()
    this.bytes = bytes
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#at = from
    this.#isWhole = isWhole
    this.#delimiter = encoder.encode(dialect.delimiter)
    this.#quote = dialect.quote === '' ? -1 : encoder.encode(dialect.quote)[0]!
    this.#escape = dialect.escape === '' ? -1 : encoder.encode(dialect.escape)[0]!
    this.#comment = encoder.encode(dialect.comment)
    this.#trim = dialect.trim
    for (const byte of [lineFeed, carriageReturn, this.#delimiter[0]!]) this.#special[byte] = 1
    if (this.#quote >= 0) this.#special[this.#quote] = 1
  }

  /** Moves to the next complete record. Returns false if there is none. */
  next(): boolean {
    this.#passOtherLines()
    const { bytes } = this
    if (this.#at >= bytes.length) return false
    this.fieldCount = 0
    this.hasQuoted = false
    this.isBroken = false
    this.isMisquoted = false
    this.isOverlong = false
    let p = this.#at
    for (;;) {
      const open = this.#trim ? this.#afterBlanks(p) : p
      const after = bytes[open] === this.#quote ? this.#passQuoted(open) : -1
      p = after < 0 ? this.#passPlain(p) : after
      this.fieldCount++
      if (!this.#isDelimiter(p)) break
      p += this.#delimiter.length
    }
    if (p >= bytes.length - 1 && !this.#isWhole) return false
    this.#at = this.#afterLineEnd(p)
    return true
  }

  /** The text of a field, with one character per byte. */
  text(field: number): string {
    return this.#buffer.toString('latin1', this.starts[field], this.ends[field])
  }

  /** The unescaped bytes of a field. */
  cell(field: number): Uint8Array {
    const start = this.starts[field]!
    const end = this.ends[field]!
    if (!this.quoted[field]) return this.bytes.subarray(start, end)
    const kept: number[] = []
    for (let p = start; p < end; p++) {
      const next = this.bytes[p + 1]
      const isEscape = this.bytes[p] === this.#escape && p + 1 < end
      if (isEscape && (next === this.#quote || next === this.#escape)) p++
      kept.push(this.bytes[p]!)
    }
    return Uint8Array.from(kept)
  }

  #passOtherLines(): void {
    const { bytes } = this
    for (;;) {
      const c = bytes[this.#at]
      if (c === lineFeed || c === carriageReturn) this.#at++
      else if (this.#comment.length > 0 && this.#isAt(this.#comment, this.#at)) {
        this.#at = this.#afterLineEnd(lineEndFrom(bytes, this.#at))
      } else return
    }
  }

  #afterLineEnd(p: number): number {
    return this.bytes[p] === carriageReturn && this.bytes[p + 1] === lineFeed ? p + 2 : p + 1
  }

  #add(start: number, end: number, isQuoted: boolean): void {
    this.starts[this.fieldCount] = start
    this.ends[this.fieldCount] = end
    this.quoted[this.fieldCount] = isQuoted
  }

  #passPlain(start: number): number {
    const { bytes } = this
    const special = this.#special
    let p = start
    for (; p < bytes.length; p++) {
      const c = bytes[p]!
      if (special[c] === 0) continue
      if (c === this.#quote) this.isBroken = true
      else if (c !== this.#delimiter[0] || this.#isDelimiter(p)) break
    }
    this.#add(start, p, false)
    return p
  }

  /** Offset after the closing quote, or −1 if the field is not quoted. */
  #passQuoted(open: number): number {
    const { bytes } = this
    const quote = this.#quote
    const isDoubled = this.#escape === quote
    const end = Math.min(bytes.length, open + maxQuotedBytes)
    let p = open + 1
    for (; p < end; p++) {
      if (!isDoubled && bytes[p] === this.#escape) p++
      else if (bytes[p] === quote) {
        if (isDoubled && bytes[p + 1] === quote) p++
        else break
      }
    }
    if (p >= end) {
      if (!this.#isWhole && end === bytes.length) return bytes.length
      if (end < bytes.length && lineEndFrom(bytes, open) >= end) this.isOverlong = true
      return this.#misquoted()
    }
    const after = this.#trim ? this.#afterBlanks(p + 1) : p + 1
    const c = bytes[after]
    if (c === undefined || c === lineFeed || c === carriageReturn || this.#isDelimiter(after)) {
      this.hasQuoted = true
      this.#add(open + 1, p, true)
      return after
    }
    return this.#misquoted()
  }

  #misquoted(): number {
    this.isBroken = true
    this.isMisquoted = true
    return -1
  }

  #afterBlanks(start: number): number {
    const { bytes } = this
    let p = start
    while ((bytes[p] === blank || bytes[p] === tab) && !this.#isDelimiter(p)) p++
    return p
  }

  #isDelimiter(p: number): boolean {
    return this.#isAt(this.#delimiter, p)
  }

  #isAt(text: Uint8Array, p: number): boolean {
    return isAt(text, this.bytes, p)
  }
}

/** Position of the first line end from `start` on, or the end of `bytes`. */
export function lineEndFrom(bytes: Uint8Array, start: number): number {
  let p = start
  while (p < bytes.length && bytes[p] !== lineFeed && bytes[p] !== carriageReturn) p++
  return p
}

/** Position after the first `count` lines. */
export function afterLines(bytes: Uint8Array, count: number): number {
  let p = 0
  for (let left = count; left > 0 && p < bytes.length; left--) {
    p = lineEndFrom(bytes, p)
    p += bytes[p] === carriageReturn && bytes[p + 1] === lineFeed ? 2 : 1
  }
  return p
}

/** The delimiter in a first line `sep=;`, which spreadsheets write and read. */
export function separatorLine(bytes: Uint8Array): string | undefined {
  const line = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  return /^sep=([^\r\n])(?:[\r\n]|$)/i.exec(line)?.[1]
}
