/*
  What a number of simulations had in them.
*/
import type { LoadResult } from '../../src/load/options.js'
import type { Simulation } from './simulate.js'

export interface Tally {
  seeds: number
  failed: number
  loads: number
  /** Confirmed ones. */
  rows: number
  events: number
  /** Loads by target and by how they were confirmed. */
  readonly kinds: Record<string, number>
}

export function newTally(): Tally {
  return { seeds: 0, failed: 0, loads: 0, rows: 0, events: 0, kinds: {} }
}

export function count(tally: Tally, { scenario, runs, complaints, eventCount }: Simulation): void {
  tally.seeds++
  tally.failed += Number(complaints.length > 0)
  tally.events += eventCount
  for (const { result } of runs) {
    const kind = `${scenario.kind.name}, ${confirmationOf(result)}`
    tally.kinds[kind] = (tally.kinds[kind] ?? 0) + 1
    tally.loads++
    tally.rows += result?.rows.confirmed ?? 0
  }
}

export function addTally(sum: Tally, other: Tally): void {
  sum.seeds += other.seeds
  sum.failed += other.failed
  sum.loads += other.loads
  sum.rows += other.rows
  sum.events += other.events
  for (const [kind, number] of Object.entries(other.kinds)) {
    sum.kinds[kind] = (sum.kinds[kind] ?? 0) + number
  }
}

function confirmationOf(result: LoadResult | undefined): string {
  if (result === undefined) return 'killed'
  const { asked, used } = result.confirm
  return used === 'none' && asked !== 'none' ? 'ended before the first batch' : used
}
