/*
  The types of dates and times, and their raw numbers (docs/protocol.md#data-types). Texts are in DolphinDB's notation, in ISO 8601,
  or in a format of `cells.dateFormats`.
*/
import type { TemporalType } from '../../protocol/types/temporals.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import { PatternFormat } from '../cells/pattern-format.js'
import { isRead, type ReadCell } from '../cells/read-cell.js'
import { storeExact } from '../cells/read-exact.js'
import { usualPatterns, type TimePattern } from '../cells/time-pattern.js'
import {
  firstTextMs,
  lastTextMs,
  storeTime,
  type DateFormat,
  type TimeUnit,
} from '../cells/time-unit.js'
import { FixedColumn, int32Layout, int64Layout, type TakeValue } from '../columns/fixed-column.js'
import { jsonKinds } from '../json/json-kinds.js'
import type { RecordBlock } from '../record-block.js'
import type { CellType, ColumnPlace } from './cell-types.js'

interface TimeType {
  readonly name: TemporalType
  /** The letters that every format for the type must have: `yMd` for a DATE. */
  readonly needs: string
  readonly keepsTime?: false
  readonly patterns: readonly TimePattern[]
  readonly unit: TimeUnit
  /** Milliseconds per unit of the type; undefined if the type takes no `Date`. */
  readonly dateMs?: number
  /** Describes values of the type in messages. */
  readonly expected: string
}

const secondsPerDay = 86_400
const msPerDay = 86_400_000
const maxInt32 = 2_147_483_647

const { dateTime, dateHour, month, time, minute } = usualPatterns

const whole = (seconds: number, hasDate: boolean): TimeUnit => ({
  ...{ kind: 'seconds', seconds, hasDate, isLong: false },
})

const fine = (kind: 'ms' | 'nanos', hasDate: boolean, isLong: boolean): TimeUnit => ({
  ...{ kind, seconds: 0, hasDate, isLong },
})

const timeTypes: readonly TimeType[] = [
  {
    ...{ name: 'DATE', needs: 'yMd', keepsTime: false, patterns: dateTime, dateMs: msPerDay },
    unit: whole(secondsPerDay, true),
    expected: 'a date such as 2024-01-31',
  },
  {
    ...{ name: 'MONTH', needs: 'yM', keepsTime: false, patterns: month },
    unit: { ...whole(0, true), kind: 'months' },
    expected: 'YYYY.MMM, such as 2012.06M',
  },
  {
    ...{ name: 'TIME', needs: 'H', patterns: time, unit: fine('ms', false, false) },
    expected: 'HH:MM:SS.mmm',
  },
  {
    ...{ name: 'MINUTE', needs: 'H', patterns: minute, unit: whole(60, false) },
    expected: 'HH:MM',
  },
  {
    ...{ name: 'SECOND', needs: 'H', patterns: time, unit: whole(1, false) },
    expected: 'HH:MM:SS',
  },
  {
    ...{ name: 'DATETIME', needs: 'yMd', patterns: dateTime, unit: whole(1, true), dateMs: 1000 },
    expected: 'a time such as 2024-01-31T09:30:00, of the years 1901 to 2038',
  },
  {
    ...{ name: 'DATEHOUR', needs: 'yMdH', patterns: dateHour, unit: whole(3600, true) },
    expected: 'an hour such as 2024-01-31T09',
  },
  {
    ...{ name: 'DATEMINUTE', needs: 'yMdH', patterns: dateTime, unit: whole(60, true) },
    expected: 'a minute such as 2024-01-31T09:30',
  },
  {
    ...{ name: 'TIMESTAMP', needs: 'yMd', patterns: dateTime, unit: fine('ms', true, true) },
    dateMs: 1,
    expected: 'a time such as 2024-01-31T09:30:00.125',
  },
  {
    ...{ name: 'NANOTIME', needs: 'H', patterns: time, unit: fine('nanos', false, true) },
    expected: 'HH:MM:SS.nnnnnnnnn',
  },
  {
    ...{ name: 'NANOTIMESTAMP', needs: 'yMd', patterns: dateTime, unit: fine('nanos', true, true) },
    expected: 'a time such as 2024-01-31T09:30:00.123456789, of the years 1677 to 2262',
  },
]

/** A JSON number is a time only if the column has a format for reading the number. */
function timeCellType(type: TimeType): CellType {
  const { name, expected, needs, keepsTime = true, patterns, unit, dateMs } = type
  const layout = unit.isLong ? int64Layout : int32Layout
  const columnOf = (
    format: DateFormat,
    what: string,
    { columnIndex, pool, rewriting, clock }: ColumnPlace,
    explain: NonNullable<DateFormat['explain']>,
  ): FixedColumn => {
    const readCell: ReadCell = (bytes, start, end, into, at) => {
      const outcome = format.read(bytes, start, end)
      return outcome === isRead
        ? storeTime(unit, format.days, format.secondOfDay, format.nanos, into, at)
        : outcome
    }
    const take = dateMs === undefined ? undefined : takeDates(dateMs, unit.isLong, clock.offset)
    const kernelRead =
      format.kernelRead &&
      ((block: RecordBlock, cell: number) => format.kernelRead!(block, cell, unit))
    return new FixedColumn(
      { ...layout, name, expected: what, readCell, take, kernelRead, rewriting, explain },
      columnIndex,
      pool,
    )
  }
  /** A month or minute has no offset. */
  const hasOffset = patterns !== month && patterns !== minute
  return {
    name,
    jsonKinds: jsonKinds.string,
    ...(dateMs !== undefined && { takesValues: true }),
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
export const timeCellTypes: readonly CellType[] = timeTypes.map(timeCellType)
