/*
  Decides how to read an input that earlier processes have read: from the first row without a known outcome, in pieces that match the
  batches of those processes.
*/
import type { InputRange } from '../../parse/batch.js'
import type { Piece } from '../../parse/cuts.js'
import { isSettled, isUnderWay, type SentLanes, type SentRange } from '../outcomes/covered-range.js'
import type { JournaledInput } from '../outcomes/journaled-run.js'

/** Rows that an earlier process sent under a batch number. */
export interface SentBefore {
  readonly no: number
  /** Rows of the whole batch, including those of other inputs. */
  readonly rows: number
  /** True if the ledger (table of receipts) that would hold the receipt of these rows is gone. */
  readonly hasNoReceipt: boolean
}

/** What earlier processes did with a batch that is read again. */
export type KnownBatch =
  /** The outcome of the batch is known. */
  | { readonly kind: 'settled' }
  /** The batch was sent, and its outcome is unknown. */
  | ({ readonly kind: 'sent' } & SentBefore)
  /** The batch was read, and is certainly not stored. */
  | { readonly kind: 'unsent' }
  /** The batch was sent over several lanes (connections), and some of its rows have no outcome yet. */
  | ({ readonly kind: 'lanes'; readonly no: number; readonly rows: number } & SentLanes)

export interface ResumedInput {
  /** True if nothing in the input is left to be read. */
  readonly isDone: boolean
  readonly from: { readonly offsetBytes: number; readonly lineNumber: number }
  /** Records before `from`. */
  readonly records: number
  /** The rows of each piece form a batch, or this input's part of a batch that spans several inputs. */
  readonly pieces: readonly Piece[]
  /** What an earlier process did with the batch in this range; undefined for rows that were never read before. */
  knownOf(range: InputRange): KnownBatch | undefined
  /** Whether a range has as many rows as an earlier process sent from the same offset. */
  hasRowsOf(range: InputRange): boolean
}

/**
 * @param input  the input as the journal records it
 * @param index  number of the input
 */
export function resumedInput({ covered, summary }: JournaledInput, index: number): ResumedInput {
  covered.settle()
  const { ends } = covered
  const [first] = ends
  const last = ends.at(-1)!
  const byStart = new Map<number, SentRange>()
  const pieces: Piece[] = []
  let cursor = first!.offsetBytes
  let nextEnd = 1
  /**
   * Adds pieces for the bytes up to `endBytes` that no sent batch contains. A piece never spans the end of an earlier
   * batch, so that each batch gets its outcome independently.
   */
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
      const { no, hasNoReceipt, rows, lanes } = sent.batch
      if (lanes !== undefined) return { kind: 'lanes', no, rows, ...lanes }
      return isUnderWay(sent.batch) ? { kind: 'sent', no, rows, hasNoReceipt } : { kind: 'unsent' }
    },
    hasRowsOf({ startOffsetBytes, rowCount }) {
      const sent = byStart.get(startOffsetBytes)
      return sent === undefined || sent.rows === rowCount
    },
  }
}
