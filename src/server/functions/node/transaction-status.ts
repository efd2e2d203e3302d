/*
  getTransactionStatus(): the writes into DFS tables that are under way (docs/server-semantics.md#transactions).
*/
import type { Builtin } from '../../values/builtin.js'
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
