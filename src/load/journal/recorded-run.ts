/* A run as its journal describes it, to resume or report it. Only `take` changes it, with each record that is read or written. */
import type * as journal from './journal-record.js'
import {
  Facts,
  type JournalRecord,
  type NamedInput,
  type RecordOf,
  type StreamPlace,
} from './journal-record.js'

/** A batch that a process sent, or was about to send. */
export interface SentBatch extends RecordOf<'batch'> {
  readonly rows: number
  /** Outcomes by lane and part (`pieceKey`). */
  readonly pieces: Map<string, RecordOf<'ended'>>
  /** Rows for which nothing is left to do. Kept, because adding them up for each of 40,000 refused rows takes seconds. */
  settledRows: number
  /** True if no ledger has a receipt of the batch: sent without receipts, or the ledger is gone. */
  hasNoReceipt: boolean
}

export function pieceKey({ lane, part }: Pick<journal.Place, 'lane' | 'part'>): string {
  return `${lane} ${part}`
}

export function rowsOf(ended: journal.EndedRows): number {
  const { confirmed, filtered, rejected, unconfirmed, unsent } = ended
  return confirmed + filtered + rejected + unconfirmed + unsent
}

/** True if nothing is left to send or to ask. A partly confirmed piece is settled: the server reports nothing about its other rows. */
export function isSettled(ended: journal.EndedRows): boolean {
  const rows = rowsOf(ended)
  return ended.unconfirmed < rows && ended.unsent < rows
}

/** Rows of a batch that were sent and whose outcome is unknown, even if other rows of their piece are confirmed. */
export function unconfirmedRows({ rows, pieces }: SentBatch): number {
  let known = 0
  for (const ended of pieces.values()) known += rowsOf(ended) - ended.unconfirmed
  return rows - known
}

/** One stream, as far as batches were sent: a sequence of batches of the inputs of a list, or of one followed file. */
export interface SentStream {
  /** The place up to which nothing is left to do. */
  settled: StreamPlace
  /** Batches after `settled`, ascending. The first of them is not settled. A missing number is a batch without rows. */
  readonly open: Map<number, SentBatch>
}

export const streamStart: StreamPlace = {
  ...{ no: 0, input: 0 },
  ...{ offsetBytes: 0, lineNumber: 1, records: 0 },
}

export class RecordedRun extends Facts {
  run: RecordOf<'run'> | undefined
  /** The processes, the last of which may be running. */
  begun: { readonly startedAt: string; end: RecordOf<'end'> | undefined }[] = []
  inputs: NamedInput[] = []
  streams = new Map<number, SentStream>()
  rejects: Omit<journal.JournaledRejects, 'upTo'> | undefined

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

  sentOf(input: number): journal.BatchEnd {
    return this.inputs[input]?.sent ?? streamStart
  }

  /** Rows that the journal places in the inputs, by outcome. `unconfirmed`: sent, outcome unknown; `unsent`: certainly not stored. */
  rows() {
    const sums = { ...this.sums }
    for (const { open } of this.streams.values()) {
      for (const batch of open.values()) addOutcomes(sums, batch)
    }
    const byClass = Object.values(this.rejects?.byClass ?? {})
    return { ...sums, rejected: byClass.reduce((sum, rows) => sum + rows, 0) }
  }

  /** @throws if the record does not fit the earlier ones */
  take(record: JournalRecord): void {
    switch (record.kind) {
      case 'run':
        this.run = record
        return
      case 'process':
        this.begun.push({ startedAt: record.startedAt, end: undefined })
        this.dataSessions = []
        return
      case 'input': {
        const { kind: _, input, ...changes } = record
        if (input === this.inputs.length) this.inputs.push(changes as NamedInput)
        else Object.assign(this.#inputAt(input), changes)
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
      case 'end':
        this.begun.at(-1)!.end = record
        return
      default:
        throw new Error(`${JSON.stringify(record)} is of no kind`)
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
    for (const [input, one] of this.inputs.entries()) yield { kind: 'input', input, ...one }
    const facts = Object.fromEntries(factNames.map(name => [name, this[name]]))
    const settled = Array.from(this.streams, ([stream, one]) => ({ stream, place: one.settled }))
    yield { kind: 'facts', ...facts, settled }
    for (const { open } of this.streams.values()) {
      for (const { pieces, rows: _, settledRows: _settled, ...batch } of open.values()) {
        yield batch
        yield* pieces.values()
      }
    }
    if (this.rejects !== undefined) yield { kind: 'rejects', ...this.rejects, upTo: [] }
  }

  #note(record: RecordOf<'facts'>): void {
    const { ledgerNumber = this.ledgerNumber, target } = record
    // The run is about to send.
    if (target !== undefined) Object.assign(this, { finished: undefined, isCut: false })
    // A new ledger replaces the old one, so the receipts in the old one are gone.
    for (const { open } of ledgerNumber === this.ledgerNumber ? [] : this.streams.values()) {
      for (const batch of open.values()) batch.hasNoReceipt = true
    }
    for (const name of factNames) {
      if (record[name] !== undefined) Object.assign(this, { [name]: record[name] })
    }
    // What is added to them is not part of the record.
    this.sums = { ...this.sums }
    for (const { stream, place } of record.settled ?? [])
      this.streams.set(stream, { settled: place, open: new Map() })
  }

  #send(record: RecordOf<'batch'>): void {
    // Every process records how it delivers before it sends.
    const { stream: number, no, ranges, hasNoReceipt = this.used !== 'receipts' } = record
    let stream = this.streams.get(number)
    const rows = ranges.reduce((sum, range) => sum + range.rows, 0)
    // A journal of an earlier version has no batches without rows.
    if (rows === 0 && stream && [stream.settled.no, ...stream.open.keys()].some(one => one > no))
      return
    for (const range of ranges) {
      const { endBytes: offsetBytes, endLine: lineNumber, records } = range
      this.#inputAt(range.input).sent = { offsetBytes, lineNumber, records }
    }
    if (stream === undefined) {
      const settled = { ...streamStart, input: ranges[0]!.input }
      this.streams.set(number, (stream = { settled, open: new Map() }))
    }
    this.hasBatches ||= rows > 0
    stream.open.set(no, { ...record, rows, pieces: new Map(), settledRows: 0, hasNoReceipt })
    if (rows === 0) this.#settle(stream)
  }

  #end(ended: RecordOf<'ended'>): void {
    const stream = this.streams.get(ended.stream)
    const batch = stream?.open.get(ended.no)
    // Ignores the record: nothing is left to do for the batch, so its outcome is final.
    if (batch === undefined) return
    const key = pieceKey(ended)
    batch.settledRows += settledRows(ended) - settledRows(batch.pieces.get(key))
    batch.pieces.set(key, ended)
    // A process divides a part only if nothing of it was stored, so its halves replace it.
    for (let whole = ended.part >> 1; whole > 0; whole >>= 1) {
      const before = pieceKey({ lane: ended.lane, part: whole })
      batch.settledRows -= settledRows(batch.pieces.get(before))
      batch.pieces.delete(before)
    }
    if (isSettled(ended)) this.#settle(stream!)
  }

  /** Moves `settled` to the first batch for which something is left to do. */
  #settle(stream: SentStream): void {
    for (const [no, batch] of stream.open) {
      if (batch.settledRows < batch.rows) return
      addOutcomes(this.sums, batch)
      const { input, endBytes: offsetBytes, endLine: lineNumber, records } = batch.ranges.at(-1)!
      stream.settled = { no, input, offsetBytes, lineNumber, records }
      stream.open.delete(no)
    }
  }

  #reject({ kind: _, upTo, ended = [], ...record }: RecordOf<'rejects'>): void {
    for (const one of ended) this.#end(one)
    for (const [input, offsetBytes] of upTo) this.#inputAt(input).rejectsUpTo = offsetBytes
    // The run goes on counting in the objects of the record.
    const own = structuredClone(record)
    // An input may be named `__proto__`.
    const before = this.rejects?.byInput ?? (Object.create(null) as object)
    this.rejects = { ...own, byInput: Object.assign(before, own.byInput) }
  }

  #inputAt(number: number): NamedInput {
    const input = this.inputs[number]
    if (input === undefined) throw new Error(`there is no input ${number}`)
    return input
  }
}

const settledRows = (ended: journal.EndedRows | undefined): number =>
  ended !== undefined && isSettled(ended) ? rowsOf(ended) : 0

function addOutcomes(sums: RecordedRun['sums'], batch: SentBatch): void {
  sums.unconfirmed += unconfirmedRows(batch)
  for (const { confirmed, unsent, filtered } of batch.pieces.values()) {
    sums.confirmed += confirmed
    sums.unsent += unsent
    sums.filtered += filtered
  }
}

const factNames = Object.keys(new Facts()) as (keyof Facts)[]
