/*
  SIGINT, SIGTERM and SIGHUP: the first one ends the run cleanly, a second one ends it at once.
*/
import { constants } from 'node:os'
import type { ProcessEnvironment } from './process-environment.js'

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// npm forwards Ctrl-C to a child process that has already received the terminal's signal: one key press, two signals.
const sameKeyMs = 250

export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /** Aborted by the second signal. */
  readonly leaving: AbortSignal
  /** 130 or 143 after the first signal, otherwise undefined. */
  readonly exitCode: number | undefined
  release(): void
}

/** Exit code of a process that a signal ends: 128 plus the signal's number; SIGHUP counts as SIGTERM. */
export function signalExitCode(name: NodeJS.Signals): number {
  return 128 + constants.signals[name === 'SIGHUP' ? 'SIGTERM' : name]
}

export interface SignalHandling {
  /** Called once, before `Interruption.signal` aborts. */
  readonly onFirst?: (name: NodeJS.Signals) => void
  /** How long the process may still take after the second signal, ms; a third one always ends it at once. */
  readonly leaveMs?: number
  /** Clock that determines whether a second signal comes from the same key press as the first; in ms. */
  readonly now?: () => number
}

export function catchSignals(
  { signals, leave }: Pick<ProcessEnvironment, 'signals' | 'leave'>,
  { onFirst, leaveMs = 0, now = Date.now }: SignalHandling = {},
): Interruption {
  const [first, second] = [new AbortController(), new AbortController()]
  let exitCode: number | undefined
  let firstAt = 0
  const listener = (name: NodeJS.Signals): void => {
    if (exitCode === undefined) {
      exitCode = signalExitCode(name)
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
    get exitCode() {
      return exitCode
    },
    release() {
      for (const name of ending) signals.off(name, listener)
    },
  }
}
