/*
  The equation of an input: bytes read = rows + rejected + header + other + skipped. The source counts the bytes it delivers, and the
  reader classifies each byte. The equation therefore reveals a lost record even if the reader never saw that record.
*/
import { DdbError } from '../../errors.js'
import type { LoadResult } from '../options.js'

export type ContentBytes = LoadResult['inputs'][number]['contentBytes']

/**
 * The failure to report if the parts of the content do not add up to the bytes read, else undefined.
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
