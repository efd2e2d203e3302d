/*
  The usual shape of one input's records: the same members in the same order, with the same blanks between them. A
  record of this shape is read fast: the template compares the text between the values, four bytes at a time, and finds
  the values' ends. All else (escapes, arrays, objects, unusual numbers, other members) is read the general way.
*/
import { jsonKinds } from './json-kinds.js'
import { quote } from './json-scanner.js'
import type { RecordBlock } from '../record-block.js'

/** A value of a record, for making a template from that record. */
export interface TemplateValue {
  /** Start and end of the whole value, including quotes. */
  readonly start: number
  readonly end: number
  /** The field that the value fills; −1 for none. */
  readonly field: number
  /** Kinds of values that the field allows besides null. */
  readonly kinds: number
}

const ones = 0x01010101
const highBits = 0x80808080 | 0
const blanks = 0x20202020
const quotes = quote * ones
const backslashes = 0x5c * ones
const zero = 0x30
const minus = 0x2d
const point = 0x2e

/** `null`, `true` and the first four letters of `false`, each as a little-endian word of 32 bits. */
const nullWord = 0x6c6c756e
const trueWord = 0x65757274
const falsWord = 0x736c6166
const letterE = 0x65

const anyKind = -1

/** The shape of one record. It never changes; a record of a different shape becomes a new template. */
export class JsonTemplate {
  /** The text before each value and the text after the last value, each padded with zeros to 32-bit words. */
  readonly #words: Int32Array
  /** For each text in `#words`: the index of its first word, its length in bytes, and a mask for its last word. */
  readonly #firstWords: Int32Array
  readonly #lengths: Int32Array
  readonly #lastMasks: Int32Array
  readonly #fields: Int32Array
  readonly #kinds: Int32Array

  /**
   * @param bytes  hold a record, from `start` to `end`, that was read without a template
   * @param values  the values of this record in order, each field once
   */
  constructor(bytes: Uint8Array, start: number, end: number, values: readonly TemplateValue[]) {
    const pieceCount = values.length + 1
    this.#firstWords = new Int32Array(pieceCount + 1)
    this.#lengths = new Int32Array(pieceCount)
    this.#lastMasks = new Int32Array(pieceCount)
    this.#fields = Int32Array.from(values, value => value.field)
    this.#kinds = Int32Array.from(values, value => (value.field < 0 ? anyKind : value.kinds))
    const words: number[] = []
    for (let piece = 0; piece < pieceCount; piece++) {
      const pieceStart = piece === 0 ? start : values[piece - 1]!.end
      const pieceEnd = piece === values.length ? end : values[piece]!.start
      const length = pieceEnd - pieceStart
      const padded = new Uint8Array(Math.ceil(length / 4) * 4)
      padded.set(bytes.subarray(pieceStart, pieceEnd))
      this.#firstWords[piece] = words.length
      this.#lengths[piece] = length
      this.#lastMasks[piece] = length % 4 === 0 ? -1 : 2 ** (8 * (length % 4)) - 1
      words.push(...new Int32Array(padded.buffer))
    }
    this.#firstWords[pieceCount] = words.length
    this.#words = Int32Array.from(words)
  }

  /** Scans a record of this shape into `row`. Returns the position after the record, or −1 for a different shape. */
  scan(block: RecordBlock, row: number, start: number): number {
    const { bytes, view, starts, ends, fieldCount } = block
    const words = this.#words
    const firstWords = this.#firstWords
    const valueCount = this.#fields.length
    const firstCell = row * fieldCount
    let p = start
    for (let i = 0; ; i++) {
      let word = firstWords[i]!
      const lastWord = firstWords[i + 1]! - 1
      let q = p
      for (; word < lastWord; word++, q += 4) if (view.getInt32(q, true) !== words[word]) return -1
      if (((view.getInt32(q, true) ^ words[word]!) & this.#lastMasks[i]!) !== 0) return -1
      p += this.#lengths[i]!
      if (i === valueCount) return p
      const c = bytes[p]!
      let kind: number = jsonKinds.string
      let textStart = p
      let textEnd: number
      if (c === quote) {
        textStart = ++p
        for (;;) {
          const text = view.getInt32(p, true)
          const quoted = text ^ quotes
          const escaped = text ^ backslashes
          const found =
            (((text - blanks) & ~text) |
              ((quoted - ones) & ~quoted) |
              ((escaped - ones) & ~escaped)) &
            highBits
          if (found !== 0) {
            // Only the lowest mark is certain, because a carry from it may have set the higher marks.
            p += (31 - Math.clz32(found & -found)) >> 3
            break
          }
          p += 4
        }
        if (bytes[p] !== quote) return -1
        textEnd = p++
      } else if (c === minus || (c >= zero && c <= zero + 9)) {
        kind = jsonKinds.number
        p = numberEnd(bytes, p)
        if (p < 0) return -1
        textEnd = p
      } else {
        const letters = view.getInt32(p, true)
        p += 4
        if (letters === nullWord) kind = anyKind
        else if (letters === trueWord) kind = jsonKinds.boolean
        else if (letters === falsWord && bytes[p++] === letterE) kind = jsonKinds.boolean
        else return -1
        textEnd = kind === anyKind ? textStart : p
      }
      if ((this.#kinds[i]! & kind) === 0) return -1
      const field = this.#fields[i]!
      if (field >= 0) {
        starts[firstCell + field] = textStart
        ends[firstCell + field] = textEnd
      }
    }
  }
}

/** End of a number without an exponent; −1 for any other text. */
function numberEnd(bytes: Uint8Array, start: number): number {
  let p = start
  if (bytes[p] === minus) p++
  const first = p
  let digit: number
  while ((digit = bytes[p]! - zero) >= 0 && digit <= 9) p++
  if (p === first || (bytes[first] === zero && p > first + 1)) return -1
  if (bytes[p] === point) {
    const afterPoint = ++p
    while ((digit = bytes[p]! - zero) >= 0 && digit <= 9) p++
    if (p === afterPoint) return -1
  }
  return p
}
