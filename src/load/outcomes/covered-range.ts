/*
  Records which bytes of one input were sent, under which batch numbers, and with what outcome. Consecutive ranges touch. If a batch
  was divided or sent again, its new numbers replace the old one.
*/
import type { EndedRows, JournaledLanes } from '../journal/journal-record.js'

/** Rows that a process sent under one number. They come from one input, or from consecutive inputs. */
export interface SentBatch {
  readonly no: number
  readonly rows: number
  readonly inputs: readonly number[]
  /** undefined while the outcome is unknown. */
  ended: EndedRows | undefined
  /** True if no ledger (table of receipts) has a receipt of the batch: sent without receipts, or the ledger is gone. */
  hasNoReceipt: boolean
  /** Set if the rows were divided by lane. Each part is then a batch of its own, and only the parts count. */
  readonly lanes?: SentLanes
}

export function newSentBatch(
  no: number,
  rows: number,
  inputs: readonly number[],
  hasReceipts: boolean,
): SentBatch {
  return { no, rows, inputs, ended: undefined, hasNoReceipt: !hasReceipts }
}

export interface SentLanes extends JournaledLanes {
  /** Ascending by `firstRow`. Rows that fall between two parts have no batch number any more. */
  parts: SentPart[]
}

export interface SentPart {
  readonly batch: SentBatch
  /** Index of the part's first row; all rows of lane 0 come first, then those of lane 1, and so on. */
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
  /** Number of the input's records that begin before this position. */
  readonly records: number
}

/** The sent bytes of one input, up to the end of the last batch. A batch is settled if nothing is left to do for it. */
export interface CoveredInput {
  /** Ends of batches, ascending. All bytes before the first end belong to settled batches. */
  readonly ends: readonly BatchEnd[]
  /** Ascending. No range begins before the first of `ends`. */
  readonly ranges: readonly SentRange[]
  /** Number of rows in all batches, including settled batches. */
  readonly rows: number
  /**
   * Sets the position at which the ranges start.
   * @param rows  number of rows before that position, for which nothing is left to do
   */
  begin(end: BatchEnd, rows: number): void
  /** Adds a batch that was not sent before. */
  extend(range: SentRange, end: BatchEnd): void
  /**
   * Puts `range` in place of all ranges that overlap it.
   * @returns the batches of the replaced ranges
   */
  replace(range: SentRange): readonly SentBatch[]
  /** Removes a batch whose rows have new batch numbers. */
  remove(batch: SentBatch): void
  /** Forgets all ranges before the first batch for which something is left to do. */
  settle(): void
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
  /** Adds rows that were sent. `end`: the end of the last of them. */
  add(input: number, end: BatchEnd, rows: number): void
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
    add(input, end, rows) {
      inputs.set(input, { ...end, rows: inputs.at(input).rows + rows })
    },
  }
  return inputs
}

/** After this many added batches, the list drops the settled batches, for which nothing is left to do. */
const settleEvery = 1_024

export function newCoveredInput(): CoveredInput {
  let ends: BatchEnd[] = [{ offsetBytes: 0, lineNumber: 1, records: 0 }]
  let ranges: SentRange[] = []
  /** Start of the first batch, which lies after the header. */
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
      // If the new range is smaller than the old one, a gap remains until the other parts of the batch are added.
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
 * True if the batch needs no more work: no process must send its rows, and no process must ask for its outcome. A
 * partly confirmed batch is settled, too, because the server reports nothing about its other rows.
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
  // A batch with lanes is under way even if all its rows are `unsent`: a resumed run must read all of these rows together, because
  // otherwise the lanes would get new batch numbers.
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

/** Adds a part and removes the earlier parts that contain any of its rows. */
export function replacePart(lanes: SentLanes, part: SentPart): void {
  const end = part.firstRow + part.batch.rows
  lanes.parts = lanes.parts
    .filter(({ firstRow, batch }) => firstRow >= end || firstRow + batch.rows <= part.firstRow)
    .concat(part)
    .sort((a, b) => a.firstRow - b.firstRow)
}

/** Removes a divided batch from all of its inputs but `except`, in which a part has already replaced it. */
export function removeRest(
  covered: readonly CoveredInput[],
  batch: SentBatch,
  except: number,
): void {
  for (const input of batch.inputs) if (input !== except) covered[input]!.remove(batch)
}
