/*
  How an input is read that earlier processes have read before: from where nothing is settled any more, and in the pieces
  that have numbers.
*/
import type { InputRange } from '../../parse/batch.js'
import type { Piece } from '../../parse/input-reader.js'
import { isSettled, isUnderWay, type SentLanes, type SentRange } from '../fate/covered-range.js'
import type { FoundInput } from '../fate/found-run.js'

/** Rows that an earlier process has sent under a number. */
export interface SentBefore {
  readonly no: number
  /** Of all inputs that it has rows of. */
  readonly rows: number
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
  /** Its rows went by lane, and some of them have no place yet. */
  | ({ readonly kind: 'lanes'; readonly no: number; readonly rows: number } & SentLanes)

/** The reading of one input goes on. */
export interface ResumedInput {
  /** Nothing is left in it to be read. */
  readonly isDone: boolean
  readonly from: { readonly offsetBytes: number; readonly lineNumber: number }
  /** Records before `from`. */
  readonly records: number
  /** Each is to come as one batch, or as its first or next rows. */
  readonly pieces: readonly Piece[]
  /** undefined for rows that nobody has read before. */
  knownOf(range: InputRange): KnownBatch | undefined
  /** Whether such rows are those that were sent under their number. */
  hasRowsOf(range: InputRange): boolean
}

/** An input that is read from a place on, and whose rows before are not of the run. */
export function beginningAt(from: ResumedInput['from']): ResumedInput {
  return {
    isDone: false,
    from,
    records: 0,
    pieces: [],
    knownOf: () => undefined,
    hasRowsOf: () => true,
  }
}

/**
 * @param input  as its journal tells it
 * @param index  its number
 */
export function resumedInput({ covered, summary }: FoundInput, index: number): ResumedInput {
  covered.settle()
  const { ends } = covered
  const [first] = ends
  const last = ends.at(-1)!
  const byStart = new Map<number, SentRange>()
  const pieces: Piece[] = []
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
    const { startBytes, endBytes, batch } = range
    const continues = isUnderWay(batch) && batch.inputs.at(-1) !== index
    const joins = isUnderWay(batch) && batch.inputs[0] !== index
    pieces.push({ startBytes, endBytes, ...(joins && { joins }), ...(continues && { continues }) })
    byStart.set(range.startBytes, range)
    cursor = range.endBytes
  }
  gapUpTo(last.offsetBytes)
  return {
    isDone: summary !== undefined && pieces.length === 0,
    from: first!,
    records: first!.records,
    pieces,
    knownOf({ startOffsetBytes }) {
      const sent = byStart.get(startOffsetBytes)
      if (sent === undefined) {
        return startOffsetBytes < last.offsetBytes ? { kind: 'unsent' } : undefined
      }
      if (isSettled(sent.batch)) return { kind: 'settled' }
      const { no, isLost, rows, lanes } = sent.batch
      if (lanes !== undefined) return { kind: 'lanes', no, rows, ...lanes }
      return isUnderWay(sent.batch) ? { kind: 'sent', no, rows, isLost } : { kind: 'unsent' }
    },
    hasRowsOf({ startOffsetBytes, rowCount }) {
      const sent = byStart.get(startOffsetBytes)
      return sent === undefined || sent.rows === rowCount
    },
  }
}
