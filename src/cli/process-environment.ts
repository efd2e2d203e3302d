/*
  The parts of the process that the command line uses, in one place so that tests can replace them.
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

export interface SignalSource {
  on(name: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown
  off(name: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown
}

export interface ProcessEnvironment {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The bytes of all arguments, each ended by a NUL; undefined on systems without /proc. */
  commandLine(): Buffer | undefined
  readonly stdin: TerminalInput
  readonly stdout: TerminalOutput
  readonly stderr: TerminalOutput
  readonly signals: SignalSource
  /** Reports failures that nobody handles: an event without a listener, a promise without a handler. */
  onStrayFailure(listener: (error: unknown) => void): void
  /** Ends the process at once. */
  leave(exitCode: number): void
  /** Stops V8 from enlarging its heap for young objects; call it once the program is loaded. */
  stopHeapGrowth(): void
  /** Base of relative paths; undefined if that folder was removed. */
  workingFolder(): string | undefined
  /** Changes the base of relative paths. @throws the system's error */
  changeFolder(path: string): void
}

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
    // Reading the property process.stdin opens standard input, so this getter reads it only on demand.
    get stdin() {
      return process.stdin
    },
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    onStrayFailure: listener => void process.once('uncaughtException', listener),
    leave: exitCode => process.exit(exitCode),
    // Must be called late: after a change of flags, V8 rejects the cached code of modules that are loaded later.
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
