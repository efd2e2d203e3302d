/*
  Counts the rows that a table in memory has ever had, including rows that have left memory. As long as a stream table
  is not recreated, its count never falls.
*/
import type { Value } from '../../protocol/value.js'

/**
 * The source of the count. `rows`: the rows of a stream table, which never deletes any. `kept`: the rows of any other
 * table. If the server removes old rows from memory: `totalSize` of the table's persistence, or `totalRows` in the list
 * of stream tables.
 */
export type RowsTotal = 'rows' | 'kept' | 'totalSize' | 'totalRows'

/**
 * A script that counts the table's rows into `ddbIngestRows`. `ddbIngestTotal` gets the way of counting, or '' if the
 * rows cannot be counted. The script calls some functions by name, because some servers do not have them.
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

/** The rows that a table has ever had, and how they were counted; null if they cannot be counted. */
export interface CountedRows {
  readonly rows: number | null
  readonly total: RowsTotal | null
}

/** Reads `ddbIngestRows` and `ddbIngestTotal`. */
export function countedRows(rows: Value | undefined, total: Value | undefined): CountedRows {
  const how = total?.form === 'scalar' ? total.value : null
  const isKnown = how === 'rows' || how === 'kept' || how === 'totalSize' || how === 'totalRows'
  return { rows: numberOf(rows), total: isKnown ? how : null }
}

/** A count that a script returned; null if it is none. */
function numberOf(value: Value | undefined): number | null {
  if (value?.form !== 'scalar' || value.value === null) return null
  const number = Number(value.value)
  return Number.isSafeInteger(number) && number >= 0 ? number : null
}

/** Whether the rows are those of a stream table, which never deletes rows. */
export function neverDecreases(total: RowsTotal | null | undefined): boolean {
  return typeof total === 'string' && total !== 'kept'
}

/** Whether the server may remove rows from memory after they were written. */
export function leavesMemory(total: RowsTotal | null | undefined): boolean {
  return total === 'totalSize' || total === 'totalRows'
}
