/* Runs all benchmarks one after the other, and reports all figures as one table. A complete run also publishes them. `--scale 0.1` makes
   inputs a tenth as long, for a quick result; `--only WORDS` measures only benchmarks and loads whose name contains the words. */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { publish, report } from './lib/figures.js'
import { loads, memory, peers } from './loads.js'
import { codec, seedsWorkload } from './others.js'

const benchmarks = { codec, peers, memory, loads, 'seeds-workload': seedsWorkload }

const { values } = parseArgs({
  options: {
    // With fewer than five runs, the median depends on chance.
    repeats: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})
const { only } = values
const [scale, repeats] = [Number(values.scale), Number(values.repeats)]
/** A load average above 0 means that other programs used the machine before the first measurement. */
const [loadBefore] = loadavg()
const figures = []
for (const [name, measure] of Object.entries(benchmarks)) {
  // Of the loads, every line can be measured alone.
  if (name !== 'loads' && !name.includes(only)) continue
  process.stderr.write(`measuring ${name} ...\n`)
  const wanted = work => name.includes(only) || work.includes(only)
  figures.push(...(await measure({ repeats, scale, wanted })))
}
report(figures, { scale, repeats, loadBefore })
if (scale === 1 && only === '') publish()
