/* + - * / \ % on vectors: the types of both operands select the arithmetic of texts, floating numbers, times or whole numbers. A null
   operand gives null, and so does a division by zero. Operations on integers give integers, except `\`. An overflow wraps around. */
import { dataTypes, isDecimal } from '../../protocol/data-type.js'
import { isTemporal } from '../../protocol/types/temporals.js'
import type { Vector } from '../../protocol/value.js'
import {
  type Cell,
  columnOfCells,
  kindOf,
  textsOfVector,
  widerType,
} from '../columns/column-layout.js'
import {
  cellsAs,
  convertColumn,
  floorDivide,
  floorModulo,
  withinDay,
} from '../columns/convert-column.js'
import { notEmbedded } from '../script-error.js'
import { intScalar } from '../values/values.js'
import type { ServerValue } from '../values/server-value.js'
import { type Pairing, operandOf, operatorNames, pairOperands, refused } from './operands.js'

type ArithmeticOperator = '+' | '-' | '*' | '/' | '\\' | '%'

/** @throws {ScriptError} `Arguments for add method can not be …` if the operator has no meaning for these types */
export function arithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const types = [pairing.left.type, pairing.right.type]
  const kinds = types.map(kindOf)
  const name = operatorNames[operator]
  if (kinds.includes('text')) {
    if (operator === '+') return concatenate(pairing)
    throw refused(name, 'string')
  }
  const strange = kinds.indexOf(undefined)
  if (strange >= 0) throw refused(name, types[strange]!.toLowerCase())
  if (kinds.every(kind => kind === 'void')) {
    return { form: 'vector', type: 'VOID', length: pairing.length }
  }
  const areTimes = types.some(isTemporal) && (operator === '+' || operator === '-')
  if (areTimes || types.every(isTemporal)) return temporalArithmetic(operator, pairing)
  if (operator === '\\' || kinds.includes('double')) return floatingArithmetic(operator, pairing)
  if (kinds.includes('decimal')) throw refused(name, `decimal${notEmbedded}`)
  return wholeArithmetic(kinds.includes('long') ? 'LONG' : 'INT', operator, pairing)
}

/** Joins texts. A null counts as '', so a text stays the same if a null is added. */
function concatenate({ left, right, length, leftStep, rightStep }: Pairing): Vector {
  const a = textsOfVector(left)
  const b = textsOfVector(right)
  const data = Array.from({ length }, (_, i) => a[i * leftStep]! + b[i * rightStep]!)
  return { form: 'vector', type: 'STRING', length, data }
}

/** Keeps the type, except that BOOL becomes INT (manual, page neg). @throws {ScriptError} for types such as text */
export function negate(value: ServerValue): ServerValue {
  const { vector, rebuild } = operandOf(value, 'neg')
  const { type } = vector
  // Multiplies by −1, because 0 - x would turn 0.0 into 0.0 instead of −0.0.
  const negated = arithmetic('*', pairOperands(vector, intScalar(-1), 'neg'))
  const isNarrow = type === 'CHAR' || type === 'SHORT'
  return rebuild(isNarrow ? (convertColumn(negated, { type }) as Vector) : negated)
}

/** Computes with two values that are not null; the result may be null. */
type Operation<T> = (a: T, b: T) => T | null

const doubles: Readonly<Record<ArithmeticOperator, Operation<number>>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0 ? null : a / b),
  '\\': (a, b) => (b === 0 ? null : a / b),
  '%': (a, b) => (b === 0 ? null : a - b * Math.floor(a / b)),
}

type WholeOperator = Exclude<ArithmeticOperator, '\\'>

const wholes: Readonly<Record<WholeOperator, Operation<bigint>>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? null : floorDivide(a, b)),
  '%': (a, b) => (b === 0n ? null : floorModulo(a, b)),
}

/** Applies an operation to each pair of elements. A null in a pair gives null, without a call of the operation. */
function combine<T extends number | bigint>(
  { length, leftStep, rightStep }: Pairing,
  a: readonly (T | null)[],
  b: readonly (T | null)[],
  operation: Operation<T>,
): (T | null)[] {
  const results = new Array<T | null>(length)
  for (let i = 0; i < length; i++) {
    const x = a[i * leftStep]!
    const y = b[i * rightStep]!
    results[i] = x === null || y === null ? null : operation(x, y)
  }
  return results
}

/** FLOAT if one operand is FLOAT and the other is not DOUBLE; otherwise DOUBLE, also for `\` of integers. */
function floatingArithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const types = [pairing.left.type, pairing.right.type]
  const isDouble = types.some(type => type === 'DOUBLE' || isDecimal(type))
  const type = types.includes('FLOAT') && !isDouble ? 'FLOAT' : 'DOUBLE'
  const [a, b] = [cellsAs('double', pairing.left), cellsAs('double', pairing.right)]
  return columnOfCells({ type }, combine(pairing, a, b, doubles[operator]))
}

function wholeCells(operator: WholeOperator, pairing: Pairing): (bigint | null)[] {
  const [a, b] = [cellsAs('long', pairing.left), cellsAs('long', pairing.right)]
  return combine(pairing, a, b, wholes[operator])
}

function wholeArithmetic(type: 'INT' | 'LONG', operator: ArithmeticOperator, pairing: Pairing) {
  const bits = dataTypes[type].bytesPerValue * 8
  const wrap = (cell: bigint | null): Cell => (cell === null ? null : BigInt.asIntN(bits, cell))
  return columnOfCells({ type }, wholeCells(operator as WholeOperator, pairing).map(wrap))
}

/** In the unit of the time; of two times in that of the finer type. @throws {ScriptError} for other operators and operands */
function temporalArithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const { left, right } = pairing
  const name = operatorNames[operator]
  if (isTemporal(left.type) && isTemporal(right.type)) {
    if (operator !== '-') throw refused(name, 'temporal')
    const type = widerType('times', left.type, right.type)!
    const [a, b] = [left, right].map(one => convertColumn(one, { type }) as Vector)
    const finer = { ...pairing, left: a!, right: b! }
    return wholeArithmetic(kindOf(type) === 'long' ? 'LONG' : 'INT', '-', finer)
  }
  const [temporal, other] = isTemporal(left.type) ? [left, right] : [right, left]
  if (other.type !== 'VOID' && dataTypes[other.type].category !== 'integral') {
    throw refused(name, other.type.toLowerCase())
  }
  if (operator === '-' && temporal === right) throw refused(name, 'temporal')
  const { type } = temporal
  const moments = wholeCells(operator as WholeOperator, pairing)
  return columnOfCells(
    { type },
    moments.map(cell => cell && withinDay(cell, type)),
  )
}
