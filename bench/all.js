/*
  Runs all benchmarks one after the other, and reports all figures as one table. A complete run also writes bench/results.json,
  the table in docs/measuring.md and the picture.
*/
import { loadavg } from 'node:os'
import { benchOptions, report } from './lib/report.js'
import { publish } from './lib/publish.js'
import { measure as loads } from './loads.js'
import { measure as peers } from './peers.js'
import { cells, memory, pool, rows, seedsWorkload } from './processes.js'
import { measure as types } from './types.js'

const benchmarks = {
  types,
  peers,
  cells,
  memory,
  loads,
  rows,
  pool,
  'seeds-workload': seedsWorkload,
}

const { only, ...options } = benchOptions()
const { scale, repeats } = options
/** A load average above 0 means that other programs used the machine before the first measurement. */
const [loadBefore] = loadavg()
const figures = []
for (const [name, measure] of Object.entries(benchmarks)) {
  // Of the loads, every line can be measured alone.
  if (name !== 'loads' && !name.includes(only)) continue
  process.stderr.write(`measuring ${name} ...\n`)
  const wanted = work => name.includes(only) || work.includes(only)
  figures.push(...(await measure({ ...options, wanted })))
}
report('all', figures, { scale, repeats, loadBefore })
if (scale === 1 && only === '') publish()
