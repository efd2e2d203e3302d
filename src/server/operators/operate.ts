/*
  Operators as scripts use them, `? :` among them: what they make is counted.
*/
import type { BinaryOperator, UnaryOperator } from '../script/parse/syntax.js'
import type { CallContext } from '../values/builtin.js'
import type { ServerValue } from '../values/server-value.js'
import { applyBinary, applyUnary } from './operators.js'
import { sequenceLength } from './range.js'
import { columnTypeOf, takeRows } from '../../protocol/element.js'
import type { Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { joinColumns } from '../values/vector-literal.js'
import { nullColumn } from '../columns/column-layout.js'
import { truthOf } from './logic.js'
import { operandOf } from './operands/pairing.js'

/** As `applyBinary`. */
export function operate(
  { memory }: CallContext,
  operator: BinaryOperator,
  left: ServerValue,
  right: ServerValue,
): ServerValue {
  if (operator === '..') memory.expect(8 * sequenceLength(left, right))
  const value = applyBinary(operator, left, right)
  memory.made(value)
  return value
}

/** As `applyUnary`. */
export function operateUnary(
  { memory }: CallContext,
  operator: UnaryOperator,
  operand: ServerValue,
): ServerValue {
  const value = applyUnary(operator, operand)
  memory.made(value)
  return value
}

/** `? :` with a vector of conditions; errors name it iif, as its function is called. */
export function choose(
  { memory }: CallContext,
  condition: ServerValue,
  whenTrue: ServerValue,
  whenFalse: ServerValue,
): ServerValue {
  const value = chooseElements(condition, whenTrue, whenFalse)
  memory.made(value)
  return value
}

/** A null condition gives a null. */
export function chooseElements(
  condition: ServerValue,
  whenTrue: ServerValue,
  whenFalse: ServerValue,
): ServerValue {
  const operand = operandOf(condition, 'iif')
  const truth = truthOf(operand.vector, 'iif')
  const { length } = operand.vector
  const a = operandOf(whenTrue, 'iif')
  const b = operandOf(whenFalse, 'iif')
  for (const side of [a, b]) {
    if (!side.isScalar && side.vector.length !== length) {
      throw new ScriptError('Incompatible vector size', { category: 'SYSTEM_Operator' })
    }
  }
  const both = joinColumns(a.vector, b.vector)
  const all = joinColumns(both, nullColumn(columnTypeOf(both), 1))
  const rows = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const one = truth[i]!
    if (one === 1) rows[i] = a.isScalar ? 0 : i
    else if (one === 0) rows[i] = a.vector.length + (b.isScalar ? 0 : i)
    else rows[i] = both.length
  }
  return operand.rebuild(takeRows(all, rows) as Vector)
}
