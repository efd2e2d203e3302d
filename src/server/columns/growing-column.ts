/*
  Columns that grow. A view handed out keeps its rows for ever: appending writes behind them or moves to a larger
  array, and changing a row that somebody may look at copies the column first.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import { isFixedType } from '../../protocol/element-bytes.js'
import type { Column } from '../../protocol/value.js'
import { explicitNull } from '../../protocol/value.js'
import { GrowingArrays } from './growing-arrays.js'
import { GrowingCells } from './growing-cells.js'
import { GrowingList } from './growing-list.js'
import { GrowingSymbols } from './growing-symbols.js'
import { cellType, noBytes } from './column-layout.js'

/** One column of a table that takes rows. */
export interface GrowingColumn {
  /** The rows as they are now; later changes do not reach what was returned. */
  view(): Column
  /** Adds the rows of a column of exactly this type. */
  append(column: Column): void
  /** Row `rows[i]` becomes row `i` of `values`, a column of exactly this type; of equal rows the last counts. */
  assign(rows: Int32Array, values: Column): void
}

/** An empty column with room for `capacity` rows. */
export function growingColumn(type: ColumnType, capacity: number): GrowingColumn {
  if (type.array) {
    return new GrowingArrays(() => growingColumn(cellType(type), capacity))
  }
  switch (type.type) {
    case 'VOID':
      return new GrowingNothing()
    case 'SYMBOL':
      return new GrowingSymbols(capacity)
    case 'BLOB':
      return new GrowingList(noBytes, (length, data) => ({
        form: 'vector',
        type: 'BLOB',
        length,
        data,
      }))
    case 'ANY':
      return new GrowingList(explicitNull, (length, data) => ({
        form: 'vector',
        type: 'ANY',
        length,
        data,
      }))
    default:
      return isFixedType(type.type)
        ? new GrowingCells(type.type, type.scale, capacity)
        : new GrowingList('', (length, data) => ({ form: 'vector', type: 'STRING', length, data }))
  }
}

/** A VOID column is nothing but a number of rows. */
class GrowingNothing implements GrowingColumn {
  #length = 0

  view(): Column {
    return { form: 'vector', type: 'VOID', length: this.#length }
  }

  append(column: Column): void {
    this.#length += column.length
  }

  assign(): void {
    // Every row is nothing already.
  }
}
