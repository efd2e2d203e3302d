/*
  Removes the objects of a run from the server, after the run has finished or if the user gives it up.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { forgetFinished } from './finished-runs.js'
import { askMarker, dropMarker, ledgersOf, type RunName } from './marker.js'
import { dropTableScript, markerName } from './run-tables.js'

/**
 * Removes all objects with the run's token: its ledgers (tables of receipts), its marker, and the record that it has finished.
 * Objects of a different run with the same name remain.
 * @throws {ServerError} if the server does not allow it
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function dropRunTables(
  session: Session,
  run: RunName,
  timeoutMs: number,
): Promise<void> {
  await dropLeftTables(session, run, timeoutMs)
  await forgetFinished(session, run, timeoutMs)
}

/** Like `dropRunTables`, but keeps the record that the run has finished. */
export async function dropLeftTables(
  session: Session,
  run: RunName,
  timeoutMs: number,
): Promise<void> {
  await dropAll(session, await ledgersOf(session, run.token, timeoutMs), timeoutMs)
  await dropMarker(session, run, timeoutMs)
  if ((await askMarker(session, run, timeoutMs)) === 'ours') {
    throw new ServerError(
      '',
      'DDB_SERVER',
      `the server does not remove ${markerName(run.runId)}: remove it with undef("${markerName(run.runId)}", SHARED)`,
    )
  }
}

/**
 * Removes the ledgers of a run that starts over. Late requests from before the restart then find no ledger and write no rows.
 * @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError}
 */
export async function dropReceipts(
  session: Session,
  { token }: RunName,
  timeoutMs: number,
): Promise<void> {
  await dropAll(session, await ledgersOf(session, token, timeoutMs), timeoutMs)
}

async function dropAll(
  session: Session,
  ledgers: readonly string[],
  timeoutMs: number,
): Promise<void> {
  if (ledgers.length > 0) await session.run(ledgers.map(dropTableScript).join(''), { timeoutMs })
}
