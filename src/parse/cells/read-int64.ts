/*
  Whole numbers of up to 64 bits from bytes, without rounding and without BigInt.
*/
import type { Int64Parts } from './int64-parts.js'
import { readWhole, wholeParts } from './read-whole.js'

/** A LONG: 0 when `into` holds it, NaN when the text is not a whole number, Infinity when it does not fit. */
export function readInt64(bytes: Uint8Array, start: number, end: number, into: Int64Parts): number {
  const sign = readWhole(bytes, start, end)
  if (sign !== sign) return NaN
  if (sign !== 1 && sign !== -1) return Infinity
  return into.setBillions(sign < 0, wholeParts[0]!, wholeParts[1]!) ? 0 : Infinity
}
