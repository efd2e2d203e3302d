/*
  Simulates runs whose rows a transform changes, and checks the promises.
*/
import t from 'tap'
import { deepTest, runs } from '../helpers/runs.js'
import { failureText } from './report.js'
import { simulateResumed } from './resumed.js'
import { simulate } from './simulate.js'
import { firstTransformedAroundSeed, firstTransformedSeed } from './transformed.js'

const seedCount = runs(400)

t.test(`${seedCount} simulations of transforms keep every promise`, async t => {
  const sum = { confirmed: 0, filtered: 0, rejected: 0 }
  for (let seed = firstTransformedSeed; seed < firstTransformedSeed + seedCount; seed++) {
    const { complaints, runs } = await simulate(seed)
    if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
    for (const { result } of runs) {
      sum.confirmed += result?.rows.confirmed ?? 0
      sum.filtered += result?.rows.filtered ?? 0
      sum.rejected += result?.rows.rejected ?? 0
    }
  }
  t.ok(Math.min(...Object.values(sum)) > 0, JSON.stringify(sum))
})

const resumedCount = runs(200)

deepTest(
  t,
  `${resumedCount} simulations of resumed runs with a transform keep every promise`,
  async t => {
    let filtered = 0
    for (let index = 0; index < resumedCount; index++) {
      const killed = await simulateResumed(firstTransformedSeed + index)
      t.strictSame(killed.complaints, [], `seed ${firstTransformedSeed + index}, resumed`)
      for (const { result } of killed.runs) filtered += result?.rows.filtered ?? 0
      const { complaints } = await simulate(firstTransformedAroundSeed + index)
      t.strictSame(complaints, [], `seed ${firstTransformedAroundSeed + index}`)
    }
    t.ok(filtered > 0, 'rows are filtered')
  },
)
