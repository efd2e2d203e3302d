/* What earlier processes did for a run, where this one resumes it, and what this one records: in a journal each step before it happens, then
   each outcome. A run without a journal resumes nothing. A report of the run shows the same places. */
import type { Batch, Reject } from '../../parse/batch.js'
import type { FileLock } from '../../platform/platform.js'
import { placeText, recordedRanges } from '../outcomes/pieces.js'
import { accountedFor } from '../outcomes/run-state.js'
import { ledgerName, newToken, type KnownRun, type RunName } from '../register/register.js'
import { RunRejects } from '../rejects/run-rejects.js'
import type { RunBasis } from '../run-ending.js'
import { runChanged } from './changed-run.js'
import type { JournalFile } from './journal-file.js'
import type { EndedRows, Facts, JournalRecord, Place, RecordOf } from './journal-record.js'
import type { OpenedJournal } from './journals.js'
import { RecordedRun, streamStart, type SentBatch } from './recorded-run.js'

/** The methods throw DDB_OUTPUT_WRITE if the file cannot be written. */
export class RunHistory {
  name: RunName
  file: JournalFile | undefined
  /** The recorded run that this process continues; empty for a new run, and after a restart. Stays unchanged. */
  found = new RecordedRun()
  now = new RecordedRun()
  readonly rejects: RunRejects
  resumption = newResumption(this.found)
  /** Whether the run had no lock when this process began. A killed process leaves its lock. */
  wasUnlocked = true
  /** What the server knew of the run when this process began; undefined if it was not asked, or did not answer. */
  onServer: KnownRun | undefined
  /** Runs of this name on the server then, until this process has claimed the name. */
  foundTokens: ReadonlySet<bigint | undefined> | undefined
  readonly #run: RunBasis
  #lock: FileLock | undefined
  #ended: RecordOf<'ended'>[] = []
  #read: RecordOf<'input'>[] = []
  /** False if the next process must read bad records again, because a recorded reject that ends this process would also end that one. */
  #keepsRejects = true
  /** Index of each input with new rejects → offset up to which all of them are recorded, in bytes. */
  readonly #upTo = new Map<number, number>()

  constructor(run: RunBasis) {
    const { options, checked, platform } = run
    const { random } = platform
    this.#run = run
    this.rejects = new RunRejects(run, path =>
      this.note({ rejectsFiles: [...this.now.rejectsFiles, path] }),
    )
    this.name = {
      ...{ runId: checked.runId, token: newToken(random), processKey: newToken(random) },
      isRegistered: options.runId !== undefined,
    }
  }

  goOn({ file, held, found, now }: OpenedJournal): void {
    const { options, checked, platform } = this.#run
    Object.assign(this, { file, found, now })
    this.#lock = held.lock
    this.wasUnlocked = held.from === 'nobody'
    const token = BigInt(`0x${now.run!.token}`)
    const place = { hostName: platform.hostName, folder: options.journal?.folder ?? '' }
    this.name = { ...this.name, token, isRegistered: true, place }
    this.resumption = newResumption(found)
    this.countEarlier(found)
    this.rejects.goOn(found, now.run!.token, file.path)
    this.#keepsRejects = checked.onError !== 'stop'
  }

  /** Counts the rows of earlier processes. */
  countEarlier(found: RecordedRun): void {
    const { rows } = this.#run.state
    const { confirmed, ...others } = found.rows()
    Object.assign(rows, { ...others, skipped: confirmed })
    rows.read = accountedFor(rows)
  }

  /** Numbers of the next ledger, or of one that is left, and of this process: on disk first, or the journal would count as outdated. */
  beginsLedger(): { readonly number: number; readonly processNo: number } {
    const { found, now, name, onServer } = this
    const isLeft = onServer?.ledgers.includes(ledgerName(name.token, found.ledgerNumber)) === true
    const number = now.ledgerNumber + (isLeft && now.owner === found.owner ? 0 : 1)
    this.note({ ledgerNumber: number, owner: found.owner + 1 })
    return { number, processNo: found.owner + 1 }
  }

  /** Records a step before it happens; a batch waits for the next `commit`. @throws {DdbError} DDB_OUTPUT_WRITE; it must not happen */
  readonly record = (record: JournalRecord): void => {
    const { file } = this
    if (file === undefined) {
      // Without a journal, only followed files have numbers.
      const isNumbered = record.kind !== 'input' || 'path' in record
      if (isNumbered || record.input in this.now.inputs) this.now.take(record)
      return
    }
    // The rejects of an input that was read must be in the journal before it, or no process would read them again.
    if (record.kind === 'input' && record.summary !== undefined) return void this.#read.push(record)
    if (record.kind === 'batch') this.#noteEnded(file)
    this.#put(file, record)
    if (record.kind !== 'facts') return
    // These records must be on the disk before the process creates the ledger, or removes the run's objects.
    if (record.ledgerNumber !== undefined || record.finished !== undefined) file.sync()
    if (record.rejectsFiles !== undefined) file.write()
  }

  /** As `record`, for facts that have changed. */
  readonly note = (facts: Partial<Facts>): void => this.record({ kind: 'facts', ...facts })

  /** Records a batch before it is sent, also one without rows: the places of later ones count it. @param lanes  as in the record */
  begins(batch: Batch, ranges = recordedRanges(batch), lanes?: SentBatch['lanes']): void {
    if (this.file === undefined) return
    const early = batch.endedBy === 'full' ? undefined : true
    this.record({ kind: 'batch', ...batch.place!, ranges, lanes, early })
  }

  /** Records the outcome of a piece, at the next `commit` or together with the next batch. */
  ended(place: Place, rows: EndedRows): void {
    if (this.file !== undefined) this.#ended.push({ kind: 'ended', ...place, ...rows })
  }

  misread(input: number, { code, offsetBytes }: Pick<Reject, 'code' | 'offsetBytes'>): void {
    if (this.file === undefined) return
    // A record that is cut off now may be complete when the next process reads it.
    if (code === 'DDB_INPUT_READ') {
      this.#noteEnded(this.file)
      this.#keepsRejects = false
      return
    }
    this.#upTo.set(input, offsetBytes + 1)
  }

  /** Hands every record so far to the operating system. @throws {DdbError} DDB_OUTPUT_WRITE */
  readonly commit = (): void => {
    const { file } = this
    if (file === undefined) return
    this.#noteEnded(file)
    file.write()
    if (file.isLong) this.#shorten(file)
  }

  end(record: RecordOf<'end'>): void {
    const { file } = this
    if (file === undefined) return
    this.#noteEnded(file)
    // The run was finished already, and this process did nothing, or another process has the run by now.
    if (!file.isBegun && (record.isDone || file.lost() !== undefined)) return
    this.#put(file, record)
    file.write()
  }

  /** Waits for the disk and releases the run. The journal of a finished run becomes as short as possible. @throws {DdbError} */
  close(): void {
    const { file } = this
    try {
      if (file?.isBegun !== true) return
      if (this.now.end?.isDone === true && file.failure === undefined) this.#shorten(file)
      file.close()
    } finally {
      this.#lock?.release()
    }
  }

  /** If the disk has no room for the shorter journal, the long one stays, which has the same meaning. */
  #shorten(file: JournalFile): void {
    try {
      file.replace(this.now.records())
    } catch (error) {
      if (file.lost() !== undefined) throw error
    }
  }

  #put(file: JournalFile, record: JournalRecord): void {
    if (!file.isBegun) file.replace(this.now.records())
    this.now.take(record)
    file.add(record)
  }

  /** Writes rejects to their file first, then to the journal, and only then the ends of their batches and inputs. */
  #noteEnded(file: JournalFile): void {
    const { rejects } = this
    if (this.#keepsRejects && rejects.hasNews) {
      this.#keepsRejects = false
      rejects.flush()
      // Rejects that are in no file are read again by the next process, when the disk has room.
      if (rejects.unplaced > 0) return this.#noteEnded(file)
      this.#keepsRejects = true
      const ended = this.#ended.splice(0)
      this.#put(file, { kind: 'rejects', ...rejects.journaled(), upTo: [...this.#upTo], ended })
      this.#upTo.clear()
    }
    for (const record of this.#ended.splice(0)) {
      if (this.#keepsRejects || record.rejected === 0) this.#put(file, record)
    }
    for (const record of this.#read.splice(0)) {
      if (this.#keepsRejects || !rejects.hasNews) this.#put(file, record)
    }
  }
}

/** Followed files are read at once, each as a stream. */
export const streamOfFollowed = (input: number): number => input + 1

export const streamIn = ({ run }: RecordedRun, input: number): number =>
  run?.options.input?.follow === true ? streamOfFollowed(input) : 1

/** @param found  the journal as it was found; this process does not change it */
export function newResumption(found: RecordedRun) {
  const { inputs, streams } = found
  const resumed = resumedInputs(found)
  return {
    /** Where to resume reading an input; undefined if no process has read any of it. */
    resumed: (input: number) =>
      inputs[input]?.detected === undefined ? undefined : resumed(input),
    /** @returns a function that gives each further batch of the stream its place, and returns the batch */
    placer(stream: number): (batch: Batch) => Batch {
      let { no } = streams.get(stream)?.settled ?? streamStart
      return batch => Object.assign(batch, { place: { stream, no: ++no } })
    },
    /** Whether an input is read for the first time. @throws {DdbError} DDB_RUN_CHANGED if it was not read as `detected` says */
    isReadAnew(input: number, detected: string): boolean {
      const { path, detected: before } = inputs[input] ?? {}
      if (before === undefined || before === detected) return before === undefined
      const how = `was read as ${before}, and would now be read as ${detected}`
      throw runChanged(found, `"${path}" ${how}`)
    },
    /** The batch as an earlier process sent it, or was about to; if any. @throws {DdbError} DDB_RUN_CHANGED if it had other rows */
    knownOf({ place, ranges, endedBy }: Batch): SentBatch | undefined {
      const sent = place && streams.get(place.stream)?.open.get(place.no)
      // The process has stopped reading within the batch.
      if (sent === undefined || endedBy === 'broken') return sent
      if (placeText(recordedRanges({ ranges })) === placeText(sent.ranges)) return sent
      const { path } = inputs[sent.ranges[0]!.input]!
      throw runChanged(found, `"${path}" no longer has the rows that were sent`)
    },
    /** Whether an earlier process has already counted this reject of the reader. */
    isKnownReject: (input: number, offsetBytes: number): boolean =>
      offsetBytes < (inputs[input]?.rejectsUpTo ?? 0),
  }
}

/** @returns a function of the number of an input: where to resume reading it, at the end of a batch or at its start */
export function resumedInputs(found: RecordedRun) {
  const { inputs, streams } = found
  /** Ends of batches by input; the key is there for every input with rows of an open batch. */
  const endsIn = new Map<number, number[]>()
  for (const { open } of streams.values()) {
    for (const { ranges, early } of open.values()) {
      for (const { input } of ranges) if (!endsIn.has(input)) endsIn.set(input, [])
      const last = ranges.at(-1)!
      if (early === true) endsIn.get(last.input)!.push(last.endBytes)
    }
  }
  return (input: number) => {
    const { settled = streamStart, open } = streams.get(streamIn(found, input)) ?? {}
    // A stream resumes in an input that may lie before or after this one.
    const isBefore = input < settled.input
    const begin = input === settled.input ? settled : isBefore ? found.sentOf(input) : streamStart
    const { offsetBytes, lineNumber, records } = begin
    // The place of a batch depends on all inputs that are read before it.
    const isBetween = input > settled.input && open !== undefined && open.size > 0
    return {
      from: { offsetBytes, lineNumber },
      records,
      /** Offsets after `from`, ascending, at which batches end that nothing else cuts there. */
      ends: (endsIn.get(input) ?? []) as readonly number[],
      /** The summary of the input if nothing in it is left to be read. */
      done: isBetween || endsIn.has(input) ? undefined : inputs[input]!.summary,
    }
  }
}
