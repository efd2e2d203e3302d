/*
  The progress of a run in one input, in bytes and lines as the user sees the file.
*/
import { unconfirmedRows, type BatchEnd } from '../outcomes/covered-range.js'
import type { JournaledInput } from '../outcomes/journaled-run.js'
import { resumedInput } from './resumed-input.js'

/** A range with rows of unknown outcome. Bytes count the decompressed content as UTF-8; lines count from 1. */
export interface UncertainRange {
  readonly startBytes: number
  /** Offset after the last byte of the range. */
  readonly endBytes: number
  /** Lines of the whole batches to which the rows belong: part of a batch has no line numbers of its own. */
  readonly firstLine: number
  readonly lastLine: number
  /** Rows of unknown outcome. */
  readonly rows: number
}

export interface InputProgress {
  /** The place before which no rows are left to send, and no outcome is left to ask for. */
  readonly settled: BatchEnd
  /** True if nothing of the input is left to be read or sent. */
  readonly isDone: boolean
  /** Ascending; neighbouring ranges are merged. */
  readonly uncertain: readonly UncertainRange[]
}

/**
 * Returns the progress that the journal records for an input. Drops batches for which nothing is left to do from
 * `input.covered`.
 */
export function inputProgress(input: JournaledInput, index: number): InputProgress {
  const uncertain = uncertainRanges(input)
  const { isDone } = resumedInput(input, index)
  return { settled: input.covered.ends[0]!, isDone, uncertain }
}

function uncertainRanges({ covered: { ends, ranges } }: JournaledInput): UncertainRange[] {
  const found: UncertainRange[] = []
  let at = 0
  for (const { startBytes, endBytes, rows: sent, batch } of ranges) {
    // If a batch has rows of several inputs, all its rows of unknown outcome may belong to this input.
    const rows = Math.min(sent, unconfirmedRows(batch))
    if (rows === 0) continue
    while (at + 1 < ends.length && ends[at + 1]!.offsetBytes <= startBytes) at++
    const lines = { firstLine: ends[at]!.lineNumber, lastLine: lastLineOf(ends, at) }
    const last = found.at(-1)
    if (last?.endBytes === startBytes) {
      const { lastLine } = lines
      found[found.length - 1] = { ...last, endBytes, lastLine, rows: last.rows + rows }
    } else found.push({ startBytes, endBytes, ...lines, rows })
  }
  return found
}

/** The last line of the batch that begins at `ends[at]`: the line before the next batch. */
function lastLineOf(ends: readonly BatchEnd[], at: number): number {
  const { lineNumber } = ends[at]!
  return Math.max(lineNumber, (ends[at + 1]?.lineNumber ?? lineNumber) - 1)
}
