/*
  The cost of a journal: loads narrow.csv with receipts, with and without a run name, in large and in small batches. Also
  the cost of ten interruptions: a load that is killed and resumed ten times is compared with an undisturbed load. Work done since the
  journal's last confirmed rows does not count, because every way to resume loses it. Ten starts of the program do count; they are
  also shown separately. The server is `serve` in its own process, which really inserts.
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { alternate, median, program, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { emptyTrades, startSink } from './lib/sink.js'

const cases = [
  { batchRows: 10_000, rows: 10_000_000, bar: { atMost: 1.03 } },
  { batchRows: 100, rows: 2_500_000, bar: { atMost: 1.1 } },
]
const interruptedRows = 10_000_000
const interruptions = 10

const countRows = 'exec count(*) from trades'

function loadArgs(path, server, batchRows) {
  const options = ['--batch-rows', String(batchRows), '--mode', 'async', '-q']
  return [program, 'load', path, '--table', 'trades', ...options, ...server.server]
}

const named = folder => ['--run-id', 'bench', '--state-dir', join(folder, 'state')]
const journalOf = folder => join(folder, 'state', 'runs', 'bench.journal')

async function begin(folder, server) {
  rmSync(join(folder, 'state'), { recursive: true, force: true })
  await emptyTrades(server)
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

const watchEveryMs = 2
const piece = Buffer.alloc(1 << 20)

/**
 * Waits until the journal of a load has `untilBytes`.
 * @returns milliseconds since rows were last confirmed; if no rows were, since rows were first sent
 */
async function watch(child, path, untilBytes) {
  let readBytes = sizeOf(path)
  let confirmedMs
  while (child.exitCode === null && sizeOf(path) < untilBytes) {
    await sleep(watchEveryMs)
    if (sizeOf(path) <= readBytes) continue
    const journal = openSync(path)
    const bytes = readSync(journal, piece, 0, piece.length, readBytes)
    closeSync(journal)
    readBytes += bytes
    const text = piece.toString('latin1', 0, bytes)
    const sent = confirmedMs === undefined && text.includes('"kind":"batch"')
    if (sent || text.includes('"kind":"ended"')) confirmedMs = performance.now()
  }
  return performance.now() - (confirmedMs ?? performance.now())
}

/**
 * Kills the load each time the journal has grown by one more part of its final size.
 * @returns `lost`: seconds of work that the next process repeats; `seconds`: the rest of the time
 */
async function interruptedLoad(folder, server, args, journalBytes, rows) {
  await begin(folder, server)
  const startedMs = performance.now()
  let lostMs = 0
  for (let kills = 1; kills <= interruptions; kills++) {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    const closed = once(child, 'close')
    lostMs += await watch(child, journalOf(folder), (kills * journalBytes) / (interruptions + 1))
    child.kill('SIGKILL')
    await closed
  }
  await runNode(args)
  const seconds = (performance.now() - startedMs - lostMs) / 1000
  const { stdout } = await runNode([program, 'exec', '-e', countRows, ...server.server])
  if (Number(stdout) !== rows) throw new Error(`${stdout.trim()} rows are there, not ${rows}`)
  return { seconds, lost: lostMs / 1000 }
}

async function measureInterruptions(folder, init, rows, repeats) {
  const path = await writeInput(folder, 'narrow.csv', rows)
  const server = await startSink(init, [])
  const args = [...loadArgs(path, server, 10_000), ...named(folder)]
  await timedLoad(folder, server, args)
  const journalBytes = sizeOf(journalOf(folder))
  const lostTimes = []
  const { ours, reference } = await alternate(
    async () => {
      const { seconds, lost } = await interruptedLoad(folder, server, args, journalBytes, rows)
      lostTimes.push(lost)
      return seconds
    },
    () => timedLoad(folder, server, args),
    repeats,
  )
  const starts = await measureStarts(folder, server, repeats)
  await server.stop()
  const kills = `killed ${interruptions} times`
  return [
    {
      work: `load ${kills}, without the time of repeated work, against an undisturbed load`,
      unit: 's',
      ours,
      reference,
      ratio: ours / reference,
      bar: { atMost: 1.2 },
      rows,
    },
    { work: `time of repeated work, load ${kills}`, unit: 's', ours: median(lostTimes) },
    starts,
  ]
}

/** Loads ten rows with a journal as often as there are interruptions. */
async function measureStarts(folder, server, repeats) {
  const path = await writeInput(folder, 'narrow.csv', 10)
  const args = [...loadArgs(path, server, 10_000), ...named(folder), '--restart']
  const times = async argv => {
    const startedMs = performance.now()
    for (let starts = 0; starts < interruptions; starts++) await runNode(argv)
    return (performance.now() - startedMs) / 1000
  }
  const { ours, reference } = await alternate(
    () => times(args),
    () => times(['-e', '0']),
    repeats,
  )
  const work = `${interruptions} loads of ten rows against ${interruptions} starts of node -e 0`
  return { work, unit: 's', ours, reference, ratio: ours / reference }
}

/** Times with a journal, and with interruptions, as multiples of the time without. */
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
    figures.push(...(await measureInterruptions(folder, init, rows, Math.min(repeats, 3))))
    return figures
  })
}

await runAlone(import.meta.url, 'journal', measure)
