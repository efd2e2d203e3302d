/*
  The machine's clock, and its timers.
*/
import type { Clock, Timer } from './platform.js'

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, callback) => timerOf(setTimeout(callback, delayMs)),
  afterIfAlive: (delayMs, callback) => timerOf(setTimeout(callback, delayMs).unref()),
  nextTurn: callback => void setImmediate(callback),
}

function timerOf(timeout: NodeJS.Timeout): Timer {
  return { cancel: () => clearTimeout(timeout) }
}
