/*
  Applies the operators of the language, including `? :`, to values of any form.
*/
import { dataTypes } from '../../protocol/data-type.js'
import type { FixedVector } from '../../protocol/element-bytes.js'
import { columnTypeOf, elementAt, takeRows } from '../../protocol/element.js'
import type { Scalar, Vector } from '../../protocol/value.js'
import { nullColumn, zeroColumn } from '../columns/column-layout.js'
import { columnOfScalar } from '../columns/convert-column.js'
import { ScriptError } from '../script-error.js'
import { boolScalar, doubleScalar, intScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'
import {
  elementsOf,
  joinColumns,
  tupleElements,
  tupleOf,
  vectorOfElements,
  vectorOfScalars,
} from '../values/vector-literal.js'
import { arithmetic, negate } from './arithmetic.js'
import { castTo } from './cast.js'
import { compare, holds, logic, not, truthOf, type ComparisonOperator } from './comparison.js'
import { numberKindOf, operandOf, operatorError, pairOperands, unequalLengths } from './operands.js'
import {
  comparisonOperators,
  operatorNames,
  type BinaryOperator,
  type UnaryOperator,
} from './operator-names.js'

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

/**
 * Pairs the elements of a tuple with the elements of a second tuple or of a vector with the same length. If the other
 * operand is a different value, pairs each element with that value.
 */
function applyElementwise(
  operator: ElementwiseOperator,
  left: ServerValue,
  right: ServerValue,
): ServerValue {
  const a = tupleElements(left)
  const b = tupleElements(right)
  const length = (a ?? b)?.length
  if (length === undefined) {
    const pairing = pairOperands(left, right, operatorNames[operator])
    const vector =
      operator === '&&' || operator === '||'
        ? logic(operator, pairing)
        : isComparison(operator)
          ? compare(operator, pairing)
          : arithmetic(operator, pairing)
    return pairing.rebuild(vector)
  }
  if (a !== undefined && b !== undefined && a.length !== b.length) throw unequalLengths()
  const elementOf = (value: ServerValue, index: number): ServerValue =>
    value.form === 'vector' && value.length === length
      ? (elementAt(value, index) as ServerValue)
      : value
  const results = Array.from({ length }, (_, i) =>
    applyElementwise(operator, a?.[i] ?? elementOf(left, i), b?.[i] ?? elementOf(right, i)),
  )
  return isComparison(operator) ? vectorOfElements(results) : tupleOf(results)
}

function isComparison(operator: BinaryOperator): operator is ComparisonOperator {
  return comparisonOperators.has(operator)
}

/** The fast path for two INTs or two DOUBLEs, the most frequent case in loops; undefined for all other operands. */
function applyToScalars(operator: BinaryOperator, left: Scalar, right: Scalar): Scalar | undefined {
  const isInt = left.type === 'INT' && right.type === 'INT'
  const isDouble = left.type === 'DOUBLE' && right.type === 'DOUBLE'
  if (!isInt && !isDouble) return undefined
  const a = left.value
  const b = right.value
  if (a === null || b === null) return undefined
  if (isComparison(operator)) return boolScalar(holds(operator, a, b))
  if (operator !== '+' && operator !== '-') return undefined
  const value = operator === '+' ? a + b : a - b
  if (isDouble) return doubleScalar(value)
  return intScalar((value | 0) === -2147483648 ? null : value | 0)
}

/** @throws {ScriptError} unless both values are scalars of one kind */
function pairOf(left: ServerValue, right: ServerValue): ServerValue {
  if (left.form === 'scalar' && right.form === 'scalar') {
    const elements = vectorOfScalars([left, right])
    if (elements !== undefined) return { form: 'pair', elements }
  }
  throw operatorError('Both arguments of a pair must be scalars of the same type.')
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
  throw operatorError('Arguments for join method must be vectors.')
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
  const { vector, rebuild } = operandOf(condition, 'iif')
  const truth = truthOf(vector, 'iif')
  const { length } = vector
  const a = operandOf(whenTrue, 'iif')
  const b = operandOf(whenFalse, 'iif')
  for (const side of [a, b]) {
    if (!side.isScalar && side.vector.length !== length) throw unequalLengths()
  }
  const both = joinColumns(a.vector, b.vector)
  const all = joinColumns(both, nullColumn(columnTypeOf(both), 1))
  const rows = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    if (truth[i] === 1) rows[i] = a.isScalar ? 0 : i
    else if (truth[i] === 0) rows[i] = a.vector.length + (b.isScalar ? 0 : i)
    else rows[i] = both.length
  }
  return rebuild(takeRows(all, rows) as Vector)
}

/** DolphinDB's limit for the length of a vector (docs/server-semantics.md#error-texts). */
const maxLength = 2_147_483_647

/**
 * `a..b`: all values from a to b, ascending or descending, for integers and temporal values. If an end is null, the
 * result is empty. @throws {ScriptError} for uncountable types
 */
function sequence(left: ServerValue, right: ServerValue): Vector {
  const { type, from, to } = boundsOf(left, right)
  if (from === undefined || to === undefined) return zeroColumn({ type }, 0) as Vector
  const step = to < from ? -1 : 1
  const column = zeroColumn({ type }, Number(to - from) * step + 1) as FixedVector
  const { data, length } = column
  if (data instanceof BigInt64Array) {
    for (let i = 0; i < length; i++) data[i] = from + BigInt(i * step)
  } else {
    for (let i = 0; i < length; i++) data[i] = Number(from) + i * step
  }
  return column
}

/** The elements of `a..b` one by one, for a loop over a range that is too long for a vector. */
export function sequenceItems(left: ServerValue, right: ServerValue): Iterable<ServerValue> {
  const { type, from, to } = boundsOf(left, right)
  return from === undefined || to === undefined ? [] : counted(type, from, to)
}

function* counted(type: Scalar['type'], from: bigint, to: bigint): Generator<ServerValue> {
  const isWide = numberKindOf(type) === 'int64'
  const step = to < from ? -1n : 1n
  for (let value = from; ; value += step) {
    yield { form: 'scalar', type, value: isWide ? value : Number(value) } as Scalar
    if (value === to) return
  }
}

interface Bounds {
  readonly type: Scalar['type']
  /** Undefined if the bound is null. */
  readonly from: bigint | undefined
  readonly to: bigint | undefined
}

function boundsOf(left: ServerValue, right: ServerValue): Bounds {
  // A left side such as `-(n..n)` or `(n)` is a vector with one element.
  const first = left.form === 'vector' && left.length === 1 ? elementAt(left, 0) : left
  const type = sequenceType(first as ServerValue, right)
  // Uses bigint, because doubles cannot represent every integer beyond 2^53, for example a time in nanoseconds.
  const bound = ({ value }: Scalar): bigint | undefined =>
    value === null ? undefined : BigInt(value as number | bigint | boolean)
  const [from, to] = [bound(first as Scalar), bound(right as Scalar)]
  if (from !== undefined && to !== undefined && (from < to ? to - from : from - to) >= maxLength) {
    throw new ScriptError(`The sequence ${from}..${to} is too long.`)
  }
  return { type, from, to }
}

function sequenceType(left: ServerValue, right: ServerValue): Scalar['type'] {
  if (left.form === 'scalar' && right.form === 'scalar') {
    const kinds = [left, right].map(({ type }) => numberKindOf(type) ?? 'double')
    const areIntegral = [left, right].every(({ type }) => dataTypes[type].category === 'integral')
    if (!kinds.includes('double')) {
      if (left.type === right.type) return left.type === 'BOOL' ? 'INT' : left.type
      if (areIntegral) return kinds.includes('int64') ? 'LONG' : 'INT'
    }
  }
  throw operatorError('Arguments for seq method must be integral or temporal scalars.')
}
