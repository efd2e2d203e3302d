/* npm run simulate -- --seeds 1000 --from 1: runs simulations on all cores. For each failing seed, prints its number, its scenario, the end
   of its trace and the command that repeats it. The last line gives the counts. `--trace` prints the whole trace. With `--resumed`, killed
   and failed runs go on, again and again. */
import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { scenarioText } from './report.js'
import { simulateResumed } from './resumed.js'
import { simulate } from './simulate.js'
import { addCounts, newCounts, type SeedCounts } from './seed-counts.js'
import type { Share, ShareResult } from './worker.js'

/** Number of seeds that a worker gets at a time. */
const shareSize = 100
/** Number of seeds per share with --until-failure, which stops soon after the first failure. */
const smallShareSize = 10

const workerPath = fileURLToPath(new URL('worker.ts', import.meta.url))
/** No error keeps a stack, which takes long, and V8 collects garbage less often. */
const workerFlags = ['--stack-trace-limit=0', '--max-semi-space-size=64']

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    'until-failure': { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    resumed: { type: 'boolean', default: false },
  },
})
const [seeds, from, jobs] = [values.seeds, values.from, values.jobs].map(wholeNumber) as [
  number,
  number,
  number,
]

process.exitCode = values.trace ? await showTraces() : await simulateAll()

function wholeNumber(text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`not a whole number: ${text}`)
}

async function showTraces(): Promise<number> {
  let failed = 0
  for (let seed = from; seed < from + seeds; seed++) {
    const simulation = await (values.resumed ? simulateResumed : simulate)(seed, true)
    console.log(`${scenarioText(simulation.scenario)}\n${simulation.trace.join('\n')}`)
    for (const { about, text } of simulation.complaints) console.log(`${about}: ${text}`)
    failed += Number(simulation.complaints.length > 0)
  }
  return failed > 0 ? 1 : 0
}

async function simulateAll(): Promise<number> {
  const started = performance.now()
  const counts = newCounts()
  const size = values['until-failure'] ? smallShareSize : shareSize
  const shares = Array.from({ length: Math.ceil(seeds / size) }, (_, i) => ({
    from: from + i * size,
    count: Math.min(size, seeds - i * size),
    isResumed: values.resumed,
  }))
  let next = 0
  const nextShare = (): Share | undefined =>
    values['until-failure'] && counts.failed > 0 ? undefined : shares[next++]
  const workers = Math.min(jobs, shares.length)
  await Promise.all(Array.from({ length: workers }, () => runWorker(nextShare, counts)))
  const seconds = (performance.now() - started) / 1000
  console.log(summary(counts, seconds))
  return counts.failed > 0 ? 1 : 0
}

function runWorker(nextShare: () => Share | undefined, counts: SeedCounts): Promise<void> {
  return new Promise((resolve, reject) => {
    const execArgv = [...process.execArgv, ...workerFlags]
    const worker: ChildProcess = fork(workerPath, { execArgv })
    const give = (): void => {
      const share = nextShare()
      if (share === undefined) worker.disconnect()
      else worker.send(share)
    }
    worker.on('message', (result: ShareResult) => {
      addCounts(counts, result.counts)
      for (const text of result.failures) console.log(text)
      give()
    })
    worker.once('error', reject)
    worker.once('exit', code => {
      if (code === 0) resolve()
      else reject(new Error(`a simulating process ended with ${code}`))
    })
    give()
  })
}

function summary(
  { seeds: done, failed, loads, rows, events, completed, kinds }: SeedCounts,
  seconds: number,
): string {
  const lines = Object.entries(kinds)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, count]) => `  ${String(count).padStart(9)}  ${kind}`)
  return [
    'loads by target and confirmation:',
    ...lines,
    `${done} seeds, ${failed} failed; ${loads} loads, ${rows} rows confirmed, ${completed} loads completed after an audit, ${events} events; ` +
      `${(done / seconds).toFixed(0)} seeds/s in ${Math.min(jobs, done)} processes`,
  ].join('\n')
}
