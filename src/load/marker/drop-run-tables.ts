/*
  Removes what a run has left on the server, for a user who does not want to go on with it, or when nothing is left
  to do.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { dropLedgerScript } from '../transport/receipts/script.js'
import { forgetFinished } from './finished-runs.js'
import { askMarker, dropMarker, ledgersOf, type RunName } from './marker.js'
import { markerName } from './run-tables.js'

/**
 * Removes all that carries the token of the run: ledgers, marker, and the mark that it has finished. What another run has
 * under its name stays.
 *
 * @returns the names of the ledgers that were there
 * @throws {ServerError} when the server does not let them go
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function dropRunTables(
  session: Session,
  run: RunName,
  timeoutMs: number,
): Promise<string[]> {
  const ledgers = await dropLeftTables(session, run, timeoutMs)
  await forgetFinished(session, run, timeoutMs)
  return ledgers
}

/** As `dropRunTables`, of a run that has finished and is to be known as such. */
export async function dropLeftTables(
  session: Session,
  run: RunName,
  timeoutMs: number,
): Promise<string[]> {
  const ledgers = await ledgersOf(session, run.token, timeoutMs)
  if (ledgers.length > 0) await session.run(ledgers.map(dropLedgerScript).join(''), { timeoutMs })
  await dropMarker(session, run, timeoutMs)
  if ((await askMarker(session, run, timeoutMs)) === 'ours') {
    throw new ServerError(
      '',
      'DDB_SERVER',
      `the server does not let go of ${markerName(run.runId)}: remove it with undef("${markerName(run.runId)}", SHARED)`,
    )
  }
  return ledgers
}
