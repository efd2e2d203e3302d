/*
  How far the streams of a run were sent, and the batches after the place up to which nothing is left to do. A stream is a sequence of
  batches: of the inputs of a list, or of one followed file.
*/
import type { BatchRange, LanesOfBatch, Place } from './place.js'

export interface EndedRows {
  readonly confirmed: number
  readonly rejected: number
  readonly unconfirmed: number
  /** Rows that are certainly not stored: a process may send them again, under another batch number. */
  readonly unsent: number
  /** Rows that the run's transform dropped; absent if there are none. */
  readonly filtered?: number
}

/** A place between records of an input. */
export interface BatchEnd {
  readonly offsetBytes: number
  readonly lineNumber: number
  /** Number of the input's records that begin before this position. */
  readonly records: number
}

/** The end of batch `no`. */
export interface StreamPlace extends BatchEnd {
  readonly no: number
  readonly input: number
}

/** A batch that a process sent, or was about to send. */
export interface SentBatch {
  readonly no: number
  readonly rows: number
  readonly ranges: readonly BatchRange[]
  readonly lanes: LanesOfBatch | undefined
  readonly isEarly: boolean
  /** Outcomes by lane and part (`pieceKey`). */
  readonly pieces: Map<string, EndedRows>
  /** Rows for which nothing is left to do. */
  settledRows: number
  /** True if no ledger has a receipt of the batch: sent without receipts, or the ledger is gone. */
  hasNoReceipt: boolean
}

export function pieceKey({ lane, part }: Pick<Place, 'lane' | 'part'>): string {
  return `${lane} ${part}`
}

export function rowsOf({
  confirmed,
  filtered = 0,
  rejected,
  unconfirmed,
  unsent,
}: EndedRows): number {
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
export function unknownRows({ rows, pieces }: SentBatch): number {
  let known = 0
  for (const ended of pieces.values()) {
    const all = rowsOf(ended)
    known += ended.unconfirmed === all ? 0 : all
  }
  return rows - known
}

/** Like `unknownRows`, but also counts the unconfirmed rows of partly confirmed pieces. */
export function unconfirmedRows({ rows, pieces }: SentBatch): number {
  let known = 0
  for (const ended of pieces.values()) known += rowsOf(ended) - ended.unconfirmed
  return rows - known
}

/** One stream, as far as batches were sent. */
export interface SentStream {
  /** The end of the last batch. */
  last: StreamPlace
  /** The place up to which nothing is left to do. */
  settled: StreamPlace
  /** Batches after `settled`, ascending. The first of them is not settled. A missing number is a batch without rows. */
  readonly open: Map<number, SentBatch>
}

export const streamStart: StreamPlace = {
  no: 0,
  input: 0,
  offsetBytes: 0,
  lineNumber: 1,
  records: 0,
}

/** @param input  the first input of the stream */
export function newSentStream(input: number): SentStream {
  const start = { ...streamStart, input }
  return { last: start, settled: start, open: new Map() }
}

/** Moves `settled` to the first batch for which something is left to do. */
export function settleStream(stream: SentStream): void {
  for (const [no, batch] of stream.open) {
    if (batch.settledRows < batch.rows) return
    stream.settled = endOf(batch)
    stream.open.delete(no)
  }
}

export function endOf({ no, ranges }: Pick<SentBatch, 'no' | 'ranges'>): StreamPlace {
  const { input, endBytes: offsetBytes, endLine: lineNumber, records } = ranges.at(-1)!
  return { no, input, offsetBytes, lineNumber, records }
}

/** The number of rows of an input that were sent, and the position at which they end. */
export interface SentInput extends BatchEnd {
  readonly rows: number
}

/** The value for an input of which no row was sent. */
export const unsentInput: SentInput = { offsetBytes: 0, lineNumber: 1, records: 0, rows: 0 }

/** For each input, the rows sent and where they end: only four numbers, because there may be a hundred thousand files. */
export interface SentInputs {
  at(input: number): SentInput
  set(input: number, sent: SentInput): void
  /** Adds the rows of a range, which is the input's last so far. */
  add(range: BatchRange): void
}

const numbersEach = 4

export function newSentInputs(): SentInputs {
  let numbers = new Float64Array(numbersEach)
  const inputs: SentInputs = {
    at(input) {
      const at = input * numbersEach
      // Line numbers start at 1, so 0 marks an input without an entry.
      if (at >= numbers.length || numbers[at + 1] === 0) return unsentInput
      return {
        offsetBytes: numbers[at]!,
        lineNumber: numbers[at + 1]!,
        records: numbers[at + 2]!,
        rows: numbers[at + 3]!,
      }
    },
    set(input, { offsetBytes, lineNumber, records, rows }) {
      const at = input * numbersEach
      if (at >= numbers.length) {
        const longer = new Float64Array(2 * (at + numbersEach))
        longer.set(numbers)
        numbers = longer
      }
      numbers[at] = offsetBytes
      numbers[at + 1] = lineNumber
      numbers[at + 2] = records
      numbers[at + 3] = rows
    },
    add({ input, endBytes: offsetBytes, endLine: lineNumber, records, rows }) {
      const before = inputs.at(input).rows
      inputs.set(input, { offsetBytes, lineNumber, records, rows: before + rows })
    },
  }
  return inputs
}
