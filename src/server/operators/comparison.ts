/*
  < <= == != > >= && || ! on vectors. Null is smaller than every value and equal to null. `&&` with a null gives null;
  `||` ignores a null if the other operand has a value (manual, "Functions and NULL", logicOrIgnoreNull=true).
*/
import { dataTypes, isDecimal } from '../../protocol/data-type.js'
import { nullDouble, nullInt8 } from '../../protocol/null-value.js'
import { isTemporal } from '../../protocol/types/temporals.js'
import type { Vector } from '../../protocol/value.js'
import type { ServerValue } from '../values/server-value.js'
import { comparableTemporal } from './arithmetic.js'
import {
  decimalAsDouble,
  doubleOf,
  int32Of,
  int64Of,
  isLiteral,
  numberKindOf,
  operandOf,
  operatorError,
  refused,
  rescale,
  textsOfVector,
  unscaledOf,
  type Pairing,
} from './operands.js'

export type ComparisonOperator = '<' | '<=' | '==' | '!=' | '>' | '>='

/** Stands for an element in comparisons; a null stands before all values. */
export type Comparable = number | bigint | string
type Comparables = ArrayLike<Comparable>

/** @throws {ScriptError} if values of the two types cannot be compared */
export function compare(operator: ComparisonOperator, pairing: Pairing): Vector {
  const { left, right, length, leftStep, rightStep } = pairing
  const [a, b] = comparables(left, right)
  const data = new Int8Array(length)
  if (operator === '==' && leftStep === 1 && rightStep === 0 && length > 0) {
    // `indexOf` skips unequal rows, usually most rows, without making a BigInt for each.
    const { indexOf } = a as { indexOf?: (wanted: Comparable, from: number) => number }
    const next = (from: number): number => indexOf!.call(a, b[0]!, from)
    for (let i = next(0); i >= 0 && i < length; i = next(i + 1)) data[i] = 1
  } else {
    for (let i = 0; i < length; i++) {
      data[i] = holds(operator, a[i * leftStep]!, b[i * rightStep]!) ? 1 : 0
    }
  }
  return { form: 'vector', type: 'BOOL', length, data }
}

export function holds(operator: ComparisonOperator, x: Comparable, y: Comparable): boolean {
  switch (operator) {
    case '<':
      return x < y
    case '<=':
      return x <= y
    case '==':
      return x === y
    case '!=':
      return x !== y
    case '>':
      return x > y
    case '>=':
      return x >= y
  }
}

/** The elements of two vectors in a form in which JavaScript compares them. @throws {ScriptError} if there is none */
export function comparables(left: Vector, right: Vector): readonly [Comparables, Comparables] {
  if (isLiteral(left.type) || isLiteral(right.type)) return [textsFor(left), textsFor(right)]
  if (isDecimal(left.type) || isDecimal(right.type)) return comparableDecimals(left, right)
  if (isTemporal(left.type) && isTemporal(right.type)) {
    const same = comparableTemporal(left, right)
    return comparableNumbers(same.left, same.right)
  }
  return isNumber(left) && isNumber(right)
    ? comparableNumbers(left, right)
    : [bytesFor(left, right), bytesFor(right, left)]
}

function isNumber({ type }: Vector): boolean {
  return type === 'VOID' || numberKindOf(type) !== undefined
}

/** Null sentinels are the smallest values of their types. */
function comparableNumbers(left: Vector, right: Vector): [Comparables, Comparables] {
  const kinds = [left, right].map(({ type }) => numberKindOf(type))
  const read = kinds.includes('double') ? doubleOf : kinds.includes('int64') ? int64Of : int32Of
  return [read(left), read(right)]
}

/** Refuses types that cannot be compared with text. A CHAR counts as a text with one character. */
function textsFor(vector: Vector): Comparables {
  const { type } = vector
  if (isLiteral(type) || type === 'CHAR' || type === 'VOID') return textsOfVector(vector)
  throw operatorError(`Can't compare ${type} with STRING.`)
}

/** Less than every decimal. */
const beforeDecimals = -(2n ** 300n)

function comparableDecimals(left: Vector, right: Vector): [Comparables, Comparables] {
  const a = unscaledOf(left)
  const b = unscaledOf(right)
  if (a === undefined || b === undefined) {
    return comparableNumbers(decimalAsDouble(left), decimalAsDouble(right))
  }
  const scale = Math.max(a.scale, b.scale)
  const valuesOf = (side: typeof a): Comparables =>
    side.values.map(value => (value === null ? beforeDecimals : rescale(value, side.scale, scale)))
  return [valuesOf(a), valuesOf(b)]
}

/**
 * The bytes of UUID, INT128, IPADDR, COMPLEX, POINT and DURATION as texts, last byte first, so that texts sort like values
 * (docs/protocol.md#sixteen-byte-values).
 */
function bytesFor(vector: Vector, other: Vector): string[] {
  if (vector.type !== other.type || !('data' in vector) || !ArrayBuffer.isView(vector.data)) {
    throw operatorError(`Can't compare ${vector.type} with ${other.type}.`)
  }
  const { data, length } = vector
  const size = dataTypes[vector.type].bytesPerValue
  const bytes = new Uint8Array(data.buffer, data.byteOffset, length * size)
  return Array.from({ length }, (_, row) =>
    String.fromCharCode(...bytes.slice(row * size, (row + 1) * size).reverse()),
  )
}

/** 1 or 0 for each element, or the null of BOOL. */
export function truthOf(vector: Vector, operation: string): Int8Array {
  if (vector.type === 'BOOL') return vector.data
  if (!isNumber(vector)) throw refused(operation, vector.type.toLowerCase())
  const numbers = doubleOf(vector)
  const truths = new Int8Array(vector.length)
  for (let i = 0; i < truths.length; i++) {
    truths[i] = numbers[i] === nullDouble ? nullInt8 : numbers[i] === 0 ? 0 : 1
  }
  return truths
}

/**
 * Scripts always evaluate both operands, because the operators also accept vectors.
 * @throws {ScriptError} for operands that have no truth value, such as text
 */
export function logic(operator: '&&' | '||', pairing: Pairing): Vector {
  const name = operator === '&&' ? 'and' : 'or'
  const { length, leftStep, rightStep } = pairing
  const a = truthOf(pairing.left, name)
  const b = truthOf(pairing.right, name)
  const combine = operator === '&&' ? both : either
  const data = new Int8Array(length)
  for (let i = 0; i < length; i++) data[i] = combine(a[i * leftStep]!, b[i * rightStep]!)
  return { form: 'vector', type: 'BOOL', length, data }
}

function both(a: number, b: number): number {
  return a === nullInt8 || b === nullInt8 ? nullInt8 : a & b
}

function either(a: number, b: number): number {
  if (a === nullInt8) return b
  return b === nullInt8 ? a : a | b
}

/** Null stays null, 0 becomes true, and every other value becomes false. */
export function not(value: ServerValue): ServerValue {
  const { vector, rebuild } = operandOf(value, 'not')
  const { length } = vector
  const data = truthOf(vector, 'not').slice(0, length)
  for (let i = 0; i < length; i++) if (data[i] !== nullInt8) data[i] = 1 - data[i]!
  return rebuild({ form: 'vector', type: 'BOOL', length, data })
}
