/*
  Dates and times in text, and their raw numbers (docs/protocol.md#data-types). Texts are in DolphinDB's notation, in
  ISO 8601, or in a format of `cells.dateFormats`. A JSON number is a time only if the column has a format for reading the number.
*/
import type { TemporalType } from '../../protocol/types/temporals.js'
import { firstTextMs, lastTextMs } from '../cells/calendar.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import { PatternFormat } from '../cells/pattern-format.js'
import { isRead, type ReadCell, type ReadRun } from '../cells/read-cell.js'
import { storeExact } from '../cells/read-exact.js'
import { usualPatterns, type PatternPart } from '../cells/time-pattern.js'
import { storeTime, type DateFormat, type TimeUnit } from '../cells/time-unit.js'
import { FixedColumn } from '../columns/fixed-column.js'
import { jsonKinds } from '../json/json-kinds.js'
import { fixedValues, type TakeValue } from '../rows/value-columns.js'
import { int32Layout, int64Layout, type CellType, type ColumnPlace } from './cell-types.js'

const secondsPerDay = 86_400
const msPerDay = 86_400_000
const maxInt32 = 2_147_483_647

interface TimeType {
  readonly name: TemporalType
  /** Describes values of the type in messages. */
  readonly expected: string
  /** The letters that every format for the type must have: `yMd` for a DATE. */
  readonly needs: string
  readonly keepsTime?: boolean
  readonly patterns: readonly (readonly PatternPart[])[]
  readonly unit: TimeUnit
  /** Milliseconds per unit of the type; undefined if the type takes no `Date`. */
  readonly dateMs?: number
}

const whole = (seconds: number, hasDate: boolean): TimeUnit => ({
  ...{ kind: 'seconds', seconds, hasDate, isLong: false },
})

const fine = (kind: 'ms' | 'nanos', hasDate: boolean, isLong: boolean): TimeUnit => ({
  ...{ kind, seconds: 0, hasDate, isLong },
})

const timeTypes: readonly TimeType[] = [
  {
    name: 'DATE',
    dateMs: msPerDay,
    expected: 'a date such as 2024-01-31',
    needs: 'yMd',
    keepsTime: false,
    patterns: usualPatterns.dateTime,
    unit: whole(secondsPerDay, true),
  },
  {
    name: 'MONTH',
    expected: 'YYYY.MMM, such as 2012.06M',
    needs: 'yM',
    keepsTime: false,
    patterns: usualPatterns.month,
    unit: { ...whole(0, true), kind: 'months' },
  },
  {
    name: 'TIME',
    expected: 'HH:MM:SS.mmm',
    needs: 'H',
    patterns: usualPatterns.time,
    unit: fine('ms', false, false),
  },
  {
    name: 'MINUTE',
    expected: 'HH:MM',
    needs: 'H',
    patterns: usualPatterns.minute,
    unit: whole(60, false),
  },
  {
    name: 'SECOND',
    expected: 'HH:MM:SS',
    needs: 'H',
    patterns: usualPatterns.time,
    unit: whole(1, false),
  },
  {
    name: 'DATETIME',
    dateMs: 1000,
    expected: 'a time such as 2024-01-31T09:30:00, of the years 1901 to 2038',
    needs: 'yMd',
    patterns: usualPatterns.dateTime,
    unit: whole(1, true),
  },
  {
    name: 'DATEHOUR',
    expected: 'an hour such as 2024-01-31T09',
    needs: 'yMdH',
    patterns: usualPatterns.dateHour,
    unit: whole(3600, true),
  },
  {
    name: 'DATEMINUTE',
    expected: 'a minute such as 2024-01-31T09:30',
    needs: 'yMdH',
    patterns: usualPatterns.dateTime,
    unit: whole(60, true),
  },
  {
    name: 'TIMESTAMP',
    dateMs: 1,
    expected: 'a time such as 2024-01-31T09:30:00.125',
    needs: 'yMd',
    patterns: usualPatterns.dateTime,
    unit: fine('ms', true, true),
  },
  {
    name: 'NANOTIME',
    expected: 'HH:MM:SS.nnnnnnnnn',
    needs: 'H',
    patterns: usualPatterns.time,
    unit: fine('nanos', false, true),
  },
  {
    name: 'NANOTIMESTAMP',
    expected: 'a time such as 2024-01-31T09:30:00.123456789, of the years 1677 to 2262',
    needs: 'yMd',
    patterns: usualPatterns.dateTime,
    unit: fine('nanos', true, true),
  },
]

function cellTypeOfTimes(type: TimeType): CellType {
  const { name, expected, needs, keepsTime = true, patterns, unit, dateMs } = type
  const { isLong } = unit
  const layout = isLong ? int64Layout : int32Layout
  const columnOf = (
    format: DateFormat,
    what: string,
    { columnIndex, pool }: ColumnPlace,
    explain: NonNullable<DateFormat['explain']>,
  ): FixedColumn => {
    const readCell: ReadCell = (bytes, view, start, end, into, at) => {
      const outcome = format.read(bytes, view, start, end)
      return outcome === isRead
        ? storeTime(unit, format.days, format.secondOfDay, format.nanos, into, at)
        : outcome
    }
    const readRun: ReadRun | undefined =
      format instanceof PatternFormat
        ? (block, field, from, into, firstRow) =>
            format.readRun(block, field, from, into, firstRow, unit)
        : undefined
    const fixed = { ...layout, name, expected: what, readCell, readRun, explain }
    return new FixedColumn(fixed, columnIndex, pool)
  }
  /** A month or minute has no offset. */
  const hasOffset = patterns !== usualPatterns.month && patterns !== usualPatterns.minute
  return {
    name,
    jsonKinds: jsonKinds.string,
    ...(dateMs !== undefined && {
      values: ({ capacity, offset }) =>
        fixedValues(layout, capacity, takeDates(dateMs, isLong, offset())),
    }),
    column(place) {
      const rules = hasOffset ? { ...place.clock, keepsTime } : { isMonth: name === 'MONTH' }
      const format = new PatternFormat(patterns, rules)
      const { formatHint } = place.clock
      return columnOf(format, expected, place, (...text) => {
        const why = format.explain()
        const hint = why === undefined ? formatHint?.(...text) : undefined
        return hint === undefined ? why : `${expected} (${hint})`
      })
    },
    dated: {
      needs,
      keepsTime,
      holds: ({ days, secondOfDay, nanos }) =>
        storeTime(unit, days, secondOfDay, nanos, new Int32Array(2), 0) === isRead,
      column: (format, what, place) =>
        columnOf(format, what, place, (...text) => {
          const why = format.explain?.(...text)
          return why === undefined ? undefined : `${what} (${why})`
        }),
    },
  }
}

/**
 * Takes a program's `Date` as a time in UTC. If the column has no offset yet, UTC becomes its offset.
 * @param offset  undefined if the column takes no `Date`
 */
function takeDates(unitMs: number, isLong: boolean, offset: ColumnOffset | undefined): TakeValue {
  return (value, into, at) => {
    if (!(value instanceof Date)) return false
    const ms = value.getTime()
    if (!(ms >= firstTextMs && ms <= lastTextMs)) return false
    if (offset?.takes(0) !== true) return false
    if (isLong) {
      storeExact(into, at, ms)
      return true
    }
    const units = ms / unitMs
    if (units !== (units | 0) || units < -maxInt32) return false
    into[at] = units
    return true
  }
}

/** All types of dates and times. */
export const temporalTypes: readonly CellType[] = timeTypes.map(cellTypeOfTimes)
