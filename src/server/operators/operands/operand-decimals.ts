/*
  Decimals read as unscaled integers or as doubles.
*/
import { isDecimal } from '../../../protocol/data-type.js'
import { elementAt, vectorOf } from '../../../protocol/element.js'
import { nullInt64 } from '../../../protocol/null-value.js'
import type { Scalar, Vector } from '../../../protocol/value.js'
import { int64Of, numberKindOf } from './operand-numbers.js'

/** Decimals as integers: the values are so many units of 10^−scale. */
export interface Unscaled {
  readonly values: readonly (bigint | null)[]
  readonly scale: number
}

/** A decimal or integral vector as unscaled integers; undefined for other types. */
export function unscaledOf(vector: Vector): Unscaled | undefined {
  if (isDecimal(vector.type)) {
    const values = Array.from(
      { length: vector.length },
      (_, row) => (elementAt(vector, row) as Scalar).value as bigint | null,
    )
    return { values, scale: (vector as { scale: number }).scale }
  }
  if (vector.type !== 'VOID' && numberKindOf(vector.type) === undefined) return undefined
  if (numberKindOf(vector.type) === 'double') return undefined
  const wide = int64Of(vector)
  const values = Array.from(wide.subarray(0, vector.length), value =>
    value === nullInt64 ? null : value,
  )
  return { values, scale: 0 }
}

/** A decimal vector as the doubles nearest to its values; other vectors as they are. */
export function decimalAsDouble(vector: Vector): Vector {
  const unscaled = isDecimal(vector.type) ? unscaledOf(vector) : undefined
  if (unscaled === undefined) return vector
  const { values, scale } = unscaled
  // By its text: a division by a power of ten that no double is would round twice.
  return vectorOf(
    { type: 'DOUBLE' },
    values.map(value => (value === null ? null : Number(`${value}e-${scale}`))),
  ) as Vector
}

/** Digits that a smaller scale does not hold are cut off, towards zero. */
export function rescale(value: bigint, from: number, to: number): bigint {
  return to >= from ? value * 10n ** BigInt(to - from) : value / 10n ** BigInt(from - to)
}
