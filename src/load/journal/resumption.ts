/* How a process resumes a run: where to begin reading each input, and what earlier processes did with rows that are read again. A run
   without a journal resumes nothing. A report of the run shows the same places. */
import type { Batch } from '../../parse/batch.js'
import { placeText, recordedRanges } from '../outcomes/pieces.js'
import { runChanged } from './changed-run.js'
import { streamStart, unconfirmedRows, type RecordedRun, type SentBatch } from './recorded-run.js'

/** Followed files are read at once, each as a stream. */
export const streamOfFollowed = (input: number): number => input + 1

const streamIn = ({ run }: RecordedRun, input: number): number =>
  run?.options.input?.follow === true ? streamOfFollowed(input) : 1

/** @param found  the journal as it was found; this process does not change it */
export function newResumption(found: RecordedRun) {
  const { inputs, streams } = found
  const resumed = resumedInputs(found)
  return {
    /** Where to resume reading an input; undefined if no process has read any of it. */
    resumed: (input: number) =>
      inputs[input]?.detected === undefined ? undefined : resumed(input),
    /** @returns a function that gives each further batch of the stream its place, and returns the batch */
    placer(stream: number): (batch: Batch) => Batch {
      let { no } = streams.get(stream)?.settled ?? streamStart
      return batch => Object.assign(batch, { place: { stream, no: ++no } })
    },
    /** Whether an input is read for the first time. @throws {DdbError} DDB_RUN_CHANGED if it was not read as `detected` says */
    isReadAnew(input: number, path: string, detected: string): boolean {
      const before = inputs[input]?.detected
      if (before === undefined || before === detected) return before === undefined
      const how = `was read as ${before}, and would now be read as ${detected}`
      throw runChanged(found, `"${path}" ${how}`)
    },
    /** The batch as an earlier process sent it, or was about to; if any. @throws {DdbError} DDB_RUN_CHANGED if it had other rows */
    knownOf({ place, ranges, endedBy }: Batch): SentBatch | undefined {
      const sent = place && streams.get(place.stream)?.open.get(place.no)
      // The process has stopped reading within the batch.
      if (sent === undefined || endedBy === 'broken') return sent
      if (placeText(recordedRanges({ ranges })) === placeText(sent.ranges)) return sent
      const { path } = inputs[sent.ranges[0]!.input]!
      throw runChanged(found, `"${path}" no longer has the rows that were sent`)
    },
    /** Whether an earlier process has already counted this reject of the reader. */
    isKnownReject: (input: number, offsetBytes: number): boolean =>
      offsetBytes < (inputs[input]?.rejectsUpTo ?? 0),
  }
}

/** @returns a function of the number of an input: where to resume reading it, at the end of a batch or at its start */
function resumedInputs(found: RecordedRun) {
  const { inputs, streams } = found
  /** Ends of batches by input; the key is there for every input with rows of an open batch. */
  const endsIn = new Map<number, number[]>()
  for (const { open } of streams.values()) {
    for (const { ranges, early } of open.values()) {
      for (const { input } of ranges) if (!endsIn.has(input)) endsIn.set(input, [])
      const last = ranges.at(-1)!
      if (early === true) endsIn.get(last.input)!.push(last.endBytes)
    }
  }
  return (input: number) => {
    const { settled = streamStart, open } = streams.get(streamIn(found, input)) ?? {}
    // A stream resumes in an input that may lie before or after this one.
    const isBefore = input < settled.input
    const begin = input === settled.input ? settled : isBefore ? found.sentOf(input) : streamStart
    const { offsetBytes, lineNumber, records } = begin
    // The place of a batch depends on all inputs that are read before it.
    const isBetween = input > settled.input && open !== undefined && open.size > 0
    return {
      from: { offsetBytes, lineNumber },
      records,
      /** Offsets after `from`, ascending, at which batches end that nothing else cuts there. */
      ends: (endsIn.get(input) ?? []) as readonly number[],
      /** The summary of the input if nothing in it is left to be read. */
      done: isBetween || endsIn.has(input) ? undefined : inputs[input]!.summary,
    }
  }
}

/** A range with rows of unknown outcome. Bytes count the decompressed content as UTF-8; lines count from 1. */
interface UncertainRange {
  readonly startBytes: number
  readonly endBytes: number
  /** Lines of the whole batches to which the rows belong: part of a batch has no line numbers of its own. */
  readonly firstLine: number
  readonly lastLine: number
  readonly rows: number
}

export type InputProgress = ReturnType<ReturnType<typeof inputProgress>>

/** @returns a function of the number of an input: the progress that the journal records */
export function inputProgress(journal: RecordedRun) {
  const resumed = resumedInputs(journal)
  return (input: number) => {
    const { from, records, done } = resumed(input)
    return {
      /** The place before which no rows are left to send, and no outcome is left to ask for. */
      settled: { ...from, records },
      /** Whether nothing of the input is left to be read or sent. */
      isDone: done !== undefined,
      uncertain: uncertainRanges(journal, input, from.lineNumber),
    }
  }
}

/** Ascending; neighbouring ranges are merged. */
function uncertainRanges(journal: RecordedRun, input: number, firstLineNumber: number) {
  const { open } = journal.streams.get(streamIn(journal, input)) ?? {}
  const found: UncertainRange[] = []
  let line = firstLineNumber
  for (const batch of open?.values() ?? []) {
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
