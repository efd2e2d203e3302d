/*
  Runs that have finished: what the server and the journal keep of them, and whether their rows are still in the table.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { targetChanged, unproven } from '../journal/changed-run.js'
import { runDigest } from '../journal/portable-options.js'
import { dropLedgers, registerFinished } from '../register/register.js'
import { isUnfinished, type Run } from '../run.js'
import type { Evidence, FirstLook } from './evidence.js'
import { chunkText } from './identity.js'

/**
 * Records on the server and in the journal that a run has finished, so that a later process can check whether the rows are still in the
 * table. If the process is killed before that, a later process records it.
 * @param rows  rows that the table has ever had; null if they cannot be counted
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function noteFinished(
  run: Run,
  session: Session,
  evidence: Evidence,
  rows: number | null,
  timeoutMs: number,
): Promise<void> {
  const { journal, name, now } = run.history
  if (journal === undefined || isUnfinished(run)) return
  // Writes the journal before the server's record: if the process is killed in between, the journal has all rows.
  journal.commit()
  const processNo = Math.max(journal.owner, journal.past.owner)
  const { state, options, checked } = run
  const finished = {
    ...{ rows, begunMs: journal.begunMs },
    digest: runDigest(options, checked, now.inputs),
    chunk: chunkText(evidence.identity),
    stored: state.rows.confirmed + state.rows.skipped,
  }
  const isMarked = await registerFinished(session, name, processNo, finished, timeoutMs)
  const server = `${session.host}:${session.port}`
  run.note({ ...evidence.sampled(), finished: { isMarked, server } })
}

/**
 * Checks that the rows of a run that has sent everything are still in the target.
 * @throws {DdbError} DDB_TARGET_CHANGED if the rows are gone, DDB_UNPROVEN if nothing shows whether they are there
 */
export function checkLoaded({ history: { found, journal } }: Run, { look }: FirstLook): void {
  const { target: before, finished } = found
  const { confirmed, unconfirmed } = found.rows()
  const { now, change } = look
  if (change !== undefined && change.kind !== 'hidden') throw targetChanged(found, change.text)
  if (confirmed + unconfirmed === 0 || before === undefined) return
  const isFound = look.found === 'all'
  if (!now.inMemory) {
    if (isFound || (now.chunkId !== null && before.chunkId === now.chunkId)) return
    throw unproven(found, 'the server does not say whether it is the same DFS table')
  }
  const isKnown = journal?.onServer && journal.onServer.finished !== undefined
  const server = finished?.server ?? before.server
  if (isKnown !== true && server !== now.server) {
    throw targetChanged(found, `it was loaded into ${server}, and ${now.server} does not know it`)
  }
  if (isFound && finished?.isMarked !== false) return
  if (finished?.isMarked === true && isKnown === false && now.total !== 'totalSize') {
    throw targetChanged(found, 'the server was restarted, and its rows in memory are gone')
  }
  throw unproven(
    found,
    isFound
      ? 'the server keeps no mark of this run, so a restart would go unnoticed'
      : 'its rows cannot be looked up in the table',
  )
}

/**
 * Completes what the last process of a loaded run left undone: that process was killed before it recorded the end, or
 * before it removed the run's objects from the server.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function finishLoadedRun(
  run: Run,
  control: Session,
  { evidence, look }: FirstLook,
): Promise<void> {
  const { confirmTimeoutMs: timeoutMs } = run.checked
  const { found, journal } = run.history
  if (found.target !== undefined && found.finished === undefined) {
    await noteFinished(run, control, evidence, look.now.rows, timeoutMs)
  }
  if (found.hasLeftServer || isUnfinished(run)) return
  run.note({ hasLeftServer: true })
  try {
    await dropLedgers(control, journal?.onServer?.ledgers ?? [], timeoutMs)
  } catch (error) {
    // The run's ledgers stay on the server, and later runs list them in a notice about tables left behind.
    if (!(error instanceof ServerError)) throw error
  }
}
