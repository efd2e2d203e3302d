/*
  How far a run has come with one input, in the words of those who look at the input: bytes and lines.
*/
import { unconfirmedRows, type BatchEnd } from '../fate/covered-range.js'
import type { FoundInput } from '../fate/found-run.js'
import { resumedInput } from './resumed-input.js'

/** Bytes are those of the content, decompressed and as UTF-8; lines count from 1. */
export interface UncertainRange {
  readonly startBytes: number
  /** Behind the last one. */
  readonly endBytes: number
  /** Of the batches that the rows went out in, as parts of batches have no lines of their own. */
  readonly firstLine: number
  readonly lastLine: number
  /** Rows of which nobody knows. */
  readonly rows: number
}

/** Where one input stands. */
export interface InputProgress {
  /** Every row before has its place: it was confirmed or rejected. */
  readonly settled: BatchEnd
  /** Nothing of it is left to be read or sent. */
  readonly isDone: boolean
  /** Neighbours merged, ascending. */
  readonly uncertain: readonly UncertainRange[]
}

/** What the journal says of an input. Forgets what lies before `settled`. */
export function inputProgress(input: FoundInput, index: number): InputProgress {
  const uncertain = uncertainRanges(input)
  const { isDone } = resumedInput(input, index)
  return { settled: input.covered.ends[0]!, isDone, uncertain }
}

function uncertainRanges({ covered: { ends, ranges } }: FoundInput): UncertainRange[] {
  const found: UncertainRange[] = []
  let at = 0
  for (const { startBytes, endBytes, rows: sent, batch } of ranges) {
    // Where a batch of several inputs has some, they may be of any of these.
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

/** Of the batch that begins at an end: the line before the next one begins. */
function lastLineOf(ends: readonly BatchEnd[], at: number): number {
  const { lineNumber } = ends[at]!
  return Math.max(lineNumber, (ends[at + 1]?.lineNumber ?? lineNumber) - 1)
}
