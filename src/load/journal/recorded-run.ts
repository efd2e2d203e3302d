/*
  A run as its journal describes it. A process needs this to resume the run or to report its state. Only `take` changes it: with each
  record that the process reads or writes.
*/
import { rowOfJournal, type SampleRow } from '../evidence/sample-rows.js'
import type { LanesOfBatch, Place, RecordedRange } from '../outcomes/place.js'
import {
  factShapes,
  type Checkpoint,
  type EndedPiece,
  type EndedRows,
  type Facts,
  type JournaledRejects,
  type JournalRecord,
  type NamedInput,
  type RecordOf,
  type SentInput,
  type StreamPlace,
} from './journal-record.js'

/** A batch that a process sent, or was about to send. */
export interface SentBatch {
  readonly no: number
  readonly rows: number
  readonly ranges: readonly RecordedRange[]
  readonly lanes: LanesOfBatch | undefined
  readonly isEarly: boolean
  /** Outcomes by lane and part (`pieceKey`). */
  readonly pieces: Map<string, EndedPiece>
  /** Rows for which nothing is left to do. */
  settledRows: number
  /** True if no ledger has a receipt of the batch: sent without receipts, or the ledger is gone. */
  hasNoReceipt: boolean
}

export function pieceKey({ lane, part }: Pick<Place, 'lane' | 'part'>): string {
  return `${lane} ${part}`
}

export function rowsOf(ended: EndedRows): number {
  const { confirmed, filtered = 0, rejected, unconfirmed, unsent } = ended
  return confirmed + filtered + rejected + unconfirmed + unsent
}

/**
 * True if the piece needs no more work: no process must send its rows, and none must ask for its outcome. A partly confirmed piece is
 * settled, too, because the server reports nothing about its other rows.
 */
export function isSettled(ended: EndedRows): boolean {
  const rows = rowsOf(ended)
  return ended.unconfirmed < rows && ended.unsent < rows
}

/** Rows of a batch that were sent and whose outcome is unknown. */
function unknownRows({ rows, pieces }: SentBatch): number {
  let known = 0
  for (const ended of pieces.values()) {
    const all = rowsOf(ended)
    known += ended.unconfirmed === all ? 0 : all
  }
  return rows - known
}

/** One stream, as far as batches were sent: a sequence of batches of the inputs of a list, or of one followed file. */
export interface SentStream {
  /** The end of the last batch. */
  last: StreamPlace
  /** The place up to which nothing is left to do. */
  settled: StreamPlace
  /** Batches after `settled`, ascending. The first of them is not settled. A missing number is a batch without rows. */
  readonly open: Map<number, SentBatch>
}

export const streamStart: StreamPlace = {
  ...{ no: 0, input: 0 },
  ...{ offsetBytes: 0, lineNumber: 1, records: 0 },
}

const unsentInput: SentInput = { offsetBytes: 0, lineNumber: 1, records: 0, rows: 0 }

function endOf({ no, ranges }: Pick<SentBatch, 'no' | 'ranges'>): StreamPlace {
  const { input, endBytes: offsetBytes, endLine: lineNumber, records } = ranges.at(-1)!
  return { no, input, offsetBytes, lineNumber, records }
}

/** A checkpoint lists this many inputs in a record, because there may be a hundred thousand files. */
const inputsPerRecord = 1_000

export class RecordedRun {
  run: RecordOf<'run'> | undefined
  /** All processes in order, including those before a restart. */
  begun: { readonly startedAt: string; end: RecordOf<'end'> | undefined }[] = []
  /** By input number. */
  inputs: NamedInput[] = []
  streams = new Map<number, SentStream>()
  sums: { -readonly [Name in keyof Checkpoint['sums']]: number } = {
    ...{ confirmed: 0, rejected: 0, unconfirmed: 0, filtered: 0 },
  }
  batchCount = 0
  sizes: Facts['sizes']
  offsets: Readonly<Record<string, string>> = {}
  target: Facts['target']
  used: Facts['used']
  ledgerNumber = 0
  sampled: NonNullable<Facts['sampled']> = []
  finished: Facts['finished']
  owner = 0
  isAnew = false
  dataSessions: readonly string[] = []
  rejectsFiles: readonly string[] = []
  isForgotten = false
  hasLeftServer = true
  isCut = false
  rejects: JournaledRejects | undefined
  /** True while the records come from a process that sends batches with receipts. */
  hasReceipts = true

  /** Number of the last process; processes count from 1. */
  get processes(): number {
    return this.begun.length
  }

  /** How the last process ended; undefined if it was killed or is running. */
  get end(): RecordOf<'end'> | undefined {
    return this.begun.at(-1)?.end
  }

  /** False if a process did not record its end, or recorded rows as stored or unconfirmed. */
  get isUntouched(): boolean {
    if (this.isCut) return false
    return this.begun.every(({ end }) => {
      return end !== undefined && end.rows.confirmed + end.rows.unconfirmed + end.rows.skipped === 0
    })
  }

  /** A user may have edited the journal. If an entry is not a row, all samples are ignored. */
  get samples(): readonly SampleRow[] {
    try {
      return this.sampled.map(rowOfJournal)
    } catch {
      return []
    }
  }

  /** The rows of an input that were sent, and where they end. */
  sentOf(input: number): SentInput {
    return this.inputs[input]?.sent ?? unsentInput
  }

  /** Counts of the run's rows by outcome. They include only rows whose place in the inputs the journal records. */
  rows() {
    let unknown = 0
    for (const { open } of this.streams.values()) {
      for (const batch of open.values()) unknown += unknownRows(batch)
    }
    const sent = this.inputs.reduce((sum, { sent: { rows } = unsentInput }) => sum + rows, 0)
    const { confirmed, filtered, rejected, unconfirmed } = this.sums
    const byClass = Object.values(this.rejects?.byClass ?? {})
    return {
      confirmed,
      filtered,
      rejected: byClass.reduce((sum, rows) => sum + rows, 0),
      /** Sent, and their outcome is unknown. */
      unconfirmed: unconfirmed + unknown,
      /** Read, and certainly not stored. */
      unsent: sent - confirmed - filtered - rejected - unconfirmed - unknown,
    }
  }

  /** @throws if the record does not fit the earlier ones */
  take(record: JournalRecord): void {
    switch (record.kind) {
      case 'run':
        return this.#begin(record)
      case 'process':
        this.begun.push({ startedAt: record.startedAt, end: undefined })
        this.dataSessions = []
        this.hasReceipts = false
        return
      case 'inputs':
        for (const input of record.inputs) this.inputs.push({ ...input })
        return
      case 'input': {
        const { kind: _, input, ...changes } = record
        Object.assign(this.#inputAt(input), changes)
        return
      }
      case 'facts':
        return this.#note(record)
      case 'batch':
        return this.#send(record)
      case 'ended':
        return this.#end(record)
      case 'rejects':
        return this.#reject(record)
      case 'checkpoint':
        return this.#restore(record)
      case 'end':
        if (this.begun.length > 0) this.begun.at(-1)!.end = record
    }
  }

  /** The fewest records that lead to this state. */
  *records(): Generator<JournalRecord, void, void> {
    if (this.run === undefined) return
    yield this.run
    for (const { startedAt, end } of this.begun) {
      yield { kind: 'process', startedAt }
      if (end !== undefined) yield end
    }
    for (let from = 0; from < this.inputs.length; from += inputsPerRecord) {
      yield { kind: 'inputs', inputs: this.inputs.slice(from, from + inputsPerRecord) }
    }
    const facts: Record<string, unknown> = {}
    for (const name of factNames) facts[name] = this[name]
    yield { kind: 'facts', ...facts }
    if (this.batchCount > 0) yield this.#checkpoint()
    if (this.rejects !== undefined) yield { kind: 'rejects', ...this.rejects }
  }

  /** Starts the run over. Numbers do not start at 1 again, because requests from before may still arrive. */
  #begin(run: RecordOf<'run'>): void {
    const { begun, batchCount, ledgerNumber, owner, dataSessions, rejectsFiles } = this
    const kept = { begun, batchCount, ledgerNumber, owner, dataSessions, rejectsFiles }
    const { hasLeftServer } = this
    Object.assign(this, new RecordedRun(), kept, {
      run,
      hasLeftServer,
      isAnew: run.isAnew === true,
    })
  }

  #note(record: RecordOf<'facts'>): void {
    const { ledgerNumber, target, used } = record
    if (target !== undefined) Object.assign(this, sending)
    if (ledgerNumber !== undefined) {
      // A new ledger replaces the old one, so the receipts in the old one are gone.
      if (ledgerNumber !== this.ledgerNumber) this.#forgetReceipts()
      this.hasReceipts = true
    }
    if (used !== undefined && used !== 'receipts') this.hasReceipts = false
    for (const name of factNames) {
      if (record[name] !== undefined) Object.assign(this, { [name]: record[name] })
    }
  }

  #forgetReceipts(): void {
    for (const { open } of this.streams.values()) {
      for (const batch of open.values()) batch.hasNoReceipt = true
    }
  }

  #send({ stream: number, no, ranges, lanes, early = false }: RecordOf<'batch'>): void {
    let rows = 0
    for (const range of ranges) {
      const input = this.#inputAt(range.input)
      const { endBytes: offsetBytes, endLine: lineNumber, records } = range
      input.sent = { offsetBytes, lineNumber, records, rows: range.rows + (input.sent?.rows ?? 0) }
      rows += range.rows
    }
    let stream = this.streams.get(number)
    if (stream === undefined) {
      const start = { ...streamStart, input: ranges[0]!.input }
      this.streams.set(number, (stream = { last: start, settled: start, open: new Map() }))
    }
    this.batchCount++
    stream.last = endOf({ no, ranges })
    const hasNoReceipt = !this.hasReceipts
    const pieces = new Map<string, EndedPiece>()
    const batch = { no, rows, ranges, lanes, isEarly: early, pieces, settledRows: 0, hasNoReceipt }
    stream.open.set(no, batch)
  }

  #end({ kind: _, stream: number, no, ...given }: RecordOf<'ended'>): void {
    const stream = this.streams.get(number)
    const batch = stream?.open.get(no)
    // Ignores the record: nothing is left to do for the batch, so its outcome is final.
    if (batch === undefined) return
    const { sums } = this
    const ended = { lane: 0, part: 1, filtered: 0, ...given }
    const key = pieceKey(ended)
    const before = batch.pieces.get(key)
    for (const name of summed) sums[name] += ended[name] - (before?.[name] ?? 0)
    batch.pieces.set(key, ended)
    // A process divides a part only if nothing of it was stored, so its halves replace it.
    for (let whole = ended.part >> 1; whole > 0; whole >>= 1) {
      batch.pieces.delete(pieceKey({ lane: ended.lane, part: whole }))
    }
    if (!isSettled(ended)) return
    sums.unconfirmed += ended.unconfirmed
    batch.settledRows += rowsOf(ended)
    if (batch.settledRows === batch.rows) settle(stream!)
  }

  #reject({ kind: _, ...record }: RecordOf<'rejects'>): void {
    const byInput: Record<string, JournaledRejects['byInput'][string]> = this.rejects?.byInput ?? {}
    // The run goes on counting in the objects of the record.
    for (const [name, ofInput] of Object.entries(record.byInput)) byInput[name] = { ...ofInput }
    const [byClass, byCode] = [{ ...record.byClass }, { ...record.byCode }]
    const upTos = [...new Map([...(this.rejects?.upTos ?? []), ...(record.upTos ?? [])])]
    const followed = upTos.length === 0 ? {} : { upTos }
    this.rejects = { ...record, byClass, byCode, byInput, ...followed }
  }

  #checkpoint(): RecordOf<'checkpoint'> {
    const { batchCount, sums, streams } = this
    const all = [...streams].map(([stream, { last, settled, open }]) => ({
      ...{ stream, last, settled },
      open: [...open.values()].map(({ pieces, settledRows: _, rows: _rows, ...batch }) => ({
        ...batch,
        ended: [...pieces.values()],
      })),
    }))
    return { kind: 'checkpoint', batchCount, sums: { ...sums }, streams: all }
  }

  #restore({ batchCount, sums, streams }: Checkpoint): void {
    this.batchCount = batchCount
    this.sums = { ...sums }
    for (const { stream, last, settled, open: all } of streams) {
      const open = new Map<number, SentBatch>()
      for (const { ended, ...batch } of all) {
        const pieces = new Map(ended.map(one => [pieceKey(one), one]))
        const settledRows = ended.reduce((sum, one) => sum + (isSettled(one) ? rowsOf(one) : 0), 0)
        const rows = batch.ranges.reduce((sum, range) => sum + range.rows, 0)
        for (const range of batch.ranges) this.#inputAt(range.input)
        open.set(batch.no, { ...batch, lanes: batch.lanes, rows, pieces, settledRows })
      }
      this.streams.set(stream, { last, settled, open })
    }
  }

  #inputAt(number: number): NamedInput {
    const input = this.inputs[number]
    if (input === undefined) throw new Error(`there is no input ${number}`)
    return input
  }
}

/** The sums that an outcome changes at once; rows of unknown outcome count after nothing is left to do for their piece. */
const summed = ['confirmed', 'rejected', 'filtered'] as const

/** Facts of a run that is about to send. */
const sending = { hasLeftServer: false, finished: undefined, isCut: false }

const factNames = Object.keys(factShapes) as (keyof Facts)[]

/** Moves `settled` to the first batch for which something is left to do. */
function settle(stream: SentStream): void {
  for (const [no, batch] of stream.open) {
    if (batch.settledRows < batch.rows) return
    stream.settled = endOf(batch)
    stream.open.delete(no)
  }
}
