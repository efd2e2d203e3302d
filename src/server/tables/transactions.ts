/*
  Transactions for writes into DFS tables, with DolphinDB's messages (docs/server-semantics.md#transactions). Only one
  transaction at a time may write to a partition. A second transaction is refused (if the database has atomic='TRANS')
  or waits (atomic='CHUNK'). Also limits the size of a write.
*/
import { dataTypes } from '../../protocol/data-type.js'
import { blobsOf } from '../../protocol/types/blobs.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { ServerNode } from '../node.js'
import { ScriptError } from '../script-error.js'
import type { ServerTable } from './server-table.js'
import type { Column } from '../../protocol/value.js'
import type { CallContext, Evaluation, ServerValue } from '../values/server-value.js'
import { chunkPath, placeRows } from './partitions/partition-level.js'
import { prepareColumns } from './prepare.js'

/** Overhead of a STRING or a BLOB in a column, in bytes. */
const textBytes = 24

/**
 * @param values  what the statement inserts: a table, or one value or vector per column
 * @throws {ScriptError} `Memory size of append transaction … exceeds max limit (…) for OLAP. …`
 */
export function checkTransactionSize(
  { databases, maxTransactionBytes }: ServerNode,
  table: ServerTable,
  values: readonly ServerValue[],
): void {
  if (table.kind !== 'dfs' || maxTransactionBytes === Infinity) return
  const bytes = values.reduce((sum, value) => sum + sizeOfRows(value), 0)
  if (bytes <= maxTransactionBytes) return
  const engine = databases.get(table.stored!.databasePath)?.handle.engine ?? 'OLAP'
  throw new ScriptError(
    `Memory size of append transaction ${bytes} exceeds max limit (${maxTransactionBytes}) for ${engine}. Please split data into batches.`,
  )
}

function sizeOfRows(value: ServerValue): number {
  if (value.form === 'vector' || value.form === 'arrayVector') return sizeOfColumn(value)
  if (value.form !== 'serverTable') return 0
  return value.columnNames.reduce((sum, _, at) => sum + sizeOfColumn(value.column(at)), 0)
}

/** Approximate size in bytes. */
function sizeOfColumn(column: Column): number {
  if (column.form === 'arrayVector') {
    const cells = (column.offsets[column.length] ?? 0) - (column.offsets[0] ?? 0)
    return column.length * 4 + cells * dataTypes[column.cells.type].bytesPerValue
  }
  switch (column.type) {
    case 'STRING':
      return sizeOfTexts(stringsOf(column).slice(0, column.length))
    case 'BLOB':
      return sizeOfTexts(blobsOf(column).slice(0, column.length))
    default:
      return column.length * (dataTypes[column.type].bytesPerValue || 4)
  }
}

function sizeOfTexts(texts: readonly { length: number }[]): number {
  return texts.reduce((sum, { length }) => sum + length + textBytes, 0)
}

/** The rows of one write, column by column in the table's order. */
export interface WrittenRows {
  readonly columns: readonly Column[]
  readonly rows: number
}

export interface Transaction {
  readonly id: number
  readonly table: ServerTable
  readonly startedAt: Date
  /** Numbers of the partitions. An unpartitioned table has one partition, 0. */
  readonly partitions: () => ReadonlySet<number>
  readonly ended: Promise<void>
}

export interface Transactions {
  readonly open: Set<Transaction>
  count: number
  /** Table with rows in the cache engine → number of transactions that wrote them, and id of the first transaction. */
  readonly unflushed: Map<ServerTable, { count: number; first: number }>
}

/**
 * Writes into tables in memory at once. For a DFS table, locks the partitions and writes the rows in the next turn of
 * the event loop. So simultaneous writes of several sessions can conflict, as on a real server.
 * @throws {ScriptError} `<ChunkInTransaction>… RefId:S00002` if the write is all or nothing (TRANS) and a different
 *   transaction has locked one of the partitions
 */
export function inTransaction<T>(
  context: CallContext,
  table: ServerTable,
  written: WrittenRows,
  write: () => T,
): T | Evaluation<T> {
  return table.kind === 'dfs' ? writeAlone(context, table, written, write) : write()
}

function* writeAlone<T>(
  { node }: CallContext,
  table: ServerTable,
  written: WrittenRows,
  write: () => T,
): Evaluation<T> {
  const partitions = once(() => partitionsOf(table, written))
  for (;;) {
    const holder = holderOf(node.transactions, table, partitions)
    if (holder === undefined) break
    if (databaseOf(node, table)?.atomic !== 'CHUNK') {
      throw conflict(table, holder.partition, holder.transaction.id)
    }
    yield { until: holder.transaction.ended }
  }
  const end = begin(node, table, partitions)
  try {
    yield { until: new Promise<void>(resolve => node.clock.nextTurn(resolve)) }
    const value = write()
    if (isCached(node, table)) noteUnflushed(node.transactions, table)
    return value
  } finally {
    end()
  }
}

/** OLAP tables have a cache only if the configuration sets its size (DolphinDB manual, page OLAP engine). */
function isCached({ config }: ServerNode, { stored }: ServerTable): boolean {
  return stored?.engine !== 'OLAP' || (config.OLAPCacheEngineSize ?? 0) > 0
}

function noteUnflushed({ unflushed, count: id }: Transactions, table: ServerTable): void {
  const before = unflushed.get(table)
  unflushed.set(table, { count: (before?.count ?? 0) + 1, first: before?.first ?? id })
}

/** @returns a function that ends the transaction */
function begin(
  node: ServerNode,
  table: ServerTable,
  partitions: Transaction['partitions'],
): () => void {
  const { transactions } = node
  let resolve: (() => void) | undefined
  const ended = new Promise<void>(done => (resolve = done))
  transactions.count += 1
  const id = transactions.count
  const transaction = { id, table, startedAt: new Date(node.now()), partitions, ended }
  transactions.open.add(transaction)
  return () => {
    transactions.open.delete(transaction)
    resolve!()
  }
}

/** An open transaction that has locked one of the partitions, and that partition. */
function holderOf(
  { open }: Transactions,
  table: ServerTable,
  partitions: Transaction['partitions'],
): { transaction: Transaction; partition: number } | undefined {
  for (const transaction of open) {
    if (transaction.table !== table) continue
    const held = transaction.partitions()
    for (const partition of partitions()) if (held.has(partition)) return { transaction, partition }
  }
  return undefined
}

/** The partitions of the rows; none if the table will refuse the rows. */
function partitionsOf(table: ServerTable, { columns, rows }: WrittenRows): ReadonlySet<number> {
  const { partitioning } = table
  if (partitioning === undefined) return new Set([0])
  try {
    const placed = new Set(placeRows(partitioning, prepareColumns(table, columns, rows), rows))
    placed.delete(-1)
    return placed
  } catch (error) {
    if (error instanceof ScriptError) return new Set()
    throw error
  }
}

function conflict(table: ServerTable, partition: number, holder: number): ScriptError {
  const { databasePath, tableName } = table.stored!
  const { partitioning } = table
  const chunk =
    partitioning === undefined ? `/${tableName}` : chunkPath(partitioning.levels, partition)
  return new ScriptError(
    `<ChunkInTransaction>The openChunks operation failed because the chunk '${databasePath.slice('dfs:/'.length)}${chunk}' is currently locked and in use by transaction ${holder}. RefId:S00002`,
  )
}

function databaseOf(
  node: ServerNode,
  table: ServerTable,
): { atomic: 'TRANS' | 'CHUNK' } | undefined {
  return node.databases.get(table.stored!.databasePath)?.handle
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}
