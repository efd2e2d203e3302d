/*
  Decimals are unscaled integers beside a scale: 1.50 with scale 2 is 150.
*/

/** Exponents beyond this cannot give a digit that any decimal type keeps. */
const maxExponent = 100

/**
 * The unscaled integer of decimal text such as `-1.50`, `.5`, `1e3`; undefined when it is no number or when digits
 * other than 0 would be lost behind the point. Whether the type holds it is for the caller to say.
 */
export function parseDecimal(text: string, scale: number): bigint | undefined {
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
  if (shift >= 0) return unscaled * 10n ** BigInt(shift)
  const divisor = 10n ** BigInt(-shift)
  return unscaled % divisor === 0n ? unscaled / divisor : undefined
}

/** `-1.50` for −150 with scale 2; always `scale` digits behind the point. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const sign = unscaled < 0n ? '-' : ''
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** Value `index` of a DECIMAL128 column: 16 bytes, little-endian. */
export function readInt128(data: Uint8Array, index: number): bigint {
  const view = new DataView(data.buffer, data.byteOffset + index * 16, 16)
  return (view.getBigInt64(8, true) << 64n) | view.getBigUint64(0, true)
}

/** Stores a value that fits 128 bits. */
export function writeInt128(data: Uint8Array, index: number, value: bigint): void {
  const view = new DataView(data.buffer, data.byteOffset + index * 16, 16)
  view.setBigUint64(0, BigInt.asUintN(64, value), true)
  view.setBigInt64(8, value >> 64n, true)
}
