/*
  Runs that have finished: what the server and the journal keep of them, and whether their rows are still in the table. The server may know
  a run of which this process has no journal, as on another machine, or in a container without its volume: loading again would store all
  rows twice.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, option, ServerError } from '../../errors.js'
import { openInputs } from '../inputs/inputs.js'
import { runDamaged, targetChanged, unproven } from '../journal/changed-run.js'
import { runDigest } from '../journal/portable-options.js'
import { fixedSizes } from '../outcomes/turns.js'
import {
  dropLedgers,
  otherFinished,
  registerFinished,
  type FinishedRun,
  type KnownOnServer,
} from '../register/register.js'
import { isUnfinished, newRun, type Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { Evidence, FirstLook } from './evidence.js'
import { findRows, type Found } from './find-rows.js'
import { chunkText, watchedTable, type TargetIdentity } from './identity.js'
import { neverDecreases } from './total-rows.js'

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
  const { history } = run
  const { name, now, owner, found } = history
  if (history.file === undefined || isUnfinished(run)) return
  // Writes the journal before the server's record: if the process is killed in between, the journal has all rows.
  run.commit()
  const processNo = Math.max(owner, found.owner)
  const { state, options, checked } = run
  const finished = {
    rows,
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
export function checkLoaded({ history: { found, onServer } }: Run, { look }: FirstLook): void {
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
  { evidence, look }: FirstLook,
): Promise<void> {
  const { confirmTimeoutMs: timeoutMs } = run.checked
  const { found, onServer } = run.history
  if (found.target !== undefined && found.finished === undefined) {
    await noteFinished(run, control, evidence, look.now.rows, timeoutMs)
  }
  if (found.hasLeftServer || isUnfinished(run)) return
  run.note({ hasLeftServer: true })
  try {
    await dropLedgers(control, onServer?.ledgers ?? [], timeoutMs)
  } catch (error) {
    // The run's ledgers stay on the server, and later runs list them in a notice about tables left behind.
    if (!(error instanceof ServerError)) throw error
  }
}

/** Rows that are enough to find out whether the target has them. */
const lookedRows = 1_000

/**
 * @param known  what the server knows of runs of this name
 * @returns the number of rows that the finished run has stored; undefined if there is none, or if the target is certainly
 *   another table by now
 * @throws {DdbError} DDB_UNPROVEN if the run may be the one that has finished, and nothing proves that its rows are there;
 *   DDB_RUN_DAMAGED if the journal has only its first line, and the target may have rows of the run
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function rowsLoadedElsewhere(
  run: Run,
  control: Session,
  description: TargetDescription,
  { evidence, look }: FirstLook,
  known: KnownOnServer | undefined,
): Promise<number | undefined> {
  const { options, checked, history } = run
  const { file, found, name } = history
  // A run that is to start over is new, whatever the server knows.
  if (file === undefined || found.batchCount > 0 || options.journal?.restart === true)
    return undefined
  const isFollowing = options.input?.follow === true
  const askFirst = () => firstRows(run, control, description, evidence)
  if (found.isCut) {
    const isEmpty = look.now.rows === 0
    const areThere = isEmpty ? 'none' : isFollowing ? 'unknown' : await askFirst()
    if (known === undefined || areThere !== 'none') throw runDamaged(file.path, onlyBegun)
  }
  if (history.now.run?.replaces !== undefined || isFollowing) return undefined
  const finished = known && otherFinished(known, name.token)
  if (finished === undefined || isOtherTable(finished, look.now)) return undefined
  if (finished.digest !== runDigest(options, checked, run.history.now.inputs)) {
    throw maySame(run, 'with other inputs or options')
  }
  if ((await askFirst()) === 'all') return finished.stored
  throw maySame(run, 'and its first rows are not in the target as they would be sent')
}

const onlyBegun =
  'it ends after its first line, and the server or the table may have rows of the run'

/** Whether the target has the first rows of the inputs, as the run would send them. */
async function firstRows(
  run: Run,
  session: Session,
  description: TargetDescription,
  { samples }: Evidence,
): Promise<Found> {
  const table = watchedTable(run.checked)
  const hasRows = await sampleFirst(run, description, samples)
  const { rows } = samples
  const asking = { session, timeoutMs: run.checked.confirmTimeoutMs }
  const there = table && (await findRows(asking, table, rows))
  samples.clear()
  if (!hasRows) return 'none'
  if (there === undefined || rows.length === 0) return 'unknown'
  return there.length === rows.length ? 'all' : there.length === 0 ? 'none' : 'some'
}

/** Whether the table was made again or emptied since the run has finished, so that it has no row of the run. */
function isOtherTable(finished: FinishedRun, { rows, total, ...now }: TargetIdentity): boolean {
  if (finished.chunk !== '' && now.chunkId !== null) return finished.chunk !== chunkText(now)
  if (!now.inMemory || rows === null) return false
  return rows === 0 || (neverDecreases(total) && finished.rows !== null && rows < finished.rows)
}

/** Reads the first rows of the inputs, as the run would send them. @returns false without rows */
async function sampleFirst(
  { options, checked, platform }: Run,
  description: TargetDescription,
  samples: Evidence['samples'],
): Promise<boolean> {
  const { journal: _, rejects: _rejects, onNotice: _notice, onReport: _report, ...given } = options
  const few = {
    ...checked,
    onError: 'skip',
    rejectsFile: undefined,
    batchRows: lookedRows,
  } as const
  const reading = newRun(given, few, platform)
  reading.cutSizes = fixedSizes(reading, description.columns)
  const inputs = await openInputs(reading)
  try {
    for await (const batch of inputs.batches(description)) {
      const { rowCount } = batch
      if (rowCount > 0) samples.taken(batch, 0, rowCount)
      batch.release()
      if (rowCount > 0) return true
    }
    return false
  } finally {
    await inputs.close()
  }
}

function maySame({ checked: { runId } }: Run, why: string): DdbError {
  return new DdbError(
    'DDB_UNPROVEN',
    `the server knows that run "${runId}" has finished, ${why}. Nothing was sent. If the rows of that run are to stay, choose another ` +
      `${option('runId')}; if they are gone, start over with ${option('journal.restart')}`,
  )
}
