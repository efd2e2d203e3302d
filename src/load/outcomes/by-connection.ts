/*
  Measures each connection of a run: its rows, its bytes, and the latencies of its batches. The result shows a connection that is
  slower than the rest, or carries more rows.
*/
import type { LoadResult } from '../load-result.js'
import { newLatencies, type Latencies } from './latencies.js'

/** A batch that is sent twice counts twice. */
export interface ConnectionTotals {
  batches: number
  rows: number
  bytes: number
  readonly latencies: Latencies
}

/** Returns the totals of a connection, and adds them to `all` if they are missing. @param connection  index, from 0 */
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
