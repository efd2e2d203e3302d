/* Applies operators to values of any form. `x $ TYPE` and cast(x, TYPE) convert more than an insert. */
import { type ColumnType, parseColumnType } from '../../protocol/data-type.js'
import {
  type FixedVector,
  columnTypeOf,
  elementAt,
  scalarAt,
  vectorOf,
} from '../../protocol/element.js'
import type { Scalar, Value, Vector } from '../../protocol/value.js'
import { kindOf, maxCells, widerType, zeroColumn } from '../columns/column-layout.js'
import { columnOfScalar, convertColumn, incompatible } from '../columns/convert-column.js'
import { ScriptError } from '../script-error.js'
import {
  boolScalar,
  doubleScalar,
  intScalar,
  joinColumns,
  longScalar,
  textOf,
  vectorOfElements,
  vectorOfScalars,
} from '../values/values.js'
import type { ServerValue } from '../values/server-value.js'
import { arithmetic, negate } from './arithmetic.js'
import { compare, comparisons, isComparison, logic, not } from './comparison.js'
import {
  operandOf,
  operatorError,
  operatorNames,
  pairOperands,
  type BinaryOperator,
  type UnaryOperator,
} from './operands.js'

/** @throws {ScriptError} of category SYSTEM_Operator if the operator has no meaning for the value */
export function applyUnary(operator: UnaryOperator, operand: ServerValue): ServerValue {
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
    case '$': {
      const type = typeArgument(right)
      if (type !== undefined) return castValue(left, type)
      throw operatorError('The right side of cast must be a data type.')
    }
    case '<-':
      return joinColumns([left, right].map(value => operandOf(value, 'join').vector))
    default: {
      const pairing = pairOperands(left, right, operatorNames[operator])
      if (operator === '&&' || operator === '||') return pairing.rebuild(logic(operator, pairing))
      const result = isComparison(operator)
        ? compare(operator, pairing)
        : arithmetic(operator, pairing)
      return pairing.rebuild(result)
    }
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
  if (isComparison(operator)) return boolScalar(comparisons[operator](a, b))
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

/** All values from a to b, up or down; none if an end is null. @throws {ScriptError} unless both are integers or times */
function sequence(left: ServerValue, right: ServerValue): Vector {
  // A left side such as `-(n..n)` or `(n)` is a vector with one element.
  const first = left.form === 'vector' && left.length === 1 ? elementAt(left, 0) : left
  const [start, end] = [first, right].map(value => {
    const kind = value.form === 'scalar' ? kindOf(value.type) : undefined
    if (kind === 'int' || kind === 'long') return value as Scalar
    throw noSequence()
  }) as [Scalar, Scalar]
  const type = sequenceType(start.type, end.type)
  if (start.value === null || end.value === null) return zeroColumn({ type }, 0) as Vector
  // Uses bigint, because doubles cannot represent every integer beyond 2^53, for example a time in nanoseconds.
  const [low, high] = [start, end].map(({ value }) => BigInt(value as number)) as [bigint, bigint]
  const distance = low < high ? high - low : low - high
  if (distance >= maxCells) throw new ScriptError(`The sequence ${low}..${high} is too long.`)
  const column = zeroColumn({ type }, Number(distance) + 1) as FixedVector
  const { data, length } = column
  const step = low > high ? -1 : 1
  if (data instanceof BigInt64Array) {
    for (let i = 0; i < length; i++) data[i] = low + BigInt(i * step)
  } else for (let i = 0; i < length; i++) data[i] = Number(low) + i * step
  return column
}

function sequenceType(left: Scalar['type'], right: Scalar['type']): Scalar['type'] {
  if (left === right) return left === 'BOOL' ? 'INT' : left
  const wider = widerType('numbers', left, right)
  if (wider === undefined) throw noSequence()
  return wider === 'LONG' ? 'LONG' : 'INT'
}

function noSequence(): ScriptError {
  return operatorError('Arguments for seq method must be integral or temporal scalars.')
}

/** Reads a type written as `INT`, `"INT"`, `int` or `DECIMAL64(4)`; undefined for other values. */
export function typeArgument(value: ServerValue | undefined): ColumnType | undefined {
  if (value === undefined) return undefined
  if (value.form === 'type') return value.column
  if (value.form === 'function') return parseColumnType(value.name)
  const text = textOf(value)
  return text === undefined ? undefined : parseColumnType(text)
}

/** @throws {ScriptError} if the value cannot be converted to the type */
export function castValue(value: ServerValue, type: ColumnType): ServerValue {
  switch (value.form) {
    case 'scalar':
      if (type.type === 'ANY') return { form: 'vector', type: 'ANY', length: 1, data: [value] }
      if (type.type === 'LONG' && value.type === 'INT') {
        return longScalar(value.value === null ? null : BigInt(value.value))
      }
      return scalarAt(castVector(columnOfScalar(value), type), 0)
    case 'vector':
      if (value.type === 'ANY' && type.type !== 'ANY') return castTuple(value.data, type)
      return castVector(value, type)
    case 'pair':
      return { form: 'pair', elements: castVector(value.elements, type) }
    default:
      throw operatorError(`The object can't be converted to ${type.type}.`)
  }
}

/** A tuple of scalars becomes a typed vector, a tuple of vectors becomes a tuple of typed vectors. */
function castTuple(elements: readonly Value[], type: ColumnType): ServerValue {
  const cast = elements.map(element => castValue(element as ServerValue, type))
  if (cast.length === 0) return vectorOf(type, [])
  if (cast.some(element => element.form !== 'scalar')) return vectorOfElements(cast)
  return joinColumns(cast.map(element => columnOfScalar(element as Scalar)))
}

/** Like `castValue`, for vectors. May return `vector` itself, so copy the result before you change it. */
function castVector(vector: Vector, type: ColumnType): Vector {
  if (type.array) throw incompatible(type, columnTypeOf(vector))
  return convertColumn(vector, type, true) as Vector
}
