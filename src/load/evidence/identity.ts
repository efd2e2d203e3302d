/*
  The identity of a target shows whether earlier rows were written to this very table. A DFS table has its own chunk and physical index
  (docs/server-semantics.md#tables-in-databases). DolphinDB gives tables in memory no identity, so a run compares how many rows they have
  had.
*/
import type { Session } from '../../client/open-session.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { vectorOf } from '../../protocol/element.js'
import type { Value, Vector } from '../../protocol/value.js'
import { schemaFromServer } from '../../schema/server-schema.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import { partsOf, textsOf, unlessRefused } from '../connection/server-queries.js'
import { ownSchema, type TargetDescription } from '../target/describe-target.js'
import type { CheckedOptions } from '../checked-options.js'
import { tableExpression, tableText, type TableTarget } from '../target/target.js'
import type { RowSearch } from './find-rows.js'
import {
  countedRows,
  neverDecreases,
  totalRowsScript,
  type CountedRows,
  type RowsTotal,
} from './total-rows.js'

/** The identity of a target. A run asks for it before its first row, at its end, and whenever the run is resumed. */
export interface TargetIdentity {
  /** `dfs://db/t`, `trades`, or the name of a function. */
  readonly name: string
  /** `sym:SYMBOL,price:DOUBLE`. */
  readonly columns: string
  /** Whether the rows are lost when the server stops. */
  readonly inMemory: boolean
  /** Physical index of a DFS table; null if unknown. Not documented to change when a table is recreated. */
  readonly physicalIndex: string | null
  /** How many rows the table has had so far; null if nothing can be counted, for example if a function writes. */
  readonly rows: number | null
  /** The file chunk that belongs to this DFS table only; null if unknown. */
  readonly chunkId: string | null
  /** Source of the row count; null if rows can leave the table unnoticed, or the server's counts do not add up. */
  readonly total: RowsTotal | null
  /** Whether every accepted row makes the table longer by one. */
  readonly adds: boolean
  /** `host:port`. */
  readonly server: string
}

/** The table to count and to search: the target, or the table that the user has named for a function. */
export function watchedTable({ target }: CheckedOptions): TableTarget | undefined {
  return target.kind === 'function' ? target.confirmTable : target.table
}

/** The chunk's id without signs that could end a text in a script; '' if it is unknown. */
export function chunkText({ chunkId }: Pick<TargetIdentity, 'chunkId'>): string {
  return (chunkId ?? '').replace(/[^\w-]/g, '')
}

interface Question {
  /** Whether to count the rows even if the target is a DFS table. */
  readonly counts: boolean
  /** Rows to look for in the same request. */
  readonly search?: RowSearch | undefined
}

/**
 * @param counted  the rows of a shared table, if they were counted just before
 * @returns the identity, and the answer to the search
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function askIdentity(
  control: Session,
  checked: CheckedOptions,
  description: TargetDescription,
  question: Question = { counts: true },
  counted?: CountedRows,
) {
  const { target, confirmTimeoutMs: timeoutMs } = checked
  const table = watchedTable(checked)
  const keyed = keepsKeys(checked, description)
  const [rows, total, index, colDefs, found] =
    table === undefined || counted !== undefined
      ? []
      : await askTable(control, table, question, timeoutMs)
  const count = counted ?? countedRows(rows, total)
  const isUseful = count.rows !== null && (!keyed || neverDecreases(count.total))
  const columns = (target.kind === 'table' && columnsOf(colDefs)) || ownSchema(description).columns
  const physicalIndex = index?.form === 'scalar' ? index.value : null
  const identity: TargetIdentity = {
    name: target.kind === 'function' ? target.name : tableText(target.table),
    columns: columns.map(({ name, type }) => `${name}:${columnTypeText(type)}`).join(','),
    inMemory: table?.kind !== 'dfs',
    adds: target.kind === 'table' ? !keyed : !keyed && !target.mayDrop,
    server: `${control.host}:${control.port}`,
    rows: count.rows,
    total: isUseful ? count.total : null,
    physicalIndex: typeof physicalIndex === 'string' && physicalIndex !== '' ? physicalIndex : null,
    chunkId: table?.kind === 'dfs' ? await askChunk(control, table, timeoutMs) : null,
  }
  return { identity, found }
}

/** Whether a row whose key is already in the table does not make the table longer. */
export function keepsKeys(
  { target }: CheckedOptions,
  { keyed, dropsDuplicates = false }: TargetDescription,
): boolean {
  return keyed || (target.kind === 'table' && (target.method === 'upsert' || dropsDuplicates))
}

/**
 * @returns the row count, its source, the physical index, and the columns; then the answer to the search. Empty if the server refuses.
 * The row count of a keyed table that is not a stream table proves nothing: rows may be deleted, and a row whose key is known adds none.
 */
async function askTable(
  control: Session,
  table: TableTarget,
  { counts, search }: Question,
  timeoutMs: number,
): Promise<readonly Value[]> {
  const script = `${table.kind === 'dfs' ? storedScript(table, counts) : totalRowsScript(table.name)}ddbIngestColumns = ""
try { ddbIngestColumns = schema(${table.kind === 'dfs' ? tableExpression(table) : `objByName("${table.name}")`})["colDefs"] } catch(ex) { ddbIngestColumns = "" }
`
  const index = table.kind === 'dfs' ? 'ddbIngestIndex' : '""'
  const answers = `ddbIngestRows, ddbIngestTotal, ${index}, ddbIngestColumns`
  const asked =
    search === undefined
      ? control.run(`${script}(${answers})`, { timeoutMs })
      : control.call(search.functionText(script, answers), search.values, { timeoutMs })
  return partsOf(await unlessRefused(asked))
}

function storedScript(table: Extract<TableTarget, { kind: 'dfs' }>, counts: boolean): string {
  const { database, table: name } = table
  const count = counts ? `long(exec count(*) from ${tableExpression(table)})` : '00l'
  const index = `exec first(physicalIndex) from listTables("${database}") where tableName = "${name}"`
  return `ddbIngestRows = 00l
ddbIngestTotal = ""
ddbIngestIndex = ""
try { ddbIngestRows = ${count} } catch(ex) { ddbIngestRows = 00l }
try { ddbIngestIndex = string(${index}) } catch(ex) { ddbIngestIndex = "" }
`
}

/** Reads the columns from the entry `colDefs` of a schema. Undefined if the server did not send it. */
function columnsOf(colDefs: Value | undefined): readonly TargetColumn[] | undefined {
  if (colDefs?.form !== 'table') return undefined
  const keys = vectorOf({ type: 'STRING' }, ['colDefs']) as Vector
  const values: Vector = { form: 'vector', type: 'ANY', length: 1, data: [colDefs] }
  return schemaFromServer({ form: 'dictionary', keys, values }).columns
}

/**
 * The id of the chunk (unit of storage) at `path`; null if unknown or not unique. Only some data nodes have the chunk:
 * asks this node first, then all (DolphinDB manual, page getChunksMeta).
 */
async function askChunk(
  control: Session,
  { database, table }: Extract<TableTarget, { kind: 'dfs' }>,
  timeoutMs: number,
): Promise<string | null> {
  const path = `${database.slice('dfs:/'.length)}/${table}.tbl`
  for (const chunks of [`getChunksMeta("${path}")`, `pnodeRun(getChunksMeta{"${path}"})`]) {
    const script = `exec string(chunkId) from ${chunks} where dfsPath = "${path}"`
    const answer = await unlessRefused(control.run(script, { timeoutMs }))
    const [id, other] = new Set(textsOf(answer))
    if (id !== undefined) return other === undefined ? id : null
  }
  return null
}
