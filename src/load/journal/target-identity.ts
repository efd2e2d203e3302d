/*
  The identity of a target shows whether earlier rows were written to this very table. A DFS table has its own chunk and physical index
  (docs/server-semantics.md#tables-in-databases). DolphinDB gives tables in memory no identity, so a run compares how many rows they have
  had.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { vectorOf } from '../../protocol/element.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Value, Vector } from '../../protocol/value.js'
import { schemaFromServer } from '../../schema/server-schema.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import {
  countedRows,
  neverDecreases,
  numberOf,
  totalRowsScript,
  type CountedRows,
  type RowsTotal,
} from '../evidence/total-rows.js'
import type { RowSearch } from '../evidence/find-rows.js'
import { ownSchema, type TargetDescription } from '../target/describe-target.js'
import type { CheckedOptions } from '../checked-options.js'
import { rowsText } from '../outcomes/row-counts.js'
import { tableExpression, tableText, type TableTarget } from '../target/target.js'

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
  /** Whether the table has a key by which it keeps each row once, even if a batch is written twice. */
  readonly dropsDuplicates: boolean
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

export interface IdentityQuestion {
  /** Whether to count the rows even if the target is a DFS table. */
  readonly counts?: boolean
  /** The rows of a shared table, if they were counted just before. */
  readonly counted?: CountedRows | undefined
  /** Rows to look for in the same request. */
  readonly search?: RowSearch | undefined
}

/** @throws {ConnectionError} @throws {TimeoutError} */
export async function askIdentity(
  control: Session,
  checked: CheckedOptions,
  description: TargetDescription,
  question: IdentityQuestion = {},
): Promise<TargetIdentity> {
  const [identity] = await lookAtTarget(control, checked, description, question)
  return identity
}

/** @returns the identity, and what the search has found @throws as `askIdentity` */
export async function lookAtTarget(
  control: Session,
  checked: CheckedOptions,
  description: TargetDescription,
  { counts: countsRows = true, counted, search }: IdentityQuestion,
): Promise<readonly [TargetIdentity, found: Value | undefined]> {
  const { target, confirmTimeoutMs: timeoutMs } = checked
  const table = watchedTable(checked)
  const keyed = description.keyed || (target.kind === 'table' && target.method === 'upsert')
  const dropsDuplicates = target.kind === 'table' && (keyed || description.dropsDuplicates === true)
  let found: Value | undefined
  const ask = async (script: string, answers: string): Promise<readonly Value[]> => {
    const asked =
      search === undefined
        ? control.run(`${script}(${answers})`, { timeoutMs })
        : control.call(search.functionText(script, answers), search.values, { timeoutMs })
    const answer = await unlessRefused(asked)
    const values = answer?.form === 'vector' && answer.type === 'ANY' ? answer.data : []
    found = search && values.at(-1)
    return values
  }
  const { columns, ...asked } =
    table === undefined
      ? { ...nothing, columns: undefined }
      : table.kind === 'dfs'
        ? await askStored(control, table, countsRows ? askedRows(table) : '00l', timeoutMs, ask)
        : counted !== undefined
          ? { ...counts(counted, keyed), columns: undefined }
          : await askShared(table.name, keyed, ask)
  const own = ownSchema(description).columns
  const known = target.kind === 'table' ? (columns ?? own) : own
  const identity = {
    name: target.kind === 'function' ? target.name : tableText(target.table),
    columns: known.map(({ name, type }) => `${name}:${columnTypeText(type)}`).join(','),
    inMemory: table?.kind !== 'dfs',
    dropsDuplicates,
    adds: target.kind === 'table' ? !dropsDuplicates : !keyed && !target.mayDrop,
    server: `${control.host}:${control.port}`,
    ...asked,
  }
  return [identity, found]
}

type Ask = (script: string, answers: string) => Promise<readonly Value[]>

type Asked = Pick<TargetIdentity, 'physicalIndex' | 'chunkId' | 'rows' | 'total'>
interface AskedTable extends Asked {
  readonly columns: readonly TargetColumn[] | undefined
}

const nothing: Asked = { physicalIndex: null, chunkId: null, rows: null, total: null }
const askedRows = (table: TableTarget): string =>
  `long(exec count(*) from ${tableExpression(table)})`

/**
 * In a keyed table that is not a stream table, the row count proves nothing: rows may be deleted, and a row whose key
 * is already in the table does not make it longer.
 */
async function askShared(name: string, keyed: boolean, ask: Ask): Promise<AskedTable> {
  const [counted, how, colDefs] = await ask(
    `${totalRowsScript(name)}${colDefsScript(`objByName("${name}")`)}`,
    'ddbIngestRows, ddbIngestTotal, ddbIngestColumns',
  )
  return { ...counts(countedRows(counted, how), keyed), columns: columnsOf(colDefs) }
}

function counts({ rows, total }: CountedRows, keyed: boolean): Asked {
  const isUseful = rows !== null && (!keyed || neverDecreases(total))
  return { ...nothing, rows, total: isUseful ? total : null }
}

async function askStored(
  control: Session,
  table: Extract<TableTarget, { kind: 'dfs' }>,
  count: string,
  timeoutMs: number,
  ask: Ask,
): Promise<AskedTable> {
  const { database, table: name } = table
  const index = `exec first(physicalIndex) from listTables("${database}") where tableName = "${name}"`
  const script = `ddbIngestRows = 00l
ddbIngestIndex = ""
try { ddbIngestRows = ${count} } catch(ex) { ddbIngestRows = 00l }
try { ddbIngestIndex = string(${index}) } catch(ex) { ddbIngestIndex = "" }
${colDefsScript(tableExpression(table))}`
  const answers = 'ddbIngestRows, ddbIngestIndex, ddbIngestColumns'
  const [rows, physicalIndex, colDefs] = await ask(script, answers)
  const text = physicalIndex?.form === 'scalar' ? physicalIndex.value : null
  return {
    ...nothing,
    rows: numberOf(rows),
    physicalIndex: typeof text === 'string' && text !== '' ? text : null,
    chunkId: await askChunk(control, `${database.slice('dfs:/'.length)}/${name}.tbl`, timeoutMs),
    columns: columnsOf(colDefs),
  }
}

function colDefsScript(expression: string): string {
  return `ddbIngestColumns = ""
try { ddbIngestColumns = schema(${expression})["colDefs"] } catch(ex) { ddbIngestColumns = "" }
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
async function askChunk(control: Session, path: string, timeoutMs: number): Promise<string | null> {
  for (const chunks of [`getChunksMeta("${path}")`, `pnodeRun(getChunksMeta{"${path}"})`]) {
    const script = `exec string(chunkId) from ${chunks} where dfsPath = "${path}"`
    const answer = await unlessRefused(control.run(script, { timeoutMs }))
    const ids = answer?.form === 'vector' && answer.type === 'STRING' ? stringsOf(answer) : []
    const [id, other] = new Set(ids)
    if (id !== undefined) return other === undefined ? id : null
  }
  return null
}

/** Undefined if the server refuses to answer. */
async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}

/**
 * Why rows that were confirmed for the target `before` cannot be in the target `now`; undefined if they may be there.
 * @param confirmedRows  rows that earlier processes of the run had confirmed
 */
export function whatChanged(
  before: TargetIdentity,
  now: TargetIdentity,
  confirmedRows: number,
): string | undefined {
  if (before.columns !== now.columns) {
    return `its columns were ${before.columns} and are ${now.columns}`
  }
  if (differ(before.chunkId, now.chunkId) || differ(before.physicalIndex, now.physicalIndex)) {
    return 'it was dropped and recreated'
  }
  if (confirmedRows === 0 || before.rows === null || now.rows === null) return undefined
  // In some tables, only the loss of all rows can be proved: a row whose key is already in the table does not make the
  // table longer, and old rows of DFS tables may be deleted.
  const least =
    !before.inMemory || before.dropsDuplicates || !before.adds || before.total === null
      ? Math.min(1, before.rows + confirmedRows)
      : before.rows + confirmedRows
  if (now.rows >= least) return undefined
  return `it has ${rowsText(now.rows)}, and had ${before.rows} before ${rowsText(confirmedRows)} ${confirmedRows === 1 ? 'was' : 'were'} confirmed`
}

function differ(before: string | null, now: string | null): boolean {
  return before !== null && now !== null && before !== now
}
