/*
  Unary minus.
*/
import { isDecimal } from '../../protocol/data-type.js'
import { vectorOf } from '../../protocol/element.js'
import type { Vector } from '../../protocol/value.js'
import { columnOfScalar, convertColumn } from '../columns/convert-column.js'
import { intScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'
import { arithmetic } from './arithmetic.js'
import { unscaledOf } from './operands/operand-decimals.js'
import { operandOf } from './operands/pairing.js'

/**
 * The type stays what it is (DolphinDB manual, page neg); BOOL becomes INT.
 * @throws {ScriptError} for what has no arithmetic, such as text
 */
export function negate(value: ServerValue): ServerValue {
  const operand = operandOf(value, 'neg')
  return operand.rebuild(negateVector(operand.vector))
}

function negateVector(vector: Vector): Vector {
  if (isDecimal(vector.type)) {
    const { values, scale } = unscaledOf(vector)!
    const negated = values.map(one => (one === null ? null : -one))
    return vectorOf({ type: vector.type, scale }, negated) as Vector
  }
  if (vector.type === 'FLOAT' || vector.type === 'DOUBLE') {
    // 0 - x would turn 0 into 0, not -0.
    return arithmetic('*', {
      left: vector,
      right: columnOfScalar(intScalar(-1)),
      length: vector.length,
      leftStep: 1,
      rightStep: 0,
      rebuild: result => result,
    })
  }
  const negated = arithmetic('-', {
    left: columnOfScalar(intScalar(0)),
    right: vector,
    length: vector.length,
    leftStep: 0,
    rightStep: 1,
    rebuild: result => result,
  })
  const isNarrow = vector.type === 'CHAR' || vector.type === 'SHORT'
  return isNarrow ? (convertColumn(negated, { type: vector.type }) as Vector) : negated
}
