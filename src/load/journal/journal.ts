/*
  The journal as a run uses it. The run records each step before the step happens, and each outcome once it is known.
*/
import type { Reject } from '../../parse/batch.js'
import type { FileLock, HeldLock } from '../../platform/platform.js'
import type { KnownRun } from '../register/register.js'
import type { Place } from '../outcomes/place.js'
import type { JournalFile } from './journal-file.js'
import type { EndedRows, JournaledRejects, JournalRecord, RecordOf } from './journal-record.js'
import type { RecordedRun } from './recorded-run.js'

/** The rejects of a run, as the journal records them. */
export interface JournaledRejectsSource {
  flush(): void
  /** Grows with every reject. The journal records the rejects again only if this number has changed. */
  readonly count: number
  /** Rejects that could not be written to their file. */
  readonly unplaced: number
  /** What the journal records of the rejects and their files; call `flush` first. */
  journaled(): Omit<JournaledRejects, 'upTo'>
}

interface JournalSetup {
  readonly file: JournalFile
  readonly held: HeldLock
  readonly past: RecordedRun
  readonly found: RecordedRun
  readonly now: RecordedRun
  /** Whether the file has the records of this process. A process that adds none leaves the journal of a finished run unchanged. */
  readonly isBegun: boolean
}

/** A run's journal. Its methods throw DDB_OUTPUT_WRITE if the file cannot be written. */
export class Journal {
  readonly file: JournalFile
  /** The recorded run that this process continues; empty for a new run, and after a restart. Stays unchanged. */
  readonly found: RecordedRun
  /** The recorded run. Differs from `found` only if this process starts the run over. */
  readonly past: RecordedRun
  /** The run with what this process has recorded. */
  readonly now: RecordedRun
  /** Whether the run had no lock when this process began. A killed process leaves its lock. */
  readonly wasUnlocked: boolean
  /** The number of this process in the register; 0 before the first `beginsLedger`. */
  owner = 0
  /** What the server knew of the run when this process began; undefined if it was not asked, or did not answer. */
  onServer: KnownRun | undefined
  readonly #lock: FileLock
  #isBegun: boolean
  #ended: RecordOf<'ended'>[] = []
  #rejects: JournaledRejectsSource | undefined
  #rejectsKnown = 0
  #keepsRejects = true
  /** Index of each input with new rejects → offset up to which all of them are recorded, in bytes. */
  readonly #upTo = new Map<number, number>()

  constructor({ file, held, past, found, now, isBegun }: JournalSetup) {
    this.file = file
    this.#lock = held.lock
    this.wasUnlocked = held.from === 'nobody'
    this.past = past
    this.found = found
    this.now = now
    this.#isBegun = isBegun
  }

  /** Identifies the run in its ledgers (tables of receipts) and in the register of the server. */
  get token(): bigint {
    return BigInt(`0x${this.now.run!.token}`)
  }

  /** Number of this process, from 1. */
  get processNumber(): number {
    return this.past.processes + 1
  }

  /** Number of the ledger that holds receipts; a restart begins a new ledger. */
  get ledgerNumber(): number {
    const { ledgerNumber } = this.past
    if (this.found === this.past) return ledgerNumber
    return Math.max(ledgerNumber, this.onServer?.ledgerNumber ?? 0) + 1
  }

  /** When the run was begun or restarted, ms since 1970 by the machine's clock; 0 if not recorded. */
  get begunMs(): number {
    return Date.parse(this.now.run!.startedAt) || 0
  }

  /**
   * From now on, records the rejects of this source whenever their number has grown.
   * @param keeps  false if the next process must read bad records again, because a recorded reject that ends this process would also
   *   end the next one
   */
  follow(rejects: JournaledRejectsSource, keeps: boolean): void {
    this.#rejects = rejects
    this.#rejectsKnown = rejects.count
    this.#keepsRejects = keeps
  }

  /**
   * Records that this process is about to create a ledger. The numbers are on the disk before the server gets them: if only the server
   * had them, the journal would count as outdated.
   * @returns the number of this process in the register
   * @throws {DdbError} DDB_OUTPUT_WRITE
   */
  beginsLedger(ledgerNumber: number): number {
    const { past, onServer } = this
    if (this.owner === 0) this.owner = Math.max(past.owner, onServer?.processNo ?? 0) + 1
    this.add({ kind: 'facts', ledgerNumber, owner: this.owner })
    return this.owner
  }

  /**
   * Records a step before it happens. A batch must not be sent before the next `commit`, which may cover many batches.
   * @throws {DdbError} DDB_OUTPUT_WRITE; the step must then not happen
   */
  add(record: JournalRecord): void {
    if (record.kind === 'batch') this.#noteEnded()
    this.#put(record)
    if (record.kind !== 'facts') return
    // These records must be on the disk before the process creates the ledger, or removes the run's objects.
    if (record.ledgerNumber !== undefined || record.hasLeftServer === true) this.file.sync()
    if (record.rejectsFiles !== undefined) this.file.write()
  }

  /** Records the outcome of a piece, at the next `commit` or together with the next batch. */
  ended({ stream, no, lane, part }: Place, rows: EndedRows): void {
    const piece = lane === 0 && part === 1 ? undefined : { lane, part }
    const { confirmed, rejected, unconfirmed, unsent, filtered = 0 } = rows
    const record = { kind: 'ended', stream, no, confirmed, rejected, unconfirmed, unsent } as const
    const left = filtered === 0 ? undefined : { filtered }
    this.#ended.push((piece ?? left) ? { ...record, ...piece, ...left } : record)
  }

  /** Rows that the journal has as unsent are about to be sent. If this process is killed, they are no longer certainly not stored. */
  sentAgain(place: Place, unconfirmed: number): void {
    this.ended(place, { confirmed: 0, rejected: 0, unconfirmed, unsent: 0 })
  }

  /** Notes that the reader has rejected a record. */
  misread(input: number, { code, offsetBytes }: Pick<Reject, 'code' | 'offsetBytes'>): void {
    // A record that is cut off now may be complete when the next process reads it.
    if (code === 'DDB_INPUT_READ') {
      this.#noteEnded()
      this.#keepsRejects = false
      return
    }
    this.#upTo.set(input, offsetBytes + 1)
  }

  /** Hands every record so far to the operating system. @throws {DdbError} DDB_OUTPUT_WRITE */
  commit(): void {
    this.#noteEnded()
    this.file.write()
    if (this.file.isLong) this.#shorten()
  }

  end(record: RecordOf<'end'>): void {
    this.#noteEnded()
    // The run was finished already, and this process did nothing, or another process has the run by now.
    if (!this.#isBegun && (record.isDone || this.file.lost() !== undefined)) return
    this.#put(record)
    this.file.write()
  }

  /**
   * Waits for the disk and releases the run. The journal of a finished run becomes as short as possible.
   * @throws {DdbError}
   */
  close(): void {
    try {
      if (!this.#isBegun) return
      if (this.now.end?.isDone === true && this.file.failure === undefined) this.#shorten()
      this.file.close()
    } finally {
      this.#lock.release()
    }
  }

  /** If the disk has no room for the shorter journal, the long one stays, which has the same meaning. */
  #shorten(): void {
    try {
      this.file.replace(this.now.records())
    } catch (error) {
      if (this.file.lost() !== undefined) throw error
    }
  }

  #put(record: JournalRecord): void {
    if (!this.#isBegun) this.file.replace(this.now.records())
    this.#isBegun = true
    this.now.take(record)
    this.file.add(record)
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
      this.#put({ kind: 'rejects', ...rejects.journaled(), upTo: [...this.#upTo] })
      this.#upTo.clear()
    }
    for (const record of this.#ended.splice(0)) {
      if (this.#keepsRejects || record.rejected === 0) this.#put(record)
    }
  }
}
