/*
  The machine's clock for flush timers.
*/
import type { Clock } from './reader.js'

/** Timers of it do not keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
