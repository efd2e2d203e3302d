/* Passes every input that fuzzing once found, and all seeds of fuzzing, to every target. Each target must end as expected. */
import t from 'tap'
import { keptInputs, seedsOf, targets, type Target } from './seeds.js'
import { fuzz as codec } from './targets/codec.js'
import { fuzz as csv } from './targets/csv.js'
import { fuzz as journal } from './targets/journal.js'
import { fuzz as json } from './targets/json.js'
import { fuzz as zstd } from './targets/zstd.js'
import { deepTest } from '../helpers/runs.js'

const fuzzers: Readonly<Record<Target, (data: Buffer) => void | Promise<void>>> = {
  codec,
  csv,
  json,
  journal,
  zstd,
}

t.test('every input that fuzzing found, in its own target and in all other targets', async t => {
  const inputs = targets.flatMap(target => keptInputs(target))
  for (const target of targets) for (const input of inputs) await fuzzers[target](input)
  t.pass(`${inputs.length} inputs`)
})

deepTest(t, 'the seeds of fuzzing', async t => {
  for (const target of targets) {
    const inputs = seedsOf(target)
    for (const input of inputs) await fuzzers[target](input)
    t.ok(inputs.length > 2, `${inputs.length} inputs of ${target}`)
  }
})
