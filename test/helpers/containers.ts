/*
  Programs in separate namespaces, like containers that share a folder. They have different process numbers and, on
  request, a different host name. They use the network of this machine.
*/
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { bin, type Outcome } from '../cli/run-cli.js'

export interface Place {
  readonly name: string
  /** Undefined for a program in the namespaces of this process. */
  readonly container?: {
    readonly host?: string
    /** Whether /proc shows the process numbers of the container (default) or those of this process's namespace. */
    readonly ownProc?: boolean
  }
}

const rights = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']

function unshareArguments({ host, ownProc = true }: NonNullable<Place['container']>): string[] {
  return [
    ...rights,
    ...['--pid', '--fork', '--kill-child'],
    ...(ownProc ? ['--mount-proc'] : []),
    ...(host === undefined ? [] : ['--uts']),
  ]
}

/** Test options that skip the test if no namespaces can be created. */
export const needsContainers = mayUnshare()
  ? {}
  : { skip: 'this system does not let its users make namespaces (unshare)' }

function mayUnshare(): boolean {
  try {
    const script = 'echo b > /proc/sys/kernel/hostname'
    const argv = [...unshareArguments({ host: 'b' }), 'sh', '-c', script]
    execFileSync('unshare', argv, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export interface Contained {
  readonly outcome: Promise<Outcome & { readonly signal: NodeJS.Signals | null }>
  /** Sends a signal to the program itself. */
  kill(signal: NodeJS.Signals): void
}

/** Starts the command line in the container; without a container, in the namespaces of this process. */
export function startIn(
  { container }: Place,
  argv: readonly string[],
  { cwd, environment }: { cwd: string; environment: Record<string, string> },
): Contained {
  const program = [process.execPath, bin, ...argv]
  const host =
    container?.host === undefined ? '' : `echo ${container.host} > /proc/sys/kernel/hostname; `
  const script = `unset NODE_OPTIONS; ${host}exec "$0" "$@"`
  const command =
    container === undefined
      ? ['sh', '-c', script, ...program]
      : ['unshare', ...unshareArguments(container), 'sh', '-c', script, ...program]
  const env = { ...process.env, ...environment }
  const child = spawn(command[0]!, command.slice(1), {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const outcome = once(child, 'close').then(
    ([code, signal]: (number | NodeJS.Signals | null)[]) => ({
      code: code as number,
      signal: signal as NodeJS.Signals | null,
      stdout,
      stderr,
    }),
  )
  return {
    outcome,
    kill(signal) {
      const pid = container === undefined ? child.pid : firstChild(child)
      // The program may have ended by itself.
      if ((child.exitCode ?? child.signalCode) === null && pid !== undefined) {
        process.kill(pid, signal)
      }
    },
  }
}

/** The process number of the child in the namespaces of this process; undefined once the child has ended. */
function firstChild({ pid }: ChildProcess): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return first === '' ? undefined : Number(first)
  } catch {
    return undefined
  }
}
