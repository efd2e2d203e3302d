/*
  Two vectors, one after the other; the element type is the one that holds both.
*/
import { columnTypeOf, concatColumns, elementAt } from '../../protocol/element.js'
import type { ColumnType } from '../../protocol/data-type.js'
import type { ArrayVector, Column, Vector } from '../../protocol/value.js'
import { sameColumnType } from '../columns/column-layout.js'
import { convertColumn } from '../columns/convert-column.js'
import { commonScalarType } from './vector-literal.js'

export function joinVectors(left: Vector, right: Vector): Vector {
  return joinColumns(left, right) as Vector
}

export function joinColumns(left: Column, right: Column): Column {
  const leftType = columnTypeOf(left)
  const rightType = columnTypeOf(right)
  if (sameColumnType(leftType, rightType)) return concatColumns(left, right)
  const type = commonType(leftType, rightType)
  if (type === undefined) return concatColumns(asTuple(left), asTuple(right))
  return concatColumns(convertColumn(left, type), convertColumn(right, type))
}

/** All of them, one behind the other: halves at a time, so that many small ones are not copied over and over. */
export function joinAll<T extends Column>(columns: readonly [T, ...T[]] | readonly T[]): T {
  if (columns.length <= 1) return columns[0]
  const middle = columns.length >> 1
  return joinColumns(joinAll(columns.slice(0, middle)), joinAll(columns.slice(middle))) as T
}

function commonType(left: ColumnType, right: ColumnType): ColumnType | undefined {
  if ((left.array ?? false) !== (right.array ?? false)) return undefined
  if (left.type === 'SYMBOL' && right.type === 'STRING') return left
  const type = commonScalarType(left, right)
  return type && (left.array ? { ...type, array: true } : type)
}

function asTuple(column: Column): Vector | ArrayVector {
  if (column.form === 'vector' && column.type === 'ANY') return column
  const data = Array.from({ length: column.length }, (_, row) => elementAt(column, row))
  return { form: 'vector', type: 'ANY', length: column.length, data }
}
