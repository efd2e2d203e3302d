/*
  `x $ TYPE` and cast(x, TYPE): explicit conversion, which allows more than an insert. Parses text, and converts every
  type to text. Temporal values and integers convert into each other by their raw numbers.
*/
import { type ColumnType, parseColumnType } from '../../protocol/data-type.js'
import { columnTypeOf, vectorOf } from '../../protocol/element.js'
import type { Scalar, Value, Vector } from '../../protocol/value.js'
import { columnOfScalar, convertColumn, incompatible } from '../columns/convert-column.js'
import { joinColumns, vectorOfElements } from '../values/vector-literal.js'
import { operatorError, scalarAt } from './operands.js'
import { longScalar, textOf } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'

/** Reads a type written as `INT`, `"INT"`, `int` or `DECIMAL64(4)`; undefined for other values. */
export function typeArgument(value: ServerValue | undefined): ColumnType | undefined {
  if (value === undefined) return undefined
  if (value.form === 'type') return value.column
  if (value.form === 'function') return parseColumnType(value.name)
  const text = textOf(value)
  return text === undefined ? undefined : parseColumnType(text)
}

export function castTo(value: ServerValue, target: ServerValue): ServerValue {
  const type = typeArgument(target)
  if (type !== undefined) return castValue(value, type)
  throw operatorError('The right side of cast must be a data type.')
}

/** @throws {ScriptError} if the value cannot be converted to the type */
export function castValue(value: ServerValue, type: ColumnType): ServerValue {
  switch (value.form) {
    case 'scalar':
      if (type.type === 'ANY') return { form: 'vector', type: 'ANY', length: 1, data: [value] }
      if (type.type === 'LONG' && value.type === 'INT') {
        return longScalar(value.value === null ? null : BigInt(value.value))
      }
      return scalarAt(castVector(columnOfScalar(value), type), 0)
    case 'vector':
      if (value.type === 'ANY' && type.type !== 'ANY') return castTuple(value.data, type)
      return castVector(value, type)
    case 'pair':
      return { form: 'pair', elements: castVector(value.elements, type) }
    default:
      throw operatorError(`The object can't be converted to ${type.type}.`)
  }
}

/** A tuple of scalars becomes a typed vector, a tuple of vectors becomes a tuple of typed vectors. */
function castTuple(elements: readonly Value[], type: ColumnType): ServerValue {
  const cast = elements.map(element => castValue(element as ServerValue, type))
  if (cast.length === 0) return vectorOf(type, [])
  if (cast.some(element => element.form !== 'scalar')) return vectorOfElements(cast)
  return joinColumns(cast.map(element => columnOfScalar(element as Scalar)))
}

/** Like `castValue`, for vectors. May return `vector` itself, so copy the result before you change it. */
export function castVector(vector: Vector, type: ColumnType): Vector {
  if (type.array) throw incompatible(type, columnTypeOf(vector))
  return convertColumn(vector, type, true) as Vector
}
