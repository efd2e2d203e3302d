/*
  What is known of the bytes of one input: which of them were sent, under which numbers, and what became of their rows.
  Ranges lie one behind the other; where a batch was divided or sent again, the later numbers take its place.
*/
import type { EndedRows, JournaledLanes } from '../journal/journal-record.js'

/** What was sent under one number: rows of one input, or of several that lie one behind the other. */
export interface SentBatch {
  readonly no: number
  readonly rows: number
  /** Numbers of the inputs that it has rows of. */
  readonly inputs: readonly number[]
  /** undefined while nobody knows. */
  ended: EndedRows | undefined
  /** The ledger that its receipt would be in is gone. */
  isLost: boolean
  /** Of rows that were divided by lane: then the above is said of each lane's part instead. */
  readonly lanes?: SentLanes
}

/** Rows that were sent by lane. */
export interface SentLanes extends JournaledLanes {
  /** In the order of lanes, ascending; rows between them have no number any more. */
  parts: SentPart[]
}

/** Rows of one lane. */
export interface SentPart {
  readonly batch: SentBatch
  /** Of the first one in the order of lanes. */
  readonly firstRow: number
}

/** Its rows of one input. */
export interface SentRange {
  readonly batch: SentBatch
  readonly startBytes: number
  readonly endBytes: number
  readonly rows: number
}

/** A place in an input at which a batch ended. */
export interface BatchEnd {
  readonly offsetBytes: number
  readonly lineNumber: number
  /** Records of the input that begin before. */
  readonly records: number
}

/** One input's bytes, from the first to those of the last batch. */
export interface CoveredInput {
  /** Ends of batches, ascending; what lies before the first one is settled. */
  readonly ends: readonly BatchEnd[]
  /** Ascending; none lies before the first end. */
  readonly ranges: readonly SentRange[]
  /** Rows of all batches, settled ones included. */
  readonly rows: number
  /** What was sent up to here has its place: so many rows. */
  begin(end: BatchEnd, rows: number): void
  /** A batch that nobody has sent before. */
  extend(range: SentRange, end: BatchEnd): void
  /** Rows that were part of a batch before, under another number. @returns the batches that these rows had been part of */
  replace(range: SentRange): readonly SentBatch[]
  /** What was sent under its number has other numbers from now on. */
  remove(batch: SentBatch): void
  /** Forgets what lies before the first batch with rows that are not settled. */
  settle(): void
}

/** How far an input was sent: so many rows, and up to where. */
export interface SentInput extends BatchEnd {
  readonly rows: number
}

/** Of an input of which nothing was sent. */
export const unsentInput: SentInput = { offsetBytes: 0, lineNumber: 1, records: 0, rows: 0 }

/** How far inputs were sent: of a hundred thousand files four numbers each. */
export interface SentInputs {
  at(input: number): SentInput
  set(input: number, sent: SentInput): void
  /** More rows of an input were sent, up to its end or another place. */
  add(input: number, end: BatchEnd, rows: number): void
}

const numbersEach = 4

export function newSentInputs(): SentInputs {
  let numbers = new Float64Array(numbersEach)
  const inputs: SentInputs = {
    at(input) {
      const at = input * numbersEach
      // Lines count from 1: 0 stands for an input that was not told.
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

/** So many batches are settled at a time. */
const settleEvery = 1_024

export function newCoveredInput(): CoveredInput {
  let ends: BatchEnd[] = [{ offsetBytes: 0, lineNumber: 1, records: 0 }]
  let ranges: SentRange[] = []
  /** Of the first batch, behind a header: what lies before it is settled. */
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
      // What the new one leaves of a divided batch is a gap until the other parts come.
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

/** Nothing is left to be sent or asked for; where some rows were confirmed, the others cannot be told from them. */
export function isSettled({
  ended,
  rows,
  lanes,
}: Pick<SentBatch, 'ended' | 'rows' | 'lanes'>): boolean {
  if (lanes !== undefined) return settledRows(lanes) === rows
  return ended !== undefined && ended.unconfirmed < rows && ended.unsent < rows
}

/** It was sent, and what became of it is unknown. */
export function isUnderWay(batch: SentBatch): boolean {
  // Rows that went by lane find their numbers again only if all of them are read together.
  return !isSettled(batch) && (batch.lanes !== undefined || batch.ended?.unsent !== batch.rows)
}

function settledRows({ parts }: SentLanes): number {
  return sumOf(parts, ({ batch }) => (isSettled(batch) ? batch.rows : 0))
}

/** Rows that were sent, and of which it is unknown what became of them. */
export function unknownRows({ ended, rows, lanes }: SentBatch): number {
  if (lanes !== undefined) return sumOf(lanes.parts, ({ batch }) => unknownRows(batch))
  return ended === undefined || ended.unconfirmed === rows ? rows : 0
}

/** As `unknownRows`, with those of batches of which others were confirmed. */
export function unconfirmedRows({ ended, rows, lanes }: SentBatch): number {
  if (lanes !== undefined) return sumOf(lanes.parts, ({ batch }) => unconfirmedRows(batch))
  return ended?.unconfirmed ?? rows
}

function sumOf(parts: readonly SentPart[], rowsOf: (part: SentPart) => number): number {
  return parts.reduce((sum, part) => sum + rowsOf(part), 0)
}

/** Rows of one lane have another number: it takes the place of those that they had, or that rows around them had with them. */
export function replacePart(lanes: SentLanes, part: SentPart): void {
  const end = part.firstRow + part.batch.rows
  lanes.parts = lanes.parts
    .filter(({ firstRow, batch }) => firstRow >= end || firstRow + batch.rows <= part.firstRow)
    .concat(part)
    .sort((a, b) => a.firstRow - b.firstRow)
}
