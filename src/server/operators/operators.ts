/*
  Applies the operators of the language, including `? :`, to values of any form.
*/
import { columnTypeOf, elementAt, takeRows } from '../../protocol/element.js'
import type { Scalar, Vector } from '../../protocol/value.js'
import { nullColumn } from '../columns/column-layout.js'
import { columnOfScalar } from '../columns/convert-column.js'
import { ScriptError } from '../script-error.js'
import { castTo } from './cast.js'
import {
  elementsOf,
  joinColumns,
  tupleElements,
  tupleOf,
  vectorOfElements,
  vectorOfScalars,
} from '../values/vector-literal.js'
import {
  comparisonOperators,
  operatorNames,
  type BinaryOperator,
  type UnaryOperator,
} from './operator-names.js'
import { boolScalar, doubleScalar, intScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'
import { arithmetic, negate } from './arithmetic.js'
import { compare, type ComparisonOperator } from './comparison.js'
import { logic, not, truthOf } from './logic.js'
import type { ArithmeticOperator } from './numeric-arithmetic.js'
import { sequence } from './range.js'
import { operandOf, pairOperands, type Pairing } from './operands.js'

/** @throws {ScriptError} of category SYSTEM_Operator if the operator has no meaning for the value */
export function applyUnary(operator: UnaryOperator, operand: ServerValue): ServerValue {
  const tuple = tupleElements(operand)
  if (tuple !== undefined) {
    return vectorOfElements(tuple.map(element => applyUnary(operator, element)))
  }
  return operator === '-' ? negate(operand) : not(operand)
}

/** @throws {ScriptError} of category SYSTEM_Operator if the operator has no meaning for these values */
export function applyBinary(
  operator: BinaryOperator,
  left: ServerValue,
  right: ServerValue,
): ServerValue {
  if (left.form === 'scalar' && right.form === 'scalar') {
    const quick = applyToScalars(operator, left, right)
    if (quick !== undefined) return quick
  }
  switch (operator) {
    case ':':
      return pairOf(left, right)
    case '..':
      return sequence(left, right)
    case '$':
      return castTo(left, right)
    case '<-':
      return joinValues(left, right)
    default:
      return applyElementwise(operator, left, right)
  }
}

type ElementwiseOperator = Exclude<BinaryOperator, ':' | '..' | '$' | '<-'>

function applyElementwise(
  operator: ElementwiseOperator,
  left: ServerValue,
  right: ServerValue,
): ServerValue {
  const pairs = tuplePairs(left, right)
  if (pairs !== undefined) {
    const results = Array.from({ length: pairs.length }, (_, i) =>
      applyElementwise(operator, ...pairs.at(i)),
    )
    return assembleTuple(operator, results)
  }
  const pairing = pairOperands(left, right, operatorNames[operator])
  return pairing.rebuild(computePairing(operator, pairing))
}

function computePairing(operator: ElementwiseOperator, pairing: Pairing): Vector {
  switch (operator) {
    case '&&':
    case '||':
      return logic(operator, pairing)
    case '<':
    case '<=':
    case '==':
    case '!=':
    case '>':
    case '>=':
      return compare(operator satisfies ComparisonOperator, pairing)
    default:
      return arithmetic(operator satisfies ArithmeticOperator, pairing)
  }
}

/** The fast path for two INTs or two DOUBLEs, the most frequent case in loops; undefined for all other operands. */
function applyToScalars(operator: BinaryOperator, left: Scalar, right: Scalar): Scalar | undefined {
  const isInt = left.type === 'INT' && right.type === 'INT'
  const isDouble = left.type === 'DOUBLE' && right.type === 'DOUBLE'
  if (!isInt && !isDouble) return undefined
  const a = left.value
  const b = right.value
  if (a === null || b === null) return undefined
  switch (operator) {
    case '+':
      return isInt ? wrapped(a + b) : doubleScalar(a + b)
    case '-':
      return isInt ? wrapped(a - b) : doubleScalar(a - b)
    case '<':
      return boolScalar(a < b)
    case '<=':
      return boolScalar(a <= b)
    case '==':
      return boolScalar(a === b)
    case '!=':
      return boolScalar(a !== b)
    case '>':
      return boolScalar(a > b)
    case '>=':
      return boolScalar(a >= b)
    default:
      return undefined
  }
}

function wrapped(value: number): Scalar {
  const result = value | 0
  return intScalar(result === -2147483648 ? null : result)
}

/** Pairs of operands, one for each element of the result, if at least one operand is a tuple. */
interface TuplePairs {
  readonly length: number
  at(index: number): [ServerValue, ServerValue]
}

/**
 * Pairs the elements of a tuple with the elements of a second tuple or of a vector with the same length. If the other
 * operand is a different value, pairs each element with that value. Undefined if there is no tuple.
 */
function tuplePairs(left: ServerValue, right: ServerValue): TuplePairs | undefined {
  const a = tupleElements(left)
  const b = tupleElements(right)
  if (a === undefined && b === undefined) return undefined
  const length = a?.length ?? b?.length ?? 0
  if (a !== undefined && b !== undefined && a.length !== b.length) {
    throw new ScriptError('Incompatible vector size', { category: 'SYSTEM_Operator' })
  }
  const elementOf = (value: ServerValue, index: number): ServerValue =>
    value.form === 'vector' && value.length === length
      ? (elementAt(value, index) as ServerValue)
      : value
  return {
    length,
    at: index => [a?.[index] ?? elementOf(left, index), b?.[index] ?? elementOf(right, index)],
  }
}

/** Joins the results for the elements of a tuple: to a vector if the operator is a comparison, otherwise to a tuple. */
function assembleTuple(
  operator: ElementwiseOperator,
  results: readonly ServerValue[],
): ServerValue {
  return comparisonOperators.has(operator) ? vectorOfElements(results) : tupleOf(results)
}

/** @throws {ScriptError} unless both values are scalars of one kind */
function pairOf(left: ServerValue, right: ServerValue): ServerValue {
  if (left.form === 'scalar' && right.form === 'scalar') {
    const elements = vectorOfScalars([left, right])
    if (elements !== undefined) return { form: 'pair', elements }
  }
  throw new ScriptError('Both arguments of a pair must be scalars of the same type.', {
    category: 'SYSTEM_Operator',
  })
}

/** `x <- y` joins scalars and vectors to a longer vector. If one side is a list, the result is a list. */
function joinValues(left: ServerValue, right: ServerValue): ServerValue {
  const a = left.form === 'scalar' ? columnOfScalar(left) : left
  const b = right.form === 'scalar' ? columnOfScalar(right) : right
  const areColumns =
    (a.form === 'vector' || a.form === 'arrayVector') &&
    (b.form === 'vector' || b.form === 'arrayVector')
  if (areColumns) return joinColumns(a, b)
  if (a.form === 'list' || b.form === 'list') return tupleOf([...elementsOf(a), ...elementsOf(b)])
  throw new ScriptError('Arguments for join method must be vectors.', {
    category: 'SYSTEM_Operator',
  })
}

/**
 * `? :` with a vector of conditions; if the condition is null, the element is null. Errors contain the name of the
 * corresponding function, iif.
 */
export function choose(
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
