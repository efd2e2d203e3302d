/*
  Counts the records of an input that are new to its run. Earlier processes have counted the records up to the last batch in the journal,
  and the rejects that they read after that batch.
*/
import type { Run } from '../run.js'

interface NewRecords {
  /** How many of the input's first `records` records are new. Rejects already passed to `knownReject` are not new. */
  among(this: void, records: number): number
  /** Call this for each reject that an earlier process has already counted, so that `among` leaves it out. */
  knownReject(this: void, offsetBytes: number): void
}

/** @param input  number of the input in the journal; undefined if the input has no number yet */
export function newRecordCounter(
  { history: { found } }: Run,
  input: number | undefined,
): NewRecords {
  const known = input === undefined ? undefined : found.inputs[input]?.covered.ends.at(-1)
  const { records: knownRecords, offsetBytes: knownBytes } = known ?? { records: 0, offsetBytes: 0 }
  let rejectsAhead = 0
  return {
    among: records => Math.max(0, records - knownRecords) - rejectsAhead,
    knownReject(offsetBytes) {
      if (offsetBytes >= knownBytes) rejectsAhead++
    },
  }
}
