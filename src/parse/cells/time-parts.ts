/*
  From the parts of a date and time to the raw number of each temporal type (protocol notes §4.2). What a type cannot
  hold, such as seconds in a MINUTE, gives ±Infinity: nothing is cut off without a word.
*/
import type { Int64Parts } from './int64-parts.js'

/** A moment in parts that every temporal type can be made from. */
export interface TimeParts {
  /** Since 1970. */
  days: number
  secondOfDay: number
  /** Within the second. */
  nanos: number
}

/** Temporal types of 32 bits. */
export type ShortTemporalType =
  'DATE' | 'MONTH' | 'TIME' | 'MINUTE' | 'SECOND' | 'DATETIME' | 'DATEHOUR' | 'DATEMINUTE'

/** Temporal types of 64 bits. */
export type LongTemporalType = 'TIMESTAMP' | 'NANOTIME' | 'NANOTIMESTAMP'

const secondsPerDay = 86_400
const nanosPerSecond = 1_000_000_000
const nanosPerMs = 1_000_000

/** Types of 32 bits; MONTH is made of year and month by its own readers. */
export const shortTemporal: Readonly<
  Record<Exclude<ShortTemporalType, 'MONTH'>, (parts: TimeParts) => number>
> = {
  DATE: parts => whole(parts, secondsPerDay) + parts.days,
  TIME: parts => parts.secondOfDay * 1000 + wholeMs(parts),
  MINUTE: parts => whole(parts, 60) + Math.floor(parts.secondOfDay / 60),
  SECOND: parts => whole(parts, 1) + parts.secondOfDay,
  DATETIME: parts => whole(parts, 1) + parts.days * secondsPerDay + parts.secondOfDay,
  DATEHOUR: parts => whole(parts, 3600) + parts.days * 24 + Math.floor(parts.secondOfDay / 3600),
  DATEMINUTE: parts => whole(parts, 60) + parts.days * 1440 + Math.floor(parts.secondOfDay / 60),
}

/** Types of 64 bits: 0 when `into` holds the value. */
export const longTemporal: Readonly<
  Record<LongTemporalType, (parts: TimeParts, into: Int64Parts) => number>
> = {
  TIMESTAMP(parts, into) {
    const value = (parts.days * secondsPerDay + parts.secondOfDay) * 1000 + wholeMs(parts)
    if (!Number.isFinite(value)) return value
    into.setExact(value)
    return 0
  },
  NANOTIME(parts, into) {
    into.setExact(parts.secondOfDay * nanosPerSecond + parts.nanos)
    return 0
  },
  NANOTIMESTAMP(parts, into) {
    const seconds = parts.days * secondsPerDay + parts.secondOfDay
    return into.setProduct(seconds, nanosPerSecond, parts.nanos) ? 0 : Infinity
  },
}

/** Milliseconds of the fraction; Infinity when it is finer. */
function wholeMs({ nanos }: TimeParts): number {
  return nanos % nanosPerMs === 0 ? nanos / nanosPerMs : Infinity
}

/** 0 when the time of day is a multiple of so many seconds, else Infinity. */
function whole({ secondOfDay, nanos }: TimeParts, seconds: number): number {
  return nanos === 0 && secondOfDay % seconds === 0 ? 0 : Infinity
}
