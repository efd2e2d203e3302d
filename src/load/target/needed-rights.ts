/*
  The rights that a load needs on its server, as `selftest` found them. DolphinDB documents each right, but not which ones a load needs.
*/
import { type DdbError, ServerError } from '../../errors.js'
import type { Facts } from '../connection/known-server.js'
import type { Plan } from '../plan.js'
import { tableText } from './target.js'

interface AskedLoad {
  readonly server: { readonly facts: Facts }
  readonly plan: Pick<Plan, 'target' | 'confirm'>
}

/** Returns an error for a missing right with the needed rights in its message, and any other error unchanged. */
export function namingRights(run: AskedLoad, error: DdbError): DdbError {
  if (!(error instanceof ServerError) || error.code !== 'DDB_PRIVILEGE') return error
  const rights = neededRights(run)
  if (rights === undefined) return error
  const message = `${error.message} As selftest found on this server, a load like this takes ${rights}.`
  return new ServerError(error.serverMessage, 'DDB_PRIVILEGE', message)
}

/** `TABLE_INSERT and TABLE_READ on dfs://db/t`; undefined if the rights were never tested. */
function neededRights({ server, plan: { target, confirm } }: AskedLoad): string | undefined {
  const { insertShowsSchema, insertCounts, insertUpserts } = server.facts
  if (target.kind !== 'table' || target.table.kind !== 'dfs') return undefined
  if (insertShowsSchema === undefined) return undefined
  const writes = target.method === 'upsert' && !insertUpserts ? 'TABLE_UPDATE' : 'TABLE_INSERT'
  const reads = !insertShowsSchema || (confirm === 'count' && !insertCounts)
  return `${writes}${reads ? ' and TABLE_READ' : ''} on ${tableText(target.table)}`
}
