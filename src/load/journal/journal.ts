/*
  The journal of a run as the run uses it: it is told everything before it happens, or once it is known.
*/
import type { DdbError } from '../../errors.js'
import { rejectsWith } from '../fate/durable.js'
import type { NamedInput, RunEvent } from '../fate/events.js'
import type { RunState } from '../fate/fold.js'
import type { FoundRun } from '../fate/found-run.js'
import type { Files } from '../../platform/platform.js'
import type { KnownOnServer } from '../marker/ownership.js'
import type { JournalFile } from './journal-file.js'
import type {
  EndedRows,
  JournaledRejects,
  JournaledRejectsSource,
  JournalRecord,
} from './journal-record.js'
import { recordOfEvent } from './journal-events.js'
import { shrinkJournal } from './settled-rows.js'

type SeenOnServer = Omit<KnownOnServer, 'isConnected'>

/** What a run does with its journal. Failures to write are DDB_OUTPUT_WRITE. */
export interface Journal {
  readonly path: string
  /** As the journal was found; nothing that this process does changes it. */
  readonly found: FoundRun
  /** As it was before a restart; else `found`. */
  readonly past: FoundRun
  /** Of this process, from 1. */
  readonly processNumber: number
  /** Highest number that any process gave to rows. */
  readonly lastNo: number
  /** Of the ledger that receipts are in; another one after a restart. */
  readonly ledgerNumber: number
  /** Of the run, in the ledger and the marker. */
  readonly token: bigint
  /** When the run was begun, or begun anew, by the clock of that machine, ms since 1970; 0 where the journal does not tell. */
  readonly begunMs: number
  /** The inputs in the order in which they are read. */
  readonly inputs: readonly NamedInput[]
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
  /** Names the rejects whenever they have grown. @param state  what the run comes to, for the end of its journal */
  follow(rejects: JournaledRejectsSource, state?: Readonly<RunState>): void
  /** What the server knows of the run: numbers go on above these. */
  seen(server: SeenOnServer): void
  /** As `seen` was told; undefined before, and where the server does not tell. */
  readonly onServer: SeenOnServer | undefined
  /** The number under which the server is to be told that this process has the run. @throws {DdbError} DDB_OUTPUT_WRITE */
  nextOwner(): number
  /** The last one; 0 before. */
  readonly owner: number
  /**
   * Is told everything that happens. Rows that have a number must not go out before a `commit`: one does for many batches.
   * @throws {DdbError} DDB_OUTPUT_WRITE: then it must not happen
   */
  take(event: RunEvent): void
  /** Everything told so far is with the operating system. @throws {DdbError} DDB_OUTPUT_WRITE */
  commit(): void
  /** Waits for the disk, and gives the run back. A journal whose run is done keeps only what tells that. @throws {DdbError} */
  close(): Promise<void>
}

export interface JournalSetup {
  readonly file: JournalFile
  readonly found: FoundRun
  /** As it was before a restart; else `found`. */
  readonly past: FoundRun
  readonly token: bigint
  readonly begunMs: number
  readonly inputs: readonly NamedInput[]
  /** Several inputs are read at once. */
  readonly isFollowing: boolean
  readonly wasUnlocked: boolean
  readonly lost: () => DdbError | undefined
  readonly release: () => void
  /** Told before anything else is: a process that has nothing to tell leaves the journal as it is. */
  readonly opening: readonly JournalRecord[]
  readonly files: Files
}

/** A journal that is being written. */
export function newJournal(setup: JournalSetup): Journal {
  return new KeptJournal(setup)
}

class KeptJournal implements Journal {
  readonly found: FoundRun
  readonly past: FoundRun
  readonly token: bigint
  readonly begunMs: number
  readonly inputs: readonly NamedInput[]
  readonly path: string
  readonly processNumber: number
  readonly lastNo: number
  readonly wasUnlocked: boolean
  readonly lost: () => DdbError | undefined
  readonly #file: JournalFile
  readonly #setup: JournalSetup
  #opening: readonly JournalRecord[]
  owner = 0
  onServer: SeenOnServer | undefined
  /** Of this process and those before. */
  #rejectsTold: JournaledRejects | undefined
  #state: Readonly<RunState> | undefined
  #shrink: () => Promise<void> = () => Promise.resolve()
  #ended: { no: number; rows: EndedRows }[] = []
  #rejects: JournaledRejectsSource | undefined
  #rejectsKnown = 0
  #keepsRejects = true
  #upTo: JournaledRejects['upTo']
  /** Of inputs that are followed. */
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
    this.lastNo = past.lastNo
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
    // On the disk before the server knows: a number that the journal does not know is one of a later journal.
    this.#file.sync()
    this.owner = number
    return number
  }

  take(event: RunEvent): void {
    switch (event.kind) {
      case 'ended': {
        const { no, confirmed, rejected, unconfirmed, unsent, duplicates } = event
        if (no === undefined) return
        const known = duplicates === undefined ? {} : { duplicates }
        this.#ended.push({ no, rows: { confirmed, rejected, unconfirmed, unsent, ...known } })
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
        if (event.kind === 'numbered' || event.kind === 'laned') this.#noteEnded()
        this.#add(record)
        // On the disk before the server knows, or before what would tell of a loss goes.
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
    // It found the run done, and did nothing.
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
      this.#rejectsTold = rejectsWith(this.#rejectsTold, record)
      this.#add(record)
    }
    for (const { no, rows } of this.#ended) {
      if (!this.#keepsRejects && rows.rejected > 0) continue
      this.#add({ kind: 'ended', no, ...rows })
    }
    this.#ended = []
  }
}
