/*
  What a journal costs: the narrow CSV with `--confirm receipts`, with a name and without one, in large and in small batches;
  and what ten interruptions cost: a load that is killed ten times and goes on, against one that nobody disturbs. The server is
  `serve` in a process of its own, which really inserts.
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, statSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { alternate, program, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { startSink } from './lib/sink.js'

const cases = [
  { batchRows: 10_000, rows: 10_000_000, bar: { atMost: 1.03 } },
  { batchRows: 100, rows: 2_500_000, bar: { atMost: 1.1 } },
]
const interruptedRows = 10_000_000
const interruptions = 10

/** Empties the table, so that every run meets the same one. */
const empty =
  'undef(`trades, SHARED); share streamTable(10000:0, `time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]) as trades'

const countRows = 'exec count(*) from trades'

function loadArgs(path, server, batchRows) {
  const options = ['--batch-rows', String(batchRows), '--confirm', 'receipts', '-q']
  return [program, 'load', path, '--table', 'trades', ...options, ...server.server]
}

const named = folder => ['--run-id', 'bench', '--state-dir', join(folder, 'state')]
const journalOf = folder => join(folder, 'state', 'runs', 'bench.journal')

/** Empties table and journal. */
async function begin(folder, server) {
  rmSync(join(folder, 'state'), { recursive: true, force: true })
  await runNode([program, 'exec', '-e', empty, ...server.server])
}

async function timedLoad(folder, server, args) {
  await begin(folder, server)
  return (await runNode(args)).seconds
}

async function measureCost({ batchRows, rows, bar }, folder, path, server, repeats) {
  const args = loadArgs(path, server, batchRows)
  const { ours, reference } = await alternate(
    () => timedLoad(folder, server, [...args, ...named(folder)]),
    () => timedLoad(folder, server, args),
    repeats,
  )
  const work = `with a journal against without, ${batchRows} rows a batch`
  return { work, unit: 's', ours, reference, ratio: ours / reference, bar, rows }
}

function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** Kills the load whenever the journal has grown by another part of its whole size. */
async function interruptedLoad(folder, server, args, journalBytes, rows) {
  await begin(folder, server)
  const startedMs = performance.now()
  for (let kills = 1; kills <= interruptions; kills++) {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    const closed = once(child, 'close')
    const until = (kills * journalBytes) / (interruptions + 1)
    while (child.exitCode === null && sizeOf(journalOf(folder)) < until) await sleep(2)
    child.kill('SIGKILL')
    await closed
  }
  await runNode(args)
  const seconds = (performance.now() - startedMs) / 1000
  const { stdout } = await runNode([program, 'exec', '-e', countRows, ...server.server])
  if (Number(stdout) !== rows) throw new Error(`${stdout.trim()} rows are there, not ${rows}`)
  return seconds
}

async function measureInterruptions(folder, init, rows, repeats) {
  const path = await writeInput(folder, 'narrow.csv', rows)
  const server = await startSink(init, [])
  const args = [...loadArgs(path, server, 10_000), ...named(folder)]
  await timedLoad(folder, server, args)
  const journalBytes = sizeOf(journalOf(folder))
  const { ours, reference } = await alternate(
    () => interruptedLoad(folder, server, args, journalBytes, rows),
    () => timedLoad(folder, server, args),
    repeats,
  )
  await server.stop()
  const work = `killed ${interruptions} times against undisturbed`
  return { work, unit: 's', ours, reference, ratio: ours / reference, bar: { atMost: 1.2 }, rows }
}

/** Time with a journal as a multiple of the time without, and with interruptions as one of the time without. */
export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const figures = []
    for (const oneCase of cases) {
      const rows = Math.round(oneCase.rows * scale)
      const path = await writeInput(folder, 'narrow.csv', rows)
      const server = await startSink(init, [])
      figures.push(await measureCost({ ...oneCase, rows }, folder, path, server, repeats))
      await server.stop()
    }
    const rows = Math.round(interruptedRows * scale)
    figures.push(await measureInterruptions(folder, init, rows, Math.min(repeats, 3)))
    return figures
  })
}

await runAlone(import.meta.url, 'journal', measure)
