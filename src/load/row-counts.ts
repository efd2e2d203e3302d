/*
  The equation of a run: read = confirmed + unconfirmed + rejected + skipped + unsent. `read` comes from the
  readers, everything else from where it happened, so that a lost row shows as a difference.
*/
import { DdbError } from '../errors.js'
import type { RowCounts } from './options.js'

/** Counters of one run; whoever decides a row's fate counts it. */
export interface Tally extends RowCounts {
  /** Rows handed to a session; each ends as confirmed, unconfirmed or rejected (by the server). */
  sent: number
  sentBatches: number
  retriedBatches: number
  failedBatches: number
}

/** All zero. */
export function newTally(): Tally {
  return {
    read: 0,
    confirmed: 0,
    unconfirmed: 0,
    rejected: 0,
    skipped: 0,
    unsent: 0,
    sent: 0,
    sentBatches: 0,
    retriedBatches: 0,
    failedBatches: 0,
  }
}

/** A snapshot without the counters of batches. */
export function rowCounts(tally: Tally): RowCounts {
  const { read, confirmed, unconfirmed, rejected, skipped, unsent } = tally
  return { read, confirmed, unconfirmed, rejected, skipped, unsent }
}

/** The failure to report when the equation does not hold, else undefined. */
export function equationError(rows: RowCounts): DdbError | undefined {
  const accounted = rows.confirmed + rows.unconfirmed + rows.rejected + rows.skipped + rows.unsent
  if (accounted === rows.read) return undefined
  return new DdbError(
    'DDB_INTERNAL',
    `the rows do not add up: ${rows.read} read, ${accounted} accounted for; ` +
      'this is a bug of ddb-ingest: please report it and check the target before loading again',
  )
}
