/* The journals in a folder. A process creates the journal of its run, or continues that of an earlier process, if it loads what the recorded
   run loads and no other process works on the run. Lists the runs that have a journal, with the state and the process of each, and removes
   old journals. */
import { resolve } from 'node:path'
import { attempt, DdbError, messageOf, option } from '../../errors.js'
import { fileKey } from '../../platform/file-name.js'
import type { Clock, Files, HeldLock, LockAnswer } from '../../platform/platform.js'
import { newToken } from '../register/register.js'
import { isRunId } from '../checked-options.js'
import type { RunBasis } from '../run-ending.js'
import { version } from '../../version.js'
import { remedies, runChanged, runDamaged, runTakenOver } from './changed-run.js'
import { hashOf, mayHaveMore } from '../rejects/rejects-file.js'
import { pathHere, pathThere } from '../rejects/reject-path.js'
import { changedText, fingerprintOf, isSame, type Fingerprint } from './fingerprint.js'
import { JournalFile, lockPath, readJournal } from './journal-file.js'
import { journalFormat, differingOptions, journaledOptions } from './journal-record.js'
import type { JournaledOptions, RecordOf } from './journal-record.js'
import { RecordedRun } from './recorded-run.js'

export function journalPath(folder: string, runId: string): string {
  return `${folder}/runs/${runId}${journalEnding}`
}

/** File name ending of journals; other files in the folder are locks and drafts. */
const journalEnding = '.journal'

export type OpenedJournal = NonNullable<Awaited<ReturnType<typeof openJournal>>>

/** Undefined if an input cannot be read twice. @param refused  counts the rows of a run that does not go on @throws {DdbError} DDB_LOCKED, DDB_RUN_CHANGED, DDB_RUN_DAMAGED, DDB_OUTPUT_CREATE */
export async function openJournal(
  { platform, options, checked }: RunBasis,
  paths: readonly string[],
  refused: (found: RecordedRun, error: DdbError) => DdbError,
) {
  const { files } = platform
  const { runId } = checked
  const fingerprints = paths.includes('-') ? undefined : await fingerprintsOf(paths, files)
  if (fingerprints === undefined) return undefined
  const { folder, workingFolder = '', restart = false, restartUntouched } = options.journal!
  const path = journalPath(folder, runId)
  const ended = AbortSignal.any([options.signal ?? [], options.leave ?? []].flat())
  const held = await lockRun(folder, runId, files, ended)
  try {
    const past = new RecordedRun()
    const read = await readJournal(path, runId, files, record => past.take(record))
    // Every process writes the line of the run together with its own.
    past.isCut ||= past.run !== undefined && past.begun.length === 0
    const damage = read?.damage
    if (damage !== undefined && !restart) throw runDamaged(path, damage)
    const current = journaledOptions(options, checked)
    const match = (run: RecordedRun) => matched(run, current, fingerprints, files)
    const mayRestart = restartUntouched && past.isUntouched && !hasRepaired(past, files)
    const isAnew = restart || past.run === undefined || mayRestart
    let found = isAnew ? new RecordedRun() : past
    let inputs = match(found)
    const notices: string[] = []
    if (inputs.change !== undefined) {
      // Unless rows may be stored, or there are rejects that the user may be repairing.
      const { isUntouched, rejectsFiles, end } = found
      const beginsAnew = isUntouched && rejectsFiles.length === 0 && end?.isDone !== true
      const error = runChanged(found, inputs.change, beginsAnew ? remedies.beginsAnew() : undefined)
      if (!beginsAnew) throw refused(found, error)
      notices.push(error.message)
      found = new RecordedRun()
      inputs = match(found)
    }
    const { places, added } = inputs
    notices.push(...inputs.notices)
    const now = new RecordedRun()
    for (const record of found.records()) now.take(record)
    now.run = withSources(found.run, current, added.length > 0)
    const startedAt = new Date(platform.clock.wallMs()).toISOString()
    if (found !== past) {
      const token = newToken(platform.random).toString(16)
      const replaces = replacedBy(past, restart)
      now.take({
        ...{ kind: 'run', format: journalFormat, version, runId, token, startedAt },
        ...{ folder: workingFolder, options: current, ...(replaces && { replaces }) },
      })
      const isOver = past.end?.isDone === true || match(past).change !== undefined
      const rejectsFiles = restart && isOver ? [] : unrepaired(past, files, restart)
      now.take({ kind: 'facts', rejectsFiles })
    }
    now.take({ kind: 'process', startedAt })
    for (const [here, fingerprint] of added) {
      const path = pathThere(found.run, here)
      if (path !== here) places.set(path, here)
      now.take({ kind: 'input', input: now.inputs.length, path, fingerprint })
    }
    const file = new JournalFile(path, platform, () => {
      const why = held.lock.lost()
      return why === undefined ? undefined : runTakenOver(runId, why)
    })
    // The holder of a stale lock may only be suspended. What it still writes goes to the old file.
    if (found.end?.isDone !== true || added.length > 0) file.replace(now.records())
    if (damage !== undefined) notices.push(`the journal could not be relied on: ${damage}`)
    else if (read?.tornBytes) {
      notices.push(
        `the journal ends in ${read.tornBytes} bytes that are an incomplete record, as after a power cut: they are left out`,
      )
    }
    return { file, held, found, now, places, notices }
  } catch (error) {
    held.lock.release()
    throw error
  }
}

/** The recorded run with the sources of this process, which one that resumes it, or starts it over, must find, too. */
function withSources(
  run: RecordedRun['run'],
  { inputs, input }: JournaledOptions,
  hasMore: boolean,
) {
  const isFollowed = input?.follow === true
  if (run === undefined || !(hasMore || isFollowed)) return run
  const sources = inputs.map(path => pathThere(run, path))
  const all = new Set([...(isFollowed ? run.options.inputs : []), ...sources])
  return { ...run, options: { ...run.options, inputs: [...all] } }
}

/** A small file takes little time, most of which goes to waiting for threads. */
const filesAtOnce = 16

/** By path; undefined if one of the files cannot be read twice. @throws {InputError} as `fingerprintOf` */
async function fingerprintsOf(paths: readonly string[], files: Files) {
  const found = new Map<string, Fingerprint>()
  for (let at = 0; at < paths.length; at += filesAtOnce) {
    const some = paths.slice(at, at + filesAtOnce)
    const fingerprints = await Promise.all(some.map(path => fingerprintOf(path, files)))
    for (const [i, fingerprint] of fingerprints.entries()) {
      if (fingerprint === undefined) return undefined
      found.set(some[i]!, fingerprint)
    }
  }
  return found
}

/** Late requests of a run that starts over must find no ledger, so its successor knows its token, unless the journal has been lost. */
function replacedBy(past: RecordedRun, restart: boolean): RecordOf<'run'>['replaces'] {
  const { run, ledgerNumber, dataSessions, end } = past
  if (run === undefined)
    return restart ? { tokens: [], dataSessions: [], hasEnded: true } : undefined
  const before = ledgerNumber === 0 ? run.replaces : undefined
  return {
    tokens: [run.token, ...(before?.tokens ?? [])],
    dataSessions: [...dataSessions, ...(before?.dataSessions ?? [])],
    hasEnded: end !== undefined && before?.hasEnded !== false,
  }
}

/**
 * The rejects files that nobody has changed: a run that starts over finds their rejects again, if it loads the same.
 * @param isAsked  whether the user starts it over: rejects that the journal does not know may then be repaired
 */
function unrepaired(past: RecordedRun, files: Files, isAsked: boolean): readonly string[] {
  const here = (path: string): string => pathHere(past.run, path)
  return past.rejectsFiles.map(here).filter(path => {
    const kept = past.rejects?.files.find(file => here(file.path) === path)
    const { digest, sizeBytes = 0 } = kept ?? {}
    const status = files.statusNow(path)
    if (status === undefined) return true
    if (kept === undefined || digest === undefined) return !isAsked || status.sizeBytes === 0
    if (status.sizeBytes !== sizeBytes && !mayHaveMore(past, path, kept, files)) return false
    return hashOf(path, files, sizeBytes).digest('hex') === digest
  })
}

/** Whether the user is repairing rejects of the run: once it has started over, `retry` refuses them. */
const hasRepaired = (past: RecordedRun, files: Files): boolean =>
  unrepaired(past, files, false).length < past.rejectsFiles.length

/**
 * Compares a recorded run with the options and inputs of this process. Changed inputs of which nothing was read are taken as they are: no row
 * of theirs was sent. `places`: names in the journal, which another folder or link may have changed → path here, if other. `change`: what
 * keeps the run from going on.
 */
function matched(
  found: RecordedRun,
  options: JournaledOptions,
  paths: ReadonlyMap<string, Fingerprint>,
  files: Files,
) {
  const { inputs, run } = found
  const keyOf = (path: string): string | undefined =>
    attempt(() => {
      const status = files.statusNow(path)
      return status && fileKey(path, status)
    })
  const places = new Map<string, string>()
  const others = new Set(paths.keys())
  const renamed = inputs.map(({ path }) => path).filter(name => !others.delete(name))
  const byKey = new Map(renamed.length === 0 ? [] : [...others].map(path => [keyOf(path), path]))
  for (const name of renamed) {
    const key = keyOf(resolve(run?.folder ?? '', name))
    const path = key && byKey.get(key)
    if (path !== undefined && others.delete(path)) places.set(name, path)
  }
  const notices = Array.from(places, ([name, place]) => `"${place}" is "${name}" of this run`)
  if (inputs.length > 0 && others.size > 0) {
    notices.push(`new since the run began, and read after the others: ${[...others].join(', ')}`)
  }
  let change = optionsChange(found, options)
  for (const input of options.input?.follow === true ? [] : inputs) {
    const { path, fingerprint: was, detected } = input
    const is = paths.get(places.get(path) ?? path)
    if (is === undefined) {
      const unread = ', but nothing was read of it: with an empty file in its place the run goes on'
      change ??= `its input "${path}" is no longer among the inputs${detected === undefined ? unread : ''}`
    } else if (!isSame(was, is)) {
      if (detected !== undefined) change ??= changedText(path, was, is)
      else {
        input.fingerprint = is
        notices.push(
          `"${path}" has changed before anything was read of it: it is loaded as it is now`,
        )
      }
    }
  }
  return { places, added: [...paths].filter(([path]) => others.has(path)), notices, change }
}

function optionsChange(found: RecordedRun, options: JournaledOptions): string | undefined {
  const kept = found.rejects?.files.reduce((sum, { rows }) => sum + rows, 0) ?? 0
  // The run may have another rejects file from now on if all of its earlier rejects are in files.
  const takesRejects = options.rejects?.file !== undefined && kept === found.rows().rejected
  const differing = differingOptions(found.run?.options ?? options, options)
    .filter(name => name !== 'rejects.file' || !takesRejects)
    .map(option)
  return differing.length === 0 ? undefined : `it began with other options: ${differing.join(', ')}`
}

/** Holds a run, so that no other process works on it. @param ended  ends the wait for a holder that may be dead @throws {DdbError} DDB_LOCKED, DDB_OUTPUT_CREATE */
export async function lockRun(
  folder: string,
  runId: string,
  files: Files,
  ended?: AbortSignal,
): Promise<HeldLock> {
  const path = lockPath(journalPath(folder, runId))
  let answer
  try {
    files.makeFolder(`${folder}/runs`)
    answer = await files.lock(path, ended)
  } catch (cause) {
    const message = `cannot keep a journal in "${folder}/runs": ${messageOf(cause)}. Name another folder with ${option('journal.folder')}`
    throw new DdbError('DDB_OUTPUT_CREATE', message, { cause })
  }
  if (answer.kind === 'held') return answer
  const why =
    answer.kind === 'taken'
      ? `run "${runId}" is in progress by ${answer.who}. ${remedies.waitForIt()}`
      : answer.kind === 'strange'
        ? `"${path}" should be the lock of run "${runId}", but is not a lock: remove it if nothing uses it`
        : `the lock of run "${runId}" is taken over by other processes faster than by this one: try again`
  throw new DdbError('DDB_LOCKED', why)
}

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
