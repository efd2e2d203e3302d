/* What a server answers about a table: its schema, the rows that it has ever had, and its storage. */
import type { Value } from '../../protocol/value.js'
import {
  askSchema,
  longOf,
  partsOf,
  textOf,
  textsOf,
  type Asking,
} from '../connection/server-queries.js'
import { tableExpression, type TableTarget } from './target.js'

/** What a server does with a value outside every partition of a VALUE scheme (`newValuePartitionPolicy`). */
const newValuePolicies = ['add', 'skip', 'fail'] as const

const totals = ['rows', 'kept', 'totalSize', 'totalRows'] as const

/**
 * The source of a row count. `rows`: the rows of a stream table, which never deletes any. `kept`: the rows of any other table in memory. If
 * the server removes old rows from memory: `totalSize` of the table's persistence, or `totalRows` in the list of stream tables.
 */
export type RowsTotal = (typeof totals)[number]

/** What a server answers about a table, and about itself. */
export interface TableState {
  /** `schema(t)`; undefined if the server refuses it. */
  readonly schema: Value | undefined
  /** The rows that a table in memory has ever had, or the present rows of a DFS table; null if they cannot be counted. */
  readonly rows: number | null
  /** Source of the row count; null if unknown. */
  readonly total: RowsTotal | null
  /** Physical index of a DFS table; null if unknown. Not documented to change when a table is recreated. */
  readonly physicalIndex: string | null
  /** The file chunk that belongs to this DFS table only; null if unknown. */
  readonly chunkId: string | null
  /** `TRANS` or `CHUNK`, for a DFS table. */
  readonly atomic: string | undefined
  /** What the server does with values outside a VALUE scheme (docs/server-semantics.md#rows-outside-the-scheme). */
  readonly newValues: (typeof newValuePolicies)[number] | undefined
  readonly version: string | undefined
}

/** Whether the rows are those of a stream table, which never deletes rows. */
export const neverDecreases = (total: RowsTotal | null): boolean =>
  total === 'rows' || leavesMemory(total)

/** Whether the server may remove rows from memory after they were written. */
export const leavesMemory = (total: RowsTotal | null): boolean =>
  total === 'totalSize' || total === 'totalRows'

/** @param counts  whether to count the rows of a DFS table @throws {ServerError} DDB_TARGET without a table @throws {ConnectionError} */
export async function askTable(asking: Asking, table: TableTarget, counts: boolean) {
  const and = { script: stateScript(table, counts), answers: stateAnswers }
  return stateIn(partsOf(await askSchema(asking, table, and)))
}

/** Sets a variable, which stays empty if the server refuses the expression. */
export const tried = (variable: string, expression: string, empty = '""'): string =>
  `${variable} = ${empty}\ntry { ${variable} = ${expression} } catch(ex) { ${variable} = ${empty} }\n`

/** What `stateScript` answers, after the schema. */
export const stateAnswers =
  'ddbIngestRows, ddbIngestTotal, ddbIngestIndex, ddbIngestChunk, ddbIngestAtomic, ddbIngestPolicy, ddbIngestVersion'

/** Calls functions by name that some servers do not have: with an unknown name, they would not run the script. */
export function stateScript(table: TableTarget, counts: boolean): string {
  const version = tried('ddbIngestVersion', 'funcByName("version")()')
  if (table.kind === 'dfs') return `${storedScript(table, counts)}${version}`
  const none = ['Index', 'Chunk', 'Atomic', 'Policy'].map(name => `ddbIngest${name} = ""\n`)
  return `${keptScript(table.name)}${none.join('')}${version}`
}

/** Counts the rows that a table in memory has ever had. As long as a stream table is not recreated, this count never falls. */
function keptScript(name: string): string {
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

/** Only some nodes have the chunk (unit of storage) of a table: asks this one, then all (DolphinDB manual, page getChunksMeta). */
function storedScript(table: Extract<TableTarget, { kind: 'dfs' }>, counts: boolean): string {
  const { database, table: name } = table
  const path = `${database.slice('dfs:/'.length)}/${name}.tbl`
  const count = counts ? `long(exec count(*) from ${tableExpression(table)})` : '00l'
  const index = `string(exec first(physicalIndex) from listTables("${database}") where tableName = "${name}")`
  const chunkIds = `exec string(chunkId) from ddbIngestChunks where dfsPath = "${path}"`
  return `ddbIngestTotal = ""
${tried('ddbIngestRows', count, '00l')}${tried('ddbIngestIndex', index)}ddbIngestChunk = ""
try {
    ddbIngestMeta = funcByName("getChunksMeta")
    ddbIngestChunks = ddbIngestMeta("${path}")
    ddbIngestChunk = ${chunkIds}
    if(ddbIngestChunk.size() == 0) {
        ddbIngestChunks = pnodeRun(ddbIngestMeta{"${path}"})
        ddbIngestChunk = ${chunkIds}
    }
} catch(ex) { ddbIngestFailed = ex[1] }
${tried('ddbIngestAtomic', `schema(database("${database}"))["atomic"]`)}${tried('ddbIngestPolicy', 'funcByName("getConfig")("newValuePartitionPolicy")')}`
}

/** Reads the schema, and after it `stateAnswers`. */
export function stateIn(parts: readonly Value[]): TableState {
  const [schema, rows, total, index, chunks, atomic, newValues, version] = parts
  const count = longOf(rows)
  // Without signs that could end a text in a script.
  const [chunkId, other] = new Set(textsOf(chunks).map(id => id.replace(/[^\w-]/g, '')))
  return {
    schema,
    rows: count === undefined ? null : Number(count),
    total: totals.find(one => one === textOf(total)) ?? null,
    physicalIndex: textOf(index) ?? null,
    chunkId: other === undefined ? (chunkId ?? null) : null,
    atomic: textOf(atomic),
    newValues: newValuePolicies.find(one => one === textOf(newValues)),
    version: textOf(version),
  }
}
