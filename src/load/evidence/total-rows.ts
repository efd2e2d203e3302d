/*
  Counts the rows that a table in memory has had in total, including rows that have left memory. For a stream table, the
  count never falls while the table is the same.
*/
import { ServerError } from '../../errors.js'
import { askCount, type Asking } from '../connection/server-queries.js'
import { longsOf } from '../marker/marker.js'
import type { TableTarget } from '../target/target.js'

/**
 * The source of the count. `rows`: the rows of a stream table, which never deletes any. `kept`: the rows of any other
 * table. If old rows leave memory: `totalSize` of the table's persistence, or `totalRows` in the list of stream tables.
 */
export type RowsTotal = 'rows' | 'kept' | 'totalSize' | 'totalRows'

/**
 * A script that counts the table's rows into `ddbIngestRows`, and puts the source of the count into `ddbIngestTotal`,
 * or '' if there is no count. Some servers lack `getStreamTables`.
 */
export function totalRowsScript(name: string): string {
  return `ddbIngestRows = 00l
ddbIngestTotal = ""
try {
    ddbIngestRows = long(exec count(*) from objByName("${name}"))
    ddbIngestTotal = "kept"
    ddbIngestStreams = funcByName("getStreamTables")()
    ddbIngestStreams = select * from ddbIngestStreams where name = "${name}", shared = true
    if(ddbIngestStreams.rows() == 1) {
        ddbIngestTotal = ""
        ddbIngestPersisted = exec first(persisted) from ddbIngestStreams
        ddbIngestPurged = exec first(cachePurgeEnabled) from ddbIngestStreams
        if(ddbIngestPersisted) {
            ddbIngestRows = long(funcByName("getPersistenceMeta")(objByName("${name}"))["totalSize"])
            ddbIngestTotal = "totalSize"
        } else if(ddbIngestPurged) {
            ddbIngestRows = long(exec first(totalRows) from ddbIngestStreams)
            ddbIngestTotal = "totalRows"
        } else {
            ddbIngestTotal = "rows"
        }
    }
} catch(ex) { ddbIngestFailed = ex[1] }
`
}

export function rowsTotalOf(answer: unknown): RowsTotal | null {
  return answer === 'rows' || answer === 'kept' || answer === 'totalSize' || answer === 'totalRows'
    ? answer
    : null
}

/** Whether the count is that of a stream table, from which no row is ever deleted. */
export function neverDecreases(total: RowsTotal | null | undefined): boolean {
  return typeof total === 'string' && total !== 'kept'
}

/** Whether rows may leave memory after they were written. */
export function leavesMemory(total: RowsTotal | null | undefined): boolean {
  return total === 'totalSize' || total === 'totalRows'
}

/**
 * How many rows a table in memory has had in total, or a DFS table has now; null if the server cannot tell.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function askTotalRows(asking: Asking, table: TableTarget): Promise<number | null> {
  try {
    if (table.kind === 'dfs') return await askCount(asking, table)
    const script = `${totalRowsScript(table.name)}[ddbIngestRows]`
    const [rows] = longsOf(await asking.session.run(script, { timeoutMs: asking.timeoutMs }))
    return rows === undefined || rows < 0n ? null : Number(rows)
  } catch (error) {
    if (error instanceof ServerError) return null
    throw error
  }
}

/**
 * Whether rows of a persisted stream table have left memory, or may have (DolphinDB manual, page getPersistenceMeta).
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function askRowsLeft(
  { session, timeoutMs }: Asking,
  table: TableTarget,
): Promise<boolean> {
  if (table.kind !== 'shared') return false
  const script = `[long(getPersistenceMeta(objByName("${table.name}"))["memoryOffset"])]`
  try {
    const [offset] = longsOf(await session.run(script, { timeoutMs }))
    return offset !== 0n
  } catch (error) {
    if (error instanceof ServerError) return true
    throw error
  }
}

/** An expression of type LONG: how many rows the table has had; null if the server cannot tell. */
export function totalRowsExpression(
  table: TableTarget | undefined,
  total: RowsTotal | null | undefined,
): string {
  if (table?.kind !== 'shared') return '00l'
  const object = `objByName("${table.name}")`
  switch (total) {
    case 'rows':
    case 'kept':
      return `long(rows(${object}))`
    case 'totalSize':
      return `long(getPersistenceMeta(${object})["totalSize"])`
    case 'totalRows':
      return `long(exec first(totalRows) from getStreamTables() where name = "${table.name}" and shared = true)`
    default:
      return '00l'
  }
}
