/*
  The usual shape of one input's records: the same members in the same order, with the same blanks between them. A
  record of this shape is read fast: the template compares the text between the values, four bytes at a time, and finds
  the values' ends. All else (escapes, arrays, objects, unusual numbers, other members) is read the general way.
*/
import { jsonKinds } from './json-kinds.js'
import { WordText } from './json-members.js'
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
  /** The text before each value and the text after the last value. */
  readonly #texts: readonly WordText[]
  readonly #fields: Int32Array
  readonly #kinds: Int32Array

  /**
   * @param bytes  hold a record, from `start` to `end`, that was read without a template
   * @param values  the values of this record in order, each field once
   */
  constructor(bytes: Uint8Array, start: number, end: number, values: readonly TemplateValue[]) {
    const starts = [start, ...values.map(value => value.end)]
    const ends = [...values.map(value => value.start), end]
    this.#texts = starts.map((from, i) => new WordText(bytes.subarray(from, ends[i])))
    this.#fields = Int32Array.from(values, value => value.field)
    this.#kinds = Int32Array.from(values, value => (value.field < 0 ? anyKind : value.kinds))
  }

  /** Scans a record of this shape into `row`. Returns the position after the record, or −1 for a different shape. */
  scan(block: RecordBlock, row: number, start: number): number {
    const { bytes, view, starts, ends, fieldCount } = block
    const texts = this.#texts
    const valueCount = this.#fields.length
    const firstCell = row * fieldCount
    let p = start
    for (let i = 0; ; i++) {
      const text = texts[i]!
      if (!text.isAt(view, p)) return -1
      p += text.length
      if (i === valueCount) return p
      const c = bytes[p]!
      let kind: number = jsonKinds.string
      let textStart = p
      let textEnd: number
      if (c === quote) {
        textStart = ++p
        for (;;) {
          const word = view.getInt32(p, true)
          const quoted = word ^ quotes
          const escaped = word ^ backslashes
          const found =
            (((word - blanks) & ~word) |
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
