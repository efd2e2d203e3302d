/*
  The journal of a run as the run uses it: it is told everything before it happens, or once it is known.
*/
import type { DdbError } from '../../errors.js'
import type { Batch } from '../../parse/input-reader.js'
import type { EndedRows, RunEvent } from '../fate/events.js'
import type { ConfirmUsed, LoadResult } from '../options.js'
import { runChanged } from './changed-run.js'
import type { Fingerprint } from './fingerprint.js'
import type { Files } from '../../platform/platform.js'
import type { JournalFile } from './journal-file.js'
import type { JournaledRejects, JournaledRejectsSource, JournalRecord } from './journal-record.js'
import type { JournalState } from './journal-state.js'
import { resumedInput, type KnownBatch, type ResumedInput } from './resumed-input.js'
import { newSettledRows, type SettledRows } from './settled-rows.js'
import type { TargetIdentity } from './target-identity.js'

/** What a run does with its journal. Failures to write are DDB_OUTPUT_WRITE. */
export interface Journal {
  readonly path: string
  /** As the journal was found; nothing that this process does changes it. */
  readonly found: JournalState
  /** As it was before a restart; else `found`. */
  readonly past: JournalState
  /** Other processes have worked on the run before. */
  readonly isResumed: boolean
  /** Of this process, from 1. */
  readonly processNumber: number
  /** Highest number that any process gave to rows. */
  readonly lastNo: number
  /** Of the ledger that receipts are in; another one after a restart. */
  readonly ledgerNumber: number
  /** Of the run, in the ledger and the marker. */
  readonly token: bigint
  /** The inputs in the order in which they are read. */
  readonly paths: readonly string[]
  /**
   * Why nothing more must be sent, written or removed, DDB_LOCKED: another process has the run by now; undefined while it
   * is this one's. May be asked before every batch.
   */
  lost(): DdbError | undefined
  /** The lock was nobody's: if the last process has not told its end, something else than that process has removed it. */
  readonly wasUnlocked: boolean
  /** Set once the journal cannot be relied on any more. */
  readonly failure: DdbError | undefined
  /** Whether another process would find what was written. */
  isInPlace(): boolean
  /** Names the rejects whenever they have grown. */
  follow(rejects: JournaledRejectsSource): void
  target(identity: TargetIdentity, used: ConfirmUsed): void
  /** Receipts are about to be in this ledger; those in another one are gone. @throws {DdbError} DDB_OUTPUT_WRITE */
  ledger(number: number, version: 1 | 2): void
  /** What was found out about the target. */
  note(record: Extract<JournalRecord, { kind: 'sampled' | 'finished' }>): void
  session(id: string): void
  /** What the server knows of the run: numbers go on above these. */
  seen(server: { readonly owner: number; readonly ledgerNumber: number }): void
  /** The number under which the server is to be told that this process has the run. @throws {DdbError} DDB_OUTPUT_WRITE */
  nextOwner(): number
  /** The last one; 0 before. */
  readonly owner: number
  /** A file is followed from now on. @returns its number */
  follows(path: string, fingerprint: Fingerprint): number
  /** A file that is followed can be told from others by more than before. */
  grown(input: number, fingerprint: Fingerprint): void
  /**
   * An input is about to be read.
   * @param detected  how, as text
   * @throws {DdbError} DDB_RUN_CHANGED when it was read in another way before
   */
  reading(input: number, detected: string): void
  /** Times have shown what offsets their columns have; to be told before the batch that they are in. */
  offsets(offsets: Readonly<Record<string, string>>): void
  /** Where reading an input goes on; undefined when nothing of it was read before. */
  resumed(input: number): ResumedInput | undefined
  /** A batch has come from an input. @param records  of the input, up to the end of the batch */
  place(batch: Batch, input: number, records: number): void
  /** What earlier processes did with the rows of a batch that has its place; undefined when they never met them. */
  knownOf(batch: Batch): KnownBatch | undefined
  /** A file for rejects is about to be made. @throws {DdbError} DDB_OUTPUT_WRITE */
  makingRejects(path: string): void
  /** Whether a reader's reject is among those of an earlier process. */
  isKnownReject(input: number, offsetBytes: number): boolean
  rejected(input: number, offsetBytes: number): void
  /**
   * What is rejected from now on is for the next process to find out: a record that was cut off by a disk that failed may
   * be whole by then, and a reject that ends a run ends the next process, too.
   */
  keepNoMoreRejects(): void
  /**
   * Is told everything that happens. Rows that have a number must not go out before a `commit`: one does for many batches.
   * @throws {DdbError} DDB_OUTPUT_WRITE: then it must not happen
   */
  take(event: RunEvent): void
  read(input: number, summary: LoadResult['inputs'][number]): void
  /** The ledger and the marker are about to be removed: waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  leaving(): void
  /** Everything told so far is with the operating system. @throws {DdbError} DDB_OUTPUT_WRITE */
  commit(): void
  end(result: LoadResult, isDone: boolean): void
  /** Waits for the disk, and gives the run back. A journal whose run is done keeps only what tells that. @throws {DdbError} */
  close(): Promise<void>
}

export interface JournalSetup {
  readonly file: JournalFile
  readonly found: JournalState
  /** As it was before a restart; else `found`. */
  readonly past: JournalState
  readonly token: bigint
  readonly paths: readonly string[]
  /** Several inputs are read at once. */
  readonly isFollowing: boolean
  readonly wasUnlocked: boolean
  readonly lost: () => DdbError | undefined
  readonly release: () => void
  /** Told before anything else is: a process that has nothing to tell leaves the journal as it is. */
  readonly opening: readonly JournalRecord[]
  readonly files: Files
  readonly wallMs: () => number
}

/** A journal that is being written. */
export function newJournal(setup: JournalSetup): Journal {
  return new KeptJournal(setup)
}

class KeptJournal implements Journal {
  readonly found: JournalState
  readonly past: JournalState
  readonly token: bigint
  readonly paths: string[]
  readonly path: string
  readonly isResumed: boolean
  readonly processNumber: number
  readonly lastNo: number
  readonly wasUnlocked: boolean
  readonly lost: () => DdbError | undefined
  readonly #file: JournalFile
  readonly #setup: JournalSetup
  readonly #resumedInputs = new Map<number, ResumedInput>()
  #opening: readonly JournalRecord[]
  owner = 0
  #seen = { owner: 0, ledgerNumber: 0 }
  /** What stands for the batches once the run is done. */
  readonly #settled: SettledRows
  #shrink: () => Promise<void> = () => Promise.resolve()
  /** Ends of what was sent, by input. */
  readonly #sentUpTo = new Map<number, number>()
  #ended: { no: number; rows: EndedRows }[] = []
  #rejects: JournaledRejectsSource | undefined
  #rejectsKnown = 0
  #keepsRejects = true
  #upTo: JournaledRejects['upTo']
  /** Of inputs that are followed, and as earlier processes have left them. */
  readonly #upTos = new Map<number, number>()
  readonly #knownUpTos: ReadonlyMap<number, number>

  constructor(setup: JournalSetup) {
    const { file, found, past, token, paths } = setup
    this.#setup = setup
    this.#file = file
    this.found = found
    this.past = past
    this.token = token
    this.paths = [...paths]
    this.path = file.path
    this.isResumed = found.processes > 0
    this.processNumber = past.processes + 1
    this.lastNo = past.lastNo
    this.wasUnlocked = setup.wasUnlocked
    this.lost = setup.lost
    this.#opening = setup.opening
    this.#settled = newSettledRows(found, past)
    this.#knownUpTos = new Map(found.rejects?.upTos)
    this.#upTo = found.rejects?.upTo ?? { input: 0, offsetBytes: 0 }
    for (const [input, journaled] of found.inputs.entries()) {
      const { covered, detected } = journaled
      if (detected === undefined) continue
      this.#resumedInputs.set(input, resumedInput(journaled))
      this.#sentUpTo.set(input, covered.ends.at(-1)!.offsetBytes)
    }
  }

  get ledgerNumber(): number {
    const { ledgerNumber } = this.past
    if (this.found === this.past) return ledgerNumber
    return Math.max(ledgerNumber, this.#seen.ledgerNumber) + 1
  }

  get failure(): DdbError | undefined {
    return this.#file.failure
  }

  isInPlace(): boolean {
    return this.#file.isInPlace()
  }

  follow(source: JournaledRejectsSource): void {
    this.#rejects = source
    this.#rejectsKnown = source.count
  }

  target(identity: TargetIdentity, used: ConfirmUsed): void {
    this.#add({ kind: 'target', identity, used })
  }

  ledger(number: number, version: 1 | 2): void {
    this.#add({ kind: 'ledger', number, ...(version === 1 ? {} : { version }) })
    // As for `nextOwner`.
    this.#file.sync()
  }

  note(record: Extract<JournalRecord, { kind: 'sampled' | 'finished' }>): void {
    this.#add(record)
  }

  session(id: string): void {
    this.#add({ kind: 'session', id })
  }

  seen(server: { readonly owner: number; readonly ledgerNumber: number }): void {
    this.#seen = server
  }

  nextOwner(): number {
    const number = Math.max(this.owner, this.past.owner, this.#seen.owner) + 1
    this.#add({ kind: 'owner', number })
    // On the disk before the server knows: a number that the journal does not know is one of a later journal.
    this.#file.sync()
    this.owner = number
    return number
  }

  follows(path: string, fingerprint: Fingerprint): number {
    this.#add({ kind: 'inputs', inputs: [{ path, fingerprint }] })
    return this.paths.push(path) - 1
  }

  grown(input: number, fingerprint: Fingerprint): void {
    this.#add({ kind: 'grown', input, fingerprint })
  }

  reading(input: number, detected: string): void {
    const before = this.found.inputs[input]?.detected
    if (before === undefined) this.#add({ kind: 'reading', input, detected })
    else if (before !== detected) {
      const how = `was read as ${before}, and would now be read as ${detected}`
      throw runChanged(this.found, `"${this.paths[input]}" ${how}`)
    }
  }

  offsets(offsets: Readonly<Record<string, string>>): void {
    this.#file.add({ kind: 'offsets', offsets })
  }

  resumed(input: number): ResumedInput | undefined {
    return this.#resumedInputs.get(input)
  }

  place(batch: Batch, input: number, records: number): void {
    // A map from batches would cost small ones more than all the rest of this.
    batch.place = { input, records }
    if (this.#resumedInputs.get(input)?.hasRowsOf(batch) !== false) return
    throw runChanged(this.found, `"${this.paths[input]}" has other rows than were sent`)
  }

  knownOf(batch: Batch): KnownBatch | undefined {
    const { place } = batch
    return place && this.#resumedInputs.get(place.input)?.knownOf(batch)
  }

  isKnownReject(input: number, offsetBytes: number): boolean {
    if (this.#setup.isFollowing) return offsetBytes < (this.#knownUpTos.get(input) ?? 0)
    const upTo = this.found.rejects?.upTo
    if (upTo === undefined || input > upTo.input) return false
    return input < upTo.input || offsetBytes < upTo.offsetBytes
  }

  makingRejects(path: string): void {
    this.#add({ kind: 'rejectsFile', path })
    this.#file.write()
  }

  rejected(input: number, offsetBytes: number): void {
    this.#upTo = { input, offsetBytes: offsetBytes + 1 }
    if (this.#setup.isFollowing) this.#upTos.set(input, offsetBytes + 1)
  }

  keepNoMoreRejects(): void {
    if (this.#keepsRejects) this.#noteEnded()
    this.#keepsRejects = false
  }

  take(event: RunEvent): void {
    if (event.kind === 'numbered') this.#numbered(event)
    else if (event.kind === 'takenBack' && event.isCertain) this.#add({ kind: 'forgotten' })
    else if (event.kind === 'ended' && event.no !== undefined) {
      const { no, confirmed, rejected, unconfirmed, unsent, duplicates } = event
      const known = duplicates === undefined ? {} : { duplicates }
      this.#ended.push({ no, rows: { confirmed, rejected, unconfirmed, unsent, ...known } })
    }
  }

  #numbered({ no, ranges, isWhole }: Extract<RunEvent, { kind: 'numbered' }>): void {
    this.#settled.numbered(no)
    const { input, startBytes: start, endBytes: end, rows, endLine, records } = ranges[0]!
    this.#noteEnded()
    if (start >= (this.#sentUpTo.get(input) ?? 0) && isWhole) {
      this.#add({ kind: 'batch', no, input, start, end, endLine, rows, records })
      this.#sentUpTo.set(input, end)
      this.#settled.sent(input, { offsetBytes: end, lineNumber: endLine, records }, rows)
    } else {
      this.#add({ kind: 'part', no, input, start, end, rows })
    }
  }

  read(input: number, summary: LoadResult['inputs'][number]): void {
    this.#add({ kind: 'read', input, summary })
  }

  leaving(): void {
    this.#add({ kind: 'leaving' })
    this.#file.sync()
  }

  commit(): void {
    this.#noteEnded()
    this.#file.write()
  }

  end({ status, exitCode, rows }: LoadResult, isDone: boolean): void {
    this.#noteEnded()
    // It found the run done, and did nothing.
    if (isDone && this.#opening.length > 0) return
    const at = new Date(this.#setup.wallMs()).toISOString()
    const record = { kind: 'end', at, isDone, status, exitCode, rows } as const
    this.#file.write()
    const { files } = this.#setup
    const sizeBytes = files.statusNow(this.path)?.sizeBytes ?? 0
    if (isDone) this.#shrink = () => this.#settled.shrink(this.path, files, record, sizeBytes)
    this.#add(record)
  }

  async close(): Promise<void> {
    try {
      this.#file.close()
      // Where there is no room for a short one, the long one says the same.
      if (this.lost() === undefined) await this.#shrink().catch(() => undefined)
    } finally {
      this.#setup.release()
    }
  }

  #add(record: JournalRecord): void {
    for (const opening of this.#opening) this.#file.add(opening)
    this.#opening = []
    this.#file.add(record)
  }

  /** Rejects are in their file before the journal says so, and before the batches that they come from count as ended. */
  #noteEnded(): void {
    const rejects = this.#rejects
    if (this.#keepsRejects && rejects !== undefined && rejects.count !== this.#rejectsKnown) {
      rejects.flush()
      this.#rejectsKnown = rejects.count
      const upTos = this.#upTos.size === 0 ? {} : { upTos: [...this.#upTos] }
      this.#upTos.clear()
      const record = {
        kind: 'rejects',
        ...rejects.journaled(),
        upTo: this.#upTo,
        ...upTos,
      } as const
      this.#settled.rejects(record)
      this.#add(record)
    }
    for (const { no, rows } of this.#ended) {
      if (!this.#keepsRejects && rows.rejected > 0) continue
      this.#add({ kind: 'ended', no, ...rows })
      this.#settled.ended(rows)
    }
    this.#ended = []
  }
}
