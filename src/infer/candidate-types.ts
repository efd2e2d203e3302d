/*
  The types that columns are tried with. CHAR, SHORT and FLOAT are not among them: a file says nothing of how narrow a
  column is to be, and what comes tomorrow may not fit.
*/
import type { DataType } from '../protocol/data-type.js'

/** A type on trial, and how texts become its values where that is not its own spelling. */
export interface TriedType {
  readonly type: DataType
  readonly array?: true
  readonly format?: string
}

/** Tried with every column, the narrower before the wider. */
export const plainTypes: readonly TriedType[] = [
  { type: 'BOOL' },
  { type: 'INT' },
  { type: 'LONG' },
  { type: 'DOUBLE' },
  { type: 'MINUTE' },
  { type: 'SECOND' },
  { type: 'TIME' },
  { type: 'NANOTIME' },
  { type: 'MONTH' },
  { type: 'DATE' },
  { type: 'DATEHOUR' },
  { type: 'DATETIME' },
  { type: 'TIMESTAMP' },
  { type: 'NANOTIMESTAMP' },
  { type: 'UUID' },
  { type: 'IPADDR' },
]

/** Element types of arrays. */
export const arrayTypes: readonly TriedType[] = [
  { type: 'BOOL', array: true },
  { type: 'INT', array: true },
  { type: 'LONG', array: true },
  { type: 'DOUBLE', array: true },
  { type: 'DATE', array: true },
  { type: 'TIMESTAMP', array: true },
]

/** Days as people write them. Those that differ in their order stand side by side: a text may suit both. */
const days = [
  'dd/MM/yyyy',
  'MM/dd/yyyy',
  'dd-MM-yyyy',
  'MM-dd-yyyy',
  'dd.MM.yyyy',
  'MM.dd.yyyy',
  'dd-MMM-yyyy',
  'dd MMM yyyy',
  'yyyy年MM月dd日',
]

/** Tried with columns that no type's own spelling suits. */
export const formattedTypes: readonly TriedType[] = days.flatMap(day => [
  { type: 'DATE' as const, format: day },
  { type: 'DATETIME' as const, format: `${day} HH:mm` },
  { type: 'DATETIME' as const, format: `${day} HH:mm:ss` },
  { type: 'TIMESTAMP' as const, format: `${day} HH:mm:ss.SSS` },
])

/** Types with a day, by which a table may be partitioned; how many of their units a day has. */
export const unitsPerDay: Readonly<Partial<Record<DataType, number>>> = {
  DATE: 1,
  DATEHOUR: 24,
  DATEMINUTE: 1440,
  DATETIME: 86_400,
  TIMESTAMP: 86_400_000,
  NANOTIMESTAMP: 86_400_000_000_000,
}

/** Dates, times, and parts of them. */
export const temporalTypes: ReadonlySet<DataType> = new Set([
  ...(Object.keys(unitsPerDay) as DataType[]),
  'MINUTE',
  'SECOND',
  'TIME',
  'NANOTIME',
  'MONTH',
])
