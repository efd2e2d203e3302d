/*
  A growing column of arrays (`DOUBLE[]`): the cells of all rows in one growing column, and where each row begins.
*/
import { concatColumns, sliceColumn, takeRows } from '../../protocol/element.js'
import type { ArrayVector, Column, Vector } from '../../protocol/value.js'
import type { GrowingColumn } from './growing-column.js'

const smallestCapacity = 16

/** Cells are added without being looked at. */
export class GrowingArrays implements GrowingColumn {
  readonly #emptyCells: () => GrowingColumn
  #cells: GrowingColumn
  #offsets = new Uint32Array(smallestCapacity)
  #length = 0

  /** @param emptyCells  makes an empty growing column of the element type */
  constructor(emptyCells: () => GrowingColumn) {
    this.#emptyCells = emptyCells
    this.#cells = emptyCells()
  }

  view(): ArrayVector {
    return {
      form: 'arrayVector',
      length: this.#length,
      offsets: this.#offsets,
      cells: this.#cells.view() as Vector,
    }
  }

  append(column: Column): void {
    const { offsets, cells, length } = column as ArrayVector
    const end = this.#length + length
    if (end + 1 > this.#offsets.length) {
      const larger = new Uint32Array(Math.max(end + 1, this.#offsets.length * 2))
      larger.set(this.#offsets)
      this.#offsets = larger
    }
    const first = offsets[0]!
    const shift = this.#offsets[this.#length]! - first
    for (let row = 1; row <= length; row++) {
      this.#offsets[this.#length + row] = offsets[row]! + shift
    }
    this.#cells.append(sliceColumn(cells, first, offsets[length]!))
    this.#length = end
  }

  assign(rows: Int32Array, values: Column): void {
    const old = this.view()
    const all = concatColumns(old, values) as ArrayVector
    const order = Int32Array.from({ length: old.length }, (_, row) => row)
    for (let i = 0; i < rows.length; i++) order[rows[i]!] = old.length + i
    const changed = takeRows(all, order)
    this.#cells = this.#emptyCells()
    this.#offsets = new Uint32Array(smallestCapacity)
    this.#length = 0
    this.append(changed)
  }
}
