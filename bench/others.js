/*
  Benchmarks other than loads: the codec and the parser by type, pools, and the workload of DolphinDB's documentation.
*/
import { performance } from 'node:perf_hooks'
import { connect, ConnectionPool } from '../dist/index.js'
import { figureOf } from './lib/figures.js'
import { withFolder, writeTables } from './lib/inputs.js'
import { inTurn, median, program, runNode } from './lib/measure.js'
import { clientMissing, programs, writeInternals } from './lib/programs.js'
import { startSink } from './lib/servers.js'
import { cellTexts, typeValues } from './lib/values.js'

/** Runs a program of lib/programs.js, which prints JSON. */
async function answerOf(words, options) {
  return JSON.parse((await runNode(words.map(String), options)).stdout)
}

const copy = 'Buffer.copy'
const client = 'the JavaScript client'

/** What is done, against what, and the works of our codec and of the other one. */
const comparisons = [
  ['encode', copy, 'encodeInto', 'copy'],
  ['encode', client, 'encode', 'encode'],
  ['decode', copy, 'decode', 'copy'],
  ['decode', client, 'decode', 'decode'],
]

function barOf(kind, verb, against) {
  if (verb === 'encode' && kind === 'numeric' && against === copy) return { atLeast: 0.5 }
  return verb === 'encode' && kind === 'table' && against === client ? { atLeast: 3 } : undefined
}

/**
 * Makes glibc keep freed memory. Otherwise most of the time may be spent on new memory from the kernel, depending on what the process
 * did before.
 */
const keepMemory = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: String(2 ** 32) }

/**
 * Compares encoding and decoding a million rows of every type, and a table, with Buffer.copy of the bytes and with the official JavaScript
 * client, in megabytes of encoded bytes per second of processor time:
 *   encode, against the copy    into an existing buffer, like the copy
 *   encode, against the client  into a new buffer, like the client
 *   decode, against either      into new arrays, with every element decoded
 * SYMBOL starts from codes and base; `from texts` means that the codec must find the codes.
 */
export async function types({ repeats, scale }) {
  if (clientMissing) {
    process.stderr.write(`not compared with ${client}: npm ci --prefix test/oracle installs it\n`)
  }
  const figuresOf = async (internals, kind, name) => {
    // Long enough for a precise time and for some garbage collections, except with a very small scale.
    const numbers = [Math.round(1e6 * scale), 0.1 * Math.min(1, scale * 10), repeats]
    const secondsOf = codec => {
      const words = ['--expose-gc', programs, 'codec', name, internals, codec, ...numbers]
      return answerOf(words, { env: keepMemory })
    }
    const ours = await secondsOf('ours')
    const other = clientMissing ? undefined : await secondsOf('client')
    const speedOf = seconds => seconds && ours.byteLength / 1e6 / seconds
    return comparisons
      .filter(([, against]) => against === copy || other !== undefined)
      .map(([verb, against, own, reference]) => {
        // The client cannot do the work of every type.
        const seconds = (against === copy ? ours : other)[reference]
        const figure = {
          work: `${verb} ${name}, against ${against}`,
          unit: 'MB/s',
          ours: speedOf(ours[own]),
          reference: speedOf(seconds),
          ratio: seconds && seconds / ours[own],
          bar: seconds && barOf(kind, verb, against),
        }
        return kind === 'table' ? figure : { ...figure, type: name }
      })
  }
  return withFolder(async folder => {
    const internals = await writeInternals(folder)
    const figures = []
    for (const [kind, values] of Object.entries(typeValues)) {
      for (const name of Object.keys(values)) {
        figures.push(...(await figuresOf(internals, kind, name)))
      }
    }
    return figures
  })
}

/** Times only the parser, without file and server: a million texts of each type into a column, relative to INT. */
export async function cells({ repeats, scale }) {
  return withFolder(async folder => {
    const internals = await writeInternals(folder)
    const figures = []
    for (const type of cellTexts.keys()) {
      const words = [programs, 'cells', type, internals, Math.round(1e6 * scale), repeats]
      const medians = await answerOf(words)
      figures.push(figureOf(`text into ${type}, against INT`, medians, { atMost: 3 }, { type }))
    }
    return figures
  })
}

/** Compares many short tasks on a pool with the same tasks on as many sessions, in tasks per second. */
export async function pool({ repeats, scale }) {
  const [tasks, size, script] = [Math.round(10_000 * scale), 8, '1+2']
  return withFolder(async folder => {
    const { host, port, stop } = await startSink(await writeTables(folder))
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
    const works = [onPool, onSessions].map(work => async () => {
      const startedMs = performance.now()
      await work()
      return tasks / ((performance.now() - startedMs) / 1000)
    })
    try {
      // Warms up the compiler before the clock starts.
      await inTurn(works, 1)
      const [ours, reference] = (await inTurn(works, repeats)).map(median)
      const work = `${tasks} short tasks, a pool of ${size} against ${size} sessions`
      const [ratio, bar] = [ours / reference, { atLeast: 0.8 }]
      return [{ work, unit: 'tasks/s', ours, reference, ratio, bar }]
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
      const sink = await startSink(init)
      const words = [program, 'bench', '--json', '--requests', requests, ...sink.server]
      return answerOf(words).finally(sink.stop)
    }
    const [runs] = await inTurn([measured], repeats)
    const [ours, reference] = ['async', 'sync'].map(mode => median(runs.map(r => r[mode].seconds)))
    const work = `${requests} requests of ${runs[0].rowsPerRequest} rows, async against sync`
    return [figureOf(work, { ours, reference }, { atLeast: 1.5 })]
  })
}
