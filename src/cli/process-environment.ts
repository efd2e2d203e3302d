/*
  Everything of the process that the command line touches, in one place: tests give their own.
*/
import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'

/** Standard input, which may be a terminal. */
export interface TerminalInput extends Readable {
  isTTY?: boolean
  setRawMode?(mode: boolean): unknown
}

/** A standard stream, which may be a terminal. */
export interface TerminalOutput extends Writable {
  isTTY?: boolean
  columns?: number
}

/** Where signals come from. */
export interface SignalSource {
  on(name: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown
  off(name: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown
}

/** What a command may touch of its process. */
export interface ProcessEnvironment {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The bytes of all arguments, each ended by a NUL; undefined where the system does not tell. */
  commandLine(): Buffer | undefined
  readonly stdin: TerminalInput
  readonly stdout: TerminalOutput
  readonly stderr: TerminalOutput
  readonly signals: SignalSource
  /** Calls back for a failure that nobody waits for: an event without a listener, a promise without a handler. */
  onStrayFailure(listener: (error: unknown) => void): void
  /** Ends the process at once. */
  leave(exitCode: number): void
  /** Ends the process even while the system keeps one of its threads waiting, for a name server or a pipe; `leave` waits, too. */
  die(): void
  /** What V8 keeps for young objects grows no more, to be called once the program is loaded. */
  stopHeapGrowth(): void
  /** Where relative paths begin; undefined when that folder was removed. */
  workingFolder(): string | undefined
  /** Relative paths begin there from now on. @throws the system's error */
  changeFolder(path: string): void
}

/** Those of this process. */
export function thisProcess(): ProcessEnvironment {
  return {
    environment: process.env,
    commandLine() {
      try {
        return readFileSync('/proc/self/cmdline')
      } catch {
        return undefined
      }
    },
    // Merely looking at process.stdin opens it, so it stays behind a getter.
    get stdin() {
      return process.stdin
    },
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    onStrayFailure: listener => void process.once('uncaughtException', listener),
    leave: exitCode => process.exit(exitCode),
    die: () => void process.kill(process.pid, 'SIGKILL'),
    // With other flags V8 does not take the compiled code of modules that come later.
    stopHeapGrowth: () => setFlagsFromString('--semi-space-growth-factor=1'),
    workingFolder() {
      try {
        return process.cwd()
      } catch {
        return undefined
      }
    },
    changeFolder: path => process.chdir(path),
  }
}
