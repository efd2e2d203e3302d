/*
  What is promised, held against two thousand simulations. `npm run simulate` runs as many as one likes.
*/
import t from 'tap'
import { deep } from '../helpers/runs.js'
import { firstAroundSeed } from './around-scenario.js'
import { keptSeeds } from './kept-seeds.js'
import { failureText } from './report.js'
import { firstDfsSeed } from './scenario.js'
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

const dfsSeedCount = deep ? 5_000 : 300

t.test(
  `${dfsSeedCount} simulations of writers that meet in a partition keep every promise`,
  async t => {
    const refused = new Set<string>()
    for (let seed = firstDfsSeed; seed < firstDfsSeed + dfsSeedCount; seed++) {
      const { complaints, runs, scenario } = await simulate(seed)
      if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
      const isRefused = runs.some(({ result }) => (result?.batches.retried ?? 0) > 0)
      if (isRefused && scenario.allArrive) refused.add(scenario.kind.name)
    }
    t.strictSame(
      [...refused],
      ['DFS table'],
      'with TRANS the second is refused, with CHUNK it waits',
    )
  },
)

const aroundSeedCount = deep ? 5_000 : 150

t.test(`${aroundSeedCount} simulations of what happens around runs keep every promise`, async t => {
  const said = new Set<string>()
  for (let seed = firstAroundSeed; seed < firstAroundSeed + aroundSeedCount; seed++) {
    const { complaints, runs } = await simulate(seed)
    if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
    for (const { result } of runs) {
      if (result?.alreadyLoaded === true) said.add('already loaded')
      if (result?.error) said.add(result.error.code)
    }
  }
  const expected = ['already loaded', 'DDB_LOCKED', 'DDB_RUN_DAMAGED', 'DDB_TARGET_CHANGED']
  for (const text of expected) t.ok(said.has(text), text)
})

t.test('seeds that once showed a defect keep every promise', async t => {
  t.strictSame(await failuresOf(keptSeeds.keys()), [])
})
