/*
  The equation of a run: read = confirmed + unconfirmed + rejected + skipped + unsent. `read` comes from the readers,
  everything else from where it happened, so that a lost row shows as a difference. Rows get their place only by the
  steps that stand here.
*/
import { DdbError } from '../errors.js'
import type { LoadResult, RowCounts } from './options.js'

/** Where the rows of one run stand. */
export interface RunCounts {
  readonly rows: Readonly<RowCounts>
  /** Rows handed to a session; each ends as confirmed, unconfirmed, rejected or, certainly not stored, unsent. */
  readonly sentRows: number
  readonly batches: Readonly<LoadResult['batches']>
  /** What earlier processes of the run have found out; they have read all of these rows. */
  goOn(rows: Pick<RowCounts, 'skipped' | 'rejected' | 'unconfirmed' | 'unsent'>): void
  /** Rows that an earlier process has left in this place are handed over by this one. */
  takenUp(from: 'unconfirmed' | 'unsent', rows: number): void
  /** So many records were read so far, of all inputs. */
  readUpTo(records: number): void
  /** A batch goes to a session. */
  sent(rows: number): void
  /** A batch that was to be sent was not, after all. */
  notSent(rows: number): void
  /** A batch, or a part of one, goes out once more. */
  sentAgain(): void
  confirmed(rows: number): void
  unconfirmed(rows: number): void
  rejected(): void
  unsent(rows: number): void
  /** A batch, or a part of one, is not in the table as far as is known. */
  batchFailed(): void
  /** What was confirmed is known no more. */
  allUnconfirmed(): void
  /** Of all rows that were sent so many arrived; of the others nothing is known. */
  arrived(rows: number): void
  /** Rows that have no place were on their way to a session. */
  restIsUnsent(): void
}

/** All zero. */
export function newRunCounts(): RunCounts {
  const rows = { read: 0, confirmed: 0, unconfirmed: 0, rejected: 0, skipped: 0, unsent: 0 }
  const batches = { sent: 0, retried: 0, failed: 0 }
  let sentRows = 0
  let readBefore = 0
  return {
    rows,
    batches,
    get sentRows() {
      return sentRows
    },
    goOn(before) {
      Object.assign(rows, before)
      readBefore = accountedFor(rows)
      rows.read = readBefore
    },
    takenUp(from, count) {
      rows[from] -= count
    },
    readUpTo(records) {
      rows.read = Math.max(readBefore, records)
    },
    sent(count) {
      sentRows += count
      batches.sent++
    },
    notSent(count) {
      sentRows -= count
      batches.sent--
    },
    sentAgain: () => void batches.retried++,
    confirmed: count => void (rows.confirmed += count),
    unconfirmed: count => void (rows.unconfirmed += count),
    rejected: () => void rows.rejected++,
    unsent: count => void (rows.unsent += count),
    batchFailed: () => void batches.failed++,
    allUnconfirmed() {
      rows.unconfirmed += rows.confirmed + rows.skipped
      rows.confirmed = 0
      rows.skipped = 0
    },
    arrived(count) {
      rows.confirmed = count
      rows.unconfirmed = sentRows - count
    },
    restIsUnsent() {
      rows.unsent += Math.max(0, rows.read - accountedFor(rows))
    },
  }
}

function accountedFor(rows: RowCounts): number {
  return rows.confirmed + rows.unconfirmed + rows.rejected + rows.skipped + rows.unsent
}

/** `1 row`, `2 rows`. */
export function rowsText(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`
}

/** The failure to report when the equation does not hold, else undefined. */
export function equationError(rows: RowCounts): DdbError | undefined {
  const accounted = accountedFor(rows)
  if (accounted === rows.read) return undefined
  return new DdbError(
    'DDB_INTERNAL',
    `the rows do not add up: ${rows.read} read, ${accounted} accounted for; ` +
      'this is a bug of ddb-ingest: please report it and check the target before loading again',
  )
}
