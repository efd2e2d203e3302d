/* Simulates runs that are killed and resumed again and again, and runs whose rows a transform changes, and checks the promises. */
import t from 'tap'
import { deepTest, runs, seeds } from '../helpers/runs.js'
import { playSeeds } from './play-seeds.js'
import { simulateResumed } from './resumed.js'
import type { Simulation } from './simulate.js'
import { firstTransformedAroundSeed, firstTransformedSeed } from './transformed.js'

const seedCount = seeds(150)

/** Seeds that once revealed a defect, each with its defect. */
const keptSeeds: ReadonlyMap<number, string> = new Map([
  [350, 'a reject that was counted before its row was read again'],
  [1016, 'a record that a failed read cut off, and that filled a batch'],
  [1025, 'reasons of rejects that could not be read'],
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
  const look = ({ runs }: Simulation): void => void (processes += runs.length)
  await playSeeds(t, [1, seedCount], look, simulateResumed)
  t.ok(processes > 2 * seedCount, 'runs are resumed')
})

for (const [seed, defect] of keptSeeds) {
  deepTest(t, `seed ${seed} once revealed: ${defect}`, t =>
    playSeeds(t, [seed, 1], undefined, simulateResumed),
  )
}

t.test('two simulations of one seed give one trace', async t => {
  const first = await simulateResumed(7, true)
  const second = await simulateResumed(7, true)
  t.strictSame(first.trace, second.trace)
  t.ok(first.trace.length > 10)
})

const transformedCount = runs(120)

deepTest(t, `${transformedCount} simulations of transforms keep every promise`, async t => {
  const sum = { confirmed: 0, filtered: 0, rejected: 0 }
  await playSeeds(t, [firstTransformedSeed, transformedCount], ({ runs }) => {
    for (const { result } of runs) {
      sum.confirmed += result?.rows.confirmed ?? 0
      sum.filtered += result?.rows.filtered ?? 0
      sum.rejected += result?.rows.rejected ?? 0
    }
  })
  t.ok(Math.min(...Object.values(sum)) > 0, JSON.stringify(sum))
})

deepTest(t, `${runs(40)} simulations of resumed runs with a transform`, async t => {
  let filtered = 0
  const look = ({ runs }: Simulation): void => {
    for (const { result } of runs) filtered += result?.rows.filtered ?? 0
  }
  await playSeeds(t, [firstTransformedSeed, runs(40)], look, simulateResumed)
  t.ok(filtered > 0, 'rows are filtered')
  await playSeeds(t, [firstTransformedAroundSeed, runs(40)])
})
