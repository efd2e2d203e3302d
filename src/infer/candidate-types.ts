/*
  The types to try with each column. CHAR, SHORT and FLOAT are never tried, because later values might not fit them.
*/
import type { CellOptions } from '../parse/cell-rules.js'
import { patternLetters } from '../parse/cells/time-pattern.js'
import type { ColumnType, DataType } from '../protocol/data-type.js'
import { nullInt32, nullInt64 } from '../protocol/null-value.js'
import { isTemporal } from '../protocol/types/temporals.js'
import type { Column } from '../protocol/value.js'

/** A type to try; `format` is set if the texts are not in the type's usual notation. */
export interface TriedType extends ColumnType {
  readonly format?: string
}

const ofTypes = (text: string, array = false): readonly TriedType[] =>
  text.split(' ').map(type => ({ type: type as DataType, ...(array && { array }) }))

/** Types to try with every column, narrower types first. */
export const plainTypes: readonly TriedType[] = ofTypes(
  'BOOL INT LONG DOUBLE MINUTE SECOND TIME NANOTIME MONTH DATE DATEHOUR DATETIME TIMESTAMP NANOTIMESTAMP UUID IPADDR',
)

export const arrayTypes: readonly TriedType[] = ofTypes('BOOL INT LONG DOUBLE DATE TIMESTAMP', true)

/** Narrower types first. */
export const numberTypes = ['INT', 'LONG', 'DOUBLE'] as const

/** The options that name a notation of numbers. */
export type NumberOptions = Pick<CellOptions, 'thousands' | 'decimalComma' | 'percentColumns'>

/** Thousands separators found in files, including non-breaking blanks. */
const groupSigns = [' ', "'", '\u00a0', '\u202f', '\u2019']

/** Notations of numbers that `load` reads with options, preferred ones first: `1,234` rather counts as 1234 than as 1.234. */
export function notationsFor(columnName: string): NumberOptions[] {
  const decimalComma = true
  const all: NumberOptions[] = [
    { thousands: ',' },
    { decimalComma },
    { thousands: '.', decimalComma },
    ...groupSigns.flatMap(thousands => [{ thousands }, { thousands, decimalComma }]),
  ]
  const percentColumns = [columnName]
  return [...all, { percentColumns }, ...all.map(options => ({ ...options, percentColumns }))]
}

/** Types that hold what the format reads, narrower types first. */
export function typesOfFormat(format: string): DataType[] {
  if (format.startsWith('excel')) return ['DATE', 'DATETIME', 'TIMESTAMP']
  if (format.startsWith('epoch:')) {
    return format === 'epoch:s' ? ['DATETIME', 'TIMESTAMP'] : ['TIMESTAMP', 'NANOTIMESTAMP']
  }
  const letters = patternLetters(format)
  const has = (letter: string): boolean => letters.includes(letter)
  if (has('d')) {
    if (has('n')) return ['NANOTIMESTAMP']
    if (has('S')) return ['TIMESTAMP']
    return has('H') || has('h') ? ['DATETIME', 'TIMESTAMP'] : ['DATE']
  }
  if (has('M')) return ['MONTH']
  if (has('n')) return ['NANOTIME']
  return has('S') ? ['TIME'] : has('s') ? ['SECOND'] : ['MINUTE']
}

export function asFormat(format: string): TriedType[] {
  return typesOfFormat(format).map(type => ({ type, format }))
}

/** Type with a date → its units per day. A table may be partitioned by these types. */
export const unitsPerDay: Readonly<Partial<Record<DataType, number>>> = {
  DATE: 1,
  DATEHOUR: 24,
  DATEMINUTE: 1440,
  DATETIME: 86_400,
  TIMESTAMP: 86_400_000,
  NANOTIMESTAMP: 86_400_000_000_000,
}

export interface TimeExtremes {
  /** Rows with the earliest and the latest time, and these times as raw numbers. */
  readonly first: number
  readonly last: number
  readonly min: number | bigint
  readonly max: number | bigint
}

/** The earliest and the latest time of a column's first rows; undefined without any time, and for other types. */
export function timeExtremes(column: Column, rowCount: number): TimeExtremes | undefined {
  if (column.form !== 'vector' || !isTemporal(column.type) || !('data' in column)) return undefined
  const { data } = column
  if (!(data instanceof Int32Array || data instanceof BigInt64Array)) return undefined
  let first = -1
  let last = -1
  for (let row = 0; row < rowCount; row++) {
    const value = data[row]!
    if (value === nullInt32 || value === nullInt64) continue
    if (first < 0 || value < data[first]!) first = row
    if (last < 0 || value > data[last]!) last = row
  }
  return first < 0 ? undefined : { first, last, min: data[first]!, max: data[last]! }
}
