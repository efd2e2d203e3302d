/*
  < <= == != > >= on vectors. Null is smaller than every value and equal to null (manual, "Functions and NULL").
*/
import { dataTypes, isDecimal } from '../../protocol/data-type.js'
import { isTemporal } from '../../protocol/types/temporals.js'
import type { SymbolVector, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import {
  decimalAsDouble,
  rescale,
  unscaledOf,
  doubleOf,
  int32Of,
  int64Of,
  numberKindOf,
  isLiteral,
  textsOfVector,
  type Pairing,
} from './operands.js'
import { comparableTemporal } from './temporal-arithmetic.js'

export type ComparisonOperator = '<' | '<=' | '==' | '!=' | '>' | '>='

/** @throws {ScriptError} if values of the two types cannot be compared */
export function compare(operator: ComparisonOperator, pairing: Pairing): Vector {
  const data = compareElements(operator, pairing)
  return { form: 'vector', type: 'BOOL', length: pairing.length, data }
}

function compareElements(operator: ComparisonOperator, pairing: Pairing): Int8Array {
  const { left, right } = pairing
  if (isText(left) || isText(right)) return compareTexts(operator, pairing)
  if (isDecimal(left.type) || isDecimal(right.type)) return compareDecimals(operator, pairing)
  if (isTemporal(left.type) && isTemporal(right.type)) {
    return compareNumbers(operator, comparableTemporal(pairing))
  }
  if (isNumber(left) && isNumber(right)) return compareNumbers(operator, pairing)
  return compareBinary(operator, pairing)
}

function isText(vector: Vector): boolean {
  return isLiteral(vector.type)
}

function isNumber(vector: Vector): boolean {
  return vector.type === 'VOID' || numberKindOf(vector.type) !== undefined
}

function compareNumbers(operator: ComparisonOperator, pairing: Pairing): Int8Array {
  const kinds = [pairing.left, pairing.right].map(vector => numberKindOf(vector.type))
  if (kinds.includes('double')) return fill(operator, pairing, doubleOf)
  if (kinds.includes('int64')) return fill(operator, pairing, int64Of)
  return fill(operator, pairing, int32Of)
}

type Numbers = Int32Array | BigInt64Array | Float64Array

function indexIn(numbers: Numbers, wanted: number | bigint, from: number): number {
  return typeof wanted === 'bigint'
    ? (numbers as BigInt64Array).indexOf(wanted, from)
    : (numbers as Float64Array).indexOf(wanted, from)
}

/** Compares numbers. Null sentinels are the smallest values of their types, so nulls come first. */
function fill(
  operator: ComparisonOperator,
  pairing: Pairing,
  read: (vector: Vector) => Numbers,
): Int8Array {
  const { length, leftStep, rightStep } = pairing
  const a = read(pairing.left)
  const b = read(pairing.right)
  const result = new Int8Array(length)
  if (operator === '==' && leftStep === 1 && rightStep === 0 && length > 0) {
    // `indexOf` skips unequal rows, usually most rows, without making a BigInt for each.
    const next = (from: number): number => indexIn(a, b[0]!, from)
    for (let i = next(0); i >= 0 && i < length; i = next(i + 1)) result[i] = 1
    return result
  }
  for (let i = 0; i < length; i++) {
    const x = a[i * leftStep]!
    const y = b[i * rightStep]!
    result[i] = holds(operator, x, y) ? 1 : 0
  }
  return result
}

type Comparable = number | bigint | string

function holds(operator: ComparisonOperator, x: Comparable, y: Comparable): boolean {
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

function compareTexts(operator: ComparisonOperator, pairing: Pairing): Int8Array {
  const { left, right, length, leftStep, rightStep } = pairing
  checkText(left)
  checkText(right)
  if (left.type === 'SYMBOL' && rightStep === 0) return compareSymbols(operator, left, right)
  const a = textsOfVector(left)
  const b = textsOfVector(right)
  const result = new Int8Array(length)
  for (let i = 0; i < length; i++) {
    result[i] = holds(operator, a[i * leftStep]!, b[i * rightStep]!) ? 1 : 0
  }
  return result
}

/** Compares each distinct symbol once. */
function compareSymbols(
  operator: ComparisonOperator,
  left: SymbolVector,
  right: Vector,
): Int8Array {
  const wanted = textsOfVector(right)[0]!
  const ofCode = left.base.map(text => (holds(operator, text, wanted) ? 1 : 0))
  const result = new Int8Array(left.length)
  for (let i = 0; i < left.length; i++) result[i] = ofCode[left.codes[i]!] ?? 0
  return result
}

/** Refuses types that cannot be compared with text. A CHAR counts as a text with one character. */
function checkText(vector: Vector): void {
  if (isText(vector) || vector.type === 'CHAR' || vector.type === 'VOID') return
  throw new ScriptError(`Can't compare ${vector.type} with STRING.`, {
    category: 'SYSTEM_Operator',
  })
}

function compareDecimals(operator: ComparisonOperator, pairing: Pairing): Int8Array {
  const { left, right, length, leftStep, rightStep } = pairing
  const a = unscaledOf(left)
  const b = unscaledOf(right)
  if (a === undefined || b === undefined) {
    const asDoubles = { left: decimalAsDouble(left), right: decimalAsDouble(right) }
    return compareNumbers(operator, { ...pairing, ...asDoubles })
  }
  const scale = Math.max(a.scale, b.scale)
  const result = new Int8Array(length)
  for (let i = 0; i < length; i++) {
    const x = a.values[i * leftStep]!
    const y = b.values[i * rightStep]!
    const holdsHere =
      x === null || y === null
        ? holds(operator, x === null ? 0 : 1, y === null ? 0 : 1)
        : holds(operator, rescale(x, a.scale, scale), rescale(y, b.scale, scale))
    result[i] = holdsHere ? 1 : 0
  }
  return result
}

/** Compares UUID, INT128, IPADDR, COMPLEX, POINT and DURATION byte by byte, starting with the most significant byte. */
function compareBinary(operator: ComparisonOperator, pairing: Pairing): Int8Array {
  const { left, right, length, leftStep, rightStep } = pairing
  if (left.type !== right.type || !('data' in left) || !ArrayBuffer.isView(left.data)) {
    throw new ScriptError(`Can't compare ${left.type} with ${right.type}.`, {
      category: 'SYSTEM_Operator',
    })
  }
  const a = keysOf(left)
  const b = keysOf(right)
  const result = new Int8Array(length)
  for (let i = 0; i < length; i++) {
    result[i] = holds(operator, a[i * leftStep]!, b[i * rightStep]!) ? 1 : 0
  }
  return result
}

/** Each row's bytes as text, last byte first, so texts sort like values (docs/protocol.md#sixteen-byte-values). */
function keysOf(vector: Vector): string[] {
  const { data } = vector as { data: ArrayBufferView }
  const size = dataTypes[vector.type].bytesPerValue
  const bytes = new Uint8Array(data.buffer, data.byteOffset, vector.length * size)
  return Array.from({ length: vector.length }, (_, row) =>
    String.fromCharCode(...bytes.slice(row * size, (row + 1) * size).reverse()),
  )
}
