/*
  Counts what each connection of a run carried, and how long its batches took. Shows a connection that is slower or carries more than
  others.
*/
import type { LoadResult } from '../load-result.js'
import { newLatencies, type Latencies } from './latencies.js'

/** The totals of one connection; a batch that is sent again counts again. */
export interface ConnectionTotals {
  batches: number
  rows: number
  bytes: number
  readonly latencies: Latencies
}

/** @param connection  from 0 */
export function connectionTotals(all: ConnectionTotals[], connection: number): ConnectionTotals {
  while (all.length <= connection) {
    all.push({ batches: 0, rows: 0, bytes: 0, latencies: newLatencies() })
  }
  return all[connection]!
}

export function addSent(
  to: ConnectionTotals,
  { rows, bytes }: { rows: number; bytes: number },
): void {
  to.batches++
  to.rows += rows
  to.bytes += bytes
}

export function connectionFigures(all: readonly ConnectionTotals[]): LoadResult['byConnection'] {
  return all.map(({ batches, rows, bytes, latencies }) => ({
    ...{ batches, rows, bytes: Math.round(bytes) },
    latencyMs: latencies.percentiles(),
  }))
}
