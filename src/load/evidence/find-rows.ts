/*
  Looks up rows in a table by their values.
*/
import { ServerError } from '../../errors.js'
import type { ColumnType } from '../../protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../protocol/element.js'
import type { Scalar, Table } from '../../protocol/value.js'
import type { Asking } from '../connection/server-queries.js'
import { longsOf } from '../marker/marker.js'
import { tableExpression, type TableTarget } from '../target/target.js'
import { sampleRow, type SampleRow } from './sample-rows.js'

/** Those of the rows that are in the table; undefined if the server cannot look them up. */
export async function findRows(
  asking: Asking,
  table: TableTarget,
  rows: readonly SampleRow[],
): Promise<readonly SampleRow[] | undefined> {
  if (rows.length === 0) return []
  try {
    await asking.session.run(findScript(table, rows), { timeoutMs: asking.timeoutMs })
    const counts = await askCounts(asking, rows)
    return counts && rows.filter((_, index) => counts[index]! > 0n)
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
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
  try {
    const answer = await session.run(script, { timeoutMs })
    const [count, ...found] = answer?.form === 'vector' && answer.type === 'ANY' ? answer.data : []
    if (count?.form !== 'scalar' || count.value !== BigInt(from + rows)) return []
    return found.flatMap(one => {
      const { columns, columnNames } = one as Table
      const row = sampleRow(columns, columnNames, keys, 0)
      return row === undefined ? [] : [row]
    })
  } catch (error) {
    if (error instanceof ServerError) return []
    throw error
  }
}

const findExpression = (table: TableTarget): string =>
  table.kind === 'shared' ? `objByName("${table.name}")` : tableExpression(table)

/** How many of the rows are in a table; `unknown` if the server cannot look them up. */
export type Found = 'all' | 'some' | 'none' | 'unknown'

const parameter = (index: number): string => `ddbIngestValue${index}`

/**
 * A script that counts rows by their values, which are sent as typed arguments. It counts the rows first in a table
 * that contains only these rows, then in `table`. If the first count lacks a row, the server cannot compare the
 * values, and the second count proves nothing. A column hides a variable of the same name (DolphinDB manual, page
 * col_ref), so the script uses names that no column has.
 * @param rows  at least one; all with the same columns
 */
export function findScript(table: TableTarget, rows: readonly SampleRow[]): string {
  let next = 0
  const counts = rows.map((row, index) => {
    const conditions = row.map(({ column, scalar }) =>
      isNull(scalar) ? `isNull(${column})` : `${column} = ${parameter(next++)}`,
    )
    return `    ddbIngestCount${index} = exec count(*) from ddbIngestFrom where ${conditions.join(', ')}\n`
  })
  const parameters = Array.from({ length: next }, (_, index) => `, ${parameter(index)}`).join('')
  const found = rows.map((_, index) => `long(ddbIngestCount${index})`).join(', ')
  return `def ddbIngestCounts(ddbIngestFrom${parameters}) {
${counts.join('')}    return [${found}]
}
def ddbIngestFind(ddbIngestGiven${parameters}) {
    return join(ddbIngestCounts(ddbIngestGiven${parameters}), ddbIngestCounts(${findExpression(table)}${parameters}))
}
`
}

/**
 * Asks how many of the rows are in the table. The session must have run `findScript` for exactly these rows.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function askFound(
  { session, timeoutMs }: Asking,
  rows: readonly SampleRow[],
): Promise<Found> {
  if (rows.length === 0) return 'unknown'
  const found = (await askCounts({ session, timeoutMs }, rows))?.map(count => count > 0n)
  if (found === undefined) return 'unknown'
  if (!found.includes(false)) return 'all'
  return found.includes(true) ? 'some' : 'none'
}

/**
 * Like `askFound`, but returns how often the table contains each row; undefined if the server cannot look them up.
 * @param rows  at least one
 * @throws {ConnectionError} @throws {TimeoutError}
 */
async function askCounts(
  { session, timeoutMs }: Asking,
  rows: readonly SampleRow[],
): Promise<readonly bigint[] | undefined> {
  try {
    const values = rows.flatMap(row => row.map(({ scalar }) => scalar).filter(one => !isNull(one)))
    const answer = await session.call('ddbIngestFind', [tableOf(rows), ...values.map(sent)], {
      timeoutMs,
    })
    const counts = longsOf(answer).map(count => count ?? 0n)
    const [own, found] = [counts.slice(0, rows.length), counts.slice(rows.length)]
    return found.length !== rows.length || own.includes(0n) ? undefined : found
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
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
