/*
  Checks that a resumed run finds its target unchanged, and that a finished run finds its rows.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { newEvidence, type EarlierEvidence, type Evidence } from '../evidence/evidence.js'
import { findRows } from '../evidence/find-rows.js'
import { leavesMemory } from '../evidence/total-rows.js'
import type { TargetDescription } from '../target/describe-target.js'
import { noteFinished } from '../evidence/final-check.js'
import { dropLedgers } from '../register/register.js'
import { isUnfinished, type Run } from '../run.js'
import { targetChanged, unproven } from './changed-run.js'
import { askIdentity, watchedTable, whatChanged, type TargetIdentity } from './target-identity.js'

/** The state of the target when a run begins or resumes. */
export interface CheckedTarget {
  readonly evidence: Evidence
  readonly now: TargetIdentity
}

/**
 * @returns undefined for a run without confirmation
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
  if (checked.confirm === 'none' && checked.mode !== 'sync') return undefined
  const isFunction = checked.target.kind === 'function'
  const counts = journal !== undefined || isFunction
  const now = await askIdentity(control, checked, description, {
    counts,
    counted: description.counted,
  })
  const { target: before } = found
  if (before === undefined) {
    const none: EarlierEvidence = { samples: [], confirmed: 0 }
    return { evidence: newEvidence(run, description, now, none), now }
  }
  const { confirmed } = found.rows()
  const forgotten =
    'the server was restarted, or the table was recreated, and the rows in memory are gone'
  const change =
    found.isForgotten && now.inMemory
      ? forgotten
      : // A function may write the last rows later, so `checkRows` counts them.
        (whatChanged(before, now, isFunction ? 0 : confirmed) ??
        (found.isForgotten ? notThere : undefined))
  if (change !== undefined) throw targetChanged(found, change)
  // A property that was unknown when the run began gets its present value.
  const identity = {
    ...now,
    rows: before.rows,
    physicalIndex: before.physicalIndex ?? now.physicalIndex,
    chunkId: before.chunkId ?? now.chunkId,
  }
  const earlier = { samples: found.samples, confirmed }
  return { evidence: newEvidence(run, description, identity, earlier), now }
}

/**
 * Looks for the rows of earlier processes before the run sends new ones.
 * @throws {DdbError} DDB_TARGET_CHANGED if the rows are not there
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function checkRows(run: Run, control: Session, evidence: Evidence): Promise<void> {
  const { found } = run.history
  if (found.rows().confirmed === 0) return
  const { change } = await evidence.look(control)
  if (change !== undefined) throw targetChanged(found, change)
}

const notThere = 'rows that it wrote are not in it'

/**
 * Checks that the rows of a run that has sent everything are still in the target.
 * @throws {DdbError} DDB_TARGET_CHANGED if the rows are gone, DDB_UNPROVEN if nothing shows whether they are there
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function checkLoaded(
  run: Run,
  control: Session,
  { now }: CheckedTarget,
): Promise<void> {
  const { found } = run.history
  const { target: before, finished, samples } = found
  const { confirmed, unconfirmed } = found.rows()
  if (confirmed + unconfirmed === 0 || before === undefined) return
  const isStored = !now.inMemory
  const isSame = isStored && isSameChunk(before, now)
  if (isSame && now.rows === 0) throw targetChanged(found, 'it has no rows')
  const { confirmTimeoutMs: timeoutMs } = run.checked
  const table = watchedTable(run.checked)
  const there = table && (await findRows({ session: control, timeoutMs }, table, samples))
  const isFound = samples.length > 0 && there?.length === samples.length
  if (there !== undefined && there.length < samples.length && !leavesMemory(now.total)) {
    throw targetChanged(found, notThere)
  }
  if (isStored) {
    if (isFound || isSame) return
    throw unproven(found, 'the server does not say whether it is the same DFS table')
  }
  const { onServer } = run.history.journal ?? {}
  const isKnown = onServer && onServer.finished !== undefined
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
  { evidence, now }: CheckedTarget,
): Promise<void> {
  const { checked } = run
  const { found, journal } = run.history
  if (found.target !== undefined && found.finished === undefined) {
    await noteFinished(run, control, evidence, now.rows, checked.confirmTimeoutMs)
  }
  if (found.hasLeftServer || isUnfinished(run)) return
  run.note({ hasLeftServer: true })
  try {
    await dropLedgers(control, journal?.onServer?.ledgers ?? [], checked.confirmTimeoutMs)
  } catch (error) {
    // The run's ledgers stay on the server, and later runs list them in a notice about tables left behind.
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
