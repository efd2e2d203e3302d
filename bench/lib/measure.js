/* How the benchmarks measure: whole processes, two variants in turn (A B A B), medians. Machines differ and drift, so only ratios within
   one run are meaningful. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

export const program = fileURLToPath(new URL('../../bin/ddb-ingest.js', import.meta.url))

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** A module that writes the processor time of all threads in microseconds to file descriptor 3 when its process ends. */
const usage =
  "data:text/javascript,import{writeSync}from'node:fs';" +
  "process.on('exit',()=>{const{user,system}=process.cpuUsage();writeSync(3,String(user+system))})"

/** Largest resident set of a running process in MB; 0 if the process has ended or the machine has no /proc. */
function peakMB(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024) / 1e6
  } catch {
    return 0
  }
}

/**
 * Runs a program with Node until it ends.
 * @returns seconds of the whole process, its standard output, and on request its peak memory and its processor time
 * @throws if the exit code is not `exitCode`
 */
export async function runNode(args, options = {}) {
  const { watchMemory = false, processor = false, exitCode = 0, env = {} } = options
  const startedMs = performance.now()
  const child = spawn(process.execPath, [...(processor ? [`--import=${usage}`] : []), ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { ...process.env, ...env },
  })
  let [told, stdout, peak] = ['', '', 0]
  child.stdio[3].setEncoding('utf8').on('data', text => (told += text))
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  // The kernel records the peak, so infrequent reads miss only growth at the very end.
  const look = () => (peak = Math.max(peak, peakMB(child.pid)))
  const watch = watchMemory ? setInterval(look, 10) : undefined
  const [code] = await once(child, 'close')
  clearInterval(watch)
  const seconds = (performance.now() - startedMs) / 1000
  if (code !== exitCode) throw new Error(`${args.join(' ')} ended with ${code}`)
  return { seconds, stdout, peakMB: peak, processorSeconds: Number(told) / 1e6 }
}

/** Runs `works` in turn (A B C A B C). Returns the results of each. */
export async function inTurn(works, repeats) {
  const runs = works.map(() => [])
  for (let run = 0; run < repeats; run++) {
    for (const [index, work] of works.entries()) runs[index].push(await work())
  }
  return runs
}
