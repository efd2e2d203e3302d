/*
  Logic on vectors: && || !. `&&` with a null gives null. `||` ignores a null if the other operand has a value (manual,
  "Functions and NULL", logicOrIgnoreNull=true).
*/
import { nullDouble, nullInt32, nullInt64, nullInt8 } from '../../protocol/null-value.js'
import type { Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { doubleOf, int32Of, int64Of, numberKindOf, operandOf, type Pairing } from './operands.js'
import type { ServerValue } from '../values/server-value.js'

/** Scripts always evaluate both operands, because the operators also accept vectors. */
export type LogicOperator = '&&' | '||'

/** 1 or 0 for each element, or the null of BOOL. */
export function truthOf(vector: Vector, operation: string): Int8Array {
  const { length } = vector
  if (vector.type === 'BOOL') return vector.data
  const result = new Int8Array(length)
  if (vector.type === 'VOID') return result.fill(nullInt8)
  const kind = numberKindOf(vector.type)
  if (kind === undefined) {
    throw new ScriptError(
      `Arguments for ${operation} method can not be ${vector.type.toLowerCase()}.`,
      { category: 'SYSTEM_Operator' },
    )
  }
  const values =
    kind === 'int32' ? int32Of(vector) : kind === 'int64' ? int64Of(vector) : doubleOf(vector)
  const nullValue = kind === 'int32' ? nullInt32 : kind === 'int64' ? nullInt64 : nullDouble
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    result[i] = value === nullValue ? nullInt8 : Number(value) === 0 ? 0 : 1
  }
  return result
}

/** @throws {ScriptError} for operands that have no truth value, such as text */
export function logic(operator: LogicOperator, pairing: Pairing): Vector {
  const name = operator === '&&' ? 'and' : 'or'
  const { length, leftStep, rightStep } = pairing
  const a = truthOf(pairing.left, name)
  const b = truthOf(pairing.right, name)
  const data = new Int8Array(length)
  const combine = operator === '&&' ? both : either
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
  const operand = operandOf(value, 'not')
  const truth = truthOf(operand.vector, 'not')
  const { length } = operand.vector
  const data = new Int8Array(length)
  for (let i = 0; i < length; i++) {
    const one = truth[i]!
    data[i] = one === nullInt8 ? nullInt8 : 1 - one
  }
  return operand.rebuild({ form: 'vector', type: 'BOOL', length, data })
}
