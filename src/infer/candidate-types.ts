/*
  The readings to try with each column: types, and the options that some of them need. CHAR, SHORT and FLOAT are never tried, because
  later values might not fit them.
*/
import type { CellOptions } from '../parse/cell-rules.js'
import { formatsDropping } from '../parse/cells/date-format.js'
import { patternLetters } from '../parse/cells/time-pattern.js'
import { formatsReading } from '../parse/cells/written-formats.js'
import type { RecordBlock } from '../parse/record-block.js'
import type { ColumnType, DataType } from '../protocol/data-type.js'
import { nullInt32, nullInt64 } from '../protocol/null-value.js'
import { isTemporal } from '../protocol/types/temporals.js'
import type { Column } from '../protocol/value.js'

/** A type to try, and the options without which `load` does not read the texts; empty for the type's usual notation. */
export interface Reading {
  readonly type: ColumnType
  readonly options: CellOptions
}

const plain: CellOptions = {}

const ofTypes = (text: string, array = false): readonly Reading[] =>
  text
    .split(' ')
    .map(type => ({ type: { type: type as DataType, ...(array && { array }) }, options: plain }))

/** Readings to try with every column, narrower types first. */
export const plainReadings: readonly Reading[] = ofTypes(
  'BOOL INT LONG DOUBLE MINUTE SECOND TIME NANOTIME MONTH DATE DATEHOUR DATETIME TIMESTAMP NANOTIMESTAMP UUID IPADDR',
)

export const arrayReadings: readonly Reading[] = ofTypes(
  'BOOL INT LONG DOUBLE DATE TIMESTAMP',
  true,
)

/** Thousands separators found in files, including non-breaking blanks. */
const groupSigns = [' ', "'", '\u00a0', '\u202f', '\u2019']

/** Notations of numbers that `load` reads with options, preferred ones first: `1,234` rather counts as 1234 than as 1.234. */
export function notationReadings(columnName: string): Reading[] {
  const decimalComma = true
  const all: CellOptions[] = [
    { thousands: ',' },
    { decimalComma },
    { thousands: '.', decimalComma },
    ...groupSigns.flatMap(thousands => [{ thousands }, { thousands, decimalComma }]),
  ]
  const percentColumns = [columnName]
  return [
    ...all.flatMap(options => ofTypes('INT LONG DOUBLE').map(({ type }) => ({ type, options }))),
    ...[{}, ...all].map(options => ({
      type: { type: 'DOUBLE' as const },
      options: { ...options, percentColumns },
    })),
  ]
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

export function formatReadings(columnName: string, formats: readonly string[]): Reading[] {
  return formats.flatMap(format =>
    typesOfFormat(format).map(type => ({
      type: { type },
      options: { dateFormats: { [columnName]: format } },
    })),
  )
}

/** How many first texts of a field to examine. Formats that fit none of them are not tried with the whole column. */
const firstTexts = 5

function firstCells({ starts, ends, fieldCount, rowCount }: RecordBlock, field: number): number[] {
  const cells = Array.from({ length: rowCount }, (_, row) => row * fieldCount + field)
  return cells.filter(cell => starts[cell] !== ends[cell]).slice(0, firstTexts)
}

/** Lists the formats that fit at least one of a field's first texts, preferred formats first. */
export function formatsIn(block: RecordBlock, field: number): readonly string[] {
  const { bytes, starts, ends } = block
  const found = new Set(
    firstCells(block, field).flatMap(cell => formatsReading(bytes, starts[cell]!, ends[cell]!)),
  )
  // Programs that write no fraction for whole seconds write both.
  const both = [...found].filter(one => one.endsWith('.SSS') && found.has(one.slice(0, -4)))
  return [...found, ...both.map(one => `${one.slice(0, -4)}[.SSS]`)]
}

/** Formats for times with more digits of a second than the type keeps. */
export function formatsDroppingIn(block: RecordBlock, field: number, type: DataType): string[] {
  const { bytes, starts, ends } = block
  const index = type === 'TIMESTAMP' || type === 'TIME' ? 0 : 1
  const texts = firstCells(block, field).map(cell =>
    Buffer.from(bytes.subarray(starts[cell], ends[cell])).toString('latin1'),
  )
  return [...new Set(texts.flatMap(text => formatsDropping(text)[index] ?? []))]
}

/** In each list, a type can hold every value of the types before it. */
const widerTypes: readonly (readonly DataType[])[] = [
  ['DATE', 'DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP'],
  ['MINUTE', 'SECOND', 'TIME', 'NANOTIME'],
]

export const isNumber = ({ type, array }: ColumnType): boolean =>
  array !== true && numbers.test(type)
const numbers = /^(?:CHAR|SHORT|INT|LONG|FLOAT|DOUBLE|DECIMAL\d+)$/

/** The readings as the user's type, which also holds all values of narrower types; each set of options once. */
export function readingsAs(said: ColumnType, readings: readonly Reading[]): Reading[] {
  const order = widerTypes.find(types => types.includes(said.type)) ?? [said.type]
  const held = order.slice(0, order.indexOf(said.type) + 1)
  const found = new Map<string, Reading>()
  for (const { type, options } of readings) {
    const isHeld = options.dateFormats
      ? held.includes(type.type)
      : type.type === said.type || (isNumber(type) && isNumber(said) && options !== plain)
    if (isHeld) found.set(JSON.stringify(options), { type: said, options })
  }
  return [...found.values()]
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
