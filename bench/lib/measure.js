/*
  How the benchmarks measure: whole processes, two variants in turn (A B A B), medians. Machines differ and drift, so only ratios
  within one run are meaningful.
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

export const program = fileURLToPath(new URL('../../bin/ddb-ingest.js', import.meta.url))

const usageUrl = new URL('usage.js', import.meta.url).href

/** With fewer than five runs, the median depends on chance. */
export const defaultRepeats = 5

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Largest resident set of a running process in bytes; 0 if the platform does not report it. */
function peakRssBytes(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
  } catch {
    // The process has ended, or the machine has no /proc.
    return 0
  }
}

const ticksPerSecond = 100

/** Processor time of a running process in seconds, over all its threads; 0 if the platform does not report it. */
export function cpuSeconds(pid) {
  try {
    // The program's name precedes these fields in parentheses and may contain spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return 0
  }
}

/** The folder to which measured processes write profiles; set by bench/lib/profile.js. */
let profileFolder
const profiled = []

/**
 * From now on, makes V8 write a profile of every measured process, and of servers.
 * @returns the profiles in order: the process's `args` and the file, which exists once the process has ended
 */
export function profileInto(folder) {
  profileFolder = folder
  return profiled
}

/** Options that make Node profile a process with these arguments; none if no profile is wanted. */
export function profiling(args) {
  if (profileFolder === undefined) return []
  const name = `${profiled.length}.cpuprofile`
  profiled.push({ args, path: join(profileFolder, name) })
  return ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}`]
}

/**
 * Runs a program with Node until it ends.
 * @returns seconds of the whole process, its standard output, and on request its peak memory and its processor time
 * @throws if the exit code is not 0
 */
export async function runNode(args, { watchMemory = false, processor = false, exitCode = 0 } = {}) {
  const startedMs = performance.now()
  const telling = processor ? [`--import=${usageUrl}`] : []
  const child = spawn(process.execPath, [...profiling(args), ...telling, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  })
  let usage = ''
  child.stdio[3].setEncoding('utf8').on('data', text => (usage += text))
  let peak = 0
  // The kernel records the peak, so infrequent reads miss only growth at the very end.
  const watch = watchMemory
    ? setInterval(() => (peak = Math.max(peak, peakRssBytes(child.pid))), 10)
    : undefined
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  const [code] = await once(child, 'close')
  clearInterval(watch)
  const seconds = (performance.now() - startedMs) / 1000
  if (code !== exitCode) throw new Error(`${args.join(' ')} ended with ${code}`)
  return { seconds, stdout, peakRssBytes: peak, processorSeconds: Number(usage) / 1e6 }
}

/** Runs `works` in turn (A B C A B C); each resolves to a number. Returns the numbers of each. */
export async function inTurn(works, repeats = defaultRepeats) {
  const runs = works.map(() => [])
  for (let run = 0; run < repeats; run++) {
    for (const [index, work] of works.entries()) runs[index].push(await work())
  }
  return runs
}

/** Runs `ours` and `reference` in turn; both resolve to a number. Returns the median of each. */
export async function alternate(ours, reference, repeats = defaultRepeats) {
  const [oursRuns, referenceRuns] = await inTurn([ours, reference], repeats)
  return { ours: median(oursRuns), reference: median(referenceRuns) }
}
