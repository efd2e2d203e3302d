/*
  Checks that a resumed run finds its target unchanged, and that a finished run finds its rows.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { traitsOf } from '../transport/confirmations.js'
import { newEvidence, type EarlierEvidence, type Evidence } from '../evidence/evidence.js'
import { findScript, askFound, type Found } from '../evidence/find-rows.js'
import { leavesMemory } from '../evidence/total-rows.js'
import { askFinished } from '../marker/finished-runs.js'
import type { TargetDescription } from '../target/describe-target.js'
import { noteFinished } from '../evidence/final-check.js'
import { dropLeftTables } from '../marker/drop-run-tables.js'
import { isUnfinished, type Run } from '../run.js'
import { targetChanged, unproven } from './changed-run.js'
import type { JournaledRun } from '../outcomes/journaled-run.js'
import { askIdentity, watchedTable, whatChanged, type TargetIdentity } from './target-identity.js'

/** The state of the target when a run begins or resumes. */
export interface CheckedTarget {
  readonly evidence: Evidence
  readonly now: TargetIdentity
}

/**
 * @returns undefined for a run that has neither confirmation nor a journal
 * @throws {DdbError} DDB_TARGET_CHANGED if confirmed rows cannot be in the target any more
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function checkTarget(
  run: Run,
  control: Session,
  description: TargetDescription,
): Promise<CheckedTarget | undefined> {
  const { checked } = run
  const { journal, found } = run.history
  const { leavesDoubt } = traitsOf(checked.confirm)
  if (journal === undefined && !leavesDoubt && checked.mode !== 'sync') return undefined
  const counts = journal !== undefined
  const now = await askIdentity(control, checked, description, { counts })
  const { target: before } = found
  if (before === undefined) {
    const none: EarlierEvidence = { samples: [], leastRows: undefined }
    return { evidence: newEvidence(run, description, now, none), now }
  }
  const { confirmed } = found.rows()
  const forgotten =
    'the server was restarted, or the table was recreated, and the rows in memory are gone'
  const change =
    found.isForgotten && now.inMemory
      ? forgotten
      : (whatChanged(before, now, confirmed, found.leastRows) ??
        (found.isForgotten ? notThere : undefined))
  if (change !== undefined) throw targetChanged(found, change)
  // A property that was unknown when the run began gets its present value.
  const identity = {
    ...now,
    rows: before.rows,
    physicalIndex: before.physicalIndex ?? now.physicalIndex,
    chunkId: before.chunkId ?? now.chunkId,
  }
  const leastRows = now.adds && before.rows !== null ? before.rows + confirmed : found.leastRows
  const earlier = { samples: found.samples, leastRows: leastRows ?? now.rows ?? undefined }
  return { evidence: newEvidence(run, description, identity, earlier), now }
}

/**
 * Before the run sends new rows, looks up rows that earlier processes sent. The length of the table would prove
 * nothing, because other writers may have refilled it.
 * @throws {DdbError} DDB_TARGET_CHANGED if the rows are not there
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function checkRows(run: Run, control: Session, { now }: CheckedTarget): Promise<void> {
  const { found } = run.history
  if (found.rows().confirmed === 0) return
  const isLooked = !leavesMemory(now.total) && run.checked.target.kind === 'table'
  if (!isLooked) return
  const rows = await lookUp(run, control, found)
  if (rows === 'none' || rows === 'some') throw targetChanged(found, notThere)
}

const notThere = 'rows that it wrote are not in it'

async function lookUp(
  { checked }: Run,
  control: Session,
  { samples }: JournaledRun,
): Promise<Found> {
  const table = watchedTable(checked)
  if (table === undefined || samples.length === 0) return 'unknown'
  const asking = { session: control, timeoutMs: checked.confirmTimeoutMs }
  try {
    await control.run(findScript(table, samples), { timeoutMs: checked.confirmTimeoutMs })
    return await askFound(asking, samples)
  } catch (error) {
    if (error instanceof ServerError) return 'unknown'
    throw error
  }
}

/**
 * Checks that the rows of a run that has sent everything are still in the target.
 * @returns what a search for rows of the run in the target has found
 * @throws {DdbError} DDB_TARGET_CHANGED if the rows are gone, DDB_UNPROVEN if nothing shows whether they are there
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function checkLoaded(
  run: Run,
  control: Session,
  { now }: CheckedTarget,
): Promise<Found> {
  const { found } = run.history
  const { target: before, finished } = found
  const { confirmed, unconfirmed } = found.rows()
  if (confirmed + unconfirmed === 0 || before === undefined) return 'unknown'
  const isStored = !now.inMemory
  const isSame = isStored && traitsOf(found.used).leavesDoubt && isSameChunk(before, now)
  if (isSame && now.rows === 0) throw targetChanged(found, 'it has no rows')
  const rows = await lookUp(run, control, found)
  const isRead = run.checked.target.kind === 'table' || finished?.isFound === true
  if (isRead && (rows === 'none' || rows === 'some') && !leavesMemory(now.total)) {
    throw targetChanged(found, notThere)
  }
  const isFound = rows === 'all'
  if (isStored) {
    if (isFound || isSame) return rows
    throw unproven(found, 'the server does not say whether it is the same DFS table')
  }
  const { confirmTimeoutMs } = run.checked
  const isKnown = await askFinished(control, run.history.name, confirmTimeoutMs)
  const server = finished?.server ?? before.server
  if (isKnown !== true && server !== now.server) {
    throw targetChanged(found, `it was loaded into ${server}, and ${now.server} does not know it`)
  }
  if (isFound && finished?.isMarked !== false) return rows
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
  { evidence, now }: CheckedTarget,
  rows: Found,
): Promise<void> {
  const { checked } = run
  const { found, name } = run.history
  if (found.target !== undefined && found.finished === undefined) {
    const look = { change: undefined, isOpen: false, rows: now.rows, found: rows }
    await noteFinished(run, control, evidence, look, checked.confirmTimeoutMs)
  }
  if (found.hasLeftServer || isUnfinished(run)) return
  run.emit({ kind: 'leaving' })
  try {
    await dropLeftTables(control, name, checked.confirmTimeoutMs)
  } catch (error) {
    // The run's marker and ledgers stay on the server, and later runs list them in a notice about tables left behind.
    if (!(error instanceof ServerError)) throw error
  }
}

function isSameChunk(before: TargetIdentity, now: TargetIdentity): boolean {
  return now.chunkId !== null && before.chunkId === now.chunkId
}

/**
 * Turns the error for a missing target into DDB_TARGET_CHANGED if the run has written to that target. Returns any other
 * error unchanged.
 */
export function asTargetChanged({ history: { found } }: Run, error: unknown): unknown {
  const isMissing = error instanceof ServerError && error.code === 'DDB_TARGET'
  if (!isMissing || found.rows().confirmed === 0) return error
  return targetChanged(found, error.message)
}
