/*
  Checks the target for the last time at the end of a run, and records that the run has finished. If the process is
  killed before it records this, a later process records it.
*/
import type { Session } from '../../client/open-session.js'
import { markFinished } from '../marker/finished-runs.js'
import { isUnfinished, type Run } from '../run.js'
import { longestUnmarkMs } from '../marker/leftovers.js'
import type { Evidence, Look } from './evidence.js'

function claimsRows({ state }: Run): boolean {
  return state.rows.confirmed + state.rows.skipped > 0
}

/**
 * Checks whether the run's confirmed rows can still be in the table.
 * @param session  a session to the node that the run uses
 * @param evidence  undefined if there is nothing to check
 * @param takeBack  makes confirmed rows unconfirmed
 * @throws {ConnectionError} @throws {TimeoutError} @throws {ServerError}
 */
export async function checkAtEnd(
  run: Run,
  session: Session,
  evidence: Evidence | undefined,
  takeBack: (change: string, isCertain: boolean) => void,
): Promise<Look | undefined> {
  if (evidence === undefined || !claimsRows(run)) return undefined
  const look = await evidence.look(session)
  if (look.change !== undefined) takeBack(look.change, !look.isOpen)
  return look
}

/**
 * Records on the server and in the journal that a run has finished. A later process can then check whether the rows
 * are still in the table.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function noteFinished(
  run: Run,
  session: Session,
  evidence: Evidence | undefined,
  look: Look | undefined,
  timeoutMs: number,
): Promise<void> {
  const { journal } = run.history
  if (journal === undefined || evidence === undefined || isUnfinished(run)) return
  const rows = look?.rows ?? null
  // Writes the journal before the server's record: if the process is killed in between, the journal has all rows.
  journal.commit()
  const target = evidence.identity.name
  const processNo = Math.max(journal.owner, journal.past.owner)
  const mark = { target, rows, begunMs: journal.begunMs, processNo }
  const isMarked = await markFinished(session, run.history.name, mark, timeoutMs)
  run.emit(evidence.sampled())
  const server = `${session.host}:${session.port}`
  run.emit({ kind: 'finished', rows, isFound: look?.found === 'all', isMarked, server })
}

/**
 * Checks the target for the last time. Records that the run has finished, unless the target has changed.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function checkAndMarkFinished(
  run: Run,
  session: Session,
  evidence: Evidence,
  takeBack: (change: string, isCertain: boolean) => void,
): Promise<void> {
  let isChanged = false
  const look = await checkAtEnd(run, session, evidence, (change, isCertain) => {
    isChanged = true
    takeBack(change, isCertain)
  })
  const timeoutMs = Math.min(longestUnmarkMs, run.checked.confirmTimeoutMs)
  if (!isChanged) await noteFinished(run, session, evidence, look, timeoutMs)
}
