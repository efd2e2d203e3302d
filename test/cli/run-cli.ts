/* Runs the command line for tests: in this process with a fake process environment, or as a child process through bin/. */
import { spawn, spawnSync, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import { PassThrough, Readable, type Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { main } from '../../src/cli/main.js'
import type {
  ProcessEnvironment,
  TerminalInput,
  TerminalOutput,
} from '../../src/cli/process-environment.js'
import type { Faults } from '../../src/server/index.js'
import { closedGate } from '../helpers/gate.js'
import { plainNode } from '../helpers/plain-node.js'

export interface Outcome {
  code: number
  stdout: string
  stderr: string
}

export const bin: string = fileURLToPath(new URL('../../bin/ddb-ingest.js', import.meta.url))

/** Makes the tests independent of the user's settings. */
const noSettings: Readonly<Record<string, string>> = { XDG_STATE_HOME: '/dev/null' }

export interface FakeTerminals {
  environment?: Record<string, string>
  stdin?: string | Uint8Array
  stdinIsTerminal?: boolean
  stdoutColumns?: number
  stderrColumns?: number
}

function recorder(columns: number | undefined): { stream: TerminalOutput; text: () => string } {
  const chunks: Buffer[] = []
  const stream: TerminalOutput = new PassThrough()
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  if (columns !== undefined) Object.assign(stream, { isTTY: true, columns })
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}

export function fakeProcess(terminals: FakeTerminals = {}) {
  const stdout = recorder(terminals.stdoutColumns)
  const stderr = recorder(terminals.stderrColumns)
  const stdin: TerminalInput = Readable.from(
    terminals.stdin === undefined ? [] : [Buffer.from(terminals.stdin)],
  )
  if (terminals.stdinIsTerminal) stdin.isTTY = true
  const signals = new EventEmitter()
  /** Exit codes of the calls that would end a real process at once. */
  const left: number[] = []
  const strayListeners: ((error: unknown) => void)[] = []
  const processEnvironment: ProcessEnvironment = {
    environment: { ...noSettings, ...terminals.environment },
    commandLine: () => undefined,
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    signals,
    onStrayFailure: listener => strayListeners.push(listener),
    leave: code => left.push(code),
    stopHeapGrowth: () => undefined,
    workingFolder: () => process.cwd(),
    changeFolder: path => process.chdir(path),
  }
  return {
    processEnvironment,
    /** Called for an unhandled failure. */
    stray: (error: unknown) => strayListeners.forEach(listener => listener(error)),
    signals,
    stdout: stdout.text,
    stderr: stderr.text,
    left,
  }
}

/** Runs the command line in this process. */
export async function runMain(argv: readonly string[], terminals: FakeTerminals = {}) {
  const fake = fakeProcess(terminals)
  const code = await main(argv, fake.processEnvironment)
  // Waits, because a PassThrough passes on written data in later turns of the event loop.
  await new Promise(resolve => setImmediate(resolve))
  return { code, stdout: fake.stdout(), stderr: fake.stderr() }
}

/** `runMain` in a different folder. The working folder belongs to the whole process, so calls must not overlap. */
export async function runMainIn(
  folder: string,
  argv: readonly string[],
  terminals: FakeTerminals = {},
): Promise<Outcome> {
  const before = process.cwd()
  process.chdir(folder)
  try {
    return await runMain(argv, terminals)
  } finally {
    process.chdir(before)
  }
}

/** The words into which a shell divides a command. @param environment  variables that the command may name */
export function shellWords(
  command: string,
  environment: NodeJS.ProcessEnv = process.env,
  cwd = '/',
): string[] {
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${command}`], {
    env: environment,
    cwd,
    encoding: 'utf8',
  })
  return stdout.split('\0').slice(0, -1)
}

type Ended = Outcome & { readonly signal: NodeJS.Signals | null }

export interface Spawned {
  child: ChildProcess
  /** Resolves with the first line of standard output. */
  firstLine: Promise<string>
  outcome: Promise<Ended>
}

/** Rejects once the program has ended. */
const untimely = async (outcome: Promise<Ended>): Promise<never> => {
  throw new Error(`the program has ended: ${(await outcome).stderr}`)
}

/** A server that holds the third batch of a run back. */
export function thirdBatchHeld(batchRows: number) {
  let gate = closedGate()
  let reached = closedGate()
  let batches = -Infinity
  const before: Faults['before'] = ({ rows }) => {
    if (rows !== batchRows || ++batches !== 3) return undefined
    reached.open()
    return { until: gate.opened }
  }
  return {
    before,
    /** Starts a run; resolves once the server holds its batch. */
    stuck: async <Run extends Pick<Spawned, 'outcome'>>(start: () => Run) => {
      gate = closedGate()
      reached = closedGate()
      batches = 0
      const run = start()
      await Promise.race([reached.opened, untimely(run.outcome)])
      return run
    },
    release: () => gate.open(),
  }
}

/** How a process ends, and all that it writes until then. */
export async function outcomeOf(child: ChildProcessByStdio<Writable | null, Readable, Readable>) {
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code, signal] = (await once(child, 'close')) as [number, NodeJS.Signals | null]
  return { code, signal, stdout, stderr }
}

export interface SpawnOptions {
  environment?: Record<string, string>
  stdin?: string
  cwd?: string
  /** Includes the child in coverage. That is slow, so it is only for code that runs in no other process. */
  covered?: boolean
}

/** Starts the command line as a separate process. */
export function spawnCli(argv: readonly string[], options: SpawnOptions = {}): Spawned {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('DDB_') && name !== 'GITHUB_ACTIONS',
    ),
  )
  const spawnOptions = {
    env: { ...environment, ...noSettings, ...options.environment },
    cwd: options.cwd,
  }
  const child = options.covered
    ? spawn(process.execPath, [bin, ...argv], spawnOptions)
    : spawn(...plainNode([bin, ...argv]), spawnOptions)
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.stdin ?? '')
  const outcome = outcomeOf(child)
  const lines = createInterface({ input: child.stdout })
  const firstLine = Promise.race([
    once(lines, 'line').then(([line]: string[]) => line!),
    untimely(outcome),
  ])
  firstLine.catch(() => undefined)
  return { child, firstLine, outcome }
}

/** The words of an option that names a file. */
export const fileFlag = (option: string, path: string): string[] =>
  option === '--json' ? [`${option}=${path}`] : [option, path]
