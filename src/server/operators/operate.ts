/*
  Operators as scripts use them: at once for what is short, in pieces for what is long.
*/
import { columnTypeOf, concatColumns, sliceColumn } from '../../protocol/element.js'
import type { Column, Vector } from '../../protocol/value.js'
import { sameColumnType } from '../columns/column-layout.js'
import type { CallContext, Evaluation } from '../values/builtin.js'
import { ScriptError } from '../script-error.js'
import { castTo } from './cast.js'
import { operatorNames } from './operator-names.js'
import {
  checkAtOnce,
  columnInPieces,
  endOfPiece,
  longVector,
  pieceOf,
  pieceRows,
} from '../values/pieces.js'
import type { BinaryOperator, UnaryOperator } from '../script/parse/syntax.js'
import type { ServerValue } from '../values/server-value.js'
import { tupleElements, vectorOfElements } from '../values/vector-literal.js'
import { chooseElements } from './choose.js'
import {
  applyBinary,
  applyUnary,
  assembleTuple,
  computePairing,
  tuplePairs,
  type ElementwiseOperator,
} from './operators.js'
import { sequenceLength, sequencePiece } from './range.js'
import { operandOf, pairOperands, type Pairing } from './operands/pairing.js'

type Result = ServerValue | Evaluation<ServerValue>

/**
 * As `applyBinary`, for operands of any length.
 * @returns the value, or the evaluation to go on with
 */
export function operate(
  context: CallContext,
  operator: BinaryOperator,
  left: ServerValue,
  right: ServerValue,
): Result {
  if (operator === '..') {
    const length = sequenceLength(left, right)
    if (length <= pieceRows) return applyBinary(operator, left, right)
    return columnInPieces(context, length, (from, to) => sequencePiece(left, right, from, to))
  }
  if (isShort(left) && isShort(right)) return applyBinary(operator, left, right)
  switch (operator) {
    case ':':
      return applyBinary(operator, left, right)
    case '$':
      return castInPieces(context, left, right)
    case '<-':
      return joinInPieces(context, left, right)
    case '**':
      checkAtOnce('dot', [left, right])
      return applyBinary(operator, left, right)
    default:
      return operateElementwise(context, operator, left, right)
  }
}

/** As `applyUnary`, for operands of any length. */
export function operateUnary(
  context: CallContext,
  operator: UnaryOperator,
  operand: ServerValue,
): Result {
  return isShort(operand)
    ? applyUnary(operator, operand)
    : unaryInPieces(context, operator, operand)
}

/** False for tuples as well: what their elements are, only looking at each of them tells. */
function isShort(value: ServerValue): boolean {
  switch (value.form) {
    case 'vector':
      return value.type !== 'ANY' && longVector(value) === undefined
    case 'arrayVector':
      return Math.max(value.cells.length, value.length) <= pieceRows
    case 'matrix':
    case 'set':
      return value.elements.length <= pieceRows
    case 'list':
      return false
    default:
      return true
  }
}

function* operateElementwise(
  context: CallContext,
  operator: ElementwiseOperator,
  left: ServerValue,
  right: ServerValue,
): Evaluation<ServerValue> {
  if (left.form === 'set' && right.form === 'set') {
    checkAtOnce(operatorNames[operator], [left, right])
    return applyBinary(operator, left, right)
  }
  const pairs = tuplePairs(left, right)
  if (pairs !== undefined) {
    const results: ServerValue[] = []
    for (let i = 0; i < pairs.length; i++) {
      const result = operate(context, operator, ...pairs.at(i))
      results.push('form' in result ? result : yield* result)
      yield* noteElement(context, results.at(-1)!)
    }
    return assembleTuple(operator, results)
  }
  const pairing = pairOperands(left, right, operatorNames[operator])
  const long = pairing.leftStep === 0 ? pairing.right : pairing.left
  const column = yield* columnInPieces(
    context,
    pairing.length,
    (from, to) => computePairing(operator, pieceOfPairing(pairing, from, to)),
    from => endOfPiece(long, from),
  )
  return pairing.rebuild(column as Vector)
}

function pieceOfPairing(pairing: Pairing, from: number, to: number): Pairing {
  const { left, right, leftStep, rightStep } = pairing
  return {
    ...pairing,
    left: leftStep === 0 ? left : (sliceColumn(left, from, to) as Vector),
    right: rightStep === 0 ? right : (sliceColumn(right, from, to) as Vector),
    length: to - from,
  }
}

/** One more element of a tuple that is being made. */
function* noteElement(context: CallContext, element: ServerValue): Evaluation<void> {
  context.memory.passElement(element)
  const pause = context.step()
  if (pause !== undefined) yield pause
}

function* unaryInPieces(
  context: CallContext,
  operator: UnaryOperator,
  value: ServerValue,
): Evaluation<ServerValue> {
  const tuple = tupleElements(value)
  if (tuple !== undefined) {
    const results: ServerValue[] = []
    for (const element of tuple) {
      const result = operateUnary(context, operator, element)
      results.push('form' in result ? result : yield* result)
      yield* noteElement(context, results.at(-1)!)
    }
    return vectorOfElements(results)
  }
  const { vector, rebuild } = operandOf(value, operator === '-' ? 'neg' : 'not')
  const column = yield* columnInPieces(
    context,
    vector.length,
    (from, to) => applyUnary(operator, sliceColumn(vector, from, to)) as Vector,
  )
  return rebuild(column as Vector)
}

/** A long vector of one type in pieces; anything else as far as that can be done at once. */
function castInPieces(context: CallContext, value: ServerValue, target: ServerValue): Result {
  const long = longVector(value)
  if (long !== undefined && target.form !== 'pair') {
    return columnInPieces(
      context,
      long.length,
      (from, to) => castTo(pieceOf(value, from, to), target) as Column,
      from => endOfPiece(long, from),
    )
  }
  if (value.form !== 'vector' || value.type === 'ANY') checkAtOnce('cast', [value])
  return castTo(value, target)
}

function joinInPieces(context: CallContext, left: ServerValue, right: ServerValue): Result {
  const isColumn = (value: ServerValue): value is Column =>
    value.form === 'vector' || value.form === 'arrayVector'
  const areAlike =
    isColumn(left) && isColumn(right) && sameColumnType(columnTypeOf(left), columnTypeOf(right))
  if (areAlike) return joinAlike(context, left, right)
  checkAtOnce('join', [left, right])
  return applyBinary('<-', left, right)
}

/** Two columns of one type, one behind the other. */
function* joinAlike(context: CallContext, first: Column, second: Column): Evaluation<Column> {
  const border = first.length
  return yield* columnInPieces(context, border + second.length, (from, to) => {
    if (to <= border) return sliceColumn(first, from, to)
    if (from >= border) return sliceColumn(second, from - border, to - border)
    return concatColumns(sliceColumn(first, from, border), sliceColumn(second, 0, to - border))
  })
}

/** `? :` with a vector of conditions; errors name it iif, as its function is called. */
export function choose(
  context: CallContext,
  condition: ServerValue,
  whenTrue: ServerValue,
  whenFalse: ServerValue,
): Result {
  const values = [condition, whenTrue, whenFalse]
  const long = longVector(condition)
  if (long === undefined) {
    checkAtOnce('iif', values)
    return chooseElements(condition, whenTrue, whenFalse)
  }
  const { length } = long
  const fits = (value: ServerValue): boolean =>
    value.form === 'scalar' || (value.form === 'vector' && value.length === length)
  if (!fits(whenTrue) || !fits(whenFalse)) {
    throw new ScriptError('Incompatible vector size', { category: 'SYSTEM_Operator' })
  }
  return columnInPieces(
    context,
    length,
    (from, to) =>
      chooseElements(
        pieceOf(condition, from, to),
        pieceOf(whenTrue, from, to),
        pieceOf(whenFalse, from, to),
      ) as Column,
  )
}
