/*
  One codec in a process of its own, so that neither collects the other's garbage nor runs on prototypes that the other
  has changed. `startCodec` is for the benchmark; run as a program, the file is the process:
    node --expose-gc bench/lib/codec-process.js CODEC
  It is told `{ name, rows }` and answers `{ works, byteLength }`, works being the names of what can be timed; then
  `{ work, seconds }`, any number of times, and answers how long one run of this work takes. Time is that of the
  processor, its collector and compiler included: what else the machine does is not in it.
*/
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { profiling } from './measure.js'
import { typeValues } from './type-values.js'

const codecs = {
  ours: () => import('./our-codec.js'),
  'js-client': () => import('./js-client.js'),
}

const path = fileURLToPath(import.meta.url)
/**
 * Has glibc keep memory that was freed. Otherwise most of the time goes into getting new buffers from the kernel, or
 * it does not, as the history of the process will have it.
 */
const keepMemory = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: String(2 ** 32) }
/** Before them the compiler has not seen enough of the work, nor has the process got its memory from the kernel. */
const warmUpSeconds = 0.3

/** The last result, so that the work cannot be left out. */
const kept = { result: undefined }

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Seconds of one run, of as many as fill `seconds`. */
function secondsOf(work, seconds) {
  // What others left behind is not this work's to collect.
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
    execArgv: ['--expose-gc', ...profiling([path, name])],
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
    /** Names of the works that can be timed with a value of `typeValues`, and bytes of its encoding. */
    prepare: (name, rows) => ask({ name, rows }),
    /** Seconds of one run, of as many in a row as fill `seconds`. */
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
