/*
  Benchmarks that fit no frame of loads.js: cells, memory, rows of programs, pools, and the workload of DolphinDB's documentation.
*/
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { connect, ConnectionPool } from '../dist/index.js'
import { cellTexts } from './lib/cell-texts.js'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { writeInternals } from './lib/internals.js'
import { figureOf } from './lib/figures.js'
import { alternate, inTurn, median, program, programs, runNode } from './lib/measure.js'
import { emptyTable, load, startSink } from './lib/servers.js'

/** Times only the parser, without file and server: a million texts of each type into a column, relative to INT. */
export async function cells({ repeats, scale }) {
  return withFolder(async folder => {
    const internals = writeInternals(folder)
    const figures = []
    for (const name of cellTexts.keys()) {
      const numbers = [Math.round(1_000_000 * scale), repeats, 3].map(String)
      const { stdout } = await runNode([programs, 'cells', name, internals, ...numbers])
      const medians = JSON.parse(stdout)
      const work = `text into ${name}, against INT`
      figures.push(figureOf(work, medians, { atMost: 3 }, { type: name }))
    }
    return figures
  })
}

async function peakMB(sink, path, repeats, flagsOf = () => [], exitCode = 0) {
  const peaks = []
  for (let run = 0; run < repeats; run++) {
    const options = { watchMemory: true, exitCode }
    const { peakRssBytes } = await load(sink, path, 'trades', options, flagsOf(run))
    if (peakRssBytes === 0) throw new Error('this platform does not tell the peak of a process')
    peaks.push(peakRssBytes / 1e6)
  }
  return median(peaks)
}

/**
 * Peak memory of a whole load: for inputs of about 100 MB and 400 MB (2 GB with --large), and for an input whose rows are all rejected.
 * Memory must not grow with the input. The figures are the kernel's peak of resident memory, not the loader's own count.
 */
export async function memory({ repeats, scale, large }) {
  return withFolder(async folder => {
    const times = large ? 20 : 4
    const rows = Math.round(2_500_000 * scale)
    const sink = await startSink(await writeTables(folder))
    const peakOf = async count =>
      peakMB(sink, await writeInput(folder, 'narrow.csv', count), repeats)
    const short = await peakOf(rows)
    const long = await peakOf(rows * times)
    const rejectedPath = await writeInput(folder, 'rejected.csv', Math.round(1_000_000 * scale))
    const flagsOf = run => ['--rejects', join(folder, `${run}.csv`), '--max-errors', '100%']
    const rejected = await peakMB(sink, rejectedPath, repeats, flagsOf, 3)
    await sink.stop(rows * (1 + times) * repeats)
    const figure = (work, ours, reference, atMost) =>
      figureOf(work, { ours, reference }, { atMost }, { unit: 'MB' })
    return [
      figure('memory of a 100 MB load, against the ceiling', short, 150, 1),
      figure(`memory of a load ${times} times as long, against the short one`, long, short, 1.1),
      figure('memory of a load of rejected rows, against one without', rejected, short, 1.1),
    ]
  })
}

/**
 * Loads rows that a program holds as objects, and the same rows from a file, with receipts, into a server that really inserts. Time
 * counts from opening to the last receipt.
 */
export async function rows({ repeats, scale }) {
  return withFolder(async folder => {
    const count = Math.round(2_000_000 * scale)
    const path = await writeInput(folder, 'narrow.csv', count)
    const { server, host, port, stop } = await startSink(await writeTables(folder), [])
    const timed = how => async () => {
      await emptyTable('trades', server)
      const run = await runNode([programs, 'write', how, path, host, String(port)])
      const { seconds, confirmed } = JSON.parse(run.stdout)
      if (confirmed !== count) throw new Error(`${confirmed} of ${count} rows are confirmed`)
      return seconds
    }
    const runs = await inTurn(['writer', 'rows', 'csv'].map(timed), repeats)
    await stop()
    const [writer, list, reference] = runs.map(median)
    const figure = (work, ours) =>
      figureOf(work, { ours, reference }, { atMost: 2 }, { rows: count })
    return [
      figure('TableWriter, objects against narrow CSV', writer),
      figure('load of objects against narrow CSV', list),
    ]
  })
}

async function secondsOf(work) {
  const startedMs = performance.now()
  await work()
  return (performance.now() - startedMs) / 1000
}

/** Compares many short tasks on a pool with the same tasks on as many sessions, in tasks per second. */
export async function pool({ repeats, scale }) {
  const [tasks, size, script] = [Math.round(10_000 * scale), 8, '1+2']
  return withFolder(async folder => {
    const { host, port, stop } = await startSink(await writeTables(folder), [])
    const pooled = await ConnectionPool.connect({ host, port, size })
    const sessions = await Promise.all(Array.from({ length: size }, () => connect({ host, port })))
    const onPool = () => Promise.all(Array.from({ length: tasks }, () => pooled.run(script)))
    const onSessions = () => {
      let left = tasks
      // Each session takes the next task as soon as it is free.
      const work = async session => {
        while (left-- > 0) await session.run(script, { clearMemory: true })
      }
      return Promise.all(sessions.map(work))
    }
    try {
      const works = [() => secondsOf(onPool), () => secondsOf(onSessions)]
      // Warms up the compiler before the clock starts.
      await alternate(...works, 1)
      const seconds = await alternate(...works, repeats)
      const work = `${tasks} short tasks, a pool of ${size} against ${size} sessions`
      const [ours, reference] = [tasks / seconds.ours, tasks / seconds.reference]
      const bar = { atLeast: 0.8 }
      return [{ work, unit: 'tasks/s', ours, reference, ratio: ours / reference, bar }]
    } finally {
      await pooled.shutDown()
      await Promise.all(sessions.map(session => session.close()))
      await stop()
    }
  })
}

/** The workload in DolphinDB's chapter on asynchronous writing: 50,000 requests of 100 rows each, with and without waiting for answers. */
export async function seedsWorkload({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const requests = Math.round(50_000 * scale)
    const measured = async () => {
      // Starts a server for each run, because the 10 million rows of one run would slow the garbage collector in the next.
      const sink = await startSink(init, [])
      const options = ['--json', '--requests', String(requests), ...sink.server]
      const run = runNode([program, 'bench', ...options]).finally(sink.stop)
      return JSON.parse((await run).stdout)
    }
    const [runs] = await inTurn([measured], repeats)
    const medianOf = mode => median(runs.map(run => run[mode].seconds))
    const work = `${requests} requests of ${runs[0].rowsPerRequest} rows, async against sync`
    const medians = { ours: medianOf('async'), reference: medianOf('sync') }
    return [figureOf(work, medians, { atLeast: 1.5 })]
  })
}
