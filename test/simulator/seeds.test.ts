/*
  Runs simulations and checks the promises. `npm run simulate` runs any number of simulations.
*/
import t from 'tap'
import { deepTest, runs, seeds } from '../helpers/runs.js'
import { failureText } from './report.js'
import { firstCutSeed, firstDfsSeed } from './scenario.js'
import { simulate } from './simulate.js'
import { count, newCounts } from './seed-counts.js'

const seedCount = seeds(900)

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

const dfsSeedCount = runs(200)

deepTest(
  t,
  `${dfsSeedCount} simulations of writers in one partition keep every promise`,
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
      'with TRANS the second writer is refused, with CHUNK it waits',
    )
  },
)

const cutSeedCount = seeds(60)

deepTest(
  t,
  `${cutSeedCount} simulations of files that become shorter keep every promise`,
  async t => {
    let truncated = 0
    for (let seed = firstCutSeed; seed < firstCutSeed + cutSeedCount; seed++) {
      const { complaints, runs } = await simulate(seed)
      if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
      for (const { result } of runs)
        truncated += Number(result?.error?.code === 'DDB_INPUT_TRUNCATED')
    }
    t.ok(truncated > 0, 'runs notice it')
  },
)
