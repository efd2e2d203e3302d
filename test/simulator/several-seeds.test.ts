/* Simulates runs over several connections and checks the promises: whole batches, and lanes by partition and by key. Also runs whose node
   dies while a second node is live, and runs that shards load. */
import t from 'tap'
import { deepTest, runs } from '../helpers/runs.js'
import { firstNodesSeed } from './nodes.js'
import { playSeeds } from './play-seeds.js'
import { simulateResumed } from './resumed.js'
import {
  firstLanesAroundSeed,
  firstLanesSeed,
  firstSeveralAroundSeed,
  firstSeveralSeed,
} from './several.js'
import { firstShardsSeed } from './shards.js'

const severalSeedCount = runs(120)

deepTest(t, `${severalSeedCount} simulations of several connections`, async t => {
  const most = new Set<number>()
  await playSeeds(t, [firstSeveralSeed, severalSeedCount], ({ runs }) => {
    for (const { result } of runs) most.add(result?.connections ?? 0)
  })
  t.ok(most.has(1) && most.has(8), 'runs have from one to eight connections')
})

const lanesSeedCount = runs(120)

deepTest(t, `${lanesSeedCount} simulations of partitioned and keyed tables`, async t => {
  const most = new Map<string, number>()
  await playSeeds(t, [firstLanesSeed, lanesSeedCount], ({ runs, scenario: { kind } }) => {
    for (const { result } of runs) {
      most.set(kind.name, Math.max(most.get(kind.name) ?? 0, result?.connections ?? 0))
    }
  })
  t.equal(most.size, 6, 'all kinds of tables occur')
  t.ok(Math.max(...most.values()) > 4, 'runs have many connections')
})

for (const [what, firstSeed, firstAroundSeed] of [
  ['over other connections', firstSeveralSeed, firstSeveralAroundSeed],
  ['with other lanes', firstLanesSeed, firstLanesAroundSeed],
] as const) {
  deepTest(t, `${runs(40)} simulations of resumed runs ${what}`, async t => {
    await playSeeds(t, [firstSeed, runs(40)], undefined, simulateResumed)
    await playSeeds(t, [firstAroundSeed, runs(40)])
  })
}

const nodesSeedCount = runs(60)

deepTest(t, `${nodesSeedCount} simulations of lost nodes`, async t => {
  const moved = new Set<number>()
  await playSeeds(t, [firstNodesSeed, nodesSeedCount], ({ runs }) => {
    for (const { notices, result } of runs) {
      const move = notices.findLast(notice => notice.includes('is lost: the run continues with'))
      if (move === undefined || result === undefined) continue
      moved.add(result.connections)
      t.ok(move.endsWith(` ${result.target.host}`), `${move}, not ${result.target.host}`)
    }
  })
  t.ok(Math.max(...moved) > 1, `over ${[...moved].join(', ')}`)
  await playSeeds(t, [firstNodesSeed, nodesSeedCount], undefined, simulateResumed)
})

const shardsSeedCount = runs(80)

deepTest(t, `${shardsSeedCount} simulations of shards`, async t => {
  const codes = new Set<number>()
  await playSeeds(t, [firstShardsSeed, shardsSeedCount], ({ runs }) => {
    for (const { result } of runs) codes.add(result?.exitCode ?? -1)
  })
  for (const code of [-1, 0, 3, 75]) t.ok(codes.has(code), `exit code ${code}`)
})
