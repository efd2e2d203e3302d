/*
  Runs one codec in its own process. So a codec never collects the other codec's garbage, and never meets prototypes that the other
  one has changed. Benchmarks call `startCodec`, which runs this file as a program:
    node --expose-gc bench/lib/codec-process.js CODEC
  The program answers a message `{ name, rows }` with `{ works, byteLength }`: the names of the works that it can time, and the size of
  the value. It answers each later message `{ work, seconds }` with the time of one run. Times are processor time, including garbage
  collector and compiler, so other programs on the machine do not count.
*/
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { typeValues } from './type-values.js'

const codecs = {
  ours: () => import('./our-codec.js'),
  'js-client': () => import('./js-client.js'),
}

const path = fileURLToPath(import.meta.url)
/**
 * Makes glibc keep freed memory. Otherwise most of the time may be spent on new memory from the kernel, depending on what the process
 * did before.
 */
const keepMemory = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: String(2 ** 32) }
/** After this time the compiler has optimized the work, and the process has obtained its memory from the kernel. */
const warmUpSeconds = 0.3

/** Keeps the last result, so that the compiler cannot remove the work. */
const kept = { result: undefined }

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Mean processor seconds of one run. Runs are repeated for `seconds`. */
function secondsOf(work, seconds) {
  // Collects the garbage of earlier works, which would otherwise be counted here.
  kept.result = undefined
  globalThis.gc()
  const endMs = performance.now() + seconds * 1000
  const startedSeconds = cpuSeconds()
  let runs = 0
  do {
    kept.result = work()
    runs += 1
  } while (performance.now() < endMs)
  return (cpuSeconds() - startedSeconds) / runs
}

function serve(worksOf) {
  let works = {}
  let warm = new Set()
  process.on('message', ({ name, rows, work, seconds }) => {
    if (name !== undefined) {
      works = worksOf(typeValues.get(name).make(rows))
      warm = new Set()
      process.send({ works: Object.keys(works), byteLength: works.encode?.().length })
      return
    }
    if (!warm.has(work)) secondsOf(works[work], warmUpSeconds)
    warm.add(work)
    process.send(secondsOf(works[work], seconds))
  })
}

/** Starts one of `codecs` by name. */
export function startCodec(name) {
  const child = fork(path, [name], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, ...keepMemory },
  })
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the process of ${name} ended with ${code ?? signal}`)
  })
  const ask = async question => {
    child.send(question)
    const [answer] = await Promise.race([once(child, 'message'), ended])
    return answer
  }
  return {
    /** @returns the works that can be timed with this value of `typeValues`, and the length of the encoded value */
    prepare: (name, rows) => ask({ name, rows }),
    /** Mean processor seconds of one run. Runs are repeated for `seconds`. */
    time: (work, seconds) => ask({ work, seconds }),
    async stop() {
      child.disconnect()
      await ended.catch(() => undefined)
    },
  }
}

if (process.argv[1] === path) {
  const { loadCodec } = await codecs[process.argv[2]]()
  serve(await loadCodec())
}
