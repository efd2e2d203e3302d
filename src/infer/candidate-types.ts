/*
  The types that columns are tried with. CHAR, SHORT and FLOAT are not among them: a file says nothing of how narrow a
  column is to be, and what comes tomorrow may not fit.
*/
import type { ColumnType, DataType } from '../protocol/data-type.js'

/** A type on trial, and how texts become its values where that is not its own spelling. */
export interface TriedType extends ColumnType {
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

/** Of numbers, the narrower before the wider. */
export const numberTypes = ['INT', 'LONG', 'DOUBLE'] as const

/** Element types of arrays. */
export const arrayTypes: readonly TriedType[] = [
  { type: 'BOOL', array: true },
  { type: 'INT', array: true },
  { type: 'LONG', array: true },
  { type: 'DOUBLE', array: true },
  { type: 'DATE', array: true },
  { type: 'TIMESTAMP', array: true },
]

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
