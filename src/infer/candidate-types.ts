/*
  The types to try with each column. CHAR, SHORT and FLOAT are never tried, because later values might not fit them.
*/
import type { ColumnType, DataType } from '../protocol/data-type.js'

/** A type to try; `format` is set if the texts are not in the type's usual notation. */
export interface TriedType extends ColumnType {
  readonly format?: string
}

/** Types to try with every column, narrower types first. */
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

/** Narrower types first. */
export const numberTypes = ['INT', 'LONG', 'DOUBLE'] as const

export const arrayTypes: readonly TriedType[] = [
  { type: 'BOOL', array: true },
  { type: 'INT', array: true },
  { type: 'LONG', array: true },
  { type: 'DOUBLE', array: true },
  { type: 'DATE', array: true },
  { type: 'TIMESTAMP', array: true },
]

/** Type with a date → its units per day. A table may be partitioned by these types. */
export const unitsPerDay: Readonly<Partial<Record<DataType, number>>> = {
  DATE: 1,
  DATEHOUR: 24,
  DATEMINUTE: 1440,
  DATETIME: 86_400,
  TIMESTAMP: 86_400_000,
  NANOTIMESTAMP: 86_400_000_000_000,
}

export const temporalTypes: ReadonlySet<DataType> = new Set([
  ...(Object.keys(unitsPerDay) as DataType[]),
  'MINUTE',
  'SECOND',
  'TIME',
  'NANOTIME',
  'MONTH',
])
