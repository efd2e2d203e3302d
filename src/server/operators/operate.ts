/*
  Operators as scripts use them: what they make is counted.
*/
import type { BinaryOperator, UnaryOperator } from '../script/parse/syntax.js'
import type { CallContext } from '../values/builtin.js'
import type { ServerValue } from '../values/server-value.js'
import { chooseElements } from './choose.js'
import { applyBinary, applyUnary } from './operators.js'
import { sequenceLength } from './range.js'

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
