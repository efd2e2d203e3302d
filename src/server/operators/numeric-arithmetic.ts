/*
  Arithmetic on numbers: + - * / \ % and the bit operators. A null operand gives null, and so does a division by zero.
  Operations on integers give integers, except `\`. An overflow wraps around, like machine integers.
*/
import type { DataType } from '../../protocol/data-type.js'
import { nullDouble, nullInt32, nullInt64 } from '../../protocol/null-value.js'
import type { Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { operatorNames, type BinaryOperator } from './operator-names.js'
import { doubleOf, floatVector, int32Of, int64Of, numberKindOf, type Pairing } from './operands.js'

export type ArithmeticOperator = Extract<
  BinaryOperator,
  '+' | '-' | '*' | '/' | '\\' | '%' | '|' | '^' | '&' | '<<' | '>>'
>

type Int32Operation = (a: number, b: number) => number
type Int64Operation = (a: bigint, b: bigint) => bigint
type DoubleOperation = (a: number, b: number) => number

const int32Operations: Readonly<Record<ArithmeticOperator, Int32Operation>> = {
  '+': (a, b) => (a + b) | 0,
  '-': (a, b) => (a - b) | 0,
  '*': Math.imul,
  '/': (a, b) => (b === 0 ? nullInt32 : Math.floor(a / b)),
  '\\': (a, b) => (b === 0 ? nullInt32 : Math.floor(a / b)),
  '%': (a, b) => (b === 0 ? nullInt32 : a - b * Math.floor(a / b)),
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&': (a, b) => a & b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >>> b,
}

const int64Operations: Readonly<Record<ArithmeticOperator, Int64Operation>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': floorDivide,
  '\\': floorDivide,
  '%': (a, b) => (b === 0n ? nullInt64 : a - b * floorDivide(a, b)),
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&': (a, b) => a & b,
  '<<': (a, b) => a << (b & 63n),
  '>>': (a, b) => BigInt.asUintN(64, a) >> (b & 63n),
}

function floorDivide(a: bigint, b: bigint): bigint {
  if (b === 0n) return nullInt64
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

const doubleOperations: Partial<Record<ArithmeticOperator, DoubleOperation>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0 ? nullDouble : a / b),
  '\\': (a, b) => (b === 0 ? nullDouble : a / b),
  '%': (a, b) => (b === 0 ? nullDouble : a - b * Math.floor(a / b)),
}

export function refused(operator: ArithmeticOperator, what: string): ScriptError {
  return new ScriptError(`Arguments for ${operatorNames[operator]} method can not be ${what}.`, {
    category: 'SYSTEM_Operator',
  })
}

/** Treats temporal values as integers. @throws {ScriptError} for types without arithmetic, such as text */
export function numericArithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const { left, right, length } = pairing
  if (left.type === 'VOID' && right.type === 'VOID') return { form: 'vector', type: 'VOID', length }
  const leftKind = left.type === 'VOID' ? 'int32' : numberKindOf(left.type)
  const rightKind = right.type === 'VOID' ? 'int32' : numberKindOf(right.type)
  if (leftKind === undefined) throw refused(operator, left.type.toLowerCase())
  if (rightKind === undefined) throw refused(operator, right.type.toLowerCase())
  if (operator === '\\' || leftKind === 'double' || rightKind === 'double') {
    return floatingResult(operator, pairing)
  }
  if (leftKind === 'int64' || rightKind === 'int64') {
    const data = computeInt64(int64Operations[operator], pairing)
    return { form: 'vector', type: 'LONG', length, data }
  }
  const data = computeInt32(int32Operations[operator], pairing)
  return { form: 'vector', type: 'INT', length, data }
}

/** FLOAT if one operand is FLOAT and the other is not DOUBLE; otherwise DOUBLE, also for `\` of integers. */
function floatingResult(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const { left, right, length } = pairing
  const operation = doubleOperations[operator]
  if (operation === undefined) throw refused(operator, 'double')
  const data = computeDouble(operation, pairing)
  const isDouble = (type: DataType): boolean => type === 'DOUBLE'
  const hasFloat = left.type === 'FLOAT' || right.type === 'FLOAT'
  if (hasFloat && !isDouble(left.type) && !isDouble(right.type)) return floatVector(data)
  return { form: 'vector', type: 'DOUBLE', length, data }
}

/** Applies `operation` to each pair of elements. A null in a pair gives null, without a call of `operation`. */
export function computeInt32(operation: Int32Operation, pairing: Pairing): Int32Array {
  const { length, leftStep, rightStep } = pairing
  const a = int32Of(pairing.left)
  const b = int32Of(pairing.right)
  const result = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const x = a[i * leftStep]!
    const y = b[i * rightStep]!
    result[i] = x === nullInt32 || y === nullInt32 ? nullInt32 : operation(x, y)
  }
  return result
}

/** Like `computeInt32`, for 64-bit integers; results wrap around at 64 bits. */
export function computeInt64(operation: Int64Operation, pairing: Pairing): BigInt64Array {
  const { length, leftStep, rightStep } = pairing
  const a = int64Of(pairing.left)
  const b = int64Of(pairing.right)
  const result = new BigInt64Array(length)
  for (let i = 0; i < length; i++) {
    const x = a[i * leftStep]!
    const y = b[i * rightStep]!
    result[i] = x === nullInt64 || y === nullInt64 ? nullInt64 : operation(x, y)
  }
  return result
}

function computeDouble(operation: DoubleOperation, pairing: Pairing): Float64Array {
  const { length, leftStep, rightStep } = pairing
  const a = doubleOf(pairing.left)
  const b = doubleOf(pairing.right)
  const result = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const x = a[i * leftStep]!
    const y = b[i * rightStep]!
    result[i] = x === nullDouble || y === nullDouble ? nullDouble : operation(x, y)
  }
  return result
}
