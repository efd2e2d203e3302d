/*
  Hashes rows by their values, column by column: four keyed 32-bit lanes a row. Rows with equal values have equal hashes, however their
  columns are encoded. The key shows accidents, not forgeries (docs/decisions/0086-what-an-audit-compares.md).
*/
import { option, usageError } from '../../errors.js'
import { dataTypes } from '../../protocol/data-type.js'
import { elementBytes, isFixedType, nullElement, type FixedVector } from '../../protocol/element.js'
import { nullDouble, nullFloat } from '../../protocol/null-value.js'
import { blobsOf } from '../../protocol/types/blobs.js'
import type { ArrayVector, Column, SymbolVector, Vector } from '../../protocol/value.js'

type TextVector = Extract<Vector, { type: 'STRING' | 'BLOB' }>

/** The hash of row i is element i of each lane. */
export interface RowHashes {
  readonly a: Int32Array
  readonly b: Int32Array
  readonly c: Int32Array
  readonly d: Int32Array
}

/** Number of words in a key. */
export const keyWords = 4

/** A text is hashed by itself first, so that each text of a SYMBOL column is hashed once a batch. So many words of that enter the row. */
const textWords = 2
const multipliers = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const
const utf8 = new TextEncoder()

export class RowHasher {
  /** The hashes of the rows of the last call of `hash`. */
  hashes: RowHashes = emptyHashes(0)
  readonly #key: Int32Array
  readonly #text: RowHashes = emptyHashes(1)
  readonly #textHash = new Int32Array(textWords)
  #bytes = new Uint8Array(1024)
  #words = new Int32Array(256)

  /** @param key  `keyWords` words */
  constructor(key: Int32Array) {
    this.#key = key
  }

  /**
   * Hashes rows 0 to `rows` (exclusive) into `hashes`. Columns must come in the same order in every call.
   * @throws {UsageError} DDB_USAGE for a column whose values have no fixed form
   */
  hash(columns: readonly Column[], rows: number): void {
    if (this.hashes.a.length < rows) this.hashes = emptyHashes(rows)
    begin(this.hashes, this.#key, rows)
    for (const column of columns) this.#add(column, rows)
    finish(this.hashes, rows)
  }

  #add(column: Column, rows: number): void {
    if (column.form === 'arrayVector') return this.#addArrays(column, rows)
    if (column.type === 'SYMBOL') return this.#addSymbols(column, rows)
    if (column.type === 'STRING' || column.type === 'BLOB') {
      const hashNext = this.#textReader(column)
      for (let row = 0; row < rows; row++) {
        hashNext(row)
        mix(this.hashes, row, this.#textHash, 0, textWords)
      }
    } else {
      const words = wordsOf(column, rows)
      const perRow = wordsPerValue(column)
      for (let row = 0, at = 0; row < rows; row++, at += perRow) {
        mix(this.hashes, row, words, at, at + perRow)
      }
    }
  }

  /** A function that hashes the text of each row, called in order. */
  #textReader(column: TextVector): (row: number) => void {
    if (column.type === 'BLOB') {
      const blobs = blobsOf(column)
      return row => this.#hashBytes(blobs[row]!, 0, blobs[row]!.length)
    }
    if ('data' in column) return row => this.#hashText(column.data[row]!)
    const { encoded } = column
    let at = 0
    return () => {
      let end = at
      while (encoded[end] !== 0) end++
      this.#hashBytes(encoded, at, end)
      at = end + 1
    }
  }

  #addSymbols({ codes, base }: SymbolVector, rows: number): void {
    const isHashed = new Uint8Array(base.length)
    const words = new Int32Array(textWords * base.length)
    for (let row = 0; row < rows; row++) {
      const code = codes[row]!
      const at = code * textWords
      if (isHashed[code] === 0) {
        isHashed[code] = 1
        this.#hashText(base[code]!)
        words.set(this.#textHash, at)
      }
      mix(this.hashes, row, words, at, at + textWords)
    }
  }

  /** The server stores a row without cells as one null cell (docs/server-semantics.md#conversions-on-insert). */
  #addArrays({ offsets, cells }: ArrayVector, rows: number): void {
    const perCell = wordsPerValue(cells)
    const words = wordsOf(cells, offsets[rows]!)
    const noCells = new Int32Array(1 + perCell)
    noCells.set(integersOf(nullElement(cells.type as FixedVector['type']), 1, perCell), 1)
    noCells[0] = 1
    const count = new Int32Array(1)
    for (let row = 0; row < rows; row++) {
      const [from, to] = [offsets[row]!, offsets[row + 1]!]
      count[0] = to - from
      if (from === to) mix(this.hashes, row, noCells, 0, noCells.length)
      else {
        mix(this.hashes, row, count, 0, 1)
        mix(this.hashes, row, words, from * perCell, to * perCell)
      }
    }
  }

  #hashText(text: string): void {
    if (this.#bytes.length < text.length * 3) this.#bytes = new Uint8Array(text.length * 3)
    const bytes = this.#bytes
    let length = 0
    while (length < text.length && text.charCodeAt(length) < 128) {
      bytes[length] = text.charCodeAt(length++)
    }
    if (length < text.length) length = utf8.encodeInto(text, bytes).written
    this.#hashBytes(bytes, 0, length)
  }

  #hashBytes(bytes: Uint8Array, from: number, to: number): void {
    const wordCount = 1 + ((to - from + 3) >> 2)
    if (this.#words.length < wordCount) this.#words = new Int32Array(wordCount * 2)
    const words = this.#words
    words[0] = to - from
    for (let word = 1, at = from; word < wordCount; word++, at += 4) {
      let value = bytes[at]!
      if (at + 1 < to) value |= bytes[at + 1]! << 8
      if (at + 2 < to) value |= bytes[at + 2]! << 16
      if (at + 3 < to) value |= bytes[at + 3]! << 24
      words[word] = value
    }
    const text = this.#text
    begin(text, this.#key, 1)
    mix(text, 0, words, 0, wordCount)
    finish(text, 1)
    this.#textHash[0] = text.a[0]! ^ text.c[0]!
    this.#textHash[1] = text.b[0]! ^ text.d[0]!
  }
}

function emptyHashes(rows: number): RowHashes {
  const [a, b] = [new Int32Array(rows), new Int32Array(rows)]
  return { a, b, c: new Int32Array(rows), d: new Int32Array(rows) }
}

const wordsPerValue = ({ type }: Vector): number => Math.max(1, dataTypes[type].bytesPerValue >> 2)

/** The first `length` values as words. -0 becomes 0, and NaN becomes null, because servers may store them so. */
function wordsOf(vector: Vector, length: number): Int32Array {
  if (!isFixedType(vector.type)) {
    throw usageError(
      `a column of ${vector.type} cannot be compared: name others in ${option('columns')}`,
    )
  }
  const fixed = vector as FixedVector
  const { data } = fixed
  if (!(data instanceof Float64Array || data instanceof Float32Array)) {
    return integersOf(elementBytes(fixed, 0, length), length, wordsPerValue(fixed))
  }
  const count = fixed.type === 'COMPLEX' || fixed.type === 'POINT' ? 2 * length : length
  const numbers = data.slice(0, count)
  const nullNumber = data instanceof Float64Array ? nullDouble : nullFloat
  for (let i = 0; i < count; i++) {
    const number = numbers[i]!
    if (number === 0) numbers[i] = 0
    else if (number !== number) numbers[i] = nullNumber
  }
  return new Int32Array(numbers.buffer)
}

function integersOf(bytes: Uint8Array, length: number, perValue: number): Int32Array {
  const width = bytes.length / Math.max(1, length)
  if (width === 1) return Int32Array.from(bytes)
  const { buffer, byteOffset } = byteOffsetFits(bytes) ? bytes : bytes.slice()
  if (width === 2) return Int32Array.from(new Int16Array(buffer, byteOffset, length))
  return new Int32Array(buffer, byteOffset, length * perValue)
}

const byteOffsetFits = ({ byteOffset }: Uint8Array): boolean => byteOffset % 4 === 0

function begin({ a, b, c, d }: RowHashes, key: Int32Array, rows: number): void {
  a.fill(key[0]!, 0, rows)
  b.fill(key[1]!, 0, rows)
  c.fill(key[2]!, 0, rows)
  d.fill(key[3]!, 0, rows)
}

/** Adds words `from` to `to` (exclusive). Mixes each word before it enters a lane: raw words of structured rows cancel each other. */
function mix(hashes: RowHashes, row: number, words: Int32Array, from: number, to: number): void {
  let a = hashes.a[row]!
  let b = hashes.b[row]!
  let c = hashes.c[row]!
  let d = hashes.d[row]!
  for (let i = from; i < to; i++) {
    const word = words[i]!
    let v = Math.imul(word ^ (word >>> 16), 0x45d9f3b)
    v = Math.imul(v ^ (v >>> 15), 0x2c1b3c6d)
    v ^= v >>> 16
    let u = Math.imul(word ^ (word >>> 15), 0x735a2d97)
    u = Math.imul(u ^ (u >>> 13), 0x21f0aaad)
    u ^= u >>> 15
    a = Math.imul(((a << 13) | (a >>> 19)) ^ v, multipliers[0])
    b = Math.imul(((b << 15) | (b >>> 17)) ^ u, multipliers[1])
    c = Math.imul(((c << 17) | (c >>> 15)) + v, multipliers[2])
    d = Math.imul(((d << 19) | (d >>> 13)) + u, multipliers[3])
  }
  hashes.a[row] = a
  hashes.b[row] = b
  hashes.c[row] = c
  hashes.d[row] = d
}

function finish({ a, b, c, d }: RowHashes, rows: number): void {
  for (let row = 0; row < rows; row++) {
    a[row] = scrambled(a[row]!)
    b[row] = scrambled(b[row]!)
    c[row] = scrambled(c[row]!)
    d[row] = scrambled(d[row]!)
  }
}

function scrambled(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x7feb352d)
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b)
  return twice ^ (twice >>> 16)
}
