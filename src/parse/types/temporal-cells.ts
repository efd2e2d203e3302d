/*
  One function per temporal type from the bytes of a cell to its raw number, for DolphinDB's own spelling and ISO
  8601. NaN: no such value; ±Infinity: more digits than the type holds, or out of its range.
*/
import { fourDigits, twoDigits } from '../cells/calendar.js'
import { trimmedEnd, trimmedStart } from '../cells/cell-bytes.js'
import type { ReadNumber } from '../columns/number-columns.js'
import type { ReadInt64 } from '../columns/int64-columns.js'
import {
  longTemporal,
  shortTemporal,
  type LongTemporalType,
  type ShortTemporalType,
} from '../cells/time-parts.js'
import { WallClock, zoneOffset } from '../cells/wall-clock.js'

const point = 46
const dash = 45
const letterM = 77
const lowerM = 109

const clock = new WallClock()

/** What a text should have been, and how it is read. */
export const shortTemporalTypes: Readonly<
  Record<ShortTemporalType, { readonly expected: string; readonly read: ReadNumber }>
> = {
  DATE: {
    expected: 'YYYY.MM.DD',
    read: (bytes, start, end) => clock.readDate(bytes, start, end) + shortTemporal.DATE(clock),
  },
  MONTH: { expected: 'YYYY.MMM, such as 2012.06M', read: readMonth },
  TIME: {
    expected: 'HH:MM:SS.mmm',
    read: (bytes, start, end) => clock.readTime(bytes, start, end) + shortTemporal.TIME(clock),
  },
  MINUTE: { expected: 'HH:MM', read: readMinute },
  SECOND: {
    expected: 'HH:MM:SS',
    read: (bytes, start, end) => clock.readTime(bytes, start, end) + shortTemporal.SECOND(clock),
  },
  DATETIME: {
    expected: 'YYYY.MM.DDTHH:MM:SS of the years 1901 to 2038',
    read: (bytes, start, end) =>
      clock.readDateTime(bytes, start, end) + shortTemporal.DATETIME(clock),
  },
  DATEHOUR: {
    expected: 'YYYY.MM.DDTHH',
    read: (bytes, start, end) =>
      clock.readDateHour(bytes, start, end) + shortTemporal.DATEHOUR(clock),
  },
  DATEMINUTE: {
    expected: 'YYYY.MM.DDTHH:MM',
    read: (bytes, start, end) =>
      clock.readDateTime(bytes, start, end) + shortTemporal.DATEMINUTE(clock),
  },
}

/** As `shortTemporalTypes`, for types of 64 bits. */
export const longTemporalTypes: Readonly<
  Record<LongTemporalType, { readonly expected: string; readonly read: ReadInt64 }>
> = {
  TIMESTAMP: {
    expected: 'YYYY.MM.DDTHH:MM:SS.mmm',
    read(bytes, start, end, into) {
      const outcome = clock.readDateTime(bytes, start, end)
      return outcome === 0 ? longTemporal.TIMESTAMP(clock, into) : outcome
    },
  },
  NANOTIME: {
    expected: 'HH:MM:SS.nnnnnnnnn',
    read(bytes, start, end, into) {
      const outcome = clock.readTime(bytes, start, end)
      return outcome === 0 ? longTemporal.NANOTIME(clock, into) : outcome
    },
  },
  NANOTIMESTAMP: {
    expected: 'YYYY.MM.DDTHH:MM:SS.nnnnnnnnn of the years 1677 to 2262',
    read(bytes, start, end, into) {
      const outcome = clock.readDateTime(bytes, start, end)
      return outcome === 0 ? longTemporal.NANOTIMESTAMP(clock, into) : outcome
    },
  },
}

/** Year × 12 + month − 1, from `2012.06M`, `2012.06`, `2012-06`. */
function readMonth(bytes: Uint8Array, start: number, end: number): number {
  const first = trimmedStart(bytes, start, end)
  let last = trimmedEnd(bytes, first, end)
  if (bytes[last - 1] === letterM) last--
  const separator = bytes[first + 4]
  if (last - first !== 7 || (separator !== point && separator !== dash)) return NaN
  const year = fourDigits(bytes, first)
  const month = twoDigits(bytes, first + 5)
  return year > 9999 || month < 1 || month > 12 ? NaN : year * 12 + month - 1
}

/** From `13:30m`, `13:30`. */
function readMinute(bytes: Uint8Array, start: number, end: number): number {
  const last = trimmedEnd(bytes, start, end)
  const marked = bytes[last - 1] === lowerM
  return clock.readMinute(bytes, start, marked ? last - 1 : last) + shortTemporal.MINUTE(clock)
}

/** Why a text with a time in it is refused, when that is its zone. */
export function explainZone(bytes: Uint8Array, start: number, end: number): string | undefined {
  const last = trimmedEnd(bytes, start, end)
  if (zoneOffset(bytes, trimmedStart(bytes, start, end), last) < 0) return undefined
  return 'a time without an offset, because DolphinDB keeps wall-clock time (Z and +00:00 are taken as they are)'
}
