/*
  Dates and times in text, and their raw numbers (docs/protocol.md#data-types). Texts are in DolphinDB's notation, in
  ISO 8601, or in a format of `cells.dateFormats`. A value that the type cannot hold exactly, such as seconds in a
  MINUTE, gives ±Infinity. A JSON number is a time only if the column has a format for reading the number.
*/
import type { Temporal32Type, Temporal64Type } from '../../protocol/types/temporals.js'
import type { DateFormat } from '../cells/wall-clock.js'
import { EpochFormat } from '../cells/epoch-format.js'
import { Int64Parts } from '../cells/int64-parts.js'
import { readMonth, WallClock, type TimeParts } from '../cells/wall-clock.js'
import {
  int32Layout,
  int64Layout,
  NumberColumn,
  WideColumn,
  type NumberType,
  type ReadNumber,
  type ReadWide,
} from '../columns/fixed-columns.js'
import { CountColumn } from '../columns/number-columns.js'
import {
  DateTimeColumn,
  NanotimeColumn,
  NanotimestampColumn,
  TimestampColumn,
} from '../columns/time-columns.js'
import { jsonKinds } from '../json/json-kinds.js'
import { dateColumn } from '../rows/value-columns.js'
import type { CellType } from './cell-types.js'

const secondsPerDay = 86_400
const nanosPerSecond = 1_000_000_000
const nanosPerMs = 1_000_000

/** Milliseconds within the second; Infinity if the time has smaller units. */
function wholeMs({ nanos }: TimeParts): number {
  return nanos % nanosPerMs === 0 ? nanos / nanosPerMs : Infinity
}

/** 0 if the time of day is a multiple of `seconds`, else Infinity. */
function whole({ secondOfDay, nanos }: TimeParts, seconds: number): number {
  return nanos === 0 && secondOfDay % seconds === 0 ? 0 : Infinity
}

type ReadText = NonNullable<NumberType['explain']>

/** Describes a text that the column refuses, from its format's own explanation. */
const explainer =
  (format: DateFormat, what: string): ReadText =>
  (bytes, start, end) => {
    const own = format.explain?.(bytes, start, end)
    return own === undefined ? undefined : `${what} (${own})`
  }

/** A date or time type of 32 bits. */
interface ShortTemporal {
  readonly name: Temporal32Type
  /** Describes values of the type in messages. */
  readonly expected: string
  /** The letters that every format for the type must have: `yMd` for a DATE. */
  readonly needs: string
  readonly keepsTime?: boolean
  readonly read: (clock: WallClock) => ReadNumber
  /** The raw number of the value that the format has just read. */
  readonly ofFormat: (format: DateFormat) => number
  /** A column that reads common notations faster. Used only without a time zone. */
  readonly Column?: typeof NumberColumn
  /** Milliseconds per unit of the type; undefined if the type takes no `Date`. */
  readonly dateMs?: number
}

function shortType({
  name,
  expected,
  needs,
  keepsTime = true,
  read,
  ofFormat,
  Column = NumberColumn,
  dateMs,
}: ShortTemporal): CellType {
  const layout = { ...int32Layout, name }
  return {
    name,
    jsonKinds: jsonKinds.string,
    ...(dateMs !== undefined && { values: ofDates(dateMs, false) }),
    column({ columnIndex, pool, clock: rules }) {
      const clock = new WallClock(rules)
      const explain = (): string | undefined => clock.zoneFault
      const Chosen = rules.zone === undefined ? Column : NumberColumn
      const type = { ...layout, expected, explain, offset: rules.offset }
      return new Chosen(type, columnIndex, pool, read(clock))
    },
    dated: {
      needs,
      keepsTime,
      column(format, what, { columnIndex, pool }) {
        const readFormat: ReadNumber = (bytes, start, end) =>
          format.read(bytes, start, end) + ofFormat(format)
        const type = { ...layout, expected: what, explain: explainer(format, what) }
        return new NumberColumn(type, columnIndex, pool, readFormat)
      },
    },
  }
}

const date = (parts: TimeParts): number => whole(parts, secondsPerDay) + parts.days
const time = (parts: TimeParts): number => parts.secondOfDay * 1000 + wholeMs(parts)
const minute = (parts: TimeParts): number => whole(parts, 60) + Math.floor(parts.secondOfDay / 60)
const second = (parts: TimeParts): number => whole(parts, 1) + parts.secondOfDay
const datetime = (parts: TimeParts): number =>
  whole(parts, 1) + parts.days * secondsPerDay + parts.secondOfDay
const dateHour = (parts: TimeParts): number =>
  whole(parts, 3600) + parts.days * 24 + Math.floor(parts.secondOfDay / 3600)
const dateMinute = (parts: TimeParts): number =>
  whole(parts, 60) + parts.days * 1440 + Math.floor(parts.secondOfDay / 60)

const shortTypes: readonly ShortTemporal[] = [
  {
    name: 'DATE',
    dateMs: 86_400_000,
    expected: 'a date such as 2024-01-31',
    needs: 'yMd',
    keepsTime: false,
    read: clock => (bytes, start, end) => clock.readDate(bytes, start, end) + date(clock),
    ofFormat: date,
  },
  {
    name: 'MONTH',
    expected: 'YYYY.MMM, such as 2012.06M',
    needs: 'yM',
    keepsTime: false,
    read: () => readMonth,
    ofFormat: format => format.months,
  },
  {
    name: 'TIME',
    expected: 'HH:MM:SS.mmm',
    needs: 'H',
    read: clock => (bytes, start, end) => clock.readTime(bytes, start, end) + time(clock),
    ofFormat: time,
  },
  {
    name: 'MINUTE',
    expected: 'HH:MM',
    needs: 'H',
    read: clock => (bytes, start, end) => clock.readMinute(bytes, start, end) + minute(clock),
    ofFormat: minute,
  },
  {
    name: 'SECOND',
    expected: 'HH:MM:SS',
    needs: 'H',
    read: clock => (bytes, start, end) => clock.readTime(bytes, start, end) + second(clock),
    ofFormat: second,
  },
  {
    name: 'DATETIME',
    dateMs: 1000,
    expected: 'a time such as 2024-01-31T09:30:00, of the years 1901 to 2038',
    needs: 'yMd',
    read: clock => (bytes, start, end) => clock.readDateTime(bytes, start, end) + datetime(clock),
    ofFormat: datetime,
    Column: DateTimeColumn,
  },
  {
    name: 'DATEHOUR',
    expected: 'an hour such as 2024-01-31T09',
    needs: 'yMdH',
    read: clock => (bytes, start, end) => clock.readDateHour(bytes, start, end) + dateHour(clock),
    ofFormat: dateHour,
  },
  {
    name: 'DATEMINUTE',
    expected: 'a minute such as 2024-01-31T09:30',
    needs: 'yMdH',
    read: clock => (bytes, start, end) => clock.readDateTime(bytes, start, end) + dateMinute(clock),
    ofFormat: dateMinute,
  },
]

/** A date or time type of 64 bits. */
interface LongTemporal {
  readonly name: Temporal64Type
  readonly expected: string
  readonly needs: string
  readonly read: (clock: WallClock, bytes: Uint8Array, start: number, end: number) => number
  /** Sets `raw` to the raw number. Returns false if the type cannot hold the value. */
  readonly setRaw: (parts: TimeParts) => boolean
  /** How many decimals of a second the raw number has; undefined if the number does not count from 1970. */
  readonly unitDigits?: number
  /** A column that reads common notations faster. Used only without a time zone. */
  readonly Column?: typeof WideColumn<Int32Array>
  /** Milliseconds per unit of the type; undefined if the type takes no `Date`. */
  readonly dateMs?: number
}

const ofDates =
  (unitMs: number, isLong: boolean): NonNullable<CellType['values']> =>
  ({ capacity, offset }) =>
    dateColumn(capacity, unitMs, isLong, offset())

function longType(type: LongTemporal): CellType {
  const { name, expected, needs, read, setRaw, unitDigits = -1, Column = WideColumn, dateMs } = type
  const layout = { ...int64Layout, name }
  return {
    name,
    jsonKinds: jsonKinds.string,
    ...(dateMs !== undefined && { values: ofDates(dateMs, true) }),
    column({ columnIndex, pool, clock: rules }) {
      const clock = new WallClock(rules)
      const readCell: ReadWide<Int32Array> = (bytes, _view, start, end, words, at) => {
        const outcome = read(clock, bytes, start, end)
        if (outcome !== 0) return outcome
        return setRaw(clock) ? raw.store(words, at) : Infinity
      }
      const explain = (): string | undefined => clock.zoneFault
      const Chosen = rules.zone === undefined ? Column : WideColumn
      const { offset } = rules
      return new Chosen({ ...layout, expected, readCell, offset, explain }, columnIndex, pool)
    },
    dated: {
      needs,
      keepsTime: true,
      column(format, what, { columnIndex, pool }) {
        const readCell: ReadWide<Int32Array> = (bytes, _view, start, end, words, at) => {
          const outcome = format.read(bytes, start, end)
          if (outcome !== 0) return outcome
          return setRaw(format) ? raw.store(words, at) : Infinity
        }
        const own = { ...layout, expected: what, readCell, explain: explainer(format, what) }
        if (!(format instanceof EpochFormat) || format.unitDigits > unitDigits) {
          return new WideColumn(own, columnIndex, pool)
        }
        const factor = 10 ** (unitDigits - format.unitDigits)
        return new CountColumn(own, columnIndex, pool, { factor, isMs: unitDigits === 3 })
      },
    },
  }
}

/** The raw number of the time that was read last. */
const raw = new Int64Parts()

function timestamp(parts: TimeParts): boolean {
  const ms = wholeMs(parts)
  // A double cannot always hold the milliseconds since 1970 exactly.
  const seconds = parts.days * secondsPerDay + parts.secondOfDay
  return ms !== Infinity && raw.setProduct(seconds, 1000, ms)
}

function nanotime(parts: TimeParts): boolean {
  raw.setExact(parts.secondOfDay * nanosPerSecond + parts.nanos)
  return true
}

function nanotimestamp(parts: TimeParts): boolean {
  const seconds = parts.days * secondsPerDay + parts.secondOfDay
  return raw.setProduct(seconds, nanosPerSecond, parts.nanos)
}

const longTypes: readonly LongTemporal[] = [
  {
    name: 'TIMESTAMP',
    dateMs: 1,
    expected: 'a time such as 2024-01-31T09:30:00.125',
    needs: 'yMd',
    read: (clock, bytes, start, end) => clock.readDateTime(bytes, start, end),
    setRaw: timestamp,
    unitDigits: 3,
    Column: TimestampColumn,
  },
  {
    name: 'NANOTIME',
    expected: 'HH:MM:SS.nnnnnnnnn',
    needs: 'H',
    read: (clock, bytes, start, end) => clock.readTime(bytes, start, end),
    setRaw: nanotime,
    Column: NanotimeColumn,
  },
  {
    name: 'NANOTIMESTAMP',
    expected: 'a time such as 2024-01-31T09:30:00.123456789, of the years 1677 to 2262',
    needs: 'yMd',
    read: (clock, bytes, start, end) => clock.readDateTime(bytes, start, end),
    setRaw: nanotimestamp,
    unitDigits: 9,
    Column: NanotimestampColumn,
  },
]

export const temporalTypes: readonly CellType[] = [
  ...shortTypes.map(shortType),
  ...longTypes.map(longType),
]
