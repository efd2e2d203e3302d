/*
  How a process goes on with a run: where reading each input begins, and what earlier processes did with the rows that are
  read again. Without a journal nothing was done before.
*/
import type { Batch, InputRange } from '../../parse/batch.js'
import { runChanged } from './changed-run.js'
import type { FoundRun } from '../fate/found-run.js'
import {
  beginningAt,
  resumedInput,
  type KnownBatch,
  type ResumedInput,
  type SentBefore,
} from './resumed-input.js'

export interface Resumption {
  /** Where reading an input goes on; undefined when nothing of it was read before. */
  resumed(input: number): ResumedInput | undefined
  /**
   * An input is about to be read.
   * @param detected  how, as text
   * @returns whether that is new
   * @throws {DdbError} DDB_RUN_CHANGED when it was read in another way before
   */
  isReadAnew(input: number, path: string, detected: string): boolean
  /**
   * Rows have come from an input.
   * @param records  of the input, up to their end
   * @throws {DdbError} DDB_RUN_CHANGED when they are others than were sent
   */
  place(range: InputRange, input: number, records: number): void
  /** What earlier processes did with the rows of a batch whose ranges have their places; undefined when they never met them. */
  knownOf(batch: Batch): KnownBatch | undefined
  /**
   * A batch is about to be sent again; one that reading broke off in is not.
   * @throws {DdbError} DDB_RUN_CHANGED when it has other rows than were sent
   */
  checkRows(batch: Batch, sent: Pick<SentBefore, 'rows'>): void
  /** Whether a reader's reject is among those of an earlier process. */
  isKnownReject(input: number, offsetBytes: number): boolean
}

/**
 * @param found  the journal as it was found; nothing that this process does changes it
 * @param isFollowing  several inputs are read at once
 * @param from  where the only input is begun; its start when left out
 */
export function newResumption(
  found: FoundRun,
  isFollowing: boolean,
  from?: ResumedInput['from'],
): Resumption {
  const inputs = new Map<number, ResumedInput>()
  if (from !== undefined) inputs.set(0, beginningAt(from))
  for (const [input, journaled] of found.inputs.entries()) {
    if (journaled.detected !== undefined) inputs.set(input, resumedInput(journaled, input))
  }
  const otherRows = (input: number): Error =>
    runChanged(found, `"${found.inputs[input]!.path}" has other rows than were sent`)
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
      // A map from batches would cost small ones more than all the rest of this.
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
