/*
  Records which bytes of one input were sent, under which batch numbers, and with what outcome. The ranges are consecutive. If a batch
  was divided or sent again, its later numbers replace the first.
*/
import type { EndedRows, JournaledLanes } from '../journal/journal-record.js'

/** Rows sent under one number. They come from one input, or from several consecutive inputs. */
export interface SentBatch {
  readonly no: number
  readonly rows: number
  /** Numbers of the inputs that the batch's rows come from. */
  readonly inputs: readonly number[]
  /** undefined while the outcome is unknown. */
  ended: EndedRows | undefined
  /** True if no ledger holds the batch's receipt: it was sent without receipts, or its ledger is gone. */
  isLost: boolean
  /** Set if the rows were divided by lane: each part has its own batch, which counts instead of this one. */
  readonly lanes?: SentLanes
}

export function newSentBatch(
  no: number,
  rows: number,
  inputs: readonly number[],
  hasReceipts: boolean,
): SentBatch {
  return { no, rows, inputs, ended: undefined, isLost: !hasReceipts }
}

export interface SentLanes extends JournaledLanes {
  /** Ascending by `firstRow`; rows between two parts no longer have a batch number. */
  parts: SentPart[]
}

export interface SentPart {
  readonly batch: SentBatch
  /** Index of the part's first row, if the batch's rows are counted lane by lane. */
  readonly firstRow: number
}

export interface SentRange {
  readonly batch: SentBatch
  readonly startBytes: number
  readonly endBytes: number
  readonly rows: number
}

export interface BatchEnd {
  readonly offsetBytes: number
  readonly lineNumber: number
  /** Number of the input's records that begin before this place. */
  readonly records: number
}

/** Tells which bytes of one input were sent, and in which batches, up to the end of the last batch sent. */
export interface CoveredInput {
  /** Ends of batches, ascending; everything before the first is settled. */
  readonly ends: readonly BatchEnd[]
  /** Ascending; none lies before the first of `ends`. */
  readonly ranges: readonly SentRange[]
  /** Rows of all batches, including settled ones. */
  readonly rows: number
  /** Sets where the ranges start; `rows` is the number of rows before that place, which are all settled. */
  begin(end: BatchEnd, rows: number): void
  /** Adds a batch that was never sent before. */
  extend(range: SentRange, end: BatchEnd): void
  /**
   * Moves rows into another batch.
   * @returns the batches that had these rows before
   */
  replace(range: SentRange): readonly SentBatch[]
  /** Removes a batch whose rows were given other batch numbers. */
  remove(batch: SentBatch): void
  /** Forgets everything before the first batch that is not settled. */
  settle(): void
}

/** How many rows of an input were sent, and up to which place. */
export interface SentInput extends BatchEnd {
  readonly rows: number
}

/** For an input of which nothing was sent. */
export const unsentInput: SentInput = { offsetBytes: 0, lineNumber: 1, records: 0, rows: 0 }

/** How far each input was sent. Takes only four numbers per input, because there may be a hundred thousand files. */
export interface SentInputs {
  at(input: number): SentInput
  set(input: number, sent: SentInput): void
  /** Adds rows that were sent. `end`: the place up to which the input's rows have been sent. */
  add(input: number, end: BatchEnd, rows: number): void
}

const numbersEach = 4

export function newSentInputs(): SentInputs {
  let numbers = new Float64Array(numbersEach)
  const inputs: SentInputs = {
    at(input) {
      const at = input * numbersEach
      // Lines count from 1: 0 marks an input not recorded yet.
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
    add(input, end, rows) {
      inputs.set(input, { ...end, rows: inputs.at(input).rows + rows })
    },
  }
  return inputs
}

/** Settled batches are forgotten each time this many batches have been added. */
const settleEvery = 1_024

export function newCoveredInput(): CoveredInput {
  let ends: BatchEnd[] = [{ offsetBytes: 0, lineNumber: 1, records: 0 }]
  let ranges: SentRange[] = []
  /** Start of the first batch, after the header; everything before it is settled. */
  let startBytes = 0
  let rows = 0
  const covered: CoveredInput = {
    get ends() {
      return ends
    },
    get ranges() {
      return ranges
    },
    get rows() {
      return rows
    },
    begin(end, sentRows) {
      ends = [end]
      ranges = []
      rows = sentRows
    },
    extend(range, end) {
      if (rows === 0) startBytes = range.startBytes
      ends.push(end)
      ranges.push(range)
      rows += range.rows
      if (ends.length > 2 * settleEvery && ends.length % settleEvery === 0) covered.settle()
    },
    replace(range) {
      const from = ranges.findIndex(({ endBytes }) => endBytes > range.startBytes)
      const at = from < 0 ? ranges.length : from
      let to = at
      while (to < ranges.length && ranges[to]!.startBytes < range.endBytes) to++
      // The part may be smaller than what it replaces: then a gap remains until the other parts of the batch come.
      return ranges.splice(at, to - at, range).map(({ batch }) => batch)
    },
    remove(batch) {
      ranges = ranges.filter(range => range.batch !== batch)
    },
    settle() {
      let settled = 0
      let at = 0
      for (let end = 1; end < ends.length; end++) {
        let cursor = Math.max(startBytes, ends[end - 1]!.offsetBytes)
        let next = at
        const endBytes = ends[end]!.offsetBytes
        while (
          cursor < endBytes &&
          ranges[next]?.startBytes === cursor &&
          isSettled(ranges[next]!.batch)
        ) {
          cursor = ranges[next++]!.endBytes
        }
        if (cursor !== endBytes) break
        settled = end
        at = next
      }
      ends = ends.slice(settled)
      ranges = ranges.slice(at)
    },
  }
  return covered
}

/**
 * Whether nothing is left to do: no row has to be sent, and no more can be learnt. If only some rows of a batch are
 * confirmed, the server tells nothing more about the others.
 */
export function isSettled({
  ended,
  rows,
  lanes,
}: Pick<SentBatch, 'ended' | 'rows' | 'lanes'>): boolean {
  if (lanes !== undefined) return settledRows(lanes) === rows
  return ended !== undefined && ended.unconfirmed < rows && ended.unsent < rows
}

/** Whether the batch was sent and its outcome is unknown. */
export function isUnderWay(batch: SentBatch): boolean {
  // A batch with lanes stays under way even if all its rows are `unsent`. A resumed run must read all of the rows
  // together, because otherwise their lanes would get other batch numbers.
  return !isSettled(batch) && (batch.lanes !== undefined || batch.ended?.unsent !== batch.rows)
}

function settledRows({ parts }: SentLanes): number {
  return sumOf(parts, ({ batch }) => (isSettled(batch) ? batch.rows : 0))
}

/** Rows that were sent and whose outcome is unknown. */
export function unknownRows({ ended, rows, lanes }: SentBatch): number {
  if (lanes !== undefined) return sumOf(lanes.parts, ({ batch }) => unknownRows(batch))
  return ended === undefined || ended.unconfirmed === rows ? rows : 0
}

/** Like `unknownRows`, but also counts the unconfirmed rows of partly confirmed batches. */
export function unconfirmedRows({ ended, rows, lanes }: SentBatch): number {
  if (lanes !== undefined) return sumOf(lanes.parts, ({ batch }) => unconfirmedRows(batch))
  return ended?.unconfirmed ?? rows
}

function sumOf(parts: readonly SentPart[], rowsOf: (part: SentPart) => number): number {
  return parts.reduce((sum, part) => sum + rowsOf(part), 0)
}

/** Adds a part with a new batch number. Removes the earlier parts that contain any of its rows. */
export function replacePart(lanes: SentLanes, part: SentPart): void {
  const end = part.firstRow + part.batch.rows
  lanes.parts = lanes.parts
    .filter(({ firstRow, batch }) => firstRow >= end || firstRow + batch.rows <= part.firstRow)
    .concat(part)
    .sort((a, b) => a.firstRow - b.firstRow)
}

/** Removes a divided batch from each of its inputs except `except`, where a part has already replaced it. */
export function removeRest(
  covered: readonly CoveredInput[],
  batch: SentBatch,
  except: number,
): void {
  for (const input of batch.inputs) if (input !== except) covered[input]!.remove(batch)
}
