/*
  The limit on one write into a DFS table (docs/server-semantics.md#sizes-of-writes).
*/
import type { ServerNode } from '../node.js'
import { ScriptError } from '../script-error.js'
import type { ServerTable } from './server-table.js'

/**
 * @param bytes  what the rows take
 * @throws {ScriptError} `Memory size of append transaction … exceeds max limit (…) for OLAP. …`
 */
export function checkTransactionSize(
  { databases, maxTransactionBytes }: ServerNode,
  table: ServerTable,
  bytes: number,
): void {
  if (table.kind !== 'dfs' || bytes <= maxTransactionBytes) return
  const engine = databases.get(table.stored!.databasePath)?.handle.engine ?? 'OLAP'
  throw new ScriptError(
    `Memory size of append transaction ${bytes} exceeds max limit (${maxTransactionBytes}) for ${engine}. Please split data into batches.`,
  )
}
