/*
  The journal as a run uses it. The run records each step before the step happens, and each outcome once it is known.
*/
import type { DdbError } from '../../errors.js'
import { mergeRejects } from '../outcomes/durable-state.js'
import type { NamedInput, RunEvent } from '../outcomes/events.js'
import type { RunState } from '../outcomes/fold.js'
import type { JournaledRun } from '../outcomes/journaled-run.js'
import type { Files } from '../../platform/platform.js'
import type { KnownOnServer } from '../marker/ownership.js'
import type { JournalFile } from './journal-file.js'
import type { JournaledRejects, JournaledRejectsSource, JournalRecord } from './journal-record.js'
import { recordOfEvent } from './journal-events.js'
import type { Place } from '../outcomes/place.js'
import type { EndedRows } from '../outcomes/streams.js'
import { shrinkJournal } from './replace-journal.js'

type SeenOnServer = Omit<KnownOnServer, 'isConnected'>

/** A run's journal. Its methods throw DDB_OUTPUT_WRITE if the file cannot be written. */
export interface Journal {
  readonly path: string
  /** The recorded run that this process continues; empty for a new run, and after a restart. Stays unchanged. */
  readonly found: JournaledRun
  /** The recorded run. Differs from `found` only if this process starts the run over. */
  readonly past: JournaledRun
  /** Number of this process, from 1. */
  readonly processNumber: number
  /** Number of the ledger that holds receipts; a restart begins a new ledger. */
  readonly ledgerNumber: number
  /** Identifies the run in its tables on the server: the ledger (receipts) and the marker. */
  readonly token: bigint
  /** When the run was begun or restarted, ms since 1970 by the machine's clock; 0 if not recorded. */
  readonly begunMs: number
  /** The inputs in reading order. */
  readonly inputs: readonly NamedInput[]
  /**
   * The error DDB_LOCKED if another process has taken the run: this process must not send, write or remove anything.
   * Cheap enough to be called before every batch.
   */
  lost(): DdbError | undefined
  /** Whether the run had no lock when this process began. A killed process leaves its lock. */
  readonly wasUnlocked: boolean
  /** Set when the journal can no longer be relied on. */
  readonly failure: DdbError | undefined
  isInPlace(): boolean
  /**
   * From now on, records the rejects of this source whenever their number has grown.
   * @param state  state of the run, from which `close` makes the totals of a finished journal
   */
  follow(rejects: JournaledRejectsSource, state?: Readonly<RunState>): void
  /** Receives what the server knows of the run. `nextOwner` then returns only numbers that the server does not have. */
  seen(server: SeenOnServer): void
  /** What the server knows of the run, as last passed to `seen`; undefined if nothing was passed. */
  readonly onServer: SeenOnServer | undefined
  /**
   * Takes a new number under which the server knows that this process works on the run.
   * @throws {DdbError} DDB_OUTPUT_WRITE
   */
  nextOwner(): number
  /** The last number that `nextOwner` returned; 0 before the first call. */
  readonly owner: number
  /**
   * Receives every event. After the event of a batch, its rows must not be sent before the next `commit`, which may cover many batches.
   * @throws {DdbError} DDB_OUTPUT_WRITE; the event must then not happen
   */
  take(event: RunEvent): void
  /** Hands every event so far to the operating system. @throws {DdbError} DDB_OUTPUT_WRITE */
  commit(): void
  /**
   * Waits for the disk and releases the run. In the journal of a finished run, totals replace the batches.
   * @throws {DdbError}
   */
  close(): Promise<void>
}

export interface JournalSetup {
  readonly file: JournalFile
  readonly found: JournaledRun
  readonly past: JournaledRun
  readonly token: bigint
  readonly begunMs: number
  readonly inputs: readonly NamedInput[]
  /** Whether several inputs are read at once. */
  readonly isFollowing: boolean
  readonly wasUnlocked: boolean
  readonly lost: () => DdbError | undefined
  readonly release: () => void
  /** Records to write first; a process that adds none leaves the journal unchanged. */
  readonly opening: readonly JournalRecord[]
  readonly files: Files
}

export function newJournal(setup: JournalSetup): Journal {
  return new KeptJournal(setup)
}

class KeptJournal implements Journal {
  readonly found: JournaledRun
  readonly past: JournaledRun
  readonly token: bigint
  readonly begunMs: number
  readonly inputs: readonly NamedInput[]
  readonly path: string
  readonly processNumber: number
  readonly wasUnlocked: boolean
  readonly lost: () => DdbError | undefined
  readonly #file: JournalFile
  readonly #setup: JournalSetup
  #opening: readonly JournalRecord[]
  owner = 0
  onServer: SeenOnServer | undefined
  /** All recorded rejects, including those of earlier processes. */
  #rejectsTold: JournaledRejects | undefined
  #state: Readonly<RunState> | undefined
  #shrink: () => Promise<void> = () => Promise.resolve()
  #ended: { readonly place: Place; readonly rows: EndedRows }[] = []
  #rejects: JournaledRejectsSource | undefined
  #rejectsKnown = 0
  #keepsRejects = true
  #upTo: JournaledRejects['upTo']
  /** Index of each followed input → offset up to which all rejects are recorded, in bytes. */
  readonly #upTos = new Map<number, number>()

  constructor(setup: JournalSetup) {
    const { file, found, past, token, begunMs, inputs } = setup
    this.#setup = setup
    this.#file = file
    this.found = found
    this.past = past
    this.token = token
    this.begunMs = begunMs
    this.inputs = inputs
    this.path = file.path
    this.processNumber = past.processes + 1
    this.wasUnlocked = setup.wasUnlocked
    this.lost = setup.lost
    this.#opening = setup.opening
    this.#rejectsTold = found.rejects && { ...found.rejects, byInput: { ...found.rejects.byInput } }
    this.#upTo = found.rejects?.upTo ?? { input: 0, offsetBytes: 0 }
  }

  get ledgerNumber(): number {
    const { ledgerNumber } = this.past
    if (this.found === this.past) return ledgerNumber
    return Math.max(ledgerNumber, this.onServer?.ledgerNumber ?? 0) + 1
  }

  get failure(): DdbError | undefined {
    return this.#file.failure
  }

  isInPlace(): boolean {
    return this.#file.isInPlace()
  }

  follow(source: JournaledRejectsSource, state?: Readonly<RunState>): void {
    this.#rejects = source
    this.#state = state
    this.#rejectsKnown = source.count
  }

  seen(server: SeenOnServer): void {
    this.onServer = server
  }

  nextOwner(): number {
    const number = Math.max(this.owner, this.past.owner, this.onServer?.owner ?? 0) + 1
    this.#add({ kind: 'owner', number })
    // The number must be on disk before it is sent: if only the server has a number, the journal counts as outdated.
    this.#file.sync()
    this.owner = number
    return number
  }

  take(event: RunEvent): void {
    switch (event.kind) {
      case 'ended': {
        const { place, confirmed, rejected, unconfirmed, unsent, filtered } = event
        if (place === undefined) return
        const known = filtered === undefined ? {} : { filtered }
        this.#ended.push({ place, rows: { confirmed, rejected, unconfirmed, unsent, ...known } })
        return
      }
      case 'misread':
        this.#upTo = { input: event.input, offsetBytes: event.offsetBytes + 1 }
        if (this.#setup.isFollowing) this.#upTos.set(event.input, event.offsetBytes + 1)
        return
      case 'rejectsForgotten':
        if (this.#keepsRejects) this.#noteEnded()
        this.#keepsRejects = false
        return
      case 'end':
        return this.#end(event)
      default: {
        const record = recordOfEvent(event)
        if (record === undefined) return
        if (event.kind === 'batch') this.#noteEnded()
        this.#add(record)
        // These records must be on the disk before the process creates the ledger, or removes the run's objects.
        if (event.kind === 'ledger' || event.kind === 'leaving') this.#file.sync()
        if (event.kind === 'rejectsFile') this.#file.write()
      }
    }
  }

  commit(): void {
    this.#noteEnded()
    this.#file.write()
  }

  #end(record: Extract<JournalRecord, { kind: 'end' }>): void {
    this.#noteEnded()
    // The run was finished already, and this process did nothing.
    if (record.isDone && this.#opening.length > 0) return
    this.#file.write()
    const { files } = this.#setup
    const state = this.#state
    if (record.isDone && state !== undefined) {
      const sizeBytes = files.statusNow(this.path)?.sizeBytes ?? 0
      this.#shrink = () =>
        shrinkJournal(this.path, files, state, this.#rejectsTold, record, sizeBytes)
    }
    this.#add(record)
  }

  async close(): Promise<void> {
    try {
      this.#file.close()
      // If the disk has no room for the shorter journal, the long one stays, which has the same meaning.
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

  /** Writes rejects to their file first, then to the journal, and only then the ends of their batches. */
  #noteEnded(): void {
    const rejects = this.#rejects
    if (this.#keepsRejects && rejects !== undefined && rejects.count !== this.#rejectsKnown) {
      this.#keepsRejects = false
      rejects.flush()
      // Rejects that are in no file are read again by the next process, when the disk has room.
      if (rejects.unplaced > 0) return this.#noteEnded()
      this.#keepsRejects = true
      this.#rejectsKnown = rejects.count
      const upTos = this.#upTos.size === 0 ? {} : { upTos: [...this.#upTos] }
      this.#upTos.clear()
      const record = {
        kind: 'rejects',
        ...rejects.journaled(),
        upTo: this.#upTo,
        ...upTos,
      } as const
      this.#rejectsTold = mergeRejects(this.#rejectsTold, record)
      this.#add(record)
    }
    for (const { place, rows } of this.#ended) {
      if (!this.#keepsRejects && rows.rejected > 0) continue
      const { stream, no, lane, part } = place
      const piece = lane === 0 && part === 1 ? {} : { lane, part }
      this.#add({ kind: 'ended', stream, no, ...piece, ...rows })
    }
    this.#ended = []
  }
}
