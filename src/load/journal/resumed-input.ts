/*
  How an input is read that earlier processes have read before: from where nothing is settled any more, and in the pieces
  that have numbers.
*/
import type { Batch } from '../../parse/input-reader.js'
import { isSettled, type SentRange } from '../fate/covered-range.js'
import type { FoundInput } from '../fate/found-run.js'

/** Rows that an earlier process has sent under a number. */
export interface SentBefore {
  readonly no: number
  /** The ledger that their receipt would be in is gone. */
  readonly isLost: boolean
}

/** What is known of a batch that is read again. */
export type KnownBatch =
  /** Its rows have their place. */
  | { readonly kind: 'settled' }
  /** It was sent, and nobody knows what became of it. */
  | ({ readonly kind: 'sent' } & SentBefore)
  /** It was read, and is certainly not stored. */
  | { readonly kind: 'unsent' }

/** The reading of one input goes on. */
export interface ResumedInput {
  /** Nothing is left in it to be read. */
  readonly isDone: boolean
  readonly from: { readonly offsetBytes: number; readonly lineNumber: number }
  /** Records before `from`. */
  readonly records: number
  /** Each is to come as one batch. */
  readonly pieces: readonly { readonly startBytes: number; readonly endBytes: number }[]
  /** undefined for rows that nobody has read before. */
  knownOf(batch: Batch): KnownBatch | undefined
  /** Whether such a batch has the rows that were sent under its number. */
  hasRowsOf(batch: Batch): boolean
}

/** @param input  as its journal tells it */
export function resumedInput({ covered, summary }: FoundInput): ResumedInput {
  covered.settle()
  const { ends } = covered
  const [first] = ends
  const last = ends.at(-1)!
  const byStart = new Map<number, SentRange>()
  const pieces: { startBytes: number; endBytes: number }[] = []
  let cursor = first!.offsetBytes
  let nextEnd = 1
  /** A piece is never of two batches: neither could be settled by itself. */
  const gapUpTo = (endBytes: number): void => {
    while (cursor < endBytes) {
      while (ends[nextEnd]!.offsetBytes <= cursor) nextEnd++
      const startBytes = cursor
      cursor = Math.min(endBytes, ends[nextEnd]!.offsetBytes)
      pieces.push({ startBytes, endBytes: cursor })
    }
  }
  for (const range of covered.ranges) {
    gapUpTo(range.startBytes)
    pieces.push({ startBytes: range.startBytes, endBytes: range.endBytes })
    byStart.set(range.startBytes, range)
    cursor = range.endBytes
  }
  gapUpTo(last.offsetBytes)
  return {
    isDone: summary !== undefined && pieces.length === 0,
    from: first!,
    records: first!.records,
    pieces,
    knownOf(batch) {
      const range = byStart.get(batch.startOffsetBytes)
      if (range === undefined) {
        return batch.startOffsetBytes < last.offsetBytes ? { kind: 'unsent' } : undefined
      }
      if (isSettled(range)) return { kind: 'settled' }
      const { no, isLost, ended, rows } = range
      return ended?.unsent === rows ? { kind: 'unsent' } : { kind: 'sent', no, isLost }
    },
    hasRowsOf(batch) {
      const range = byStart.get(batch.startOffsetBytes)
      return range === undefined || range.rows === batch.rowCount
    },
  }
}
