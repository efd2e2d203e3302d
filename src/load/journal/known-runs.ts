/*
  Runs that have a journal, for whoever asks what ran: where each stands, who works on it, and how journals go again.
*/
import { DdbError } from '../../errors.js'
import type { Clock, Files, FolderEntry } from '../../platform/platform.js'
import { isRunId } from '../marker/run-tables.js'
import { readJournal } from './journal-file.js'
import type { JournalRecord } from './journal-record.js'
import { newJournalState, type JournalState } from './journal-state.js'
import { journalEnding, journalLockPath, journalPath } from './open-journal.js'

type RecordOf<Kind extends JournalRecord['kind']> = Extract<JournalRecord, { kind: Kind }>

/** `killed` ended without a word, `uncertain` with rows of which nobody knows; both can be gone on with. */
export type RunState = 'running' | 'finished' | 'interrupted' | 'failed' | 'killed' | 'uncertain'

/** One process that has worked on a run. */
export interface RunProcess {
  readonly startedAt: string
  /** undefined when it was killed, or runs. */
  readonly end: RecordOf<'end'> | undefined
}

/** A run as its journal tells it. */
export interface KnownRun {
  readonly path: string
  readonly runId: string
  readonly state: RunState
  /** How it was begun. */
  readonly run: RecordOf<'run'>
  readonly journal: JournalState
  /** In their order; those of before a restart, too. */
  readonly processes: readonly RunProcess[]
  /** Who works on it. */
  readonly holder: { readonly pid: number; readonly since: string } | undefined
  /** Bytes behind the last whole record. */
  readonly tornBytes: number
}

/** A file among the journals that is none, or cannot be read. */
export interface StrangeFile {
  readonly path: string
  readonly reason: string
}

/** Journals of a folder, the runs in the order in which they were begun. */
export interface KnownRuns {
  readonly runs: readonly KnownRun[]
  readonly strange: readonly StrangeFile[]
}

/** So long after its end the journal of a finished run goes. */
export const keptDays = 30
const keptMs = keptDays * 86_400_000

/**
 * @param folder  as in `JournalOptions`
 * @throws {DdbError} DDB_RUN_MISSING when the folder cannot be read
 */
export async function listRuns(folder: string, files: Files): Promise<KnownRuns> {
  const runs: KnownRun[] = []
  const strange: StrangeFile[] = []
  for (const { name, folder: place, isFolder } of await entriesOf(folder, files)) {
    if (isLock(name)) continue
    const path = `${place}/${name}`
    const found =
      isFolder || !name.endsWith(journalEnding)
        ? { path, reason: 'it is no journal' }
        : await readKnown(path, name.slice(0, -journalEnding.length), files)
    // Whoever cleans up at the same time has removed it.
    if (found === undefined) continue
    if ('reason' in found) strange.push(found)
    else runs.push(found)
  }
  runs.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
  return { runs, strange }
}

function placeOf({ run: { startedAt, runId } }: KnownRun): string {
  return `${startedAt} ${runId}`
}

/**
 * The run of this name; undefined when there is none, as for what cannot be a name.
 * @throws {DdbError} DDB_RUN_MISSING for a journal that cannot be read
 */
export async function readRun(
  folder: string,
  runId: string,
  files: Files,
): Promise<KnownRun | undefined> {
  if (!isRunId(runId)) return undefined
  const found = await readKnown(journalPath(folder, runId), runId, files)
  if (found === undefined || !('reason' in found)) return found
  throw new DdbError('DDB_RUN_MISSING', `the journal "${found.path}" tells no run: ${found.reason}`)
}

/**
 * Names of all journals, for whoever has misspelt one.
 * @throws {DdbError} DDB_RUN_MISSING when the folder cannot be read
 */
export async function runNames(folder: string, files: Files): Promise<string[]> {
  return (await entriesOf(folder, files))
    .filter(({ name, isFolder }) => !isFolder && name.endsWith(journalEnding))
    .map(({ name }) => name.slice(0, -journalEnding.length))
}

async function entriesOf(folder: string, files: Files): Promise<readonly FolderEntry[]> {
  try {
    return await files.readFolder(`${folder}/runs`, false)
  } catch (error) {
    if (isMissing(error)) return []
    const reason = error instanceof Error ? error.message : String(error)
    const message = `the journals in "${folder}/runs" cannot be read: ${reason}`
    throw new DdbError('DDB_RUN_MISSING', message, { cause: error })
  }
}

/** Locks, and files that exist while one changes hands. */
function isLock(name: string): boolean {
  return name.includes(`${journalEnding}.lock`)
}

async function readKnown(
  path: string,
  runId: string,
  files: Files,
): Promise<KnownRun | StrangeFile | undefined> {
  const journal = newJournalState()
  const processes: { startedAt: string; end: RecordOf<'end'> | undefined }[] = []
  try {
    // Before the records: a process that ends in between has then told its end.
    const holder = files.lockHolder(journalLockPath(path))
    const { tornBytes } = await readJournal(path, files, record => {
      journal.take(record)
      if (record.kind === 'process') {
        processes.push({ startedAt: record.startedAt, end: undefined })
      } else if (record.kind === 'end' && processes.length > 0) processes.at(-1)!.end = record
    })
    const { run } = journal
    if (run === undefined) return { path, reason: 'it does not begin as a journal does' }
    if (run.runId !== runId) return { path, reason: `it is the journal of run "${run.runId}"` }
    const taken = holder?.kind === 'taken' ? { pid: holder.pid, since: holder.since } : undefined
    const state = taken === undefined ? stateOf(journal) : 'running'
    return { path, runId, state, run, journal, processes, holder: taken, tornBytes }
  } catch (error) {
    if (isMissing(error)) return undefined
    return { path, reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Of a run that no process works on. */
function stateOf({ end }: JournalState): RunState {
  if (end === undefined) return 'killed'
  if (end.isDone) return 'finished'
  if (end.status === 'interrupted') return 'interrupted'
  return end.status === 'unconfirmed' ? 'uncertain' : 'failed'
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/**
 * Holds a run, so that no process goes on with it.
 * @throws {DdbError} DDB_LOCKED when one does
 * @throws the system's error
 */
export function holdRun({ path, runId }: KnownRun, files: Files): { release(): void } {
  const answer = files.lock(journalLockPath(path))
  if (answer.kind === 'held') return answer.lock
  const who = answer.kind === 'taken' ? ` by process ${answer.pid} since ${answer.since}` : ''
  throw new DdbError(
    'DDB_LOCKED',
    `run "${runId}" is under way${who}: end it, or wait for its end; if nothing runs, remove "${journalLockPath(path)}"`,
  )
}

/** A finished run that nobody will ask for any more. */
function isOld({ state, journal: { end } }: KnownRun, clock: Clock): boolean {
  return state === 'finished' && clock.wallMs() - Date.parse(end?.at ?? '') > keptMs
}

/**
 * Removes the journals of old finished runs.
 *
 * @param folder  as in `JournalOptions`
 * @param except  a run whose journal stays
 * @returns the names of the runs
 * @throws the system's error
 */
export async function removeOldRuns(
  folder: string,
  { files, clock }: { readonly files: Files; readonly clock: Clock },
  except?: string,
): Promise<string[]> {
  const removed: string[] = []
  for (const runId of await runNames(folder, files)) {
    const path = journalPath(folder, runId)
    // One that was written to lately need not be read.
    if (
      runId === except ||
      clock.wallMs() - (files.statusNow(path)?.modifiedMs ?? Infinity) < keptMs
    )
      continue
    const known = await readKnown(path, runId, files)
    if (known === undefined || 'reason' in known || !isOld(known, clock)) continue
    const held = holdRun(known, files)
    try {
      files.remove(path)
      removed.push(runId)
    } finally {
      held.release()
    }
  }
  return removed
}
