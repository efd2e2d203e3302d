/*
  SIGINT, SIGTERM and SIGHUP: the first one ends the run in order, another one ends it at once.
*/
import { constants } from 'node:os'
import type { Surroundings } from './surroundings.js'

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// npm passes a Ctrl-C on to a child that the terminal has already told: one key, two signals.
const sameKeyMs = 250

/** What came of listening for signals. */
export interface Interruption {
  readonly signal: AbortSignal
  /** 130 or 143 once a signal came, else undefined. */
  readonly exitCode: number | undefined
  /** Stops listening. */
  release(): void
}

/** Exit code of a process that a signal ends: 128 and its number, SIGHUP counting as SIGTERM. */
export function signalExitCode(name: NodeJS.Signals): number {
  return 128 + constants.signals[name === 'SIGHUP' ? 'SIGTERM' : name]
}

/**
 * @param onFirst  called once, before the signal aborts
 * @param now  the clock by which one key is told from two
 */
export function catchSignals(
  { signals, leave }: Pick<Surroundings, 'signals' | 'leave'>,
  onFirst: (name: NodeJS.Signals) => void,
  now: () => number = Date.now,
): Interruption {
  const controller = new AbortController()
  let exitCode: number | undefined
  let firstAt = 0
  const listener = (name: NodeJS.Signals): void => {
    if (exitCode === undefined) {
      exitCode = signalExitCode(name)
      firstAt = now()
      onFirst(name)
      controller.abort()
    } else if (now() - firstAt >= sameKeyMs) {
      leave(exitCode)
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
