/*
  Makes vectors and tuples from single values and from other vectors.
*/
import { columnTypeOf, concatColumns, elementAt, vectorOf } from '../../protocol/element.js'
import { type ColumnType, dataTypes } from '../../protocol/data-type.js'
import type { Column, Vector, Scalar, Value } from '../../protocol/value.js'
import { kindOf, widerType } from '../columns/column-layout.js'
import { columnOfScalar, convertColumn } from '../columns/convert-column.js'
import { stringScalar, textsOf } from './scalar.js'
import type { ServerValue } from './server-value.js'

/** The rows of all columns in a type that holds them without changing their kind, otherwise as a tuple. */
export function joinColumns<T extends Column>(columns: readonly T[]): T {
  let type: ColumnType | undefined = columnTypeOf(columns[0]!)
  for (const column of columns) type = type && commonType(type, columnTypeOf(column))
  const common = type ?? { type: 'ANY' }
  return concatColumns(columns.map(column => convertColumn(column, common))) as T
}

function commonType(left: ColumnType, right: ColumnType): ColumnType | undefined {
  if ((left.array ?? false) !== (right.array ?? false)) return undefined
  if (left.type === 'SYMBOL' && right.type === 'STRING') return left
  const type = commonScalarType(left, right)
  return type && (left.array ? { ...type, array: true } : type)
}

/** A type that can hold scalars of both types without changing their kind; undefined if there is none. */
function commonScalarType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a.type === b.type) return a.scale === b.scale ? a : undefined
  if (a.type === 'VOID') return b
  if (b.type === 'VOID') return a
  if (kindOf(a.type) === 'text' && kindOf(b.type) === 'text') return { type: 'STRING' }
  const type = widerType('numbers', a.type, b.type)
  return type && { type }
}

function scalarType(value: Scalar): ColumnType {
  return 'scale' in value ? { type: value.type, scale: value.scale } : { type: value.type }
}

/** A typed vector of the scalars; undefined if no type can hold all of them. */
export function vectorOfScalars(scalars: readonly Scalar[]): Vector | undefined {
  let type: ColumnType = { type: 'VOID' }
  for (const scalar of scalars) {
    const common = commonScalarType(type, scalarType(scalar))
    if (common === undefined || dataTypes[common.type].category === 'system') return undefined
    type = common
  }
  if (type.type === 'VOID') return { form: 'vector', type: 'VOID', length: scalars.length }
  const values = scalars.map(scalar => convertedScalar(scalar, type).value)
  return vectorOf(type, values) as Vector
}

function convertedScalar(scalar: Scalar, type: ColumnType): Scalar {
  if (scalar.type === type.type) return scalar
  return elementAt(convertColumn(columnOfScalar(scalar), type), 0) as Scalar
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

export function tupleOf(values: readonly ServerValue[]): Vector {
  return { form: 'vector', type: 'ANY', length: values.length, data: values as readonly Value[] }
}

/** The elements of a tuple; undefined for other values. */
export function tupleElements(value: ServerValue): readonly ServerValue[] | undefined {
  if (value.form !== 'vector' || value.type !== 'ANY') return undefined
  return value.data.slice(0, value.length) as readonly ServerValue[]
}

/** The elements of a vector or tuple; the rows of an array vector; any other value as its own element. */
export function elementsOf(value: ServerValue): readonly ServerValue[] {
  const tuple = tupleElements(value)
  if (tuple !== undefined) return tuple
  if (value.form !== 'vector' && value.form !== 'arrayVector') return [value]
  return Array.from({ length: value.length }, (_, row) => elementAt(value, row) as ServerValue)
}
