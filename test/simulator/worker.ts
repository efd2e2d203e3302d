/*
  A process of `npm run simulate`: it is given shares of seeds and tells what came of them.
*/
import { failureText } from './report.js'
import { simulate } from './simulate.js'
import { count, newTally, type Tally } from './tally.js'

/** Seeds in a row. */
export interface Share {
  readonly from: number
  readonly count: number
}

export interface ShareResult {
  readonly tally: Tally
  readonly failures: readonly string[]
}

process.on('message', (share: Share) => void work(share))

async function work(share: Share): Promise<void> {
  const tally = newTally()
  const failures: string[] = []
  for (let seed = share.from; seed < share.from + share.count; seed++) {
    const simulation = await simulate(seed)
    count(tally, simulation)
    if (simulation.complaints.length > 0) failures.push(failureText(await simulate(seed, true)))
  }
  const result: ShareResult = { tally, failures }
  process.send?.(result)
}
