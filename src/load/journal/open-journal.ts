/*
  Opens the journal of a run: makes it, or takes up the one that another process has left, once it is certain that this is
  the same run and that nobody else is at it.
*/
import { DdbError } from '../../errors.js'
import type { Files, Platform } from '../../platform/platform.js'
import { newToken } from '../marker/marker.js'
import type { LoadOptions } from '../options.js'
import type { Plan } from '../plan.js'
import { version } from '../../version.js'
import { runChanged } from './changed-run.js'
import { fingerprintOf, fingerprintText, isSame, type Fingerprint } from './fingerprint.js'
import { knownInputs, type KnownInputs } from './known-inputs.js'
import { newJournal, type Journal } from './journal.js'
import {
  openJournalFile,
  readJournal,
  type FoundJournal,
  type JournalFile,
} from './journal-file.js'
import { newJournalState, type JournalState } from './journal-state.js'
import { differingOptions, journaledOptions } from './portable-options.js'

/** The journal of a run. */
export function journalPath(folder: string, runId: string): string {
  return `${folder}/runs/${runId}${journalEnding}`
}

/** How journals end; others in the folder are locks. */
export const journalEnding = '.journal'

/** Who works on the run holds it. */
export function journalLockPath(path: string): string {
  return `${path}.lock`
}

/** What a run says when its journal is taken up. */
export interface OpenedJournal {
  readonly journal: Journal
  /** Where inputs are that this process calls otherwise than the journal. */
  readonly places: KnownInputs['places']
  readonly notices: readonly string[]
}

/**
 * @param paths  the inputs, none of them standard input; none at all where they are followed, which finds them itself
 * @returns undefined when an input cannot be read twice
 * @throws {DdbError} DDB_LOCKED while another process is at it, DDB_RUN_CHANGED also for a damaged journal, DDB_OUTPUT_CREATE
 * @throws {InputError} DDB_INPUT_READ
 */
export async function openJournal(
  platform: Platform,
  options: LoadOptions,
  plan: Plan,
  paths: readonly string[],
): Promise<OpenedJournal | undefined> {
  const { files, clock, random } = platform
  const { folder, workingFolder = '', restart = false } = options.journal!
  const fingerprints = new Map<string, Fingerprint>()
  for (const path of paths) {
    const fingerprint = await fingerprintOf(path, files)
    if (fingerprint === undefined) return undefined
    fingerprints.set(path, fingerprint)
  }
  const path = journalPath(folder, plan.runId)
  const release = takeLock(path, plan.runId, `${folder}/runs`, files)
  let file: JournalFile | undefined
  try {
    const before = newJournalState()
    const size = await readIfThere(path, files, before)
    const notices = size === undefined ? [] : tornNotices(size)
    const anew = restart || before.run === undefined
    if (size?.isDamaged === true && !restart) throw damaged(path)
    const current = journaledOptions(options, plan)
    const found = anew ? newJournalState() : before
    if (!anew) checkOptions(before, differingOptions(before.run.options, current))
    const known = found.inputs.map(input => input.path)
    const isFollowing = options.input?.follow === true
    const { places, added } = knownInputs(known, found.run?.folder ?? '', paths, files)
    for (const { path, fingerprint } of isFollowing ? [] : found.inputs) {
      checkInput(found, path, fingerprint, fingerprints.get(places.get(path) ?? path))
    }
    for (const [name, place] of places) notices.push(`"${place}" is "${name}" of this run`)
    if (!anew && added.length > 0)
      notices.push(`new since the run began, and read behind the others: ${added.join(', ')}`)
    file = openJournalFile(path, size, { files, clock })
    const token = before.run === undefined ? newToken(random) : BigInt(`0x${before.run.token}`)
    const startedAt = new Date(clock.wallMs()).toISOString()
    if (anew) {
      const { runId } = plan
      file.add({
        kind: 'run',
        format: 1,
        version,
        runId,
        token: token.toString(16),
        startedAt,
        folder: workingFolder,
        options: current,
      })
    }
    file.add({ kind: 'process', number: before.processes + 1, startedAt })
    const inputs = added.map(path => ({ path, fingerprint: fingerprints.get(path)! }))
    if (inputs.length > 0) file.add({ kind: 'inputs', inputs })
    file.write()
    const wallMs = (): number => clock.wallMs()
    const journal = newJournal({
      file,
      found,
      past: before,
      token,
      paths: [...known, ...added],
      isFollowing,
      release,
      wallMs,
    })
    return { journal, places, notices }
  } catch (error) {
    try {
      file?.close()
    } catch {
      // It could not be written, which is known by now.
    }
    release()
    throw error
  }
}

function takeLock(path: string, runId: string, folder: string, files: Files): () => void {
  try {
    files.makeFolder(folder)
    const answer = files.lock(journalLockPath(path))
    if (answer.kind === 'held') return () => answer.lock.release()
    const who = answer.kind === 'taken' ? ` by process ${answer.pid} since ${answer.since}` : ''
    throw new DdbError(
      'DDB_LOCKED',
      `run "${runId}" is under way${who}. Wait for it, or use another \`runId\`; if nothing runs, remove "${journalLockPath(path)}"`,
    )
  } catch (cause) {
    if (cause instanceof DdbError) throw cause
    throw new DdbError(
      'DDB_OUTPUT_CREATE',
      `cannot keep a journal in "${folder}": ${cause instanceof Error ? cause.message : String(cause)}. Name another folder with \`journal.folder\``,
      { cause },
    )
  }
}

async function readIfThere(
  path: string,
  files: Files,
  state: JournalState,
): Promise<FoundJournal | undefined> {
  try {
    return await readJournal(path, files, record => state.take(record))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new DdbError(
      'DDB_OUTPUT_CREATE',
      `cannot read the journal "${path}": ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}

/** Batches that it knew of would be sent again. */
function damaged(path: string): DdbError {
  return new DdbError(
    'DDB_RUN_CHANGED',
    `the journal "${path}" is damaged: what stands in its middle is no record. See what the table has, ` +
      'then begin anew with `journal.restart`',
  )
}

function tornNotices({ tornBytes }: FoundJournal): string[] {
  if (tornBytes === 0) return []
  return [
    `the journal ends in ${tornBytes} bytes that are no whole record, as after a power cut: they are left out`,
  ]
}

function checkOptions(found: JournalState, differing: readonly string[]): void {
  if (differing.length === 0) return
  throw runChanged(
    found,
    `it was begun with other options: ${differing.map(name => `\`${name}\``).join(', ')}`,
  )
}

function checkInput(
  found: JournalState,
  path: string,
  before: Fingerprint,
  now: Fingerprint | undefined,
): void {
  if (now === undefined)
    throw runChanged(found, `its input "${path}" is not among the inputs any more`)
  if (isSame(before, now)) return
  throw runChanged(
    found,
    `its input "${path}" has changed (it was ${fingerprintText(before)}, and is ${fingerprintText(now)})`,
  )
}
