/*
  Reads single elements of columns. Also exports the column operations, so that one import suffices. Loops over whole
  columns should read the typed arrays instead.
*/
import { sliceColumn } from './column.js'
import type { ColumnType } from './data-type.js'
import { dataTypes } from './data-type.js'
import { isTuple } from './types/tuples.js'
import type {
  Column,
  FixedVector,
  Scalar,
  TypedVector,
  Value,
  VariableVector,
  Vector,
} from './value.js'

export { concatColumns, emptyVector, sliceColumn, takeRows } from './column.js'
export type { ElementValue } from './types/element-value.js'
export { vectorOf } from './vector-of.js'

export function columnTypeOf(column: Column): ColumnType {
  if (column.form === 'arrayVector') return { ...columnTypeOf(column.cells), array: true }
  return 'scale' in column ? { type: column.type, scale: column.scale } : { type: column.type }
}

/** Element `index`, from 0: a scalar, a row of an array vector as a vector, or any value of a tuple. */
export function elementAt(column: Column, index: number): Value {
  if (column.form === 'arrayVector') return rowCells(column.cells, column.offsets, index)
  return isTuple(column) ? column.data[index]! : scalarAt(column, index)
}

function rowCells(cells: Vector, offsets: Uint32Array, row: number): Vector {
  return sliceColumn(cells, offsets[row]!, offsets[row + 1]!) as Vector
}

/** Element `index`, from 0, as a scalar that shares no memory with `vector`; null for a null sentinel. */
export function scalarAt(vector: TypedVector, index: number): Scalar {
  const { fixed, columns } = dataTypes[vector.type]
  return fixed === undefined
    ? columns!.scalarAt(vector as VariableVector, index)
    : fixed.scalarAt(vector as FixedVector, index)
}

/** True for a null. A row of an array vector is null if all its cells are null. */
export function isNullAt(column: Column, index: number): boolean {
  if (column.form === 'arrayVector') {
    const end = column.offsets[index + 1]!
    for (let cell = column.offsets[index]!; cell < end; cell++) {
      if (!isNullAt(column.cells, cell)) return false
    }
    return true
  }
  const { fixed, columns } = dataTypes[column.type]
  return fixed === undefined
    ? columns!.isNullAt(column as VariableVector, index)
    : fixed.isNullAt(column as FixedVector, index)
}
