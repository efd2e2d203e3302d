/*
  The equation of a run: read = confirmed + filtered + unconfirmed + rejected + skipped + unsent.
*/
import { DdbError } from '../../errors.js'
import type { RowCounts } from '../options.js'

export function noRows(): RowCounts {
  const places = { confirmed: 0, filtered: 0, unconfirmed: 0, rejected: 0, skipped: 0, unsent: 0 }
  return { read: 0, ...places }
}

/** Sum of the counts. It must equal `read`. */
export function accountedFor(rows: RowCounts): number {
  const { confirmed, filtered, unconfirmed, rejected, skipped, unsent } = rows
  return confirmed + filtered + unconfirmed + rejected + skipped + unsent
}

/** For example `1 row` or `2 rows`. */
export function rowsText(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`
}

/** The failure to report if the counts do not add up, else undefined. */
export function equationError(rows: RowCounts): DdbError | undefined {
  const accounted = accountedFor(rows)
  if (accounted === rows.read) return undefined
  return new DdbError(
    'DDB_INTERNAL',
    `the rows do not add up: ${rows.read} read, ${accounted} accounted for; ` +
      'this is a bug of ddb-ingest: please report it and check the target before loading again',
  )
}

/** The failure to report if a run has unsent rows although nothing stopped it, else undefined. */
export function unsentError({ unsent }: RowCounts): DdbError | undefined {
  if (unsent === 0) return undefined
  return new DdbError(
    'DDB_INTERNAL',
    `${rowsText(unsent)} of a run that ended normally ${unsent === 1 ? 'was' : 'were'} not sent; ` +
      'this is a bug of ddb-ingest: please report it, and run the same command again',
  )
}
