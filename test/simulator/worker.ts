/* A worker of `npm run simulate`. It gets shares of seeds and reports their results. */
import { failureText } from './report.js'
import { simulateResumed } from './resumed.js'
import { simulate } from './simulate.js'
import { count, newCounts, type SeedCounts } from './seed-counts.js'

/** Consecutive seeds. */
export interface Share {
  readonly from: number
  readonly count: number
  /** Whether killed and failed runs go on. */
  readonly isResumed: boolean
}

export interface ShareResult {
  readonly counts: SeedCounts
  readonly failures: readonly string[]
}

process.on('message', (share: Share) => void work(share))

async function work(share: Share): Promise<void> {
  const counts = newCounts()
  const failures: string[] = []
  const play = share.isResumed ? simulateResumed : simulate
  for (let seed = share.from; seed < share.from + share.count; seed++) {
    const simulation = await play(seed)
    count(counts, simulation)
    for (const { leave } of simulation.runs) leave.abort()
    if (simulation.complaints.length === 0) continue
    // Only the report of a failed seed shows where errors come from.
    Error.stackTraceLimit = 10
    failures.push(failureText(await play(seed, true), share.isResumed))
    Error.stackTraceLimit = 0
  }
  const result: ShareResult = { counts, failures }
  process.send?.(result)
}
