/*
  The shared tables of the program on a server: scripts that create them and add rows, and the numbers in what a server answers.
*/
import { nullInt32, nullInt64 } from '../../protocol/null-value.js'
import type { Value } from '../../protocol/value.js'

/** The types of a table's columns, in order. */
export type ColumnTypes = Readonly<Record<string, keyof typeof unnamed>>

/** The cell of a column that a row does not name. */
const unnamed = { INT: '00i', LONG: '00l', STRING: '""', TIMESTAMP: 'now()' } as const

/** @param keys  of several rows with equal keys, the table keeps only the first; none if it keeps all */
export function shareScript(
  table: string,
  columns: ColumnTypes,
  keys: readonly string[] = [],
): string {
  const listed = (names: readonly string[]): string => names.map(name => `\`${name}`).join('')
  const made = keys.length === 0 ? 'streamTable(' : `keyedStreamTable(${listed(keys)}, `
  return `if(!defined("${table}", SHARED)) {
    share(${made}1024:0, ${listed(Object.keys(columns))}, [${Object.values(columns).join(', ')}]), "${table}")
}
`
}

/**
 * A `tableInsert(…)` of one row into a table, which is an expression, like the cells. The types of the cells must be exactly those of the
 * columns (docs/server-semantics.md#inserting).
 */
export function insertScript<Columns extends ColumnTypes>(
  table: string,
  columns: Columns,
  cells: { readonly [Name in keyof Columns]?: string },
): string {
  const values = Object.entries(columns).map(([name, type]) => cells[name] ?? unnamed[type])
  return `tableInsert(${table}, ${values.join(', ')})`
}

/** The numbers of a column of INT or LONG, undefined for nulls; none for anything else. */
export function numbersOf(column: Value | undefined): (number | undefined)[] {
  if (column?.form !== 'vector' || (column.type !== 'INT' && column.type !== 'LONG')) return []
  return Array.from<number | bigint, number | undefined>(
    column.data.subarray(0, column.length),
    value => (value === nullInt32 || value === nullInt64 ? undefined : Number(value)),
  )
}
