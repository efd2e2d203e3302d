/*
  Dates and times of answers in JavaScript: ISO 8601 text, which is exact; on request `Date` or types of `Temporal`.
*/
import { UsageError } from '../errors.js'
import { formatTemporal, type TemporalType } from '../protocol/types/temporals.js'

/** Form of dates and times in answers: ISO 8601 text, `Date`, or `Temporal.PlainDate` and related types. */
export type TimesAs = (typeof timesAs)[number]

export const timesAs = ['text', 'Date', 'Temporal'] as const

/** A value of `Temporal`, whose types some versions of Node lack. */
export interface PlainTemporal {
  toString(): string
  toJSON(): string
}

/** `'2024-01-02'`, `'2024-01'`, `'09:30'`, `'2024-01-02T09:30:00.123'`. */
export function isoText(type: TemporalType, raw: number | bigint): string {
  const text = formatTemporal(type, raw)
  switch (type) {
    case 'TIME':
    case 'SECOND':
    case 'NANOTIME':
      return text
    case 'MINUTE':
    case 'MONTH':
      return isoDate(text.slice(0, -1))
    case 'DATEHOUR':
      return `${isoDate(text)}:00`
    default:
      return isoDate(text)
  }
}

/** Leaves years of four digits unchanged, and writes all other years with a sign and six digits. */
function isoDate(text: string): string {
  return text.replace(
    /^(-?)(\d+)\.(\d\d)(?:\.(?=\d\d))?/,
    (match, sign: string, year: string, month: string) => {
      const isPlain = sign === '' && year.length === 4
      const isoYear = isPlain ? year : `${sign || '+'}${year.padStart(6, '0')}`
      return `${isoYear}-${month}${match.endsWith('.') ? '-' : ''}`
    },
  )
}

const dayMs = 86_400_000

/** Milliseconds per unit, for types that are a day or a moment and that `Date` can represent exactly. */
const unitMs: Partial<Record<TemporalType, number>> = {
  DATE: dayMs,
  DATETIME: 1000,
  TIMESTAMP: 1,
  DATEHOUR: 3_600_000,
  DATEMINUTE: 60_000,
}

const latestDateMs = 8.64e15

/**
 * A value that is not null. Values that `Date` cannot represent stay text: times of day, nanoseconds, distant years.
 * @throws {UsageError} DDB_USAGE if `Temporal` is requested and this Node has none
 */
export function plainTime(
  type: TemporalType,
  raw: number | bigint,
  as: TimesAs,
): string | Date | PlainTemporal {
  if (as === 'text') return isoText(type, raw)
  if (as === 'Date') return dateOf(type, raw) ?? isoText(type, raw)
  return temporalClass(type).from(isoText(type, raw))
}

function dateOf(type: TemporalType, raw: number | bigint): Date | undefined {
  if (type === 'MONTH') return new Date(`${isoText(type, raw)}-01T00:00:00Z`)
  const unit = unitMs[type]
  if (unit === undefined) return undefined
  const ms = Number(raw) * unit
  return Math.abs(ms) <= latestDateMs ? new Date(ms) : undefined
}

type TemporalClass = { readonly from: (text: string) => PlainTemporal }
type TemporalClasses = Readonly<
  Record<'PlainDate' | 'PlainDateTime' | 'PlainTime' | 'PlainYearMonth', TemporalClass>
>

function temporalClass(type: TemporalType): TemporalClass {
  const { Temporal } = globalThis as { readonly Temporal?: TemporalClasses }
  if (Temporal === undefined) {
    throw new UsageError(
      'DDB_USAGE',
      "`times: 'Temporal'` needs globalThis.Temporal, which this Node lacks: use Node 26 or later, or load a polyfill.",
    )
  }
  switch (type) {
    case 'DATE':
      return Temporal.PlainDate
    case 'MONTH':
      return Temporal.PlainYearMonth
    case 'TIME':
    case 'MINUTE':
    case 'SECOND':
    case 'NANOTIME':
      return Temporal.PlainTime
    default:
      return Temporal.PlainDateTime
  }
}
