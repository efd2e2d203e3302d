/*
  getTransactionStatus(): the writes into DFS tables that are under way (docs/server-semantics.md#transactions); those that
  are over and wait in the redo log (docs/server-semantics.md#flushing).
*/
import type { Builtin } from '../../values/builtin.js'
import { voidValue } from '../../values/scalar.js'
import { tableOfRecords } from '../result-table.js'

/** One row a transaction; those that have ended are not shown. */
export const getTransactionStatus: Builtin = {
  name: 'getTransactionStatus',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: ({ node }) =>
    tableOfRecords(
      {
        tid: 'LONG',
        startTime: 'TIMESTAMP',
        type: 'STRING',
        status: 'STRING',
        partitionCount: 'INT',
        endTime: 'TIMESTAMP',
      },
      Array.from(node.transactions.open, ({ id, startedAt, partitions }) => ({
        tid: BigInt(id),
        startTime: BigInt(startedAt.getTime()),
        type: 'APPEND',
        status: 'BEGIN',
        partitionCount: partitions().size,
        endTime: null,
      })),
    ),
}

/**
 * getRedoLogGCStat(): one row a table with transactions whose rows are in the cache engine and not in its files. There are
 * no files here, so they wait until they are flushed. Who may ask is documented nowhere; here it is administrators.
 */
export const getRedoLogGCStat: Builtin = {
  name: 'getRedoLogGCStat',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  adminOnly: true,
  call: ({ node }) =>
    tableOfRecords(
      {
        physicalName: 'STRING',
        txnCount: 'INT',
        numOfTxnPendingGC: 'INT',
        minTidPendingGC: 'LONG',
        numOfTxnPendingFlush: 'INT',
        minTidPendingFlush: 'LONG',
      },
      Array.from(node.transactions.unflushed, ([{ stored }, { count, first }]) => ({
        physicalName: `${stored!.databasePath.slice('dfs:/'.length)}/${stored!.tableName}_${stored!.physicalIndex}`,
        txnCount: count,
        numOfTxnPendingGC: 0,
        minTidPendingGC: null,
        numOfTxnPendingFlush: count,
        minTidPendingFlush: BigInt(first),
      })),
    ),
}

function flushOf(name: string, engine: 'OLAP' | 'TSDB' | 'PKEY'): Builtin {
  return {
    name,
    parameters: [],
    minArguments: 0,
    maxArguments: 0,
    call: ({ node: { transactions } }) => {
      for (const table of transactions.unflushed.keys()) {
        if (table.stored?.engine === engine) transactions.unflushed.delete(table)
      }
      return voidValue
    },
  }
}

/** flushOLAPCache(), flushTSDBCache(): transactions that are over are in the tables' files from now on. */
export const flushFunctions: readonly Builtin[] = [
  flushOf('flushOLAPCache', 'OLAP'),
  flushOf('flushTSDBCache', 'TSDB'),
]
