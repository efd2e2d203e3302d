/*
  Counts of an input: whether its bytes add up, and how many of its records are new to its run.
*/
import { DdbError } from '../../errors.js'
import type { LoadResult } from '../options.js'
import type { Run } from '../run.js'

type ContentBytes = LoadResult['inputs'][number]['contentBytes']

/**
 * The failure to report if the parts of the content do not add up to the bytes read, else undefined. The source counts
 * the bytes it delivers, and the reader classifies each byte, so a lost record shows even if the reader never saw it.
 * @param readToEnd  whether reading reached the end; otherwise some bytes may be unclassified
 */
export function bytesError(
  path: string,
  { read, rows, rejected, header, other, skipped }: ContentBytes,
  readToEnd: boolean,
): DdbError | undefined {
  const accounted = rows + rejected + header + other + skipped
  if (accounted === read || (accounted < read && !readToEnd)) return undefined
  return new DdbError(
    'DDB_INTERNAL',
    `the bytes of "${path}" do not add up: ${read} read, ${accounted} accounted for; ` +
      'this is a bug of ddb-ingest: please report it and check the target before loading again',
  )
}

/**
 * Earlier processes have counted the records up to the last batch in the journal, and the rejects that they read after
 * that batch.
 * @param input  number of the input in the journal
 */
export function newRecordCounter({ history: { found } }: Run, input: number) {
  const { records: knownRecords, offsetBytes: knownBytes } = found.sentOf(input)
  let rejectsAhead = 0
  return {
    /** How many of the input's first `records` records are new. Rejects already passed to `knownReject` are not new. */
    among: (records: number): number => Math.max(0, records - knownRecords - rejectsAhead),
    /** Call this for each reject that an earlier process has already counted, so that `among` leaves it out. */
    knownReject(this: void, offsetBytes: number): void {
      if (offsetBytes >= knownBytes) rejectsAhead++
    },
  }
}
