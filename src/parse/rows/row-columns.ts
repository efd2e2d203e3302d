/*
  Passes a program's rows to columns, which take the values as they are. Rows with a value whose meaning depends on its text are left
  to the reader of texts.
*/
import { textSources, type ColumnMapping } from '../../schema/cell-source.js'
import type { CellRules } from '../cell-rules.js'
import { cellTypeOf } from '../types/column-types.js'
import { mostFedRows, type FedPiece } from './fed-rows.js'
import { isOfEveryObject } from './row-text.js'

/**
 * Passes on as many rows as possible, beginning with `rows[from]`.
 * @returns undefined if the first row must be read as text
 */
export type PassRows = (rows: readonly unknown[], from: number, to: number) => FedPiece | undefined

const nothing = new Uint8Array(0)

/** @returns undefined if every row must be read as text, because of a column's type or the rules for cells */
export function rowColumns(mapping: ColumnMapping, cells: CellRules): PassRows | undefined {
  const names = memberNames(mapping)
  if (!mayTakeValues(mapping, cells)) return undefined
  const keys = mapping.columns.map(({ source }) => (source.kind === 'member' ? source.name : ''))
  const values = new Array<unknown>(mostFedRows).fill(undefined)
  return (rows, from, to) => {
    const isArray = Array.isArray(rows[from])
    const members = mapping.ignoreExtra ? undefined : names.length
    const last = Math.min(to, from + mostFedRows)
    let end = from
    while (end < last && (isArray ? isList(rows[end], names.length) : isObject(rows[end], members)))
      end++
    if (end === from) return undefined
    return {
      bytes: nothing,
      rows: {
        rowCount: end - from,
        valuesOf(columnIndex, rowCount) {
          const key = isArray ? names.indexOf(keys[columnIndex]!) : keys[columnIndex]!
          for (let i = 0; i < rowCount; i++) {
            values[i] = (rows[from + i] as Readonly<Record<string | number, unknown>>)[key]
          }
          return values
        },
      },
    }
  }
}

function mayTakeValues(
  mapping: ColumnMapping,
  { columnOffsets: _, onOffset: __, ...rules }: CellRules,
): boolean {
  if (Object.values(rules).some(rule => rule !== undefined && rule !== false)) return false
  return mapping.columns.every(({ source, type }) => {
    // A name with dots may mean a member of a nested object.
    const isPlain = source.kind === 'member' && !source.name.includes('.')
    const takesValues = type.array !== true && cellTypeOf(type.type)?.takesValues === true
    return isPlain && !isOfEveryObject(source.name) && takesValues
  })
}

/** Names of the members that columns take, without duplicates. */
export function memberNames({ columns }: ColumnMapping): string[] {
  const sources = columns.flatMap(({ source }) => textSources(source))
  return [...new Set(sources.flatMap(one => (one.kind === 'member' ? [one.name] : [])))]
}

const isList = (row: unknown, length: number): boolean =>
  Array.isArray(row) && row.length === length

/** True for an object, with this number of members if any is given. */
function isObject(row: unknown, members: number | undefined): boolean {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return false
  if (members === undefined) return true
  let found = 0
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- an array of names for each row costs as much as a column
  for (const _ in row) found++
  return found === members
}
