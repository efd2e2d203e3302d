/*
  Makes vectors and tuples from single values and from other vectors.
*/
import {
  columnTypeOf,
  concatColumns,
  elementAt,
  vectorOf,
  type ElementValue,
} from '../../protocol/element.js'
import { type ColumnType, dataTypes, type DataType } from '../../protocol/data-type.js'
import type { ArrayVector, Column, Vector, Scalar, Value } from '../../protocol/value.js'
import { sameColumnType } from '../columns/column-layout.js'
import { convertColumn } from '../columns/convert-column.js'
import { stringScalar, textsOf } from './scalar.js'
import type { ServerValue, ValueList } from './server-value.js'

export function joinColumns(left: Column, right: Column): Column {
  const leftType = columnTypeOf(left)
  const rightType = columnTypeOf(right)
  if (sameColumnType(leftType, rightType)) return concatColumns(left, right)
  const type = commonType(leftType, rightType)
  if (type === undefined) return concatColumns(asTuple(left), asTuple(right))
  return concatColumns(convertColumn(left, type), convertColumn(right, type))
}

/** Concatenates columns. Joins halves recursively, so that each row is copied only a few times. */
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

const numericOrder: readonly DataType[] = [
  'BOOL', 'CHAR', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE',
] // prettier-ignore

/** A type that can hold scalars of both types without changing their kind; undefined if there is none. */
function commonScalarType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a.type === b.type) return a.scale === b.scale ? a : undefined
  if (a.type === 'VOID') return b
  if (b.type === 'VOID') return a
  const rankA = numericOrder.indexOf(a.type)
  const rankB = numericOrder.indexOf(b.type)
  if (rankA > 0 && rankB > 0) return rankA > rankB ? a : b
  const bothLiteral =
    dataTypes[a.type].category === 'literal' && dataTypes[b.type].category === 'literal'
  return bothLiteral ? { type: 'STRING' } : undefined
}

function scalarType(value: Scalar): ColumnType {
  return 'scale' in value ? { type: value.type, scale: value.scale } : { type: value.type }
}

/** A typed vector of the scalars; undefined if no type can hold all of them. */
export function vectorOfScalars(scalars: readonly Scalar[]): Vector | undefined {
  let type: ColumnType | undefined = { type: 'VOID' }
  for (const scalar of scalars) {
    type = type && commonScalarType(type, scalarType(scalar))
    if (type === undefined || type.type === 'ANY' || type.type === 'DURATION') return undefined
    if (dataTypes[type.type].category === 'system') return undefined
  }
  if (type === undefined) return undefined
  if (type.type === 'VOID') return { form: 'vector', type: 'VOID', length: scalars.length }
  const target = type
  return vectorOf(
    target,
    scalars.map(scalar => rawOf(scalar, target.type)),
  ) as Vector
}

function rawOf(scalar: Scalar, type: DataType): ElementValue {
  const { value } = scalar
  if (value === null || scalar.type === type) return value
  if (type === 'LONG' && typeof value !== 'bigint') return BigInt(Number(value))
  if ((type === 'DOUBLE' || type === 'FLOAT') && typeof value === 'bigint') return Number(value)
  if (type === 'STRING' && scalar.type === 'BLOB') return new TextDecoder().decode(scalar.value)
  return value
}

/** The value of constants next to each other (`1 2 NULL`); undefined if they have no common type. */
export function vectorOfLiterals(values: readonly ServerValue[]): ServerValue | undefined {
  const scalars = values.flatMap(value => {
    if (value.form === 'scalar') return [value]
    return (textsOf(value) ?? []).map(stringScalar)
  })
  return vectorOfScalars(scalars)
}

/** Makes the value of `[a, b, c]`: a typed vector for scalars of one kind, otherwise a tuple. */
export function vectorOfElements(values: readonly ServerValue[]): ServerValue {
  if (values.length > 0 && values.every(value => value.form === 'scalar')) {
    const vector = vectorOfScalars(values)
    if (vector !== undefined) return vector
  }
  return tupleOf(values)
}

/** A tuple of the values, or a list if one of them cannot be sent (a table or a function). */
export function tupleOf(values: readonly ServerValue[]): ServerValue {
  if (values.every(isWireValue)) {
    return { form: 'vector', type: 'ANY', length: values.length, data: values }
  }
  const list: ValueList = { form: 'list', elements: values }
  return list
}

/** The elements of a tuple, or of a list that replaces one; undefined for other values. */
export function tupleElements(value: ServerValue): readonly ServerValue[] | undefined {
  if (value.form === 'list') return value.elements
  if (value.form !== 'vector' || value.type !== 'ANY') return undefined
  return value.data.slice(0, value.length) as readonly ServerValue[]
}

/** The elements of a vector, tuple or list; the rows of an array vector; any other value as its own element. */
export function elementsOf(value: ServerValue): readonly ServerValue[] {
  const tuple = tupleElements(value)
  if (tuple !== undefined) return tuple
  if (value.form !== 'vector' && value.form !== 'arrayVector') return [value]
  return Array.from({ length: value.length }, (_, row) => elementAt(value, row) as ServerValue)
}

/** True for values that a tuple can hold. */
function isWireValue(
  value: ServerValue,
): value is Exclude<Value, { form: 'table' | 'dictionary' }> {
  switch (value.form) {
    case 'serverTable':
    case 'serverDictionary':
    case 'database':
    case 'function':
    case 'type':
    case 'list':
      return false
    default:
      return true
  }
}
