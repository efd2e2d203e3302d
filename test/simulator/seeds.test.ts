/* Runs simulations and checks the promises. `npm run simulate` runs any number of simulations. */
import t from 'tap'
import { deepTest, runs, seeds } from '../helpers/runs.js'
import { playSeeds } from './play-seeds.js'
import { firstCutSeed, firstDfsSeed } from './scenario.js'

const seedCount = seeds(600)

t.test(`${seedCount} simulations keep every promise`, async t => {
  let rows = 0
  await playSeeds(t, [1, seedCount], ({ runs }) => {
    for (const { result } of runs) rows += result?.rows.confirmed ?? 0
  })
  t.ok(rows > seedCount, 'rows arrive')
})

const dfsSeedCount = runs(120)

deepTest(t, `${dfsSeedCount} simulations of writers in one partition`, async t => {
  const refused = new Set<string>()
  await playSeeds(t, [firstDfsSeed, dfsSeedCount], ({ runs, scenario }) => {
    const isRefused = runs.some(({ result }) => (result?.batches.retried ?? 0) > 0)
    if (isRefused && scenario.allArrive) refused.add(scenario.kind.name)
  })
  t.strictSame([...refused], ['DFS table'], 'with TRANS the second is refused, with CHUNK it waits')
})

const cutSeedCount = seeds(60)

deepTest(t, `${cutSeedCount} simulations of files that become shorter`, async t => {
  let truncated = 0
  await playSeeds(t, [firstCutSeed, cutSeedCount], ({ runs }) => {
    for (const { result } of runs)
      truncated += Number(result?.error?.code === 'DDB_INPUT_TRUNCATED')
  })
  t.ok(truncated > 0, 'runs notice it')
})
