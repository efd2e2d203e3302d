/*
  Checks whether rows and tables that earlier processes of a run left in a server's memory are still there.
*/
import type { Session } from '../../client/open-session.js'
import { askLeftOnServer, type LeftOnServer } from '../marker/marker.js'
import type { Run } from '../run.js'
import { targetChanged } from './changed-run.js'

/**
 * Must be called before the run creates anything on the server.
 * @param inMemory  whether the target's rows are lost when the server stops
 * @throws {DdbError} DDB_TARGET_CHANGED if rows in memory were lost with their server
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 */
export async function checkMemory(
  { history: { journal, found, name }, plan }: Run,
  control: Session,
  inMemory: boolean,
): Promise<LeftOnServer> {
  if (journal === undefined || found.processes === 0) return { marker: false, ledger: false }
  const { ledgerNumber } = journal
  const left = await askLeftOnServer(control, name, ledgerNumber, plan.confirmTimeoutMs)
  const { confirmed, unconfirmed } = found.rows()
  if (!left.marker && inMemory && !found.hasLeftServer && confirmed + unconfirmed > 0) {
    throw targetChanged(found, 'the server was restarted, and its rows in memory are gone')
  }
  return left
}
