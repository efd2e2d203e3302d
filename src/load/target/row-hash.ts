/* Hashes rows by their values, column by column, into two keyed 32-bit halves. Rows with equal values have equal hashes, however their
   columns are encoded. The key shows accidents, not forgeries (docs/decisions/0086-what-an-audit-compares.md). */
import { option, usageError } from '../../errors.js'
import { dataTypes } from '../../protocol/data-type.js'
import {
  elementBytes,
  isFixedType,
  nullElement,
  vectorOfBytes,
  type FixedVector,
} from '../../protocol/element.js'
import { nullDouble, nullFloat } from '../../protocol/null-value.js'
import { blobsOf } from '../../protocol/types/blobs.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { ArrayVector, Column, Vector } from '../../protocol/value.js'

export const keyWords = 2

/** Has the hashes of the last call of `hash`, in two halves: element i of both belongs to row i. */
export class RowHasher {
  a: Int32Array = new Int32Array(0)
  b: Int32Array = new Int32Array(0)
  readonly #key: Int32Array
  // Reused, because large arrays are expensive to collect.
  #characters = new Int32Array(0)
  #textHashes = new Int32Array(0)
  #numbers = new Float64Array(0)

  /** @param key  `keyWords` words */
  constructor(key: Int32Array) {
    this.#key = key
  }

  /** Hashes rows 0 to `rows` (exclusive); columns always in one order. @throws {UsageError} DDB_USAGE for values without a fixed form */
  hash(columns: readonly Column[], rows: number): this {
    if (this.a.length < rows) [this.a, this.b] = [new Int32Array(rows), new Int32Array(rows)]
    this.a.fill(this.#key[0]!, 0, rows)
    this.b.fill(this.#key[1]!, 0, rows)
    for (const column of columns) {
      if (column.form === 'arrayVector') this.#addArrays(column, rows)
      else {
        const words = this.#wordsOf(column, rows)
        mix(this, 0, rows, words, 0, words.length / rows)
      }
    }
    finish(this, rows)
    return this
  }

  /** The server stores a row without cells as one null cell (docs/server-semantics.md#conversions-on-insert). */
  #addArrays({ offsets, cells }: ArrayVector, rows: number): void {
    const type = cells.type as FixedVector['type']
    const none = this.#wordsOf(vectorOfBytes(type, 1, nullElement(type)), 1).slice()
    const words = this.#wordsOf(cells, offsets[rows]!)
    for (let row = 0; row < rows; row++) {
      const count = offsets[row + 1]! - offsets[row]!
      this.a[row] = this.a[row]! ^ Math.max(1, count)
      if (count === 0) mix(this, row, row + 1, none, 0, none.length)
      else mix(this, row, row + 1, words, offsets[row]! * none.length, count * none.length)
    }
  }

  /** The same number of words for each of the first `length` values. */
  #wordsOf(vector: Vector, length: number): Int32Array {
    if (vector.type === 'SYMBOL') return this.#textWords(vector.base, length, vector.codes)
    if (vector.type === 'STRING') return this.#textWords(stringsOf(vector), length)
    if (vector.type === 'BLOB') {
      const texts = blobsOf(vector).map(bytes => Buffer.from(bytes).toString('latin1'))
      return this.#textWords(texts, length)
    }
    if (!isFixedType(vector.type)) {
      throw usageError(
        `a column of ${vector.type} cannot be compared: name others in ${option('columns')}`,
      )
    }
    const fixed = vector as FixedVector
    const { data } = fixed
    if (data instanceof Float64Array || data instanceof Float32Array) {
      const perValue = dataTypes[fixed.type].bytesPerValue / data.BYTES_PER_ELEMENT
      return this.#numberWords(data.subarray(0, length * perValue))
    }
    const bytes = elementBytes(fixed, 0, length)
    if (bytes.length === length) return new Int32Array(bytes)
    const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
    return bytes.length === 2 * length
      ? new Int32Array(new Int16Array(buffer, byteOffset, length))
      : new Int32Array(buffer, byteOffset, bytes.length >> 2)
  }

  /** -0 becomes 0, and NaN becomes null, because servers may store them so. */
  #numberWords(data: Float64Array | Float32Array): Int32Array {
    if (this.#numbers.length < data.length) this.#numbers = new Float64Array(data.length)
    const numbers = this.#numbers
    const nullNumber = data instanceof Float64Array ? nullDouble : nullFloat
    numbers.set(data)
    for (let i = 0; i < data.length; i++) {
      if (numbers[i] === 0) numbers[i] = 0
      else if (numbers[i] !== numbers[i]) numbers[i] = nullNumber
    }
    return new Int32Array(numbers.buffer, 0, 2 * data.length)
  }

  /** @param codes  of the rows, as indexes of `texts`; default: a text for each row */
  #textWords(texts: readonly string[], length: number, codes?: Int32Array): Int32Array {
    const hashes = { a: new Int32Array(texts.length), b: new Int32Array(texts.length) }
    const { a, b } = hashes
    if (this.#textHashes.length < 2 * length) this.#textHashes = new Int32Array(2 * length)
    const words = this.#textHashes.subarray(0, 2 * length)
    for (let row = 0; row < length; row++) {
      const code = codes === undefined ? row : codes[row]!
      // Of a text that was not hashed, both are 0.
      if (a[code] === 0 && b[code] === 0) {
        const text = texts[code]!
        if (this.#characters.length < text.length)
          this.#characters = new Int32Array(2 * text.length)
        for (let i = 0; i < text.length; i++) this.#characters[i] = text.charCodeAt(i)
        a[code] = this.#key[0]! ^ text.length
        b[code] = this.#key[1]!
        mix(hashes, code, code + 1, this.#characters, 0, text.length)
      }
      words[2 * row] = a[code]!
      words[2 * row + 1] = b[code]!
    }
    return words
  }
}

/**
 * Adds `perRow` words to the hash of each row from `start` to `end` (exclusive), two at a time. Both halves are multiplied together with a
 * word, and enter each other: sums of unmixed words of structured rows would cancel each other.
 */
function mix(
  { a, b }: Pick<RowHasher, 'a' | 'b'>,
  start: number,
  end: number,
  words: Int32Array,
  at: number,
  perRow: number,
): void {
  for (let i = 0; i < perRow; i += 2) {
    const next = i + 1 < perRow ? 1 : 0
    for (let row = start, word = at + i; row < end; row++, word += perRow) {
      const y = Math.imul(b[row]! ^ words[word + next]!, 0x45d9f3b5)
      const x = Math.imul(a[row]! ^ words[word]!, 0x2c1b3c6d) ^ (y >>> 15)
      a[row] = x
      b[row] = ((y << 13) | (y >>> 19)) + x
    }
  }
}

/** Lets each bit of both halves depend on the last words, too. */
function finish({ a, b }: Pick<RowHasher, 'a' | 'b'>, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const y = Math.imul(b[row]! ^ (b[row]! >>> 15), 0x297a2d39)
    const x = Math.imul(a[row]! ^ y ^ (y >>> 16), 0x7feb352d)
    a[row] = x ^ (x >>> 15)
    b[row] = y ^ (y >>> 15)
  }
}
