/*
  Transactions for writes into DFS tables, with DolphinDB's messages (docs/server-semantics.md#transactions). Only one
  transaction at a time may write to a partition. A second transaction is refused (if the database has atomic='TRANS')
  or waits (atomic='CHUNK').
*/
import { ScriptError } from '../script-error.js'
import type { ServerTable } from './server-table.js'
import type { Column } from '../../protocol/value.js'
import type { CallContext, Evaluation } from '../values/server-value.js'
import { placeRows } from './partitions/partition-level.js'
import { prepareColumns } from './prepare.js'

/** The rows of one write, column by column in the table's order. */
export interface WrittenRows {
  readonly columns: readonly Column[]
  readonly rows: number
}

interface Transaction {
  readonly id: number
  readonly table: ServerTable
  /** Numbers of the partitions. An unpartitioned table has one partition, 0. Computed when first needed. */
  readonly partitions: () => ReadonlySet<number>
  readonly ended: Promise<void>
}

/** The open transactions of a node, and how many the node has begun. */
export interface Transactions {
  readonly open: Set<Transaction>
  count: number
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
  const { transactions, clock } = node
  let known: ReadonlySet<number> | undefined
  const partitions = (): ReadonlySet<number> => (known ??= partitionsOf(table, written))
  for (;;) {
    const holder = holderOf(transactions, table, partitions)
    if (holder === undefined) break
    if (node.databases.get(table.stored!.databasePath)?.handle.atomic !== 'CHUNK') {
      throw conflict(table, holder)
    }
    yield { until: holder.ended }
  }
  let end = (): void => undefined
  const ended = new Promise<void>(resolve => (end = resolve))
  const transaction = { id: (transactions.count += 1), table, partitions, ended }
  transactions.open.add(transaction)
  try {
    yield { until: new Promise<void>(resolve => clock.nextTurn(resolve)) }
    return write()
  } finally {
    transactions.open.delete(transaction)
    end()
  }
}

/** An open transaction that has locked one of the partitions. */
function holderOf(
  { open }: Transactions,
  table: ServerTable,
  partitions: Transaction['partitions'],
): Transaction | undefined {
  for (const transaction of open) {
    if (transaction.table !== table) continue
    const held = transaction.partitions()
    for (const partition of partitions()) if (held.has(partition)) return transaction
  }
  return undefined
}

/** The partitions of the rows; none if the table will refuse the rows. */
function partitionsOf(table: ServerTable, { columns, rows }: WrittenRows): ReadonlySet<number> {
  const { partitioning } = table
  if (partitioning === undefined) return new Set([0])
  try {
    const placed = placeRows(partitioning, prepareColumns(table, columns, rows), rows)
    return new Set(placed.filter(partition => partition >= 0))
  } catch (error) {
    if (error instanceof ScriptError) return new Set()
    throw error
  }
}

/** A real server names the partition, too; clients look only at the tag in front. */
function conflict(table: ServerTable, holder: Transaction): ScriptError {
  const { databasePath, tableName } = table.stored!
  return new ScriptError(
    `<ChunkInTransaction>The openChunks operation failed because the chunk '${databasePath.slice('dfs:/'.length)}/${tableName}' is currently locked and in use by transaction ${holder.id}. RefId:S00002`,
  )
}
