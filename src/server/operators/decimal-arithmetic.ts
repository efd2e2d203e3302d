/*
  Decimals in arithmetic. Sums take the larger scale, products the sum of both, quotients keep the
  left one; a DOUBLE on either side makes the result DOUBLE (DolphinDB manual, "DECIMAL"). A product that its type cannot
  hold takes a wider one (same, page decimalMultiply).
*/
import { maxScale, type DecimalType } from '../../protocol/data-type.js'
import { vectorOf } from '../../protocol/element.js'
import type { Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { decimalAsDouble, rescale, unscaledOf } from './operands/operands.js'
import { numericArithmetic, refused, type ArithmeticOperator } from './numeric-arithmetic.js'
import type { Pairing } from './operands/pairing.js'

const maxUnscaled: Readonly<Record<DecimalType, bigint>> = {
  DECIMAL32: 2n ** 31n - 1n,
  DECIMAL64: 2n ** 63n - 1n,
  DECIMAL128: 2n ** 127n - 1n,
}

const byWidth: readonly DecimalType[] = ['DECIMAL32', 'DECIMAL64', 'DECIMAL128']

/**
 * @throws {ScriptError} `Decimal math overflow`, `Scale out of bound …`; or for operators that decimals do not have
 */
export function decimalArithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
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
