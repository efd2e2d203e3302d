/*
  The equation of an input: bytes read = rows + rejected + header + other + skipped. The source counts what it gave out, the
  reader what it decided of each byte, so that a lost record shows even if the reader never knew of it.
*/
import { DdbError } from '../../errors.js'
import type { LoadResult } from '../options.js'

/** What a result says of the bytes of one input. */
export type ContentBytes = LoadResult['inputs'][number]['contentBytes']

/**
 * The failure to report when the equation does not hold, else undefined.
 *
 * @param readToEnd  whether every byte was decided; until then there are some that were not
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
