/*
  Converts decimals to other scales, to numbers, and back. Rounds half away from zero if the new scale is smaller. A
  number too large for the decimal type is an error.
*/
import { dataTypes, maxScale, type ColumnType, type DecimalType } from '../../protocol/data-type.js'
import { elementAt, vectorOf } from '../../protocol/element.js'
import type { FixedVector } from '../../protocol/element-bytes.js'
import type { Column } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { columnOfNumbers, numbersOf } from './column-numbers.js'

const storedBits = { DECIMAL32: 32, DECIMAL64: 64, DECIMAL128: 128 } as const

/** Converts a decimal column to another scale or type, or to numbers. */
export function convertDecimal(column: FixedVector, target: ColumnType): Column {
  const scale = 'scale' in column ? column.scale : 0
  const values = unscaledValues(column)
  if (target.type in maxScale) {
    const shift = (target.scale ?? 0) - scale
    return decimalColumn(
      target,
      values.map(value => (value === null ? null : rescale(value, shift))),
    )
  }
  if (dataTypes[target.type].category === 'integral') {
    // Converts between integers, because a detour through doubles would round the value a second time.
    return integersOf(
      target,
      values.map(value => (value === null ? null : rescale(value, -scale))),
    )
  }
  const numbers = Float64Array.from(values, value =>
    value === null ? NaN : Number(`${value}e-${scale}`),
  )
  return columnOfNumbers(target, numbers)
}

/** Values out of range become null, as in conversions between integral types. */
function integersOf(target: ColumnType, values: readonly (bigint | null)[]): Column {
  if (target.type !== 'LONG') {
    return columnOfNumbers(
      target,
      Float64Array.from(values, value => (value === null ? NaN : Number(value))),
    )
  }
  const limit = 2n ** 63n
  return vectorOf(
    target,
    values.map(value => (value !== null && value < limit && value > -limit ? value : null)),
  )
}

/** Converts an integral, floating or BOOL column to decimals. */
export function decimalOfNumbers(column: FixedVector, target: ColumnType): Column {
  const scale = target.scale ?? 0
  if (column.data instanceof BigInt64Array) {
    const values = unscaledValues(column)
    return decimalColumn(
      target,
      values.map(value => (value === null ? null : rescale(value, scale))),
    )
  }
  const values = Array.from(numbersOf(column), number => unscaledNumber(number, scale))
  return decimalColumn(target, values)
}

/** @throws {ScriptError} S05003 if a value has more bits than the type, or equals the type's null (the lowest value) */
export function decimalColumn(target: ColumnType, values: readonly (bigint | null)[]): Column {
  const limit = 2n ** BigInt(storedBits[target.type as DecimalType] - 1)
  for (const value of values) {
    if (value !== null && (value >= limit || value <= -limit)) {
      throw new ScriptError('DECIMAL math overflow RefId:S05003')
    }
  }
  return vectorOf(target, values)
}

/** The unscaled integers of a decimal column (150 for 1.50), or the values of a column of integers. */
export function unscaledValues(column: FixedVector): (bigint | null)[] {
  return Array.from({ length: column.length }, (_, row) => {
    const element = elementAt(column, row)
    return 'value' in element ? (element.value as bigint | null) : null
  })
}

function rescale(value: bigint, digits: number): bigint {
  if (digits >= 0) return value * 10n ** BigInt(digits)
  const divisor = 10n ** BigInt(-digits)
  const half = divisor / 2n
  return value < 0n ? -((-value + half) / divisor) : (value + half) / divisor
}

/** Uses the decimal digits that JavaScript prints for the number, so that 0.29 with scale 2 gives 29 and not 28. */
function unscaledNumber(number: number, scale: number): bigint | null {
  if (Number.isNaN(number)) return null
  if (!Number.isFinite(number)) throw new ScriptError('DECIMAL math overflow RefId:S05003')
  const [mantissa, exponent] = number.toExponential().split('e') as [string, string]
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?]
  const digits = scale + Number(exponent) - fraction.length
  // No decimal type has so many digits. Larger exponents would also make `rescale` compute huge powers of ten.
  if (digits > 40) throw new ScriptError('DECIMAL math overflow RefId:S05003')
  return digits < -40 ? 0n : rescale(BigInt(whole + fraction), digits)
}
