/*
  + - * / \ % and the bit operators on vectors: the types of both operands select the arithmetic of texts, decimals,
  times or numbers. A null operand gives null, and so does a division by zero. Operations on integers give integers,
  except `\`. An overflow wraps around, like machine integers.
*/
import {
  dataTypes,
  isDecimal,
  maxScale,
  type DataType,
  type DecimalType,
} from '../../protocol/data-type.js'
import { vectorOf } from '../../protocol/element.js'
import { nullDouble, nullInt32, nullInt64 } from '../../protocol/null-value.js'
import { isTemporal } from '../../protocol/types/temporals.js'
import type { Vector } from '../../protocol/value.js'
import { columnOfNumbers } from '../columns/column-layout.js'
import { convertColumn } from '../columns/convert-column.js'
import { ScriptError } from '../script-error.js'
import { intScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'
import {
  decimalAsDouble,
  doubleOf,
  int32Of,
  int64Of,
  isLiteral,
  numberKindOf,
  operandOf,
  pairOperands,
  refused,
  rescale,
  textsOfVector,
  unscaledOf,
  type Pairing,
} from './operands.js'
import { operatorNames, type BinaryOperator } from './operator-names.js'

export type ArithmeticOperator = Extract<
  BinaryOperator,
  '+' | '-' | '*' | '/' | '\\' | '%' | '|' | '^' | '&' | '<<' | '>>'
>

/** @throws {ScriptError} `Arguments for add method can not be …` if the operator has no meaning for these types */
export function arithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const types = [pairing.left.type, pairing.right.type]
  if (types.some(isLiteral)) {
    if (operator === '+') return concatenate(pairing)
    throw refused(operatorNames[operator], 'string')
  }
  if (types.some(isDecimal)) return decimalArithmetic(operator, pairing)
  return types.some(isTemporal)
    ? temporalArithmetic(operator, pairing)
    : numericArithmetic(operator, pairing)
}

/** Longest text that functions make, in characters. */
const maxTextLength = 16_777_216

/** Joins texts. A null counts as '', so a text stays the same if a null is added. */
function concatenate({ left, right, length, leftStep, rightStep }: Pairing): Vector {
  const a = textsOfVector(left)
  const b = textsOfVector(right)
  const data = Array.from({ length }, (_, i) => {
    const text = a[i * leftStep]! + b[i * rightStep]!
    if (text.length <= maxTextLength) return text
    throw new ScriptError(`A text must not be longer than ${maxTextLength} characters.`)
  })
  return { form: 'vector', type: 'STRING', length, data }
}

/** Keeps the type, except that BOOL becomes INT (manual, page neg). @throws {ScriptError} for types such as text */
export function negate(value: ServerValue): ServerValue {
  const { vector, rebuild } = operandOf(value, 'neg')
  const { type } = vector
  // Multiplies by −1 where 0 - x would turn 0 into 0 instead of −0.
  const negated =
    type === 'FLOAT' || type === 'DOUBLE' || isDecimal(type)
      ? arithmetic('*', pairOperands(vector, intScalar(-1), 'neg'))
      : arithmetic('-', pairOperands(intScalar(0), vector, 'neg'))
  const isNarrow = type === 'CHAR' || type === 'SHORT'
  return rebuild(isNarrow ? (convertColumn(negated, { type }) as Vector) : negated)
}

type Operation<T> = (a: T, b: T) => T
type Operations<T> = Readonly<Partial<Record<ArithmeticOperator, Operation<T>>>>

/** How to compute with numbers of one kind, without nulls. */
interface Arithmetic<T extends number | bigint> {
  readonly type: DataType
  readonly nullValue: T
  readonly read: (vector: Vector) => ArrayLike<T>
  readonly zeros: (length: number) => { [index: number]: T }
  readonly operations: Operations<T>
}

const int32: Arithmetic<number> = {
  type: 'INT',
  nullValue: nullInt32,
  read: int32Of,
  zeros: length => new Int32Array(length),
  operations: {
    '+': (a, b) => (a + b) | 0,
    '-': (a, b) => (a - b) | 0,
    '*': Math.imul,
    '/': (a, b) => (b === 0 ? nullInt32 : Math.floor(a / b)),
    '%': (a, b) => (b === 0 ? nullInt32 : a - b * Math.floor(a / b)),
    '|': (a, b) => a | b,
    '^': (a, b) => a ^ b,
    '&': (a, b) => a & b,
    '<<': (a, b) => a << b,
    '>>': (a, b) => a >>> b,
  },
}

const int64: Arithmetic<bigint> = {
  type: 'LONG',
  nullValue: nullInt64,
  read: int64Of,
  zeros: length => new BigInt64Array(length),
  operations: {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': floorDivide,
    '%': (a, b) => (b === 0n ? nullInt64 : a - b * floorDivide(a, b)),
    '|': (a, b) => a | b,
    '^': (a, b) => a ^ b,
    '&': (a, b) => a & b,
    '<<': (a, b) => a << (b & 63n),
    '>>': (a, b) => BigInt.asUintN(64, a) >> (b & 63n),
  },
}

function floorDivide(a: bigint, b: bigint): bigint {
  if (b === 0n) return nullInt64
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

const double: Arithmetic<number> = {
  type: 'DOUBLE',
  nullValue: nullDouble,
  read: doubleOf,
  zeros: length => new Float64Array(length),
  operations: {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => (b === 0 ? nullDouble : a / b),
    '\\': (a, b) => (b === 0 ? nullDouble : a / b),
    '%': (a, b) => (b === 0 ? nullDouble : a - b * Math.floor(a / b)),
  },
}

/** Applies an operation to each pair of elements. A null in a pair gives null, without a call of the operation. */
function compute<T extends number | bigint>(
  { type, nullValue, read, zeros }: Arithmetic<T>,
  operation: Operation<T>,
  { left, right, length, leftStep, rightStep }: Pairing,
): Vector {
  const a = read(left)
  const b = read(right)
  const data = zeros(length)
  for (let i = 0; i < length; i++) {
    const x = a[i * leftStep]!
    const y = b[i * rightStep]!
    data[i] = x === nullValue || y === nullValue ? nullValue : operation(x, y)
  }
  return { form: 'vector', type, length, data } as unknown as Vector
}

/** Treats temporal values as integers. @throws {ScriptError} for types without arithmetic, such as text */
function numericArithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const { left, right, length } = pairing
  const types = [left.type, right.type]
  if (types.every(type => type === 'VOID')) return { form: 'vector', type: 'VOID', length }
  const kinds = types.map(type => {
    const kind = type === 'VOID' ? 'int32' : numberKindOf(type)
    if (kind === undefined) throw refused(operatorNames[operator], type.toLowerCase())
    return kind
  })
  if (operator !== '\\' && !kinds.includes('double')) {
    return kinds.includes('int64')
      ? compute(int64, int64.operations[operator]!, pairing)
      : compute(int32, int32.operations[operator]!, pairing)
  }
  const operation = double.operations[operator]
  if (operation === undefined) throw refused(operatorNames[operator], 'double')
  const result = compute(double, operation, pairing)
  // FLOAT if one operand is FLOAT and the other is not DOUBLE; otherwise DOUBLE, also for `\` of integers.
  const isFloat = types.includes('FLOAT') && !types.includes('DOUBLE')
  return isFloat ? columnOfNumbers({ type: 'FLOAT' }, doubleOf(result)) : result
}

const maxUnscaled: Readonly<Record<DecimalType, bigint>> = {
  DECIMAL32: 2n ** 31n - 1n,
  DECIMAL64: 2n ** 63n - 1n,
  DECIMAL128: 2n ** 127n - 1n,
}

const byWidth = Object.keys(maxUnscaled) as DecimalType[]

/** The values of both operands with the same scale, except for `*` and `/`. */
const decimalOperations: Readonly<
  Partial<Record<ArithmeticOperator, (a: bigint, b: bigint, scaleB: number) => bigint | null>>
> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b, scaleB) => (b === 0n ? null : rescale(a, 0, scaleB) / b),
}

/**
 * A sum has the larger scale, a product the sum of both scales, a quotient the left scale. A DOUBLE makes the result
 * DOUBLE (manual, "DECIMAL"). A product too large for both types gets a wider type (manual, page decimalMultiply).
 * @throws {ScriptError} `Decimal math overflow`, `Scale out of bound …`; for operators that decimals do not have
 */
function decimalArithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const { left, right, length, leftStep, rightStep } = pairing
  const a = unscaledOf(left)
  const b = unscaledOf(right)
  if (a === undefined || b === undefined || operator === '\\') {
    const asDoubles = { left: decimalAsDouble(left), right: decimalAsDouble(right) }
    return numericArithmetic(operator, { ...pairing, ...asDoubles })
  }
  const operation = decimalOperations[operator]
  if (operation === undefined) throw refused(operatorNames[operator], 'decimal')
  const isSum = operator === '+' || operator === '-'
  const common = Math.max(a.scale, b.scale)
  const scale = isSum ? common : operator === '*' ? a.scale + b.scale : a.scale
  if (scale > maxScale.DECIMAL128) {
    throw new ScriptError(
      `Scale out of bound (valid range: [0, ${maxScale.DECIMAL128}], but get: ${scale})`,
    )
  }
  const values = Array.from({ length }, (_, i) => {
    const x = a.values[i * leftStep]!
    const y = b.values[i * rightStep]!
    if (x === null || y === null) return null
    if (!isSum) return operation(x, y, b.scale)
    return operation(rescale(x, a.scale, common), rescale(y, b.scale, common), common)
  })
  const width = decimalWidth(left, right)
  const types = byWidth.slice(width, operator === '*' ? undefined : width + 1)
  const type = types.find(one => scale <= maxScale[one] && holds(one, values))
  if (type === undefined) throw new ScriptError('Decimal math overflow')
  return vectorOf({ type, scale }, values) as Vector
}

/** Index in `byWidth` of the wider type of both operands; a LONG is as wide as a DECIMAL64. */
function decimalWidth(left: Vector, right: Vector): number {
  const widths = [left, right].map(({ type }) =>
    type === 'LONG' ? 1 : byWidth.indexOf(type as DecimalType),
  )
  return Math.max(0, ...widths)
}

function holds(type: DecimalType, values: readonly (bigint | null)[]): boolean {
  const limit = maxUnscaled[type]
  return values.every(value => value === null || (value <= limit && value >= -limit))
}

/** Units per day. Arithmetic with times of day wraps at midnight (manual, "Manipulation of temporal objects"). */
const unitsPerDay: Partial<Record<DataType, number>> = {
  MINUTE: 1440,
  SECOND: 86_400,
  TIME: 86_400_000,
  NANOTIME: 86_400_000_000_000,
}

/**
 * Adds a number to a time, or subtracts it, in the unit of the time. The only operation on two times is subtraction.
 * @throws {ScriptError} for other operators and operands
 */
function temporalArithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const { left, right } = pairing
  const name = operatorNames[operator]
  if (isTemporal(left.type) && isTemporal(right.type)) {
    if (operator !== '-') throw refused(name, 'temporal')
    return numericArithmetic('-', { ...pairing, ...inFinerType(left, right) })
  }
  if (operator !== '+' && operator !== '-') return numericArithmetic(operator, pairing)
  const [temporal, other] = isTemporal(left.type) ? [left, right] : [right, left]
  if (other.type !== 'VOID' && dataTypes[other.type].category !== 'integral') {
    throw refused(name, other.type.toLowerCase())
  }
  if (operator === '-' && temporal === right) throw refused(name, 'temporal')
  return move(temporal.type, operator, pairing)
}

function move(type: DataType, operator: '+' | '-', pairing: Pairing): Vector {
  const day = unitsPerDay[type]
  const wide = BigInt(day ?? 0)
  const plain = int64.operations[operator]!
  const wrapped: Operation<bigint> = (a, b) => ((plain(a, b) % wide) + wide) % wide
  if (numberKindOf(type) === 'int64') {
    return compute({ ...int64, type }, day === undefined ? plain : wrapped, pairing)
  }
  // Converts LONG operands to INT, because `date + 1l` must keep the 32-bit type of the date.
  const narrow = (vector: Vector): Vector =>
    vector.type === 'LONG' ? (convertColumn(vector, { type: 'INT' }) as Vector) : vector
  const narrowed = { ...pairing, left: narrow(pairing.left), right: narrow(pairing.right) }
  const sum: Operation<number> = operator === '+' ? (a, b) => a + b : (a, b) => a - b
  const operation: Operation<number> =
    day === undefined ? sum : (a, b) => ((sum(a, b) % day) + day) % day
  return compute({ ...int32, type }, operation, narrowed)
}

/** Types from coarse to fine. An operation with two different types converts both operands to the finer type. */
const fineness: readonly DataType[] = [
  'MONTH', 'DATE', 'DATEHOUR', 'DATEMINUTE', 'DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP', 'MINUTE', 'SECOND', 'TIME',
  'NANOTIME',
] // prettier-ignore

interface TwoVectors {
  readonly left: Vector
  readonly right: Vector
}

function inFinerType(left: Vector, right: Vector): TwoVectors {
  const finer = fineness.indexOf(left.type) > fineness.indexOf(right.type) ? left : right
  return inType(finer.type, left, right)
}

function inType(type: DataType, left: Vector, right: Vector): TwoVectors {
  return {
    left: convertColumn(left, { type }) as Vector,
    right: convertColumn(right, { type }) as Vector,
  }
}

/** Converts both operands to one type. This works even for times that only one of the two types can represent. */
export function comparableTemporal(left: Vector, right: Vector): TwoVectors {
  if (left.type === right.type) return { left, right }
  const finer = inFinerType(left, right)
  const { type } = finer.left
  // A DATE may be millions of years away, which is too far for 32-bit counts of hours, minutes or seconds.
  const isNarrow = type === 'DATEHOUR' || type === 'DATEMINUTE' || type === 'DATETIME'
  if (isNarrow) return inType('TIMESTAMP', left, right)
  if (type !== 'NANOTIMESTAMP') return finer
  return { left: boundedNanos(left, finer.left), right: boundedNanos(right, finer.right) }
}

const largestInt64 = 2n ** 63n - 1n

/** Nanoseconds since 1970; a moment out of range becomes the first or last in range. @param nanos  null if out of range */
function boundedNanos(vector: Vector, nanos: Vector): Vector {
  const ms = int64Of(convertColumn(vector, { type: 'TIMESTAMP' }) as Vector)
  const data = int64Of(nanos).map((value, row) => {
    if (value !== nullInt64 || ms[row] === nullInt64) return value
    return ms[row]! < 0n ? -largestInt64 : largestInt64
  })
  return { ...nanos, data } as Vector
}
