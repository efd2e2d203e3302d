/*
  Converts operands to vectors and results back to the form of the operands, so that each operator is written once, for
  vectors. Also reads the numbers, unscaled decimals and texts of a vector.
*/
import { type DataType, dataTypes, isDecimal } from '../../protocol/data-type.js'
import type { FixedVector } from '../../protocol/element-bytes.js'
import { elementAt, vectorOf } from '../../protocol/element.js'
import { nullDouble, nullInt16, nullInt32, nullInt64, nullInt8 } from '../../protocol/null-value.js'
import { formatElement } from '../../protocol/value-text.js'
import type { Scalar, Vector } from '../../protocol/value.js'
import { columnTexts, numbersOf } from '../columns/column-layout.js'
import { columnOfScalar, unscaledValues } from '../columns/convert-column.js'
import { ScriptError } from '../script-error.js'
import { intScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'

/** A value in the form of a vector. */
export interface Operand {
  readonly vector: Vector
  /** True if the operator combines the single element of this vector with every element of the other operand. */
  readonly isScalar: boolean
  /** Converts a vector of results, of the same length, back to the form of the operand. */
  readonly rebuild: (result: Vector) => ServerValue
}

/** An error of category SYSTEM_Operator. */
export function operatorError(message: string): ScriptError {
  return new ScriptError(message, { category: 'SYSTEM_Operator' })
}

/** @param operation  name of a function */
export function refused(operation: string, what: string): ScriptError {
  return operatorError(`Arguments for ${operation} method can not be ${what}.`)
}

export function unequalLengths(): ScriptError {
  return operatorError('Incompatible vector size')
}

/** Do not call this for a tuple, because elements of a tuple need not be scalars. */
export function scalarAt(vector: Vector, index: number): Scalar {
  return elementAt(vector, index) as Scalar
}

/** @throws {ScriptError} with the name of `operation`, if operators do not accept this value */
export function operandOf(value: ServerValue, operation: string): Operand {
  switch (value.form) {
    case 'scalar':
      return {
        vector: columnOfScalar(value),
        isScalar: true,
        rebuild: result => scalarAt(result, 0),
      }
    case 'vector':
      return { vector: value, isScalar: false, rebuild: result => result }
    case 'type':
      return operandOf(intScalar(dataTypes[value.column.type].id), operation)
    default:
      throw refused(operation, formWords[value.form] ?? value.form)
  }
}

const formWords: Partial<Record<ServerValue['form'], string>> = {
  serverTable: 'table',
  serverDictionary: 'dictionary',
  database: 'handle',
  list: 'tuple',
}

/** Two operands, prepared for a loop: element i of the result uses `left[i * leftStep]` and `right[i * rightStep]`. */
export interface Pairing {
  readonly left: Vector
  readonly right: Vector
  readonly length: number
  /** 0 for a scalar, whose single element repeats; otherwise 1. */
  readonly leftStep: 0 | 1
  readonly rightStep: 0 | 1
  readonly rebuild: (result: Vector) => ServerValue
}

/** @throws {ScriptError} if the lengths do not match */
export function pairOperands(left: ServerValue, right: ServerValue, operation: string): Pairing {
  const a = operandOf(left, operation)
  const b = operandOf(right, operation)
  if (!a.isScalar && !b.isScalar && a.vector.length !== b.vector.length) throw unequalLengths()
  const shape = a.isScalar ? b : a
  return {
    left: a.vector,
    right: b.vector,
    length: shape.vector.length,
    leftStep: a.isScalar ? 0 : 1,
    rightStep: b.isScalar ? 0 : 1,
    rebuild: shape.rebuild,
  }
}

/** The JavaScript form in which an operator computes with a type. */
export type NumberKind = 'int32' | 'int64' | 'double'

/** int32 or int64 for integral, temporal and BOOL types, double for floating types; undefined for all other types. */
export function numberKindOf(type: DataType): NumberKind | undefined {
  switch (dataTypes[type].category) {
    case 'floating':
      return 'double'
    case 'logical':
    case 'integral':
    case 'temporal':
      return dataTypes[type].bytesPerValue === 8 ? 'int64' : 'int32'
    default:
      return undefined
  }
}

/** The elements as int32; copies only narrower types. VOID gives nulls. @throws {ScriptError} for other types */
export function int32Of(vector: Vector): Int32Array {
  if (vector.type === 'VOID') return new Int32Array(vector.length).fill(nullInt32)
  if (numberKindOf(vector.type) !== 'int32') throw notNumbers(vector)
  const { data, length } = vector as { data: ArrayLike<number>; length: number }
  if (data instanceof Int32Array) return data
  const nullValue = data instanceof Int8Array ? nullInt8 : nullInt16
  const result = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const value = data[i]!
    result[i] = value === nullValue ? nullInt32 : value
  }
  return result
}

/** Like `int32Of`, as int64, for whole numbers of any width. @throws {ScriptError} for types without whole numbers */
export function int64Of(vector: Vector): BigInt64Array {
  if (vector.type === 'VOID') return new BigInt64Array(vector.length).fill(nullInt64)
  if (numberKindOf(vector.type) === 'int64') return (vector as { data: BigInt64Array }).data
  const narrow = int32Of(vector)
  const result = new BigInt64Array(vector.length)
  for (let i = 0; i < vector.length; i++) {
    const value = narrow[i]!
    result[i] = value === nullInt32 ? nullInt64 : BigInt(value)
  }
  return result
}

/** Numbers as doubles; rounds int64 beyond 2^53. @throws {ScriptError} for decimals and for types without numbers */
export function doubleOf(vector: Vector): Float64Array {
  if (vector.type === 'DOUBLE') return vector.data
  if (vector.type === 'VOID') return new Float64Array(vector.length).fill(nullDouble)
  if (numberKindOf(vector.type) === undefined) throw notNumbers(vector)
  const numbers = numbersOf(vector as FixedVector)
  for (let i = 0; i < numbers.length; i++) if (Number.isNaN(numbers[i]!)) numbers[i] = nullDouble
  return numbers
}

function notNumbers({ type }: Vector): ScriptError {
  return new ScriptError(`A vector of numbers is expected, but the actual type is ${type}.`)
}

/** Decimals as integers, in units of 10^−scale (150 for 1.50). */
export interface Unscaled {
  readonly values: readonly (bigint | null)[]
  readonly scale: number
}

/** A decimal or integral vector as unscaled integers; undefined for other types. */
export function unscaledOf(vector: Vector): Unscaled | undefined {
  if (isDecimal(vector.type)) {
    const { scale } = vector as { scale: number }
    return { values: unscaledValues(vector as FixedVector), scale }
  }
  const kind = vector.type === 'VOID' ? 'int32' : numberKindOf(vector.type)
  if (kind === undefined || kind === 'double') return undefined
  const wide = int64Of(vector).subarray(0, vector.length)
  return { values: Array.from(wide, value => (value === nullInt64 ? null : value)), scale: 0 }
}

/** Converts a decimal vector to the nearest doubles; returns other vectors unchanged. */
export function decimalAsDouble(vector: Vector): Vector {
  const unscaled = isDecimal(vector.type) ? unscaledOf(vector) : undefined
  if (unscaled === undefined) return vector
  const { values, scale } = unscaled
  // Parses the decimal text. A division would round twice, because large powers of ten are not exact as doubles.
  const doubles = values.map(value => (value === null ? null : Number(`${value}e-${scale}`)))
  return vectorOf({ type: 'DOUBLE' }, doubles) as Vector
}

/** @param to  scale of the result, at least `from` */
export function rescale(value: bigint, from: number, to: number): bigint {
  return value * 10n ** BigInt(to - from)
}

export function isLiteral(type: DataType): boolean {
  return dataTypes[type].category === 'literal'
}

/** Every element as the text that string(x) returns; '' for nulls. */
export function textsOfVector(vector: Vector): readonly string[] {
  const texts = columnTexts(vector)
  if (texts !== undefined) {
    return texts.length === vector.length ? texts : texts.slice(0, vector.length)
  }
  if (vector.type === 'CHAR') return Array.from(vector.data.subarray(0, vector.length), charText)
  return Array.from({ length: vector.length }, (_, row) => formatElement(vector, row))
}

/** Prints a CHAR without quotes. An unprintable CHAR becomes its number. */
function charText(code: number): string {
  if (code === nullInt8) return ''
  return code > 31 && code < 127 ? String.fromCharCode(code) : String(code)
}
