/*
  `x $ TYPE` and cast(x, TYPE): explicit conversion, which allows more than an insert. Parses text, and converts every
  type to text. Temporal values and integers convert into each other by their raw numbers.
*/
import {
  dataTypes,
  isDecimal,
  parseColumnType,
  type ColumnType,
  type DataType,
} from '../../protocol/data-type.js'
import { parseSixteenBytes } from '../../protocol/types/sixteen-bytes.js'
import { columnTypeOf, vectorOf, type ElementValue } from '../../protocol/element.js'
import { isTemporal, parseTemporal } from '../../protocol/types/temporals.js'
import type { Scalar, Value, Vector } from '../../protocol/value.js'
import { isFixedVector, sameColumnType } from '../columns/column-layout.js'
import { convertTemporal } from '../columns/convert-temporal.js'
import {
  decimalOfText,
  textColumn,
  columnOfScalar,
  convertColumn,
} from '../columns/convert-column.js'
import { ScriptError } from '../script-error.js'
import { joinAll, vectorOfElements } from '../values/vector-literal.js'
import { isLiteral, operatorError, scalarAt, textsOfVector } from './operands.js'
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
      if (value.form === 'list' && type.type === 'ANY') return value
      throw operatorError(`The object can't be converted to ${type.type}.`)
  }
}

/** A tuple of scalars becomes a typed vector, a tuple of vectors becomes a tuple of typed vectors. */
function castTuple(elements: readonly Value[], type: ColumnType): ServerValue {
  const cast = elements.map(element => castValue(element as ServerValue, type))
  if (cast.length === 0) return vectorOf(type, [])
  if (cast.some(element => element.form !== 'scalar')) return vectorOfElements(cast)
  return joinAll(cast.map(element => columnOfScalar(element as Scalar)))
}

/** Like `castValue`, for vectors. May return `vector` itself, so copy the result before you change it. */
export function castVector(vector: Vector, type: ColumnType): Vector {
  const from = columnTypeOf(vector)
  if (type.array) throw incompatible(type, from)
  if (sameColumnType(from, type)) return vector
  if (type.type === 'ANY' || vector.type === 'VOID') return convertColumn(vector, type) as Vector
  const texts = isLiteral(vector.type) ? textsOfVector(vector) : undefined
  if (isLiteral(type.type)) {
    const data = textsOfVector(vector)
    return textColumn({ form: 'vector', type: 'STRING', length: data.length, data }, type) as Vector
  }
  if (texts !== undefined) {
    return vectorOf(
      type,
      texts.map(text => readText(text, type)),
    ) as Vector
  }
  if (isTemporal(vector.type) && isTemporal(type.type) && isFixedVector(vector)) {
    return convertTemporal(vector, type.type)
  }
  return castNumbers(vector, type)
}

/** Converts numbers into numbers by value, and temporal types from and to numbers by the raw number. */
function castNumbers(vector: Vector, type: ColumnType): Vector {
  if (isTemporal(type.type)) {
    const raw = castVector(vector, { type: rawTypeOf(type.type) })
    return { ...raw, type: type.type } as Vector
  }
  if (!isTemporal(vector.type)) return convertColumn(vector, type) as Vector
  return castVector({ ...vector, type: rawTypeOf(vector.type) } as Vector, type)
}

function rawTypeOf(type: ColumnType['type']): 'INT' | 'LONG' {
  return dataTypes[type].bytesPerValue === 8 ? 'LONG' : 'INT'
}

/** The largest value of each integral type. */
const maxIntegers: Partial<Record<DataType, bigint>> = {
  CHAR: 127n,
  SHORT: 32_767n,
  INT: 2n ** 31n - 1n,
  LONG: 2n ** 63n - 1n,
}

/** Parses a text as `type`; null if that fails. For an integer, ignores everything after the leading digits. */
function readText(text: string, type: ColumnType): ElementValue {
  const name = type.type
  if (text === '') return null
  if (isTemporal(name)) return parseTemporal(name, text) ?? null
  if (isDecimal(name)) return decimalOfText(text, type)
  if (name === 'CHAR' && text.length === 1 && !/\d/.test(text)) return text.charCodeAt(0)
  const max = maxIntegers[name]
  if (max !== undefined) {
    const value = leadingInteger(text)
    if (value === undefined || value < -max || value > max) return null
    return name === 'LONG' ? value : Number(value)
  }
  switch (name) {
    case 'BOOL':
      return readBool(text)
    case 'FLOAT':
    case 'DOUBLE': {
      const value = Number.parseFloat(text)
      return Number.isNaN(value) ? null : value
    }
    case 'UUID':
    case 'IPADDR':
    case 'INT128':
      return parseSixteenBytes(name, text) ?? null
    default:
      throw incompatible(type, { type: 'STRING' })
  }
}

function readBool(text: string): boolean | null {
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 'false') return lower === 'true'
  const value = Number(text)
  return Number.isNaN(value) ? null : value !== 0
}

/** The integer at the start of a text; undefined without digits, or with more digits than any integer type can hold. */
function leadingInteger(text: string): bigint | undefined {
  const [, sign, zeros, digits] = /^([+-]?)(0*)(\d*)/.exec(text)!
  if (digits!.length > 19 || zeros! + digits! === '') return undefined
  const value = BigInt(digits!)
  return sign === '-' ? -value : value
}

function incompatible(expected: ColumnType, actual: ColumnType): ScriptError {
  return new ScriptError(`Incompatible type. Expected: ${expected.type}, Actual: ${actual.type}`)
}
