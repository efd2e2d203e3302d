/*
  What is promised, held against simulations. `npm run simulate` runs as many as one likes.
*/
import t from 'tap'
import { runs } from '../helpers/runs.js'
import { firstGrowingSeed } from './growing.js'
import { failureText } from './report.js'
import { firstDfsSeed, firstVerifySeed } from './scenario.js'
import { simulateResumed } from './resumed.js'
import {
  firstLanesAroundSeed,
  firstLanesSeed,
  firstSeveralAroundSeed,
  firstSeveralSeed,
} from './several.js'
import { simulate } from './simulate.js'
import { count, newCounts } from './seed-counts.js'

const seedCount = runs(2_000)

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

const dfsSeedCount = runs(300)

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

const verifySeedCount = runs(150)

t.test(
  `${verifySeedCount} simulations of runs that read their rows back keep every promise`,
  async t => {
    let different = 0
    for (let seed = firstVerifySeed; seed < firstVerifySeed + verifySeedCount; seed++) {
      const { complaints, runs } = await simulate(seed)
      if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
      for (const { result } of runs) different += result?.confirm.verified?.rows.different ?? 0
    }
    t.ok(different > 0, 'rows are damaged')
  },
)

const severalSeedCount = runs(300)

t.test(`${severalSeedCount} simulations of several connections keep every promise`, async t => {
  const most = new Set<number>()
  for (let seed = firstSeveralSeed; seed < firstSeveralSeed + severalSeedCount; seed++) {
    const { complaints, runs } = await simulate(seed)
    if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
    for (const { result } of runs) most.add(result?.connections ?? 0)
  }
  t.ok(most.has(1) && most.has(8), 'from one to eight')
})

const growingSeedCount = runs(300)

t.test(`${growingSeedCount} simulations of batches that grow keep every promise`, async t => {
  const found = new Set<number | null>()
  for (let seed = firstGrowingSeed; seed < firstGrowingSeed + growingSeedCount; seed++) {
    const { complaints, runs } = await simulate(seed)
    if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
    for (const { result } of runs) found.add(result?.batchRows.found ?? null)
    const killed = await simulateResumed(seed)
    t.strictSame(killed.complaints, [], `seed ${seed}, resumed`)
  }
  t.ok(found.has(4) && found.size > 2, `found ${[...found].join(', ')}`)
})

const goingOnSeedCount = runs(100)

t.test(
  `${goingOnSeedCount} simulations of runs that go on over other connections keep every promise`,
  async t => {
    for (let index = 0; index < goingOnSeedCount; index++) {
      const killed = await simulateResumed(firstSeveralSeed + index)
      t.strictSame(killed.complaints, [], `seed ${firstSeveralSeed + index}, resumed`)
      const { complaints } = await simulate(firstSeveralAroundSeed + index)
      t.strictSame(complaints, [], `seed ${firstSeveralAroundSeed + index}`)
    }
  },
)

const lanesSeedCount = runs(300)

t.test(
  `${lanesSeedCount} simulations of several connections into partitions and keys keep every promise`,
  async t => {
    const most = new Map<string, number>()
    for (let seed = firstLanesSeed; seed < firstLanesSeed + lanesSeedCount; seed++) {
      const { complaints, runs, scenario } = await simulate(seed)
      if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
      const { name } = scenario.kind
      for (const { result } of runs) {
        most.set(name, Math.max(most.get(name) ?? 0, result?.connections ?? 0))
      }
    }
    t.equal(most.size, 6, 'tables of all kinds')
    t.equal(Math.max(...most.values()), 8)
  },
)

const lanesGoingOnSeedCount = runs(150)

t.test(
  `${lanesGoingOnSeedCount} simulations of runs that go on with other lanes keep every promise`,
  async t => {
    for (let index = 0; index < lanesGoingOnSeedCount; index++) {
      const killed = await simulateResumed(firstLanesSeed + index)
      t.strictSame(killed.complaints, [], `seed ${firstLanesSeed + index}, resumed`)
      const { complaints } = await simulate(firstLanesAroundSeed + index)
      t.strictSame(complaints, [], `seed ${firstLanesAroundSeed + index}`)
    }
  },
)
