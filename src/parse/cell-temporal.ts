/*
  One function per temporal type from the bytes of a cell to its raw number (protocol notes §4.2). NaN: no such
  value; ±Infinity: more digits than the type holds, or out of its range.
*/
import { fourDigits, twoDigits } from './calendar.js'
import { trimmedEnd, trimmedStart } from './cell-text.js'
import type { Int64Parts } from './int64-parts.js'
import { WallClock, zoneOffset } from './wall-clock.js'

const secondsPerDay = 86_400
const nanosPerSecond = 1_000_000_000
const nanosPerMs = 1_000_000
const point = 46
const dash = 45
const letterM = 77
const lowerM = 109

const clock = new WallClock()

/** Days since 1970. */
export function readDate(bytes: Uint8Array, start: number, end: number): number {
  return clock.readDate(bytes, start, end) + clock.days
}

/** Year × 12 + month − 1, from `2012.06M`, `2012.06`, `2012-06`. */
export function readMonth(bytes: Uint8Array, start: number, end: number): number {
  const first = trimmedStart(bytes, start, end)
  let last = trimmedEnd(bytes, first, end)
  if (bytes[last - 1] === letterM) last--
  const separator = bytes[first + 4]
  if (last - first !== 7 || (separator !== point && separator !== dash)) return NaN
  const year = fourDigits(bytes, first)
  const month = twoDigits(bytes, first + 5)
  return year > 9999 || month < 1 || month > 12 ? NaN : year * 12 + month - 1
}

/** Milliseconds of the day. */
export function readTime(bytes: Uint8Array, start: number, end: number): number {
  return clock.readTime(bytes, start, end) + clock.secondOfDay * 1000 + wholeMs()
}

/** Minutes of the day, from `13:30m`, `13:30`. */
export function readMinute(bytes: Uint8Array, start: number, end: number): number {
  const last = trimmedEnd(bytes, start, end)
  const marked = bytes[last - 1] === lowerM
  return clock.readMinute(bytes, start, marked ? last - 1 : last) + clock.secondOfDay / 60
}

/** Seconds of the day. */
export function readSecond(bytes: Uint8Array, start: number, end: number): number {
  return clock.readTime(bytes, start, end) + clock.secondOfDay + noFraction()
}

/** Seconds since 1970. */
export function readDateTime(bytes: Uint8Array, start: number, end: number): number {
  const outcome = clock.readDateTime(bytes, start, end)
  return outcome + clock.days * secondsPerDay + clock.secondOfDay + noFraction()
}

/** Hours since 1970, from `2012.06.13T13`. */
export function readDateHour(bytes: Uint8Array, start: number, end: number): number {
  return clock.readDateHour(bytes, start, end) + clock.days * 24 + clock.secondOfDay / 3600
}

/** Minutes since 1970, from `2012.06.13T13:30`. */
export function readDateMinute(bytes: Uint8Array, start: number, end: number): number {
  const outcome = clock.readDateTime(bytes, start, end)
  const seconds = clock.days * secondsPerDay + clock.secondOfDay
  return outcome + noFraction() + (seconds % 60 === 0 ? seconds / 60 : Infinity)
}

/** Milliseconds since 1970. */
export function readTimestamp(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Int64Parts,
): number {
  const outcome = clock.readDateTime(bytes, start, end)
  const seconds = clock.days * secondsPerDay + clock.secondOfDay
  const value = outcome + seconds * 1000 + wholeMs()
  if (!Number.isFinite(value)) return value
  into.setExact(value)
  return 0
}

/** Nanoseconds of the day. */
export function readNanoTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Int64Parts,
): number {
  const outcome = clock.readTime(bytes, start, end)
  if (outcome !== 0) return outcome
  into.setExact(clock.secondOfDay * nanosPerSecond + clock.nanos)
  return 0
}

/** Nanoseconds since 1970; the type ends in 1677 and 2262. */
export function readNanoTimestamp(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Int64Parts,
): number {
  const outcome = clock.readDateTime(bytes, start, end)
  if (outcome !== 0) return outcome
  const seconds = clock.days * secondsPerDay + clock.secondOfDay
  return into.setProduct(seconds, nanosPerSecond, clock.nanos) ? 0 : Infinity
}

/** Why a text with a time in it is refused, when that is its zone. */
export function explainZone(bytes: Uint8Array, start: number, end: number): string | undefined {
  const last = trimmedEnd(bytes, start, end)
  if (zoneOffset(bytes, trimmedStart(bytes, start, end), last) < 0) return undefined
  return 'a time without an offset, because DolphinDB keeps wall-clock time (Z and +00:00 are taken as they are)'
}

/** Milliseconds of the fraction; Infinity when it is finer. */
function wholeMs(): number {
  return clock.nanos % nanosPerMs === 0 ? clock.nanos / nanosPerMs : Infinity
}

/** 0, or Infinity when there is a fraction of a second. */
function noFraction(): number {
  return clock.nanos === 0 ? 0 : Infinity
}
