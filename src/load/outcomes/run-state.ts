/* The state of a run's rows and batches in this process. In the equation read = confirmed + filtered + unconfirmed + rejected + skipped +
   unsent, `read` comes from the readers and the other terms come from the outcomes. A lost row therefore shows as a difference. */
import { createHistogram } from 'node:perf_hooks'
import { bugError, type DdbError } from '../../errors.js'
import type { LoadResult, RowCounts } from '../options.js'
import { LineRanges, type Piece, rangeText } from './pieces.js'

export type RunState = ReturnType<typeof newRunState>

export function newRunState() {
  return {
    rows: noRows(),
    /** Lines of rejected records, except the first of each; only records of this process. */
    moreRejectedLines: 0,
    /** Rows that other processes have read and rejected. No limit counts them. */
    elsewhere: { read: 0, rejected: 0 },
    /** Rows handed to a session. Each ends as confirmed, unconfirmed, rejected or, if it is certainly not stored, unsent. */
    sentRows: 0,
    /** Size of `sentRows` on the wire, before compression. */
    sentBytes: 0,
    batches: { sent: 0, retried: 0, failed: 0 },
    /** Pieces without an outcome, by place (`keyOf`), in the order in which the process took them. */
    open: new Map<string | number, Piece>(),
    openBytes: 0,
    get inFlightCount(): number {
      return [...this.open.values()].filter(({ isInFlight }) => isInFlight).length
    },
    lastSendNo: 0,
    /** Earlier processes have used the send numbers up to this one. */
    earlierSendNo: 0,
    latencies: newLatencies(),
    uncertain: new LineRanges(),
    confirmed: new LineRanges(),
    notes: new Set<string>(),
  }
}

export function noRows(): RowCounts {
  return { read: 0, confirmed: 0, filtered: 0, unconfirmed: 0, rejected: 0, skipped: 0, unsent: 0 }
}

/** Sum of the counts. It must equal `read`. */
export function accountedFor({ read, ...places }: RowCounts): number {
  return Object.values(places).reduce((sum, count) => sum + count, 0)
}

export function rowsText(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`
}

export function equationError(rows: RowCounts): DdbError | undefined {
  const accounted = accountedFor(rows)
  if (accounted === rows.read) return undefined
  const fact = `the rows do not add up: ${rows.read} read, ${accounted} accounted for`
  return bugError(fact, ' and check the target before loading again')
}

/** The failure to report if a run has unsent rows although nothing stopped it, else undefined. */
export function unsentError({ unsent }: RowCounts): DdbError | undefined {
  if (unsent === 0) return undefined
  const were = unsent === 1 ? 'was' : 'were'
  const fact = `${rowsText(unsent)} of a run that ended normally ${were} not sent`
  return bugError(fact, ', and run the same command again')
}

const namedRanges = 5

/** A sentence for the summary: why the confirmation is weaker than requested, or what it showed. */
export function summaryNote({ notes, uncertain }: RunState): string | undefined {
  const all = [...notes]
  let rest = uncertain.batches
  if (rest > 0) {
    const batchesText = (count: number): string => (count === 1 ? '1 batch' : `${count} batches`)
    const named = uncertain.ranges.slice(0, namedRanges).map(range => {
      rest -= range.batches
      return `${rangeText(range)} (${batchesText(range.batches)}): ${range.reason}`
    })
    const more = rest === 0 ? '' : `; and ${batchesText(rest)} more`
    all.push(`uncertain: ${named.join('; ')}${more}`)
  }
  return all.length === 0 ? undefined : all.join('. ')
}

/** Times from sending a batch to learning its outcome. */
export function newLatencies() {
  /** In microseconds, to three significant digits. */
  const all = createHistogram()
  const at = (percent: number): number | null =>
    all.count === 0 ? null : Number((all.percentile(percent) / 1000).toPrecision(3))
  return {
    add: (latencyMs: number): void => all.record(Math.max(1, Math.round(latencyMs * 1000))),
    /** In milliseconds, to three significant digits; null without samples. */
    percentiles: (): LoadResult['latencyMs'] => ({ p50: at(50), p95: at(95), p99: at(99) }),
  }
}
