/*
  How many rows a table in memory has had in total, including those that have left it: the number never falls while the table is
  the same.
*/
import type { TableTarget } from '../target/target.js'

/**
 * The source of the number. `rows`: the rows of a stream table, from which none is deleted. `kept`: the rows of another table.
 * If old rows leave memory: what the table's persistence or the list of stream tables tells.
 */
export type RowsTotal = 'rows' | 'kept' | 'totalSize' | 'totalRows'

/** Sets `ddbIngestRows` and `ddbIngestTotal`, '' if nothing can be told. Some servers have no list of stream tables. */
export function rowsHadScript(name: string): string {
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

/** Whether the number is that of a stream table, from which no row is ever deleted. */
export function neverFalls(total: RowsTotal | null | undefined): boolean {
  return typeof total === 'string' && total !== 'kept'
}

/** Whether written rows may no longer be found in memory. */
export function leavesMemory(total: RowsTotal | null | undefined): boolean {
  return total === 'totalSize' || total === 'totalRows'
}

/** The same as an expression of type LONG, null if it cannot be told. */
export function rowsHadExpression(
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
