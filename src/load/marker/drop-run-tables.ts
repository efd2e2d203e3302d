/*
  Removes what a run has left on the server, for a user who does not want to go on with it, or when nothing is left to do.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, ServerError } from '../../errors.js'
import { stringsOf } from '../../protocol/types/strings.js'
import { dropLedgerScript } from '../receipts/script.js'
import type { Run } from '../run.js'
import { askMarker, dropMarker, type RunName } from './marker.js'
import { isLedgerOf, ledgerName, markerName } from './run-tables.js'

/**
 * Removes ledgers and marker that carry the token of the run; those of another run under its name stay.
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
  const answer = await session.run(
    `exec name from objs(true) where shared=true, name like "${ledgerName(run.token, 1)}%"`,
    { timeoutMs },
  )
  const names = answer?.form === 'vector' && answer.type === 'STRING' ? stringsOf(answer) : []
  const ledgers = names.filter(name => isLedgerOf(run.token, name))
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

/**
 * Removes what an earlier process kept for this one, which has nothing to do: a signal ended it after its last row. Whether
 * that can be done changes nothing for the rows.
 */
export async function dropKept(run: Run, session: Session): Promise<void> {
  const { journal, name, plan } = run
  if (journal === undefined || journal.found.hasLeftServer) return
  try {
    journal.leaving()
    await dropRunTables(session, name, plan.confirmTimeoutMs)
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
  }
}
