/* Walks over records of any dialect of delimited text, and shows where the fields are. The strict walk of the reader ends at a wrong quote.
   Other walks refuse nothing: for them a wrong quote is an ordinary character. */
import * as ascii from '../ascii.js'
import { isAt, trimmedEnd, trimmedStart } from '../cells/cell-bytes.js'
import { carriageReturn, lineFeed } from '../window.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'
import type { CsvDialect } from './csv-dialect.js'

/** The parts of a dialect that split records. */
export type TriedDialect = Pick<CsvDialect, 'delimiter' | 'quote' | 'escape' | 'comment' | 'trim'>

/** How to walk over quotes that are not as they should be. */
const usualRules = {
  /** True if the walk ends at a wrong quote. */
  isStrict: false,
  /** True if a quote inside an unquoted field is no fault. */
  isLax: false,
  /** True if a formula such as `="1"`, which keeps digits as text in a spreadsheet, stands for its text. */
  hasFormulas: false,
  /** Longest quoted field. A quote that is not closed within this length is an ordinary character. */
  maxQuotedBytes: Infinity,
  /** True if a field with text after its closing quote is not quoted at all; otherwise it goes on after that quote. */
  rereadsFields: false,
}

type WalkRules = Readonly<typeof usualRules>

const encoder = new TextEncoder()

/** `starts`, `ends` and `quoted` describe the fields of the record walked over last. */
export class RecordWalk {
  bytes: Uint8Array = new Uint8Array(0)
  /** End of the bytes received. */
  end = 0
  /** The result does not depend on bytes from this position on. */
  limit = 0
  /** True if the input ends at `limit`, which then ends the last record. */
  isWhole = false
  /** True if a quote may stay open to the limit, because it may close a field that was opened before the record. */
  maySettleOpen = false
  readonly starts: number[] = []
  readonly ends: number[] = []
  readonly quoted: boolean[] = []
  /** True for quoted fields with escaped characters, and for all fields in quotes of several bytes. */
  readonly escaped: boolean[] = []
  fieldCount = 0
  next = 0
  /** `hasQuoted`: the record has a quoted field. `isBroken`: the record has a quote where none may be. */
  hasQuoted = false
  isBroken = false
  /** True if a field that begins with a quote does not end with one. */
  isMisquoted = false
  /** True if the `maxQuotedBytes` bytes after an opening quote contain neither the closing quote nor a line end. */
  isOverlong = false
  /** Position of the quote that is still open at the limit; −1 for none. */
  openAt = -1
  /** Position of the wrong quote, or of the text after it, at which a strict walk has ended; −1 for none. */
  badQuoteAt = -1
  /** True if a line end of the record may lie inside a field. */
  isInDoubt = false
  /** True if the record has a quote that may close a field opened before the record. */
  maySettle = false
  readonly #delimiter: Uint8Array
  readonly #quote: Uint8Array
  readonly #escape: Uint8Array
  readonly #isDoubled: boolean
  readonly #trim: boolean
  readonly #rules: WalkRules
  #hasEscapes = false
  /** Has a 1 for each byte with which the end of an unquoted field, or a quote, may begin. */
  readonly #special: Uint8Array = new Uint8Array(256)

  constructor({ delimiter, quote, escape, trim }: TriedDialect, rules: Partial<WalkRules>) {
    this.#delimiter = encoder.encode(delimiter)
    this.#quote = encoder.encode(quote)
    this.#escape = encoder.encode(escape)
    this.#isDoubled = escape === quote
    this.#trim = trim
    this.#rules = { ...usualRules, ...rules }
    for (const byte of [lineFeed, carriageReturn, this.#delimiter[0]!]) this.#special[byte] = 1
    const { isStrict, isLax } = this.#rules
    if (quote !== '' && !(isStrict && isLax)) this.#special[this.#quote[0]!] = 1
  }

  /** Takes the bytes of the window. The record at `start` must end within `maxRecordBytes`. */
  limitTo(start: number, lines: LineTokenizer): void {
    const { window, maxRecordBytes } = lines
    const limit = start + maxRecordBytes
    this.bytes = window.bytes
    this.end = window.end
    this.limit = window.contentEnd(window.end) > limit ? limit : window.end
  }

  /** Walks over the record at `start`. Returns false if the record does not end before the limit. */
  walk(start: number): boolean {
    this.fieldCount = 0
    this.hasQuoted = false
    this.isBroken = false
    this.isMisquoted = false
    this.isOverlong = false
    this.isInDoubt = false
    this.maySettle = false
    this.openAt = -1
    this.badQuoteAt = -1
    let p = start
    for (;;) {
      p = this.#field(p)
      if (p < 0) return false
      this.fieldCount++
      if (!this.#isDelimiter(p)) return this.#endLine(p)
      p += this.#delimiter.length
    }
  }

  /** Walks over the line at `start`. Returns false if it does not end before the limit. */
  walkLine(start: number): boolean {
    return this.#endLine(Math.min(lineEndFrom(this.bytes, start), this.limit))
  }

  /** True if the record ends with a delimiter. */
  get isLastEmpty(): boolean {
    const last = this.fieldCount - 1
    return this.starts[last] === this.ends[last] && this.quoted[last] === false
  }

  /** Adds the fields of the record to a row of the block. Fields that the record lacks are empty. */
  addCells(block: RecordBlock, row: number): void {
    const { starts, ends, fieldCount } = block
    let cell = row * fieldCount
    for (let field = 0; field < fieldCount; field++, cell++) {
      if (field >= this.fieldCount) {
        starts[cell] = this.next
        ends[cell] = this.next
      } else if (this.escaped[field]!) {
        starts[cell] = block.scratch
        block.scratch = this.#unescape(field, block.bytes, block.scratch)
        ends[cell] = block.scratch
      } else {
        starts[cell] = this.starts[field]!
        ends[cell] = this.ends[field]!
      }
      if (this.#rules.hasFormulas && this.#isFormula(block.bytes, starts[cell]!, ends[cell]!)) {
        starts[cell]! += 2
        ends[cell]! -= 1
      }
    }
  }

  #isFormula(bytes: Uint8Array, start: number, end: number): boolean {
    const quote = this.#quote[0]!
    if (bytes[start] !== ascii.equals || bytes[start + 1] !== quote) return false
    // Formulas such as ="a"&"b" are more than a text.
    return bytes[end - 1] === quote && bytes.indexOf(quote, start + 2) === end - 1
  }

  /** The bytes of a field without quotes and escape characters. Not a copy unless the field has such characters inside. */
  cell(field: number): Uint8Array {
    const bytes = this.bytes.subarray(this.starts[field], this.ends[field])
    if (!this.escaped[field]) return bytes
    const cell = new Uint8Array(bytes.length)
    return cell.subarray(0, this.#unescape(field, cell, 0))
  }

  #unescape(field: number, target: Uint8Array, to: number): number {
    const { bytes } = this
    const end = this.ends[field]!
    let p = this.starts[field]!
    let at = to
    while (p < end) {
      const length = this.#escapedLength(p)
      if (length > 0) p += this.#escape.length
      for (const next = p + Math.max(1, length); p < next; p++) target[at++] = bytes[p]!
    }
    return at
  }

  /** Returns the position of the delimiter or line end after the field, or −1 at the limit. */
  #field(start: number): number {
    const { bytes } = this
    const open = this.#trim ? this.#afterBlanks(start) : start
    if (open >= this.limit || !this.#isQuote(open)) return this.#plain(start, start, false)
    const from = open + this.#quote.length
    // The opening quote may instead close an earlier field, if that field could end here.
    const mayClose = this.#endsField(from)
    this.maySettle ||= mayClose
    const { isStrict, maxQuotedBytes, rereadsFields } = this.#rules
    const limit = Math.min(this.limit, open + maxQuotedBytes)
    const close = this.#closingQuote(from, limit)
    if (close < 0) {
      if (limit === this.limit && !this.isWhole && !(mayClose && this.maySettleOpen)) {
        this.openAt = open
        return -1
      }
      this.isMisquoted = true
      this.isOverlong ||= limit < this.limit && lineEndFrom(bytes, open) >= limit
      return this.#plain(start, open, true)
    }
    const next = close + this.#quote.length
    const after = this.#trim ? this.#afterBlanks(next) : next
    if (after >= this.limit && !this.isWhole) return -1
    if (after >= this.limit || this.#endsField(after)) {
      this.hasQuoted = true
      this.#add(from, close, true)
      return after
    }
    if (isStrict) {
      const differs = this.#delimiter.findIndex((byte, i) => bytes[after + i] !== byte)
      // The rest of a delimiter may still arrive.
      if (after + differs < this.limit) this.badQuoteAt = after + differs
      return -1
    }
    this.isBroken = true
    this.isMisquoted = true
    this.isInDoubt = true
    return this.#plain(start, rereadsFields ? open : next, true)
  }

  /** Position of the quote that closes a field; −1 if it is not closed before `limit`. */
  #closingQuote(from: number, limit: number): number {
    const { bytes } = this
    const quote = this.#quote[0]!
    const escape = this.#escape[0]!
    let p = from
    this.#hasEscapes = false
    while (p < limit) {
      const c = bytes[p]!
      if (c !== quote && c !== escape) p++
      else {
        const escaped = this.#escapedLength(p)
        if (escaped > 0) {
          p += this.#escape.length + escaped
          this.#hasEscapes = true
        } else if (this.#isQuote(p)) return p
        else p++
      }
    }
    return -1
  }

  /** Length of the quote or escape character that is escaped at `p`; 0 if none is. */
  #escapedLength(p: number): number {
    if (this.#escape.length === 0 || !isAt(this.#escape, this.bytes, p)) return 0
    const next = p + this.#escape.length
    if (this.#isQuote(next)) return this.#quote.length
    return !this.#isDoubled && isAt(this.#escape, this.bytes, next) ? this.#escape.length : 0
  }

  /** Walks to the end of a field, for which quotes are ordinary, from `from` on, which may be inside the field (`isInside`). */
  #plain(start: number, from: number, isInside: boolean): number {
    const { bytes, limit } = this
    const special = this.#special
    let p = from
    for (; ; p++) {
      while (p < limit && special[bytes[p]!] === 0) p++
      if (p >= limit) {
        if (!this.isWhole) return -1
        p = limit
        break
      }
      const c = bytes[p]
      if (c === lineFeed || c === carriageReturn || this.#isDelimiter(p)) break
      if (!this.#isQuote(p)) continue
      if (!this.#rules.isLax) {
        this.isBroken = true
        if (this.#rules.isStrict) {
          this.badQuoteAt = p
          return -1
        }
      }
      if (this.#endsField(p + this.#quote.length)) this.maySettle = true
      // Some programs write blanks before an opening quote.
      if (!isInside && this.#afterBlanks(start) === p) this.isInDoubt = true
    }
    const first = this.#trim ? trimmedStart(bytes, start, p) : start
    this.#add(first, this.#trim ? trimmedEnd(bytes, first, p) : p, false)
    return p
  }

  #add(start: number, end: number, isQuoted: boolean): void {
    this.starts[this.fieldCount] = start
    this.ends[this.fieldCount] = end
    this.quoted[this.fieldCount] = isQuoted
    // A block recognizes quoted cells by the byte before them, or because they were written.
    this.escaped[this.fieldCount] = isQuoted && (this.#hasEscapes || this.#quote.length > 1)
  }

  #afterBlanks(start: number): number {
    const { bytes } = this
    let p = start
    while ((bytes[p] === ascii.blank || bytes[p] === ascii.tab) && !this.#isDelimiter(p)) p++
    return p
  }

  #endsField(p: number): boolean {
    const c = this.bytes[p]
    return c === lineFeed || c === carriageReturn || this.#isDelimiter(p)
  }

  #isDelimiter(p: number): boolean {
    const text = this.#delimiter
    return this.bytes[p] === text[0] && (text.length === 1 || isAt(text, this.bytes, p))
  }

  #isQuote(p: number): boolean {
    const text = this.#quote
    return text.length > 0 && this.bytes[p] === text[0] && isAt(text, this.bytes, p)
  }

  /** Ends a record or line at `p`. Returns false if the line end is incomplete before the limit. */
  #endLine(p: number): boolean {
    const { bytes, limit } = this
    const isPair = bytes[p] === carriageReturn && bytes[p + 1] === lineFeed
    this.next = isPair ? p + 2 : p + 1
    if (this.isWhole) return true
    // A CR at the very end may be the first half of a line end.
    const isHalf = bytes[p] === carriageReturn && p + 1 >= this.end
    return p < limit && this.next <= limit && !isHalf
  }
}

/** Position of the first line end from `start` on, or the end of `bytes`. */
function lineEndFrom(bytes: Uint8Array, start: number): number {
  let p = start
  while (p < bytes.length && bytes[p] !== lineFeed && bytes[p] !== carriageReturn) p++
  return p
}
