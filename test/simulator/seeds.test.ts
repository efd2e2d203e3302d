/*
  What is promised, held against two thousand simulations. `npm run simulate` runs as many as one likes.
*/
import t from 'tap'
import { deep } from '../helpers/runs.js'
import { keptSeeds } from './kept-seeds.js'
import { failureText } from './report.js'
import { simulate } from './simulate.js'
import { count, newCounts } from './seed-counts.js'

const seedCount = deep ? 20_000 : 2_000

/** What is printed of the seeds that fail. */
async function failuresOf(seeds: Iterable<number>): Promise<string[]> {
  const failures: string[] = []
  for (const seed of seeds) {
    const { complaints } = await simulate(seed)
    if (complaints.length > 0) failures.push(failureText(await simulate(seed, true)))
  }
  return failures
}

t.test(`${seedCount} simulations keep every promise`, async t => {
  const counts = newCounts()
  for (let seed = 1; seed <= seedCount; seed++) {
    const simulation = await simulate(seed)
    count(counts, simulation)
    if (simulation.complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
  }
  t.equal(counts.failed, 0)
  t.ok(counts.rows > seedCount, 'rows arrive')
})

t.test('seeds that once showed a defect keep every promise', async t => {
  t.strictSame(await failuresOf(keptSeeds.keys()), [])
})
