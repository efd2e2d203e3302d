/*
  A growing column whose rows are JavaScript values: text, BLOBs, elements of a tuple.
*/
import { columnTexts } from './column-layout.js'
import type { Column } from '../../protocol/value.js'
import type { GrowingColumn } from './growing-column.js'

/** Views share the array while rows are only added. */
export class GrowingList<T> implements GrowingColumn {
  readonly #vector: (length: number, data: readonly T[]) => Column
  readonly #null: T
  #data: T[] = []
  #viewed = false

  /** @param nullValue  stands where a source has no value for a row */
  constructor(nullValue: T, vector: (length: number, data: readonly T[]) => Column) {
    this.#null = nullValue
    this.#vector = vector
  }

  view(): Column {
    this.#viewed = true
    return this.#vector(this.#data.length, this.#data)
  }

  append(column: Column): void {
    const values = this.#valuesOf(column)
    const data = this.#data
    for (let row = 0; row < column.length; row++) data.push(values[row] ?? this.#null)
  }

  assign(rows: Int32Array, values: Column): void {
    if (this.#viewed) {
      this.#data = this.#data.slice()
      this.#viewed = false
    }
    const from = this.#valuesOf(values)
    for (let i = 0; i < rows.length; i++) this.#data[rows[i]!] = from[i] ?? this.#null
  }

  #valuesOf(column: Column): readonly T[] {
    return (columnTexts(column) ?? ('data' in column ? column.data : [])) as readonly T[]
  }
}
