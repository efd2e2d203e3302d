/*
  Looks up rows in a table by their values.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../protocol/element.js'
import type { Scalar, Table, Value } from '../../protocol/value.js'
import {
  longOf,
  longsOf,
  partsOf,
  unlessRefused,
  type Asking,
} from '../connection/server-queries.js'
import { tableExpression, type TableTarget } from '../target/target.js'
import { sampleRow, type SampleRow } from './sample-rows.js'

/** Those of the rows that are in the table; undefined if the server cannot look them up. */
export async function findRows(
  asking: Asking,
  table: TableTarget,
  rows: readonly SampleRow[],
): Promise<readonly SampleRow[] | undefined> {
  const search = searchFor(table, rows)
  if (search === undefined) return []
  const { session, timeoutMs } = asking
  const asked = session.call(search.functionText('', '0'), search.values, { timeoutMs })
  const [, found] = partsOf(await unlessRefused(asked))
  const counts = countsOf(search, found)
  return counts && rows.filter((_, index) => counts[index]! > 0n)
}

/**
 * Reads the first and the last row of a range of a table in memory.
 * @param added  index of the first row, number of rows, and the key columns of the table
 * @returns no row if the server does not answer, or if rows follow the range, which may then contain rows of other writers
 */
export async function askRowsAt(
  { session, timeoutMs }: Asking,
  table: TableTarget,
  { from, rows, keys }: { from: number; rows: number; keys: readonly string[] },
): Promise<readonly SampleRow[]> {
  const script = `ddbIngestTable = ${findExpression(table)}
ddbIngestFirst = select * from ddbIngestTable limit ${from}, 1
ddbIngestLast = select * from ddbIngestTable limit ${from + rows - 1}, 1
(long(rows(ddbIngestTable)), ddbIngestFirst, ddbIngestLast)`
  const [count, ...found] = partsOf(await unlessRefused(session.run(script, { timeoutMs })))
  if (longOf(count) !== BigInt(from + rows)) return []
  return found.flatMap(one => {
    const { columns, columnNames } = one as Table
    const row = sampleRow(columns, columnNames, keys, 0)
    return row === undefined ? [] : [row]
  })
}

const findExpression = (table: TableTarget): string =>
  table.kind === 'shared' ? `objByName("${table.name}")` : tableExpression(table)

/** How many of the rows are in a table; `unknown` if the server cannot look them up. */
export type Found = 'all' | 'some' | 'none' | 'unknown'

const parameter = (index: number): string => `ddbIngestValue${index}`

/** A search for rows by their values, which are sent as typed arguments. */
export type RowSearch = NonNullable<ReturnType<typeof searchFor>>

/**
 * Searches the rows first in a table that contains only these rows, then in `table`. If the first search lacks a row, the
 * server cannot compare the values, and the second proves nothing. A column hides a variable of the same name (DolphinDB
 * manual, page col_ref), so the function uses names that no column has. A request names its function in one line, and may
 * name it by an expression (docs/protocol.md#table-writers).
 * @param rows  all with the same columns
 * @returns undefined without rows
 */
export function searchFor(table: TableTarget | undefined, rows: readonly SampleRow[]) {
  if (table === undefined || rows.length === 0) return undefined
  const values = rows.flatMap(row => row.map(({ scalar }) => scalar).filter(one => !isNull(one)))
  let next = 0
  const conditions = rows.map(row =>
    row
      .map(({ column, scalar }) =>
        isNull(scalar) ? `isNull(${column})` : `${column} = ${parameter(next++)}`,
      )
      .join(', '),
  )
  const counts = ['ddbIngestGiven', 'ddbIngestFrom'].flatMap(from =>
    conditions.map(condition => `exec count(*) from ${from} where ${condition}`),
  )
  const parameters = values.map((_, index) => `, ${parameter(index)}`).join('')
  const found = counts.map((_, index) => `long(ddbIngestCount${index})`).join(', ')
  const search = `ddbIngestFound = NULL
try {
${counts.map((count, index) => `ddbIngestCount${index} = ${count}\n`).join('')}ddbIngestFound = [${found}]
} catch(ex) { ddbIngestFound = NULL }
`
  return {
    rows,
    /** The function to call with `values`: runs `script` and answers `(answers, found)`. */
    functionText: (script: string, answers: string): string =>
      `(def(ddbIngestFrom, ddbIngestGiven${parameters}){ ${oneLine(script + search)}return (${answers}, ddbIngestFound) }){${findExpression(table)}}`,
    values: [tableOf(rows), ...values.map(sent)] as readonly Value[],
  }
}

/** A script of whole statements as one line. */
function oneLine(script: string): string {
  const lines = script.split('\n').filter(line => line !== '')
  return lines.map(line => (line.endsWith('{') ? `${line.trim()} ` : `${line.trim()}; `)).join('')
}

/** Reads `found`: how often the table contains each row; undefined if the server could not look them up. */
function countsOf({ rows }: RowSearch, answer: Value | undefined): readonly bigint[] | undefined {
  const counts = longsOf(answer).map(count => count ?? 0n)
  const [own, found] = [counts.slice(0, rows.length), counts.slice(rows.length)]
  return found.length !== rows.length || own.includes(0n) ? undefined : found
}

/** As `countsOf`, in one word. */
export function foundOf(search: RowSearch | undefined, answer: Value | undefined): Found {
  const found = search && countsOf(search, answer)?.map(count => count > 0n)
  if (found === undefined) return 'unknown'
  if (!found.includes(false)) return 'all'
  return found.includes(true) ? 'some' : 'none'
}

const isNull = ({ value }: Scalar): boolean => value === null || value === ''

/** A single SYMBOL is sent as a STRING. */
const sent = (scalar: Scalar): Scalar =>
  scalar.type === 'SYMBOL' ? { ...scalar, type: 'STRING' } : scalar

function tableOf(rows: readonly SampleRow[]): Table {
  const names = [...new Set(rows.flatMap(row => row.map(({ column }) => column)))]
  const columns = names.map(name => {
    const cells = rows.map(row => row.find(({ column }) => column === name)?.scalar)
    const known = sent(cells.find(cell => cell !== undefined)!)
    const type: ColumnType = {
      type: known.type,
      ...('scale' in known ? { scale: known.scale } : {}),
    }
    return vectorOf(
      type,
      cells.map(cell => (cell?.value ?? null) as ElementValue),
    )
  })
  return { form: 'table', name: '', rows: rows.length, columnNames: names, columns }
}
