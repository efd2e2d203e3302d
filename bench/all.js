/*
  Runs all benchmarks one after the other, and reports all figures as one table. A complete run also writes bench/results.json,
  the tables in docs/measuring.md and the picture.
*/
import { loadavg } from 'node:os'
import { measure as batchSize } from './batch-size.js'
import { measure as cells } from './cells.js'
import { measure as connections } from './connections.js'
import { compare } from './correctness.js'
import { measure as csv } from './csv.js'
import { measure as journal } from './journal.js'
import { publish } from './lib/publish.js'
import { benchOptions, report } from './lib/report.js'
import { measure as memory } from './memory.js'
import { measure as network } from './network.js'
import { measure as peers } from './peers.js'
import { measure as pool } from './pool.js'
import { measure as receipts } from './receipts.js'
import { measure as rows } from './rows.js'
import { measure as scaling } from './scaling.js'
import { measure as seedsWorkload } from './seeds-workload.js'
import { measure as smallFiles } from './small-files.js'
import { measure as startup } from './startup.js'
import { measure as types } from './types.js'

const benchmarks = {
  startup,
  types,
  peers,
  csv,
  cells,
  memory,
  'small-files': smallFiles,
  scaling,
  receipts,
  rows,
  journal,
  network,
  connections,
  'batch-size': batchSize,
  pool,
  'seeds-workload': seedsWorkload,
}

const options = benchOptions()
const { scale, repeats } = options
/** A load average above 0 means that other programs used the machine before the first measurement. */
const [loadBefore] = loadavg()
const correctness = await compare()
const figures = []
for (const [name, measure] of Object.entries(benchmarks)) {
  process.stderr.write(`measuring ${name} ...\n`)
  figures.push(...(await measure(options)))
}
report('all', figures, { scale, repeats, loadBefore, correctness })
if (scale === 1) publish()
