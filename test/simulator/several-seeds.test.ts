/*
  Simulates runs over several connections and checks the promises: whole batches, and lanes by partition and by key. Also
  runs whose node dies while a second node is live.
*/
import t from 'tap'
import { deepTest, runs } from '../helpers/runs.js'
import { firstNodesSeed } from './nodes.js'
import { failureText } from './report.js'
import { simulateResumed } from './resumed.js'
import {
  firstLanesAroundSeed,
  firstLanesSeed,
  firstSeveralAroundSeed,
  firstSeveralSeed,
} from './several.js'
import { simulate } from './simulate.js'

const severalSeedCount = runs(200)

deepTest(
  t,
  `${severalSeedCount} simulations of several connections keep every promise`,
  async t => {
    const most = new Set<number>()
    for (let seed = firstSeveralSeed; seed < firstSeveralSeed + severalSeedCount; seed++) {
      const { complaints, runs } = await simulate(seed)
      if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
      for (const { result } of runs) most.add(result?.connections ?? 0)
    }
    t.ok(most.has(1) && most.has(8), 'runs have from one to eight connections')
  },
)

const lanesSeedCount = runs(200)

deepTest(
  t,
  `${lanesSeedCount} simulations of several connections into partitioned and keyed tables keep every promise`,
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
    t.equal(most.size, 6, 'all kinds of tables occur')
    t.ok(Math.max(...most.values()) > 4, 'runs have many connections')
  },
)

for (const [what, seedCount, firstSeed, firstAroundSeed] of [
  ['over other connections', runs(60), firstSeveralSeed, firstSeveralAroundSeed],
  ['with other lanes', runs(60), firstLanesSeed, firstLanesAroundSeed],
] as const) {
  deepTest(t, `${seedCount} simulations of resumed runs ${what} keep every promise`, async t => {
    for (let index = 0; index < seedCount; index++) {
      const killed = await simulateResumed(firstSeed + index)
      t.strictSame(killed.complaints, [], `seed ${firstSeed + index}, resumed`)
      const { complaints } = await simulate(firstAroundSeed + index)
      t.strictSame(complaints, [], `seed ${firstAroundSeed + index}`)
    }
  })
}

const nodesSeedCount = runs(80)

deepTest(t, `${nodesSeedCount} simulations of lost nodes keep every promise`, async t => {
  const moved = new Set<number>()
  for (let seed = firstNodesSeed; seed < firstNodesSeed + nodesSeedCount; seed++) {
    const { complaints, runs } = await simulate(seed)
    if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
    for (const { notices, result } of runs) {
      const hasMoved = notices.some(notice => notice.includes('is lost: the run continues with'))
      if (hasMoved && result !== undefined) moved.add(result.connections)
    }
    const killed = await simulateResumed(seed)
    t.strictSame(killed.complaints, [], `seed ${seed}, resumed`)
  }
  t.ok(Math.max(...moved) > 1, `over ${[...moved].join(', ')}`)
})
