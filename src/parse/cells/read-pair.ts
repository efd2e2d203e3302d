/*
  COMPLEX, POINT and DURATION: two numbers in one text.
*/
import { durationUnitOf } from '../../protocol/types/durations.js'
import { nullDouble } from '../../protocol/null-value.js'
import { latin1 } from './cell-bytes.js'

const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`
const complex = new RegExp(`^\\s*(${number})([+-]${number.slice(5)})i\\s*$`)
const point = new RegExp(`^\\s*\\(\\s*(${number})\\s*,\\s*(${number})\\s*\\)\\s*$`)

/** `2.3+4.0i`: 0, NaN or Infinity. */
export function readComplex(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Float64Array,
  at: number,
): number {
  return readPair(complex, latin1(bytes, start, end), into, at)
}

/** `(1.5, 2.5)`: 0, NaN or Infinity. */
export function readPoint(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Float64Array,
  at: number,
): number {
  return readPair(point, latin1(bytes, start, end), into, at)
}

function readPair(pattern: RegExp, text: string, into: Float64Array, at: number): number {
  const match = pattern.exec(text)
  if (match === null) return NaN
  const first = Number(match[1])
  const second = Number(match[2])
  for (const value of [first, second]) {
    if (!Number.isFinite(value) || value === nullDouble) return Infinity
  }
  into[at] = first
  into[at + 1] = second
  return 0
}

/** `3M`, `200ms`, or with the four letters of an exchange's calendar `5XNYS`: 0, NaN or Infinity. */
export function readDuration(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Int32Array,
  at: number,
): number {
  const match = /^\s*([+-]?\d+)([A-Za-z]{1,4})\s*$/.exec(latin1(bytes, start, end))
  if (match === null) return NaN
  const unit = durationUnitOf(match[2]!)
  const count = Number(match[1])
  if (unit === undefined) return NaN
  if (Math.abs(count) > 2_147_483_647) return Infinity
  into[at] = count
  into[at + 1] = unit
  return 0
}
