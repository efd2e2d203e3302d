/*
  Simulates runs that are killed and resumed again and again, and runs whose rows a transform changes, and checks the
  promises.
*/
import t from 'tap'
import { deepTest, runs, seeds } from '../helpers/runs.js'
import { failureText } from './report.js'
import { simulateResumed } from './resumed.js'
import { simulate } from './simulate.js'
import { firstTransformedAroundSeed, firstTransformedSeed } from './transformed.js'

const seedCount = seeds(200)

/** Seeds that once revealed a defect, each with its defect. */
const keptSeeds: ReadonlyMap<number, string> = new Map([
  [350, 'a reject that was counted before its row was read again'],
  [6, 'confirmed rows of a server that could not be asked any more'],
  [99, 'an input that was counted, and not read again'],
  [809, 'a register that went when a later process failed'],
  [1909, 'a batch whose ledger was dropped, and another was begun'],
  [11_425, 'a ledger that a killed process made on a restarted server'],
  [20_904, 'a record that a failing disk cut off'],
  [88_001_098, 'the rest of such a record, which was taken for another one'],
  [88_004_664, 'the rest of such a record, which was loaded as a row'],
  [8_000_000_627, 'rows read again in smaller batches, before a reject that ends the run'],
  [8_000_001_487, 'the same, with nothing out'],
  [13_000_000_034, 'a batch that waits to be sent again, and was stored by a node that is lost'],
  [8_000_001_457, 'rows of a lane that no session took after another lane had gone'],
])

deepTest(t, `${seedCount} simulations of resumed runs keep every promise`, async t => {
  let processes = 0
  for (let seed = 1; seed <= seedCount; seed++) {
    const { complaints, runs } = await simulateResumed(seed)
    processes += runs.length
    if (complaints.length > 0) t.fail(`seed ${seed}: ${JSON.stringify(complaints)}`)
  }
  t.ok(processes > 2 * seedCount, 'runs are resumed')
})

deepTest(t, 'seeds that once revealed a defect keep every promise', async t => {
  for (const [seed, defect] of keptSeeds) {
    const { complaints } = await simulateResumed(seed)
    t.strictSame(complaints, [], `seed ${seed}: ${defect}`)
  }
})

t.test('two simulations of one seed give one trace', async t => {
  const first = await simulateResumed(7, true)
  const second = await simulateResumed(7, true)
  t.strictSame(first.trace, second.trace)
  t.ok(first.trace.length > 10)
})

const transformedCount = runs(200)

deepTest(t, `${transformedCount} simulations of transforms keep every promise`, async t => {
  const sum = { confirmed: 0, filtered: 0, rejected: 0 }
  for (let seed = firstTransformedSeed; seed < firstTransformedSeed + transformedCount; seed++) {
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

const resumedCount = runs(60)

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
