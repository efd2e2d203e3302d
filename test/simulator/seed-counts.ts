/* Counts over a number of simulations. */
import type { LoadResult } from '../../src/load/options.js'
import type { Simulation } from './simulate.js'

export interface SeedCounts {
  seeds: number
  failed: number
  loads: number
  /** Confirmed rows. */
  rows: number
  events: number
  /** Loaders whose missing rows an audit has found and a load has added. */
  completed: number
  /** Loads by target and by confirmation. */
  readonly kinds: Record<string, number>
}

export function newCounts(): SeedCounts {
  return { seeds: 0, failed: 0, loads: 0, rows: 0, events: 0, completed: 0, kinds: {} }
}

export function count(
  counts: SeedCounts,
  { scenario, runs, complaints, eventCount, completed }: Simulation,
): void {
  counts.seeds++
  counts.failed += Number(complaints.length > 0)
  counts.events += eventCount
  counts.completed += completed
  for (const { result } of runs) {
    const kind = `${scenario.kind.name}, ${confirmationOf(result)}`
    counts.kinds[kind] = (counts.kinds[kind] ?? 0) + 1
    counts.loads++
    counts.rows += result?.rows.confirmed ?? 0
  }
}

export function addCounts(sum: SeedCounts, other: SeedCounts): void {
  sum.seeds += other.seeds
  sum.failed += other.failed
  sum.loads += other.loads
  sum.rows += other.rows
  sum.events += other.events
  sum.completed += other.completed
  for (const [kind, number] of Object.entries(other.kinds)) {
    sum.kinds[kind] = (sum.kinds[kind] ?? 0) + number
  }
}

function confirmationOf(result: LoadResult | undefined): string {
  if (result === undefined) return 'killed'
  const { asked, used } = result.confirm
  return used === 'none' && asked !== 'none' ? 'ended before the first batch' : used
}
