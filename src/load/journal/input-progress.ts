/*
  The progress of a run in one input, in bytes and lines as the user sees the file.
*/
import type { JournaledRun } from '../outcomes/journaled-run.js'
import { unconfirmedRows, type BatchEnd } from '../outcomes/streams.js'
import { resumedInputs, streamOf } from './resumption.js'

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

/** @returns a function of the number of an input: the progress that the journal records */
export function inputProgress(journal: JournaledRun): (input: number) => InputProgress {
  const isFollowing = journal.run?.options.input?.follow === true
  const resumed = resumedInputs(journal, isFollowing)
  return input => {
    const { from, records, isDone } = resumed(input)
    const stream = streamOf(input, isFollowing)
    const uncertain = uncertainRanges(journal, input, stream, from.lineNumber)
    return { settled: { ...from, records }, isDone, uncertain }
  }
}

function uncertainRanges(
  { streams }: JournaledRun,
  input: number,
  stream: number,
  firstLineNumber: number,
): UncertainRange[] {
  const found: UncertainRange[] = []
  let line = firstLineNumber
  for (const batch of streams.get(stream)?.open.values() ?? []) {
    for (const { input: own, startBytes, endBytes, endLine, rows: sent } of batch.ranges) {
      if (own !== input) continue
      const firstLine = line
      line = endLine
      // If a batch has rows of several inputs, all its rows of unknown outcome may belong to this input.
      const rows = Math.min(sent, unconfirmedRows(batch))
      if (rows === 0) continue
      const lastLine = Math.max(firstLine, endLine - 1)
      const last = found.at(-1)
      if (last?.endBytes === startBytes) {
        found[found.length - 1] = { ...last, endBytes, lastLine, rows: last.rows + rows }
      } else found.push({ startBytes, endBytes, firstLine, lastLine, rows })
    }
  }
  return found
}
