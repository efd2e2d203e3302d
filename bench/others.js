/* Benchmarks other than loads: the codec, and the workload of DolphinDB's documentation. */
import { figureOf } from './lib/figures.js'
import { withFolder, writeTables } from './lib/inputs.js'
import { inTurn, median, program, runNode } from './lib/measure.js'
import { clientMissing, programs, writeInternals } from './lib/programs.js'
import { startSink } from './lib/servers.js'
import { tableNames } from './lib/values.js'

/** Runs a program of lib/programs.js, which prints JSON. */
async function answerOf(words, options) {
  return JSON.parse((await runNode(words.map(String), options)).stdout)
}

/** What is done, and the bar. */
const comparisons = { encode: { atLeast: 3 }, decode: undefined }

/**
 * Makes glibc keep freed memory. Otherwise most of the time may be spent on new memory from the kernel, depending on what the process
 * did before.
 */
const keepMemory = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: String(2 ** 32) }

/**
 * Compares encoding a table of a million rows into a new buffer, and decoding every element into new arrays, with the official JavaScript
 * client, in megabytes of encoded bytes per second of processor time. SYMBOL starts from codes and base; `from texts` means that the
 * codec must find the codes.
 */
export async function codec({ repeats, scale }) {
  if (clientMissing) {
    process.stderr.write('not compared with the client: npm ci --prefix test/oracle installs it\n')
    return []
  }
  return withFolder(async folder => {
    const internals = await writeInternals(folder)
    const figures = []
    for (const name of tableNames) {
      // Long enough for a precise time and for some garbage collections, except with a very small scale.
      const numbers = [Math.round(1e6 * scale), 0.1 * Math.min(1, scale * 10), repeats]
      const secondsOf = codec => {
        const words = ['--expose-gc', programs, 'codec', name, internals, codec, ...numbers]
        return answerOf(words, { env: keepMemory })
      }
      const [ours, reference] = [await secondsOf('ours'), await secondsOf('client')]
      for (const [verb, bar] of Object.entries(comparisons)) {
        const speed = seconds => ours.byteLength / 1e6 / seconds
        const speeds = { unit: 'MB/s', ours: speed(ours[verb]), reference: speed(reference[verb]) }
        const work = `${verb} ${name}, against the JavaScript client`
        figures.push({ work, ...speeds, ratio: reference[verb] / ours[verb], bar })
      }
    }
    return figures
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
