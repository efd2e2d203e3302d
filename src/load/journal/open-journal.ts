/*
  Opens the journal of a run: creates a journal, or continues the journal of an earlier process. A process
  continues a journal only if it loads what the recorded run loads and no other process works on the run.
*/
import { DdbError, option } from '../../errors.js'
import type { Files, LockAnswer, Platform } from '../../platform/platform.js'
import { newToken } from '../marker/marker.js'
import type { LoadOptions } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'
import { version } from '../../version.js'
import { remedies } from '../remedies.js'
import { runChanged, runDamaged, runTakenOver } from './changed-run.js'
import { fingerprintOf, fingerprintText, isSame, type Fingerprint } from './fingerprint.js'
import { knownInputs, type KnownInputs } from './known-inputs.js'
import { newJournal, type Journal } from './journal.js'
import { cannotWrite, openJournalFile, type JournalFile } from './journal-file.js'
import { journalFormat, type JournalRecord } from './journal-record.js'
import { namedInput, newDurableState } from '../outcomes/durable-state.js'
import { emptyRun, journaledRun, type JournaledRun } from '../outcomes/journaled-run.js'
import { readRecord } from './journal-events.js'
import { readJournal, type FoundJournal } from './read-journal.js'
import { replaceJournal } from './replace-journal.js'
import { differingOptions, journaledOptions } from './portable-options.js'

export function journalPath(folder: string, runId: string): string {
  return `${folder}/runs/${runId}${journalEnding}`
}

/** File name ending of journals; other files in the folder are locks, drafts, and journals set aside by `--restart`. */
export const journalEnding = '.journal'

/** The process that works on the run holds this lock. */
export function journalLockPath(path: string): string {
  return `${path}.lock`
}

/** New place of a damaged journal when its run starts over. */
function asidePath(path: string): string {
  return `${path}${damagedExtension}`
}

export const damagedExtension = '.damaged'

export interface OpenedJournal {
  readonly journal: Journal
  /** Inputs whose names differ between this process and the journal. */
  readonly places: KnownInputs['places']
  readonly notices: readonly string[]
}

/**
 * @param paths  the inputs, without standard input; empty if files are followed: the run then finds the files itself
 * @returns undefined if an input cannot be read twice
 * @throws {DdbError} DDB_LOCKED if another process works on the run, DDB_RUN_CHANGED, DDB_RUN_DAMAGED, DDB_OUTPUT_CREATE
 * @throws {InputError} DDB_INPUT_READ
 */
export async function openJournal(
  platform: Platform,
  options: LoadOptions,
  checked: CheckedOptions,
  paths: readonly string[],
): Promise<OpenedJournal | undefined> {
  const { files } = platform
  const { runId } = checked
  const fingerprints = new Map<string, Fingerprint>()
  for (const path of paths) {
    const fingerprint = await fingerprintOf(path, files)
    if (fingerprint === undefined) return undefined
    fingerprints.set(path, fingerprint)
  }
  const { folder, restart = false } = options.journal!
  const path = journalPath(folder, runId)
  const held = await takeLock(path, runId, `${folder}/runs`, files)
  try {
    const read = newDurableState(true)
    const whole = await readJournal(path, runId, files, record => readRecord(read, record))
    const past = journaledRun(read)
    // Every process writes the line of the run together with its own.
    const isCut = past.run !== undefined && past.processes === 0
    const damage = whole?.damage ?? (isCut ? 'it ends after its first line' : undefined)
    const size = whole && { ...whole, damage }
    if (size?.damage !== undefined && !restart) throw runDamaged(path, size.damage)
    const token = past.run?.token ?? newToken(platform.random).toString(16)
    const asked = { platform, options, checked, token }
    const begun = restart || past.run === undefined ? emptyRun() : past
    const { found, opening, begunAt, added, places, notices } = openingOr(
      begun,
      past,
      fingerprints,
      asked,
    )
    const known = found.inputs.map(input => input.path)
    const lost = (): DdbError | undefined => {
      const why = held.lock.lost()
      return why === undefined ? undefined : runTakenOver(runId, why)
    }
    const setup = { platform, path, held, size, lost }
    const isDone = found.end?.isDone === true && added.length === 0
    const file = await openFile(setup, isDone ? [] : opening)
    const journal = newJournal({
      file,
      files,
      found,
      past,
      token: BigInt(`0x${token}`),
      begunMs: Date.parse(begunAt) || 0,
      inputs: [
        ...found.inputs,
        ...added.map(({ path, fingerprint }) => namedInput(path, fingerprint)),
      ],
      isFollowing: options.input?.follow === true,
      wasUnlocked: held.from === 'nobody',
      lost,
      release: () => held.lock.release(),
      opening: isDone ? opening : [],
    })
    const placeNotices = [...places].map(([name, place]) => `"${place}" is "${name}" of this run`)
    notices.push(...sizeNotices(path, size), ...placeNotices, ...addedNotices(known, added))
    return { journal, places, notices }
  } catch (error) {
    held.lock.release()
    throw error
  }
}

type Held = Extract<LockAnswer, { kind: 'held' }>

interface Asked {
  readonly platform: Platform
  readonly options: LoadOptions
  readonly checked: CheckedOptions
  /** The random number that identifies the run on the server, in hexadecimal. */
  readonly token: string
}

interface Opening extends Pick<KnownInputs, 'places'> {
  readonly opening: JournalRecord[]
  readonly begunAt: string
  /** New inputs. */
  readonly added: readonly { readonly path: string; readonly fingerprint: Fingerprint }[]
}

interface Begun extends Opening {
  /** The run that is resumed; empty for a new run. */
  readonly found: JournaledRun
  readonly notices: string[]
}

/**
 * Starts the run over if the request differs from the recorded run and no row of that run was stored.
 * @throws {DdbError} DDB_RUN_CHANGED
 */
function openingOr(
  found: JournaledRun,
  past: JournaledRun,
  fingerprints: ReadonlyMap<string, Fingerprint>,
  asked: Asked,
): Begun {
  try {
    return { ...openingOf(found, past, fingerprints, asked), found, notices: [] }
  } catch (error) {
    if (!(error instanceof DdbError) || !beginsAgain(found)) throw error
    const anew = emptyRun()
    return { ...openingOf(anew, past, fingerprints, asked), found: anew, notices: [error.message] }
  }
}

/** Whether no row of the run was stored and there are no rejects that the user may be repairing. */
function beginsAgain({ isUntouched, rejectsFiles, end, run }: JournaledRun): boolean {
  return run !== undefined && isUntouched && rejectsFiles.length === 0 && end?.isDone !== true
}

/**
 * The first records of this process.
 * @param found  the resumed run; empty for a new one
 * @throws {DdbError} DDB_RUN_CHANGED if the request differs from the recorded run
 */
function openingOf(
  found: JournaledRun,
  past: JournaledRun,
  fingerprints: ReadonlyMap<string, Fingerprint>,
  { platform: { clock, files }, options, checked, token }: Asked,
): Opening {
  const current = journaledOptions(options, checked)
  const startedAt = new Date(clock.wallMs()).toISOString()
  const opening: JournalRecord[] = []
  const known = found.inputs.map(input => input.path)
  const asked = [...fingerprints.keys()]
  const { places, added } = knownInputs(known, found.run?.folder ?? '', asked, files)
  if (found.run !== undefined) {
    const takesRejects = keepsAll(found, current.rejects?.file)
    const differing = differingOptions(found.run.options, current)
    checkOptions(
      found,
      differing.filter(name => name !== 'rejects.file' || !takesRejects),
    )
    const isFollowing = options.input?.follow === true
    for (const { path, fingerprint } of isFollowing ? [] : found.inputs) {
      checkInput(found, path, fingerprint, fingerprints.get(places.get(path) ?? path))
    }
  } else {
    opening.push({
      kind: 'run',
      format: journalFormat,
      version,
      runId: checked.runId,
      token,
      startedAt,
      folder: options.journal?.workingFolder ?? '',
      options: current,
      ...(options.journal?.restart === true ? { isAnew: true } : {}),
    })
  }
  opening.push({ kind: 'process', number: past.processes + 1, startedAt })
  const inputs = added.map(path => ({ path, fingerprint: fingerprints.get(path)! }))
  if (inputs.length > 0) opening.push({ kind: 'inputs', inputs })
  return { opening, begunAt: found.run?.startedAt ?? startedAt, added: inputs, places }
}

/** Whether the run may have another rejects file from now on: all of its earlier rejects are in files. */
function keepsAll({ rejects }: JournaledRun, file: string | undefined): boolean {
  if (file === undefined || rejects === undefined) return file !== undefined
  const count = Object.values(rejects.byClass).reduce((sum, rows) => sum + rows, 0)
  return rejects.files.reduce((sum, { rows }) => sum + rows, 0) === count
}

interface FileSetup {
  readonly platform: Platform
  readonly path: string
  readonly held: Held
  readonly size: FoundJournal | undefined
  readonly lost: () => DdbError | undefined
}

/**
 * Opens the journal on the disk and writes the first records of this process.
 * @throws {DdbError} DDB_OUTPUT_CREATE, DDB_OUTPUT_WRITE
 */
async function openFile(
  { platform, path, held, size, lost }: FileSetup,
  opening: readonly JournalRecord[],
): Promise<JournalFile> {
  const { files } = platform
  const isDamaged = size?.damage !== undefined
  let present = size ?? { sizeBytes: 0, tornBytes: 0 }
  let waiting = opening
  // If the holder of a stale lock was only suspended, it may still write. Its records must not get between the records
  // of this process.
  if (size === undefined || isDamaged || held.from === 'stale') {
    const asideTo = isDamaged ? asidePath(path) : undefined
    try {
      await replaceJournal(path, files, { sizeBytes: present.sizeBytes, asideTo }, opening)
    } catch (cause) {
      throw cannotWrite(path, cause)
    }
    present = { sizeBytes: files.statusNow(path)?.sizeBytes ?? 0, tornBytes: 0 }
    waiting = []
  }
  const file = openJournalFile(path, present, platform, lost)
  try {
    for (const record of waiting) file.add(record)
    file.sync()
    return file
  } catch (error) {
    closeQuietly(file)
    throw error
  }
}

function closeQuietly(file: JournalFile): void {
  try {
    file.close()
  } catch {
    // Ignored, because the caller throws the error of the failed write, which matters more.
  }
}

async function takeLock(path: string, runId: string, folder: string, files: Files): Promise<Held> {
  try {
    files.makeFolder(folder)
    const answer = await files.lock(journalLockPath(path))
    if (answer.kind === 'held') return answer
    throw runIsTaken(runId, path, answer)
  } catch (cause) {
    if (cause instanceof DdbError) throw cause
    throw new DdbError(
      'DDB_OUTPUT_CREATE',
      `cannot keep a journal in "${folder}": ${cause instanceof Error ? cause.message : String(cause)}. Name another folder with ${option('journal.folder')}`,
      { cause },
    )
  }
}

export function runIsTaken(
  runId: string,
  path: string,
  answer: Exclude<LockAnswer, { kind: 'held' }>,
): DdbError {
  const lockPath = journalLockPath(path)
  switch (answer.kind) {
    case 'taken':
      return new DdbError(
        'DDB_LOCKED',
        `run "${runId}" is in progress by ${answer.who}. ${remedies.waitForIt()}`,
      )
    case 'strange':
      return new DdbError(
        'DDB_LOCKED',
        `"${lockPath}" should be the lock of run "${runId}", but is not a lock: remove it if nothing uses it`,
      )
    case 'contended':
      return new DdbError(
        'DDB_LOCKED',
        `the lock of run "${runId}" is taken over by other processes faster than by this one: try again`,
      )
  }
}

function sizeNotices(path: string, size: FoundJournal | undefined): string[] {
  if (size === undefined) return []
  const { damage, tornBytes } = size
  if (damage !== undefined) {
    return [`the journal could not be relied on (${damage}): it is kept as "${asidePath(path)}"`]
  }
  if (tornBytes === 0) return []
  return [
    `the journal ends in ${tornBytes} bytes that are an incomplete record, as after a power cut: they are left out`,
  ]
}

function addedNotices(known: readonly string[], added: Opening['added']): string[] {
  if (known.length === 0 || added.length === 0) return []
  const names = added.map(({ path }) => path).join(', ')
  return [`new since the run began, and read after the others: ${names}`]
}

function changed(found: JournaledRun, what: string): DdbError {
  return runChanged(found, what, beginsAgain(found) ? remedies.beginsAnew() : undefined)
}

function checkOptions(found: JournaledRun, differing: readonly string[]): void {
  if (differing.length === 0) return
  throw changed(found, `it began with other options: ${differing.map(option).join(', ')}`)
}

function checkInput(
  found: JournaledRun,
  path: string,
  before: Fingerprint,
  now: Fingerprint | undefined,
): void {
  if (now === undefined) throw changed(found, `its input "${path}" is no longer among the inputs`)
  if (isSame(before, now)) return
  throw changed(
    found,
    `its input "${path}" has changed (it was ${fingerprintText(before)}, and is ${fingerprintText(now)})`,
  )
}
