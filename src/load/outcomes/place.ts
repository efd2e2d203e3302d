/*
  The place of rows in a run. It identifies them in the ledger and in the journal, because every process of the run cuts the inputs at the
  same places (`parse/cuts.ts`) and divides batches alike.
*/
import type { Batch, BatchPlace } from '../../parse/batch.js'

/** Rows of a batch that are sent together. */
export interface Place extends BatchPlace {
  /** The share of the batch whose rows travel over one connection; 0 also if the batch is not divided by lane. */
  readonly lane: number
  /** The index of the part in the heap of halves: 1 for all rows of the lane, 2 and 3 for its halves, 4 to 7 for theirs. */
  readonly part: number
}

/** Rows of one input that are consecutive in it, as the journal records them. */
export interface RecordedRange {
  /** Number of the input in reading order. */
  readonly input: number
  /** Start and end (exclusive) in the decompressed input. The next range starts where this one ends. */
  readonly startBytes: number
  readonly endBytes: number
  readonly rows: number
  /** Line of the byte at `endBytes`. */
  readonly endLine: number
  /** Number of the input's records that begin before `endBytes`. */
  readonly records: number
}

/** The ranges of a batch, even those without rows. */
export function recordedRanges({ ranges }: Pick<Batch, 'ranges'>): RecordedRange[] {
  return ranges.map(range => ({
    input: range.place?.input ?? 0,
    startBytes: range.startOffsetBytes,
    endBytes: range.endOffsetBytes,
    rows: range.rowCount,
    endLine: range.endLineNumber,
    records: range.place?.records ?? 0,
  }))
}

/** How a batch is divided among connections. */
export interface LanesOfBatch {
  readonly count: number
  /** The rule that divides the rows. */
  readonly by: string
}

/** Most keys are numbers, because making a text takes long for a small batch. */
export function keyOf({ stream, no, lane, part }: Place): string | number {
  return stream === 1 && lane === 0 && part === 1 ? no : `${stream} ${no} ${lane} ${part}`
}

/**
 * A digest of what the place of a batch stands for: where its rows are in the inputs, and how they are divided by lane. A process that
 * finds another digest in the ledger has cut the inputs elsewhere.
 * @returns 63 bits
 */
export function cutOf(ranges: readonly RecordedRange[], lanes: LanesOfBatch | undefined): bigint {
  let high = 0x9e3779b9
  let low = 0x85ebca6b
  const add = (value: number): void => {
    for (const word of [value % wordValues, value / wordValues]) {
      high = Math.imul(high ^ word, 0x01000193) ^ (low >>> 15)
      low = Math.imul(low ^ word, 0x85ebca77) ^ (high >>> 13)
    }
  }
  for (const { input, startBytes, endBytes, rows } of ranges) {
    for (const value of [input, startBytes, endBytes, rows]) add(value)
  }
  if (lanes !== undefined) {
    add(lanes.count)
    for (const byte of Buffer.from(lanes.by)) add(byte)
  }
  return (BigInt(high >>> 1) << 32n) | BigInt(low >>> 0)
}

const wordValues = 2 ** 32
