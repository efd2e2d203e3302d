/*
  The usual shape of one input's records: the same members in the same order, with the same blanks between them. A record of this
  shape is read fast: the template compares the text between the values. All else (escapes, arrays, objects, exponents, other
  members) is read the general way.
*/
import type { JsonShape } from '../../kernel/kernel.js'
import { isAt } from '../cells/cell-bytes.js'
import { minus, nine, point, zero } from '../cells/read-cell.js'
import type { RecordBlock } from '../record-block.js'
import { jsonKinds } from './json-kinds.js'
import { plainEnd, quote } from './json-scanner.js'

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

/** The values that are words; `null` is of any kind. */
const words = [
  { text: Buffer.from('null'), kind: -1 },
  { text: Buffer.from('true'), kind: jsonKinds.boolean },
  { text: Buffer.from('false'), kind: jsonKinds.boolean },
] as const

/** The shape of one record. It never changes; a record of a different shape becomes a new template. */
export class JsonTemplate {
  readonly shape: JsonShape

  /**
   * @param bytes  hold a record, from `start` to `end`, that was read without a template
   * @param values  the values of this record in order, each field once
   */
  constructor(bytes: Uint8Array, start: number, end: number, values: readonly TemplateValue[]) {
    const starts = [start, ...values.map(value => value.end)]
    const ends = [...values.map(value => value.start), end]
    this.shape = {
      texts: starts.map((from, i) => bytes.slice(from, ends[i])),
      fields: Int32Array.from(values, value => value.field),
      kinds: Int32Array.from(values, value => (value.field < 0 ? -1 : value.kinds)),
    }
  }

  /** Scans a record of this shape into `row`. Returns the position after the record, or −1 for a different shape. */
  scan(block: RecordBlock, row: number, start: number): number {
    const { bytes, starts, ends, fieldCount } = block
    const { texts, fields, kinds } = this.shape
    const valueCount = fields.length
    const firstCell = row * fieldCount
    let p = start
    for (let i = 0; ; i++) {
      const text = texts[i]!
      if (!isAt(text, bytes, p)) return -1
      p += text.length
      if (i === valueCount) return p
      const c = bytes[p]!
      let kind: number = jsonKinds.string
      let textStart = p
      let textEnd: number
      if (c === quote) {
        textStart = p + 1
        p = plainEnd(bytes, textStart)
        if (bytes[p] !== quote) return -1
        textEnd = p++
      } else if (c === minus || (c >= zero && c <= nine)) {
        kind = jsonKinds.number
        p = numberEnd(bytes, p)
        if (p < 0) return -1
        textEnd = p
      } else {
        const word = words.find(({ text }) => isAt(text, bytes, textStart))
        if (word === undefined) return -1
        kind = word.kind
        p += word.text.length
        textEnd = kind < 0 ? textStart : p
      }
      if ((kinds[i]! & kind) === 0) return -1
      const field = fields[i]!
      if (field >= 0) {
        starts[firstCell + field] = textStart
        ends[firstCell + field] = textEnd
      }
    }
  }
}

/** End of a number without an exponent; −1 for any other text. */
function numberEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start] === minus ? start + 1 : start
  let p = first
  while (bytes[p]! >= zero && bytes[p]! <= nine) p++
  if (p === first || (bytes[first] === zero && p > first + 1)) return -1
  if (bytes[p] !== point) return p
  const afterPoint = ++p
  while (bytes[p]! >= zero && bytes[p]! <= nine) p++
  return p === afterPoint ? -1 : p
}
