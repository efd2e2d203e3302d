/*
  Timers for scripts that sleep. They end with their server and so do not keep the process alive.
*/

import type { Clock, Timer } from '../../platform/platform.js'

// Node's timers accept delays of at most 31 bits, so a longer wait takes several timers.
const longestMs = 2 ** 31 - 1

export class Delays {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  #stopped = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves after `durationMs`, or never if the server closes first. */
  readonly wait = async (durationMs: number): Promise<void> => {
    let restMs = durationMs
    // Waits even for sleep(0), so that other sessions get a turn.
    do {
      await new Promise<void>(resolve => this.#start(Math.min(restMs, longestMs), resolve))
      restMs -= longestMs
    } while (restMs > 0)
  }

  #start(durationMs: number, resolve: () => void): void {
    if (this.#stopped) return
    const timer = this.#clock.after(durationMs, () => {
      this.#timers.delete(timer)
      resolve()
    })
    this.#timers.add(timer)
  }

  /** Cancels all timers. The promises of `wait` stay pending forever. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }
}
