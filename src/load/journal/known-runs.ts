/* Lists the runs that have a journal, with the state and the process of each, and removes old journals. */
import { resolve } from 'node:path'
import { DdbError, messageOf } from '../../errors.js'
import type { Clock, Files, LockAnswer } from '../../platform/platform.js'
import { isRunId } from '../checked-options.js'
import { runDamaged } from './changed-run.js'
import type { RecordOf } from './journal-record.js'
import { RecordedRun } from './recorded-run.js'
import { journalEnding, journalPath, lockRun } from './open-journal.js'
import { lockPath, readJournal } from './journal-file.js'

export type KnownRun = Exclude<Awaited<ReturnType<typeof readKnown>>, string | undefined>

/** A clean-up removes the journal of a finished run 30 days after the run's end. */
const keptMs = 30 * 86_400_000

/** The runs of a folder in the order of their beginnings, and journals that cannot be relied on. @throws {DdbError} DDB_RUN_MISSING */
export async function listRuns(folder: string, files: Files) {
  const names = await runNames(folder, files)
  // At once, because asking one on a different host takes seconds.
  const holders = names.map(runId => askHolder(folder, runId, files))
  const runs: KnownRun[] = []
  const strange: { readonly path: string; readonly reason: string }[] = []
  for (const [i, runId] of names.entries()) {
    const one = await readKnown(folder, runId, files, holders[i])
    if (typeof one === 'string') strange.push({ path: journalPath(folder, runId), reason: one })
    // A second clean-up may just have removed the file.
    else if (one !== undefined) runs.push(one)
  }
  const placeOf = ({ run: { startedAt, runId } }: KnownRun): string => `${startedAt} ${runId}`
  runs.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
  return { runs, strange }
}

/** @param holder  asks for it, which may take seconds @param evenDamaged  if the run's line is whole @throws {DdbError} DDB_RUN_DAMAGED */
export async function readRun(
  folder: string,
  runId: string,
  files: Files,
  { holder = false, evenDamaged = false } = {},
): Promise<KnownRun | undefined> {
  if (!isRunId(runId)) return undefined
  const asked = holder ? askHolder(folder, runId, files) : undefined
  const found = await readKnown(folder, runId, files, asked, evenDamaged)
  if (typeof found === 'string') throw runDamaged(journalPath(folder, runId), found)
  return found
}

/** @throws {DdbError} DDB_RUN_MISSING if the folder cannot be read */
export async function runNames(folder: string, files: Files): Promise<string[]> {
  try {
    const names: string[] = []
    await files.readFolder(`${folder}/runs`, ({ name }) => {
      if (name.endsWith(journalEnding)) names.push(name.slice(0, -journalEnding.length))
    })
    return names
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    const message = `the journals in "${folder}/runs" cannot be read: ${messageOf(error)}`
    throw new DdbError('DDB_RUN_MISSING', message, { cause: error })
  }
}

function askHolder(folder: string, runId: string, files: Files) {
  const asked = files.lockHolder(lockPath(journalPath(folder, runId)))
  // The caller may await the answer much later.
  asked.catch(() => undefined)
  return asked
}

/** @returns why the journal cannot be relied on; undefined without one */
async function readKnown(
  folder: string,
  runId: string,
  files: Files,
  askedHolder?: Promise<LockAnswer | undefined>,
  evenDamaged = false,
) {
  const path = journalPath(folder, runId)
  const journal = new RecordedRun()
  try {
    // Determines the lock's holder before reading: if the holder ends in between, the records contain that end.
    const taken = await askedHolder
    const found = await readJournal(path, runId, files, record => journal.take(record))
    const { run } = journal
    if (found === undefined || run === undefined) return found?.damage
    if (found.damage !== undefined && !evenDamaged) return found.damage
    // The process that works on the run; undefined if there is none, or if the caller did not ask for it.
    const holder = taken?.kind === 'taken' ? { pid: taken.pid, since: taken.since } : undefined
    const state = holder === undefined ? stateOf(journal) : 'running'
    return { path, runId, state, run, journal, holder, ...found }
  } catch (error) {
    return messageOf(error)
  }
}

/** `killed`: the last process recorded no end. `uncertain`: some rows have an unknown outcome. Both can be resumed. */
function stateOf({ end }: RecordedRun) {
  if (end === undefined) return 'killed'
  if (end.isDone) return 'finished'
  if (end.status === 'interrupted') return 'interrupted'
  return end.status === 'unconfirmed' ? 'uncertain' : 'failed'
}

export interface RemovedRun {
  readonly runId: string
  /** Time at which the last process ended, as the journal records it; null if that process was killed. */
  readonly endedAt: string | null
}

/** Removes the journals of runs that finished long ago. @param removed  gets them one by one @throws {DdbError} DDB_LOCKED */
export async function removeOldRuns(
  folder: string,
  { files, clock }: { readonly files: Files; readonly clock: Clock },
  removed: RemovedRun[],
): Promise<void> {
  const longAgoMs = clock.wallMs() - keptMs
  const endOf = async (runId: string): Promise<RecordOf<'end'> | undefined> => {
    const known = await readKnown(folder, runId, files)
    const end = typeof known === 'object' ? known.journal.end : undefined
    return end?.isDone === true && Date.parse(end.at) < longAgoMs ? end : undefined
  }
  for (const runId of await runNames(folder, files)) {
    if ((await endOf(runId)) === undefined) continue
    const held = await lockRun(folder, runId, files)
    try {
      // Another process may have restarted or removed the run before this process locked it.
      const end = await endOf(runId)
      if (end === undefined) continue
      files.remove(journalPath(folder, runId))
      removed.push({ runId, endedAt: end.at })
    } finally {
      held.lock.release()
    }
  }
}

/** Names of changed inputs, by size and time; a process that resumes also compares content. Followed files grow, and count as the same. */
export async function changedInputs(
  { run, journal }: Pick<KnownRun, 'run' | 'journal'>,
  files: Files,
): Promise<string[]> {
  const changed: string[] = []
  const inputs = run.options.input?.follow === true ? [] : journal.inputs
  for (const { path, fingerprint, detected } of inputs) {
    const now = await files.status(resolve(run.folder, path)).catch(() => undefined)
    // The run takes it as it is if nothing was read of it.
    if (now !== undefined && detected === undefined) continue
    const { sizeBytes, modifiedMs } = fingerprint
    const isSame = now?.sizeBytes === sizeBytes && Math.floor(now.modifiedMs) === modifiedMs
    if (!isSame) changed.push(path)
  }
  return changed
}
