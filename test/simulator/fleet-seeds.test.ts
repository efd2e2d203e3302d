/*
  Simulates plans and checks the promises. Shards start together, are killed and are started twice. Each round has a
  different number of shards.
*/
import t from 'tap'
import { runs } from '../helpers/runs.js'
import { firstFleetSeed } from './fleet.js'
import { failureText } from './report.js'
import { simulate } from './simulate.js'

const seedCount = runs(100)

t.test(`${seedCount} simulations of plans keep every promise`, async t => {
  const said = new Set<string>()
  let doubled = 0
  for (let seed = firstFleetSeed; seed < firstFleetSeed + seedCount; seed++) {
    const { complaints, runs: all } = await simulate(seed)
    if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
    for (const { result } of all) {
      if (result === undefined) said.add('killed')
      else if (result.alreadyLoaded) said.add('already loaded')
      else said.add(String(result.exitCode))
      if ((result?.rows.skipped ?? 0) > 0 && (result?.rows.confirmed ?? 0) > 0) doubled++
    }
  }
  for (const what of ['killed', 'already loaded', '0', '4', '75']) t.ok(said.has(what), what)
  t.ok(doubled > 0, 'shards find units that others have loaded')
})
