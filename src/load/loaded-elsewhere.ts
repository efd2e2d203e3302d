/*
  Runs that have finished elsewhere: the server knows a run of the same name, and this process has no journal of it, as on
  another machine, or in a container without its volume. Loading again would store all rows twice.
*/
import type { Session } from '../client/open-session.js'
import { DdbError, option } from '../errors.js'
import type { Evidence, FirstLook } from './evidence/evidence.js'
import { findRows, type Found } from './evidence/find-rows.js'
import { chunkText, watchedTable, type TargetIdentity } from './evidence/identity.js'
import { neverDecreases } from './evidence/total-rows.js'
import { openInputs } from './inputs/inputs.js'
import { runDamaged } from './journal/changed-run.js'
import { runDigest } from './journal/portable-options.js'
import { otherFinished, type FinishedRun, type KnownOnServer } from './register/register.js'
import { fixedSizes } from './outcomes/read-sizes.js'
import { newRun, type Run } from './run.js'
import type { TargetDescription } from './target/describe-target.js'

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
  const { journal, found, name } = history
  // A run that is to start over is new, whatever the server knows.
  if (journal === undefined || found.batchCount > 0 || options.journal?.restart === true)
    return undefined
  const isFollowing = options.input?.follow === true
  const askFirst = () => firstRows(run, control, description, evidence)
  if (found.isCut) {
    const isEmpty = look.now.rows === 0
    const areThere = isEmpty ? 'none' : isFollowing ? 'unknown' : await askFirst()
    if (known === undefined || areThere !== 'none') throw runDamaged(journal.path, onlyBegun)
  }
  if (found.isAnew || isFollowing) return undefined
  const finished = known && otherFinished(known, name.token)
  if (finished === undefined || isOtherTable(finished, look.now)) return undefined
  if (finished.digest !== runDigest(options, checked, run.history.now.inputs)) {
    throw unproven(run, 'with other inputs or options')
  }
  if ((await askFirst()) === 'all') return finished.stored
  throw unproven(run, 'and its first rows are not in the target as they would be sent')
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
    for await (const batch of inputs.batches(reading, description)) {
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

function unproven({ checked: { runId } }: Run, why: string): DdbError {
  return new DdbError(
    'DDB_UNPROVEN',
    `the server knows that run "${runId}" has finished, ${why}. Nothing was sent. If the rows of that run are to stay, choose another ` +
      `${option('runId')}; if they are gone, start over with ${option('journal.restart')}`,
  )
}
