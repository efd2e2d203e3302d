/* A worker of `npm run simulate`. It gets shares of seeds and reports their results. */
import { failureText } from './report.js'
import { simulate } from './simulate.js'
import { count, newCounts, type SeedCounts } from './seed-counts.js'

/** Consecutive seeds. */
export interface Share {
  readonly from: number
  readonly count: number
}

export interface ShareResult {
  readonly counts: SeedCounts
  readonly failures: readonly string[]
}

process.on('message', (share: Share) => void work(share))

async function work(share: Share): Promise<void> {
  const counts = newCounts()
  const failures: string[] = []
  for (let seed = share.from; seed < share.from + share.count; seed++) {
    const simulation = await simulate(seed)
    count(counts, simulation)
    if (simulation.complaints.length > 0) failures.push(failureText(await simulate(seed, true)))
  }
  const result: ShareResult = { counts, failures }
  process.send?.(result)
}
