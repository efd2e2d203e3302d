/*
  How a process resumes a run: where to begin reading each input, and what earlier processes did with rows that are read again. A run
  without a journal resumes nothing.
*/
import type { Batch, InputRange } from '../../parse/batch.js'
import { runChanged } from './changed-run.js'
import type { JournaledRun } from '../outcomes/journaled-run.js'
import {
  resumedInput,
  type KnownBatch,
  type ResumedInput,
  type SentBefore,
} from './resumed-input.js'

export interface Resumption {
  /** Where to resume reading an input; undefined if no process has read any of it. */
  resumed(input: number): ResumedInput | undefined
  /**
   * Call this before an input is read.
   * @param detected  a text that says how the input will be read
   * @returns whether the input is read for the first time
   * @throws {DdbError} DDB_RUN_CHANGED if an earlier process read the input differently
   */
  isReadAnew(input: number, path: string, detected: string): boolean
  /**
   * Call this for rows that were read from an input.
   * @param records  records of the input, up to the end of these rows
   * @throws {DdbError} DDB_RUN_CHANGED if the rows differ from those that were sent
   */
  place(range: InputRange, input: number, records: number): void
  /**
   * What earlier processes did with a batch's rows; undefined if they never read these rows. Call `place` for all
   * ranges of the batch first.
   */
  knownOf(batch: Batch): KnownBatch | undefined
  /**
   * Call this before a batch is sent again, if the whole batch was read.
   * @throws {DdbError} DDB_RUN_CHANGED if the batch has other rows than were sent
   */
  checkRows(batch: Batch, sent: Pick<SentBefore, 'rows'>): void
  /** Whether an earlier process has already counted this reject of the reader. */
  isKnownReject(input: number, offsetBytes: number): boolean
}

/**
 * @param found  the journal as it was found; this process does not change it
 * @param isFollowing  whether several inputs are read at once
 */
export function newResumption(found: JournaledRun, isFollowing: boolean): Resumption {
  const inputs = new Map<number, ResumedInput>()
  for (const [input, journaled] of found.inputs.entries()) {
    if (journaled.detected !== undefined) inputs.set(input, resumedInput(journaled, input))
  }
  const otherRows = (input: number): Error =>
    runChanged(found, `"${found.inputs[input]!.path}" no longer has the rows that were sent`)
  const { rejects } = found
  const upTos = new Map(rejects?.upTos)
  return {
    resumed: input => inputs.get(input),
    isReadAnew(input, path, detected) {
      const before = found.inputs[input]?.detected
      if (before === undefined || before === detected) return before === undefined
      const how = `was read as ${before}, and would now be read as ${detected}`
      throw runChanged(found, `"${path}" ${how}`)
    },
    place(range, input, records) {
      // Stores the place in the range itself, because with small batches a map keyed by batch would be slow.
      range.place = { input, records }
      if (inputs.get(input)?.hasRowsOf(range) === false) throw otherRows(input)
    },
    knownOf({ ranges }) {
      const { place } = ranges[0]!
      return place && inputs.get(place.input)?.knownOf(ranges[0]!)
    },
    checkRows({ ranges, rowCount }, { rows }) {
      if (rowCount !== rows) throw otherRows(ranges[0]!.place!.input)
    },
    isKnownReject(input, offsetBytes) {
      if (isFollowing) return offsetBytes < (upTos.get(input) ?? 0)
      const upTo = rejects?.upTo
      if (upTo === undefined || input > upTo.input) return false
      return input < upTo.input || offsetBytes < upTo.offsetBytes
    },
  }
}
