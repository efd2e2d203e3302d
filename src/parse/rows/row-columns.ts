/*
  Turns a program's rows into columns, directly from the values. Rows with a value whose meaning depends on its text are
  left to the reader of texts.
*/
import { textSources, type ColumnMapping } from '../../schema/cell-source.js'
import type { CellRules } from '../cell-rules.js'
import { cellTypeOf } from '../types/column-types.js'
import { mostFedRows, type FedPiece } from './fed-rows.js'
import { isOfEveryObject } from './row-text.js'
import type { ValueColumn } from './value-columns.js'

/**
 * Reads as many rows as possible, beginning with `rows[from]`.
 * @returns undefined if the first row must be read as text
 */
export type ReadRows = (rows: readonly unknown[], from: number, to: number) => FedPiece | undefined

interface ReadColumn {
  readonly name: string
  /** Position of the value in rows that are arrays. */
  readonly index: number
  readonly column: ValueColumn
}

/** Takes the place of the text in a piece whose rows have no text: one line end per row. */
const lineEnds = new Uint8Array(mostFedRows).fill(10)

/** @returns undefined if every row must be read as text, because of a column's type or the rules for cells */
export function rowColumns(mapping: ColumnMapping, cells: CellRules): ReadRows | undefined {
  const names = memberNames(mapping)
  const columns = readColumns(mapping, cells, names)
  if (columns === undefined) return undefined
  const values = new Array<unknown>(mostFedRows).fill(undefined)
  const gather = (rows: readonly unknown[], from: number, count: number, key: string | number) => {
    for (let i = 0; i < count; i++) {
      values[i] = (rows[from + i] as Readonly<Record<string | number, unknown>>)[key]
    }
  }
  return (rows, from, to) => {
    const isArray = Array.isArray(rows[from])
    const last = Math.min(to, from + mostFedRows)
    const end = isArray
      ? endOfArrays(rows, from, last, names.length)
      : endOfObjects(rows, from, last, mapping.ignoreExtra ? undefined : names.length)
    let count = end - from
    for (let i = 0; i < columns.length && count > 0; i++) {
      const { name, index, column } = columns[i]!
      gather(rows, from, count, isArray ? index : name)
      const taken = column.fill(values, count)
      if (taken === count) continue
      // This column takes only the first `taken` rows, so all columns begin again with this smaller number of rows.
      count = taken
      i = -1
    }
    values.fill(undefined)
    if (count === 0) return undefined
    return {
      bytes: lineEnds.subarray(0, count),
      rows: {
        rowCount: count,
        columns: columns.map(({ column }) => column.part()),
        nulls: columns.map(({ column }) => column.nulls),
      },
    }
  }
}

function readColumns(
  mapping: ColumnMapping,
  { columnOffsets, onOffset: _, ...rules }: CellRules,
  names: readonly string[],
): ReadColumn[] | undefined {
  if (Object.values(rules).some(rule => rule !== undefined && rule !== false)) return undefined
  const columns: ReadColumn[] = []
  for (const { name: columnName, source, type, maxBytes = Infinity } of mapping.columns) {
    if (source.kind !== 'member') return undefined
    const { name } = source
    // A name with dots may mean a member of a nested object.
    if (isOfEveryObject(name) || name.includes('.')) return undefined
    const values = type.array === true ? undefined : cellTypeOf(type.type)?.values
    if (values === undefined) return undefined
    const offset = () => columnOffsets?.of(columnName)
    const column = values({ capacity: mostFedRows, maxBytes, offset })
    columns.push({ name, index: names.indexOf(name), column })
  }
  return columns
}

/** Names of the members that columns take, without duplicates. */
export function memberNames({ columns }: ColumnMapping): string[] {
  const sources = columns.flatMap(({ source }) => textSources(source))
  return [...new Set(sources.flatMap(one => (one.kind === 'member' ? [one.name] : [])))]
}

/** The first row that is not an array of this length. */
function endOfArrays(rows: readonly unknown[], from: number, to: number, length: number): number {
  for (let i = from; i < to; i++) {
    const row = rows[i]
    if (!Array.isArray(row) || row.length !== length) return i
  }
  return to
}

/** The first row that is not an object, or not of this number of members. */
function endOfObjects(
  rows: readonly unknown[],
  from: number,
  to: number,
  members: number | undefined,
): number {
  for (let i = from; i < to; i++) {
    const row = rows[i]
    if (typeof row !== 'object' || row === null || Array.isArray(row)) return i
    if (members === undefined) continue
    let found = 0
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- an array of names for each row costs as much as a column
    for (const _ in row) found++
    if (found !== members) return i
  }
  return to
}
