/*
  Selects the arithmetic of `+ - * / %` and similar operators by the types of both operands. Also negates numbers and
  joins texts.
*/
import { dataTypes, isDecimal, maxScale, type DecimalType } from '../../protocol/data-type.js'
import type { Vector } from '../../protocol/value.js'
import { numericArithmetic, refused, type ArithmeticOperator } from './numeric-arithmetic.js'
import {
  type Pairing,
  operandOf,
  decimalAsDouble,
  isLiteral,
  rescale,
  textsOfVector,
  unscaledOf,
} from './operands.js'
import { temporalArithmetic } from './temporal-arithmetic.js'
import { ScriptError } from '../script-error.js'
import { vectorOf } from '../../protocol/element.js'
import { columnOfScalar, convertColumn } from '../columns/convert-column.js'
import { intScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'

/** @throws {ScriptError} `Arguments for add method can not be …` if the operator has no meaning for these types */
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

/** Longest text that functions make, in characters. */
const maxTextLength = 16_777_216

/** Joins texts. A null counts as '', so a text stays the same if a null is added. */
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

/** Keeps the type, except that BOOL becomes INT (manual, page neg). @throws {ScriptError} for types such as text */
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
    // Multiplies by −1, because 0 - x would turn 0 into 0 instead of −0.
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

const maxUnscaled: Readonly<Record<DecimalType, bigint>> = {
  DECIMAL32: 2n ** 31n - 1n,
  DECIMAL64: 2n ** 63n - 1n,
  DECIMAL128: 2n ** 127n - 1n,
}

const byWidth: readonly DecimalType[] = ['DECIMAL32', 'DECIMAL64', 'DECIMAL128']

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
  const compute = operations[operator]
  if (compute === undefined) throw refused(operator, 'decimal')
  const scale = scaleOf(operator, a.scale, b.scale)
  if (scale > maxScale.DECIMAL128) {
    throw new ScriptError(
      `Scale out of bound (valid range: [0, ${maxScale.DECIMAL128}], but get: ${scale})`,
    )
  }
  const values: (bigint | null)[] = []
  for (let i = 0; i < length; i++) {
    const x = a.values[i * leftStep]!
    const y = b.values[i * rightStep]!
    values.push(x === null || y === null ? null : compute(x, y, a.scale, b.scale))
  }
  const own = widerDecimal(left, right)
  const types = operator === '*' ? byWidth.slice(byWidth.indexOf(own)) : [own]
  const type = types.find(one => scale <= maxScale[one] && holds(one, values))
  if (type === undefined) throw new ScriptError('Decimal math overflow')
  return vectorOf({ type, scale }, values) as Vector
}

function holds(type: DecimalType, values: readonly (bigint | null)[]): boolean {
  const limit = maxUnscaled[type]
  return values.every(value => value === null || (value <= limit && value >= -limit))
}

type DecimalOperation = (a: bigint, b: bigint, scaleA: number, scaleB: number) => bigint | null

const operations: Partial<Record<ArithmeticOperator, DecimalOperation>> = {
  '+': (a, b, scaleA, scaleB) => {
    const scale = Math.max(scaleA, scaleB)
    return rescale(a, scaleA, scale) + rescale(b, scaleB, scale)
  },
  '-': (a, b, scaleA, scaleB) => {
    const scale = Math.max(scaleA, scaleB)
    return rescale(a, scaleA, scale) - rescale(b, scaleB, scale)
  },
  '*': (a, b) => a * b,
  '/': (a, b, _scaleA, scaleB) => (b === 0n ? null : (a * 10n ** BigInt(scaleB)) / b),
}

function scaleOf(operator: ArithmeticOperator, a: number, b: number): number {
  if (operator === '*') return a + b
  return operator === '/' ? a : Math.max(a, b)
}

function widerDecimal(left: Vector, right: Vector): DecimalType {
  const types = [left.type, right.type]
  if (types.includes('DECIMAL128')) return 'DECIMAL128'
  return types.includes('DECIMAL64') || types.includes('LONG') ? 'DECIMAL64' : 'DECIMAL32'
}
