/* Clocks: the machine's clock with its timers, a clock for time limits that does not count time while the process is stopped or the machine
   is suspended (the process cannot read answers then), and promises that resolve after a delay. */
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

/** Node calls back at once if a timer is longer. */
const longestTimerMs = 2 ** 31 - 1

/** Interval of the timer that detects sleep. */
const beatEveryMs = 500
/** If the timer is late by more than this, the process counts as asleep, even if it was only too busy to read answers. */
const lateMs = 1_000

export function awakeClock(clock: Clock) {
  let seenMs = clock.nowMs()
  let seenWallMs = clock.wallMs()
  let sleptMs = 0
  let naps = 0
  const look = (): number => {
    const ms = clock.nowMs()
    const wallMs = clock.wallMs()
    const gapMs = ms - seenMs
    if (gapMs > beatEveryMs + lateMs) {
      sleptMs += gapMs - beatEveryMs
      naps++
      // While the machine is suspended, the monotonic clock stops but the wall clock continues.
    } else if (Math.abs(wallMs - seenWallMs - gapMs) > lateMs) naps++
    seenMs = ms
    seenWallMs = wallMs
    return ms - sleptMs
  }
  const beat = (): void => {
    look()
    beating = clock.afterIfAlive(beatEveryMs, beat)
  }
  let beating = clock.afterIfAlive(beatEveryMs, beat)
  const after =
    (start: Clock['after']): Clock['after'] =>
    (delayMs, callback): Timer => {
      const dueMs = look() + delayMs
      const fire = (): void => {
        const leftMs = dueMs - look()
        // Some systems call back a fraction of a millisecond early.
        if (leftMs < 1) callback()
        else timer = start(Math.min(leftMs, longestTimerMs), fire)
      }
      let timer = start(Math.min(delayMs, longestTimerMs), fire)
      return { cancel: () => timer.cancel() }
    }
  return {
    nowMs: look,
    wallMs: () => clock.wallMs(),
    after: after((delayMs, callback) => clock.after(delayMs, callback)),
    afterIfAlive: after((delayMs, callback) => clock.afterIfAlive(delayMs, callback)),
    nextTurn: (callback: () => void) => clock.nextTurn(callback),
    /** How often the process has slept so far. Suspending the machine or changing its wall clock counts as sleep. */
    get naps(): number {
      look()
      return naps
    },
    stop: () => beating.cancel(),
  }
}

/** Resolves after `ms`, or as soon as `ended` is aborted. Keeps the process alive until then. */
export function wait(clock: Clock, ms: number, ended?: AbortSignal): Promise<void> {
  if (ended?.aborted === true) return Promise.resolve()
  return new Promise(resolve => {
    const done = (): void => {
      timer.cancel()
      ended?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.after(ms, done)
    ended?.addEventListener('abort', done)
  })
}
