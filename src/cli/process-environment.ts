/* The parts of the process that the command line uses, in one place so that tests can replace them; and its signals: the first SIGINT,
   SIGTERM or SIGHUP ends the run cleanly, a second one ends it at once. */
import type { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { attempt } from '../errors.js'
import { nameOfBytes } from '../platform/file-name.js'

export interface TerminalInput extends Readable {
  isTTY?: boolean
  setRawMode?(mode: boolean): unknown
}

export interface TerminalOutput extends Writable {
  isTTY?: boolean
  columns?: number
}

export type ProcessEnvironment = Readonly<ReturnType<typeof thisProcess>>

export function thisProcess() {
  return {
    environment: process.env as Readonly<Record<string, string | undefined>>,
    /** The bytes of all arguments, each ended by a NUL; undefined on systems without /proc. */
    commandLine: (): Buffer | undefined => attempt(() => readFileSync('/proc/self/cmdline')),
    // Reading the property process.stdin opens standard input, so this getter reads it only on demand.
    get stdin(): TerminalInput {
      return process.stdin
    },
    stdout: process.stdout as TerminalOutput,
    stderr: process.stderr as TerminalOutput,
    signals: process as Pick<EventEmitter, 'on' | 'off'>,
    /** Reports failures that nobody handles: an event without a listener, a promise without a handler. */
    onStrayFailure: (listener: (error: unknown) => void): void => {
      process.once('uncaughtException', listener)
    },
    leave: (exitCode: number): void => process.exit(exitCode),
    /** Stops V8 from enlarging its heap for young objects. Call it late: V8 then rejects the cached code of modules that are not loaded yet. */
    stopHeapGrowth: (): void =>
      setFlagsFromString('--semi-space-growth-factor=1 --no-parallel-scavenge'),
    /** Base of relative paths; undefined if that folder was removed. */
    workingFolder: (): string | undefined => attempt(() => process.cwd()),
    /** Changes the base of relative paths. @throws the system's error */
    changeFolder: (path: string): void => process.chdir(path),
  }
}

/**
 * Restores bytes of arguments, each as a lone surrogate (platform/file-name.ts). Node reads arguments as UTF-8 and replaces other
 * bytes by U+FFFD, so a file with such a name would not be found. Linux keeps the bytes in /proc/self/cmdline.
 * @param commandLine  each argument ended by a NUL, those of `argv` last; undefined if the system does not provide it
 */
export function rawArguments(
  argv: readonly string[],
  commandLine: () => Buffer | undefined,
): readonly string[] {
  if (!argv.some(text => text.includes('\ufffd'))) return argv
  const raw = (commandLine()?.toString('latin1') ?? '').split('\0').slice(0, -1)
  return argv.map((text, i) => {
    const bytes = Buffer.from(raw.at(i - argv.length) ?? '', 'latin1')
    return bytes.toString() === text ? nameOfBytes(bytes) : text
  })
}

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// npm forwards Ctrl-C to a child process that has already received the terminal's signal: one key press, two signals.
const sameKeyMs = 250

interface SignalHandling {
  /** Called once, before `Interruption.signal` aborts. */
  readonly onFirst?: (name: NodeJS.Signals) => void
  /** How long the process may still take after the second signal, ms; a third one always ends it at once. */
  readonly leaveMs?: number
  /** Clock that determines whether a second signal comes from the same key press as the first; ms; nobody sets it back. */
  readonly now?: () => number
}

export type Interruption = ReturnType<typeof catchSignals>

export function catchSignals(
  { signals, leave }: Pick<ProcessEnvironment, 'signals' | 'leave'>,
  { onFirst, leaveMs = 0, now = () => performance.now() }: SignalHandling = {},
) {
  const [first, second] = [new AbortController(), new AbortController()]
  let exitCode: number | undefined
  let firstAt = 0
  const listener = (name: NodeJS.Signals): void => {
    if (exitCode === undefined) {
      exitCode = 128 + constants.signals[name === 'SIGHUP' ? 'SIGTERM' : name]
      firstAt = now()
      onFirst?.(name)
      first.abort()
    } else if (now() - firstAt >= sameKeyMs) {
      const isLast = leaveMs === 0 || second.signal.aborted
      second.abort()
      if (isLast) leave(exitCode)
      else setTimeout(leave, leaveMs, exitCode)
    }
  }
  for (const name of ending) signals.on(name, listener)
  return {
    signal: first.signal,
    leaving: second.signal,
    /** 130 or 143 after the first signal, otherwise undefined. SIGHUP counts as SIGTERM. */
    get exitCode() {
      return exitCode
    },
    [Symbol.dispose]: (): void => {
      for (const name of ending) signals.off(name, listener)
    },
  }
}
