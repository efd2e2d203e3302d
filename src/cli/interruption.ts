/*
  SIGINT, SIGTERM and SIGHUP: the first one ends the run cleanly, a second one ends it at once.
*/
import { constants } from 'node:os'
import type { ProcessEnvironment } from './process-environment.js'

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// npm forwards Ctrl-C to a child process that has already received the terminal's signal: one key press, two signals.
const sameKeyMs = 250

export interface Interruption {
  readonly signal: AbortSignal
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
  /** Called for every later signal; by default, ends the process at once. */
  readonly onLater?: (exitCode: number) => void
  /** Clock that determines whether a second signal comes from the same key press as the first; in ms. */
  readonly now?: () => number
}

export function catchSignals(
  { signals, leave }: Pick<ProcessEnvironment, 'signals' | 'leave'>,
  { onFirst, onLater = leave, now = Date.now }: SignalHandling = {},
): Interruption {
  const controller = new AbortController()
  let exitCode: number | undefined
  let firstAt = 0
  const listener = (name: NodeJS.Signals): void => {
    if (exitCode === undefined) {
      exitCode = signalExitCode(name)
      firstAt = now()
      onFirst?.(name)
      controller.abort()
    } else if (now() - firstAt >= sameKeyMs) {
      onLater(exitCode)
    }
  }
  for (const name of ending) signals.on(name, listener)
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode
    },
    release() {
      for (const name of ending) signals.off(name, listener)
    },
  }
}
