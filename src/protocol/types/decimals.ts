/* Decimals: unscaled integers; with scale 2, 150 means 1.50. The scale comes once, before the values. The smallest integer is null. */
import type { ByteReader } from '../../wire/byte-reader.js'
import { nullInt128, nullInt32 } from '../null-value.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { storedBigInt, typeFacts, type TypeFacts } from './type-facts.js'
import { fixedParts, type FixedStorage, int64Storage } from './fixed-types.js'

export type DecimalType = 'DECIMAL32' | 'DECIMAL64' | 'DECIMAL128'

export type DecimalScalar = ScalarShape<DecimalType, bigint | null> & { scale: number }

/** In a DECIMAL128, `data` has 16 bytes per value, little-endian two's complement. */
export type DecimalVector = { scale: number } & (
  | VectorShape<'DECIMAL32', Int32Array>
  | VectorShape<'DECIMAL64', BigInt64Array>
  | VectorShape<'DECIMAL128', Uint8Array>
)

/** Largest number of digits after the point, by type. */
export const maxScale = { DECIMAL32: 9, DECIMAL64: 18, DECIMAL128: 38 } as const

/** DECIMAL32 holds unscaled integers of 32 bits; its values are bigints, as those of the wider types. */
const int32Decimals: FixedStorage<Int32Array, bigint> = {
  array: Int32Array,
  get: (data, index) => (data[index] === nullInt32 ? null : BigInt(data[index]!)),
  set(data, index, value, type) {
    data[index] = Number(storedBigInt(value, BigInt(nullInt32), type))
  },
}

const viewOf128 = (data: Uint8Array, index: number): DataView =>
  new DataView(data.buffer, data.byteOffset + index * 16, 16)

const int128Decimals: FixedStorage<Uint8Array, bigint> = {
  array: Uint8Array,
  perValue: 16,
  get(data, index) {
    const view = viewOf128(data, index)
    const value = (view.getBigInt64(8, true) << 64n) | view.getBigUint64(0, true)
    return value === nullInt128 ? null : value
  },
  set(data, index, value, type) {
    const stored = storedBigInt(value, nullInt128, type)
    const view = viewOf128(data, index)
    view.setBigUint64(0, BigInt.asUintN(64, stored), true)
    view.setBigInt64(8, stored >> 64n, true)
  },
}

const format = (value: bigint, { scale }: DecimalScalar): string => formatDecimal(value, scale)

export const decimalTypes: Readonly<Record<DecimalType, TypeFacts>> = {
  DECIMAL32: typeFacts(37, 'denary', fixedParts(int32Decimals, readScale), format),
  DECIMAL64: typeFacts(38, 'denary', fixedParts(int64Storage, readScale), format),
  DECIMAL128: typeFacts(39, 'denary', fixedParts(int128Decimals, readScale), format),
}

export function readScale(reader: ByteReader, type: DecimalType): number {
  return checkedScale(reader, type, reader.i32())
}

/** Returns `scale` if the type allows it. @throws {ProtocolError} otherwise, with the position of the four bytes that were just read */
export function checkedScale(reader: ByteReader, type: DecimalType, scale: number): number {
  if (scale < 0 || scale > maxScale[type]) {
    throw reader.fault(`A ${type} cannot have scale ${scale}`, 4)
  }
  return scale
}

/** With a larger exponent, no decimal type could hold the number or any of its digits. */
const maxExponent = 100

/**
 * The unscaled integer of a text such as `-1.50`, `.5` or `1e3`. Undefined if the text is not a number. The caller checks that
 * the type can hold the integer.
 * @param rest  for digits beyond the scale: undefined for digits other than 0, cut off, or rounded half away from zero
 */
export function parseDecimal(
  text: string,
  scale: number,
  rest: 'refuse' | 'cut' | 'round' = 'refuse',
): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text)
  if (match === null) return undefined
  const whole = match[2]!
  const fraction = match[3] ?? ''
  const digits = whole + fraction
  if (digits === '') return undefined
  const exponent = Number(match[4] ?? 0)
  if (Math.abs(exponent) > maxExponent) return undefined
  const shift = exponent - fraction.length + scale
  const unscaled = BigInt(match[1] === '-' ? `-${digits}` : digits)
  if (shift >= 0 || rest === 'round') return rescale(unscaled, shift)
  const divisor = 10n ** BigInt(-shift)
  return rest === 'cut' || unscaled % divisor === 0n ? unscaled / divisor : undefined
}

/** @param digits  added to the scale; if negative, rounds half away from zero */
export function rescale(unscaled: bigint, digits: number): bigint {
  if (digits >= 0) return unscaled * 10n ** BigInt(digits)
  const divisor = 10n ** BigInt(-digits)
  const half = divisor / 2n
  return (unscaled < 0n ? unscaled - half : unscaled + half) / divisor
}

/** The text of a decimal, always with `scale` digits after the point: `-1.50` for −150 with scale 2. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const sign = unscaled < 0n ? '-' : ''
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
