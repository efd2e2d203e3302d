/*
  Finds rows by key. A key is a few int32 words, in which a number stands for each different text. One array contains
  all keys, and an open-addressing hash table maps keys to row numbers, so no row needs an object or a string.
*/
import { dataTypes, type ColumnType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { elementBytes, isFixedType } from '../../protocol/element-bytes.js'
import { isFixedVector, columnTexts } from '../columns/column-layout.js'

const smallestSlots = 64

/** The keys of one table. Keys cannot be removed. */
export class KeyIndex {
  readonly #wordsPerColumn: readonly number[]
  readonly #wordsPerRow: number
  readonly #numberOfText = new Map<string, number>([['', 0]])
  #words: Int32Array
  /** Row number + 1, or 0 for a free slot. */
  #slots = new Int32Array(smallestSlots)
  #used = 0
  #rows = 0

  /** @throws {ScriptError} for types that cannot be keys (DolphinDB allows only INTEGRAL, TEMPORAL, LITERAL, …) */
  constructor(types: readonly ColumnType[]) {
    this.#wordsPerColumn = types.map(wordsOf)
    this.#wordsPerRow = this.#wordsPerColumn.reduce((sum, words) => sum + words, 0)
    this.#words = new Int32Array(smallestSlots * this.#wordsPerRow)
  }

  get rows(): number {
    return this.#rows
  }

  /** Reads the keys of the first `rows` rows of the key columns, row by row. */
  read(columns: readonly Column[], rows: number): Int32Array {
    const words = new Int32Array(rows * this.#wordsPerRow)
    let at = 0
    columns.forEach((column, position) => {
      this.#readColumn(column, rows, words, at)
      at += this.#wordsPerColumn[position]!
    })
    return words
  }

  /** The number of the first table row whose key equals the key of row `row` of `keys`; −1 if there is none. */
  find(keys: Int32Array, row: number): number {
    return this.#slots[this.#slotOf(keys, row)]! - 1
  }

  /**
   * Adds row `row` of `keys` as the key of the next table row.
   * @returns the first table row with the same key, which `find` still returns; −1 if there is none
   */
  add(keys: Int32Array, row: number): number {
    if ((this.#used + 1) * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2)
    const slot = this.#slotOf(keys, row)
    const existing = this.#slots[slot]! - 1
    const start = this.#rows * this.#wordsPerRow
    if (start + this.#wordsPerRow > this.#words.length) {
      const larger = new Int32Array(this.#words.length * 2)
      larger.set(this.#words)
      this.#words = larger
    }
    for (let word = 0; word < this.#wordsPerRow; word++) {
      this.#words[start + word] = keys[row * this.#wordsPerRow + word]!
    }
    this.#rows++
    if (existing < 0) {
      this.#slots[slot] = this.#rows
      this.#used++
    }
    return existing
  }

  #slotOf(keys: Int32Array, row: number): number {
    const width = this.#wordsPerRow
    const start = row * width
    const mask = this.#slots.length - 1
    let slot = hash(keys, start, width) & mask
    for (;;) {
      const held = this.#slots[slot]!
      if (held === 0) return slot
      const other = (held - 1) * width
      let word = 0
      while (word < width && this.#words[other + word] === keys[start + word]) word++
      if (word === width) return slot
      slot = (slot + 1) & mask
    }
  }

  #rehash(size: number): void {
    const held = this.#slots
    this.#slots = new Int32Array(size)
    for (const entry of held) {
      if (entry !== 0) this.#slots[this.#slotOf(this.#words, entry - 1)] = entry
    }
  }

  #readColumn(column: Column, rows: number, words: Int32Array, start: number): void {
    if (isFixedVector(column)) {
      if (column.data instanceof Int32Array) {
        for (let row = 0; row < rows; row++) {
          words[row * this.#wordsPerRow + start] = column.data[row]!
        }
        return
      }
      readFixed(elementBytes(column), rows, words, start, this.#wordsPerRow)
      return
    }
    const texts = columnTexts(column)!
    for (let row = 0; row < rows; row++) {
      words[row * this.#wordsPerRow + start] = this.#number(texts[row] ?? '')
    }
  }

  #number(text: string): number {
    let number = this.#numberOfText.get(text)
    if (number === undefined) {
      number = this.#numberOfText.size
      this.#numberOfText.set(text, number)
    }
    return number
  }
}

function wordsOf(column: ColumnType): number {
  const { type } = column
  if (column.array || type === 'ANY' || type === 'BLOB' || type === 'VOID') {
    throw new ScriptError(
      `A column of type ${type}${column.array ? '[]' : ''} can't be a key column.`,
    )
  }
  return isFixedType(type) ? Math.ceil(dataTypes[type].bytesPerValue / 4) : 1
}

function readFixed(
  bytes: Uint8Array,
  rows: number,
  words: Int32Array,
  start: number,
  wordsPerRow: number,
): void {
  const width = rows === 0 ? 4 : bytes.length / rows
  if (width < 4) {
    for (let row = 0; row < rows; row++) {
      words[row * wordsPerRow + start] =
        width === 1 ? bytes[row]! : bytes[row * 2]! | (bytes[row * 2 + 1]! << 8)
    }
    return
  }
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const source = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
  const count = width / 4
  for (let row = 0; row < rows; row++) {
    for (let word = 0; word < count; word++) {
      words[row * wordsPerRow + start + word] = source[row * count + word]!
    }
  }
}

function hash(words: Int32Array, start: number, width: number): number {
  let h = 0x811c9dc5
  for (let word = 0; word < width; word++) {
    h = Math.imul(h ^ words[start + word]!, 0x9e3779b1)
    h ^= h >>> 15
  }
  return h
}
