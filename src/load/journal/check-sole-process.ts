/*
  Checks that a process may work on a run with a journal. The server's records of the run show whether the journal is an outdated copy,
  whether a process elsewhere works on the run, and whether rows in the server's memory are still there.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError, TimeoutError } from '../../errors.js'
import { dropReceipts } from '../marker/drop-run-tables.js'
import { askFinished, forgetFinished } from '../marker/finished-runs.js'
import { askLeftOnServer, type LeftOnServer } from '../marker/marker.js'
import { askKnown, askOwner, takeOwnership } from '../marker/ownership.js'
import type { Run } from '../run.js'
import { runDamaged, runTakenOver, targetChanged } from './changed-run.js'
import type { RecordedRun } from './recorded-run.js'

/**
 * Must be called before the run creates anything on the server.
 * @param isRead  true if no rows of the inputs are left to be sent
 * @throws {DdbError} DDB_LOCKED if another process works on the run, DDB_RUN_DAMAGED if the journal is older than the
 *   server's records
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 */
export async function checkSoleProcess(
  { history: { journal, name }, checked, options }: Run,
  control: Session,
  isRead: boolean,
): Promise<void> {
  if (journal?.past.run === undefined) return
  const { past, found } = journal
  // With `restart`, the user has decided to ignore the server's records.
  const counts = options?.journal?.restart !== true
  const known = await unlessRefused(askKnown(control, name, checked.confirmTimeoutMs))
  if (known === undefined) return
  journal.seen(known)
  const isOld = known.owner > past.owner || known.ledgerNumber > past.ledgerNumber
  // The journal of a finished run with a limit of rows does not record all inputs as done.
  const isKept = options?.input?.limit === undefined
  const mayBeOld = counts && !isRead && isKept && past.finished === undefined && !areDone(past)
  const mayHaveGoneOn = counts && !isRead && past.finished !== undefined
  const isAsked = mayBeOld || mayHaveGoneOn
  const all = isAsked ? await askFinished(control, name.runId, checked.confirmTimeoutMs) : []
  const marks = (all ?? []).filter(
    ({ token, begunMs }) => token === name.token && (!past.isAnew || begunMs === journal.begunMs),
  )
  const isFinished = mayBeOld && marks.length > 0
  const hasGoneOn = mayHaveGoneOn && marks.some(({ processNo }) => processNo > past.owner)
  if ((counts && isOld) || isFinished || hasGoneOn) {
    // While this process slept, another may have finished the run.
    throw journal.lost() ?? runDamaged(journal.path, isOlder)
  }
  // A run that starts over is not finished, whatever the server says.
  const isAnew = found !== past || past.isAnew
  if (isAnew) await unlessRefused(forgetFinished(control, name, checked.confirmTimeoutMs))
  // If the last process recorded no end, it may still run. If this process took over a lock, the last process is gone.
  // If there was no lock, only the last process's session on the server shows whether it still runs.
  const mayRun = journal.wasUnlocked && past.end === undefined
  if (mayRun && known.isConnected === true) throw runsElsewhere(name.runId)
  if (isAnew && known.ledgerNumber > 0) {
    await unlessRefused(dropReceipts(control, name, checked.confirmTimeoutMs))
  }
}

/**
 * Must be called before the run creates anything on the server.
 * @param inMemory  whether the target's rows are lost when the server stops
 * @throws {DdbError} DDB_TARGET_CHANGED if rows in memory were lost with their server
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 */
export async function checkMemory(
  { history: { journal, found, name }, checked }: Run,
  control: Session,
  inMemory: boolean,
): Promise<LeftOnServer> {
  if (journal === undefined || found.processes === 0) return { marker: false, ledger: false }
  const { ledgerNumber } = journal
  const left = await askLeftOnServer(control, name, ledgerNumber, checked.confirmTimeoutMs)
  const { confirmed, unconfirmed } = found.rows()
  if (!left.marker && inMemory && !found.hasLeftServer && confirmed + unconfirmed > 0) {
    throw targetChanged(found, 'the server was restarted, and its rows in memory are gone')
  }
  return left
}

/** Whether all inputs were read to their ends, and the outcome of all batches is known. */
function areDone({ inputs, streams }: RecordedRun): boolean {
  return (
    inputs.length > 0 &&
    inputs.every(({ summary }) => summary !== undefined) &&
    [...streams.values()].every(({ open }) => open.size === 0)
  )
}

/**
 * Removes the mark on the server that the run has finished, because the run continues, for example with new files. If
 * the mark stayed and this process were killed, the next process would consider the journal outdated.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function forgetEarlierEnd(
  { history: { found, name }, checked }: Run,
  control: Session,
): Promise<void> {
  if (found.finished?.isMarked !== true) return
  await unlessRefused(forgetFinished(control, name, checked.confirmTimeoutMs))
}

/**
 * Tells the server which process works on the run.
 * @throws {DdbError} DDB_LOCKED if another process has just done so
 */
export async function announceRun(
  { history: { journal, name }, checked }: Run,
  control: Session,
): Promise<void> {
  if (journal === undefined) return
  const taking = takeOwnership(control, name, journal.nextOwner(), checked.confirmTimeoutMs)
  if ((await unlessRefused(taking)) === false) throw runsElsewhere(name.runId)
}

/**
 * Checks that no other process has taken over the run. Call this after the process has slept. Ignores a lost
 * connection, which is handled elsewhere.
 * @throws {DdbError} DDB_LOCKED if another process has told the server that it works on the run
 */
export async function checkOwner(
  { history: { journal, name } }: Run,
  control: Session,
  timeoutMs: number,
): Promise<void> {
  if (journal === undefined || journal.owner === 0) return
  const owner = await unlessRefused(askOwner(control, name, timeoutMs)).catch(unlessLost)
  if (owner !== undefined && owner > journal.owner) {
    throw runTakenOver(name.runId, 'another process has told the server that it continues the run')
  }
}

/**
 * Returns undefined if the server refuses to answer this user. In that case, only the lock shows whether another
 * process works on the run.
 */
async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}

function unlessLost(error: unknown): undefined {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return undefined
  throw error
}

const isOlder =
  'the server knows more of the run than the journal does, so the journal was restored from an earlier time, as with a snapshot of a disk'

function runsElsewhere(runId: string): DdbError {
  return new DdbError(
    'DDB_LOCKED',
    `run "${runId}" is in progress: the server has a session of another process, which has a different copy of the journal, or whose ` +
      'lock was removed. Wait until that process ends, or end it',
  )
}
