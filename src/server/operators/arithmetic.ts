/*
  `+ - * / %` and their relatives, and the sign: which arithmetic two operands ask for; text that is put together.
*/
import { dataTypes, isDecimal } from '../../protocol/data-type.js'
import type { Vector } from '../../protocol/value.js'
import { decimalArithmetic } from './decimal-arithmetic.js'
import { numericArithmetic, refused, type ArithmeticOperator } from './numeric-arithmetic.js'
import { type Pairing, operandOf } from './operands/pairing.js'
import { temporalArithmetic } from './temporal-arithmetic.js'
import { isLiteral, textsOfVector, unscaledOf } from './operands/operands.js'
import { ScriptError } from '../script-error.js'
import { vectorOf } from '../../protocol/element.js'
import { columnOfScalar, convertColumn } from '../columns/convert-column.js'
import { intScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'

/** @throws {ScriptError} `Arguments for add method can not be …` when the types have no arithmetic */
export function arithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const { left, right } = pairing
  if (isLiteral(left.type) || isLiteral(right.type)) {
    if (operator === '+') return concatenate(pairing)
    throw refused(operator, 'string')
  }
  if (isDecimal(left.type) || isDecimal(right.type)) return decimalArithmetic(operator, pairing)
  const isTemporal =
    dataTypes[left.type].category === 'temporal' || dataTypes[right.type].category === 'temporal'
  if (isTemporal) return temporalArithmetic(operator, pairing)
  return numericArithmetic(operator, pairing)
}

/** Characters of a text that functions make at most; a real server's requests are not longer either. */
const maxTextLength = 16_777_216

/** Null is '', so text beside a null stays. */
export function concatenate(pairing: Pairing): Vector {
  const { left, right, length, leftStep, rightStep } = pairing
  const a = textsOfVector(left)
  const b = textsOfVector(right)
  const data = new Array<string>(length)
  for (let i = 0; i < length; i++) {
    const text = a[i * leftStep]! + b[i * rightStep]!
    if (text.length > maxTextLength) {
      throw new ScriptError(`A text must not be longer than ${maxTextLength} characters.`)
    }
    data[i] = text
  }
  return { form: 'vector', type: 'STRING', length, data }
}

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
