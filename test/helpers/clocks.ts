/* Clocks for code that waits: the first clock leaps to the end of each wait, the test moves the second clock. */
import type { Clock } from '../../src/platform/platform.js'

/** A clock on which every wait ends at once. Afterwards the clock shows the time at the end of the wait. */
export function leapingClock(): Clock {
  let nowMs = 0
  const after = (delayMs: number, callback: () => void) => {
    let cancelled = false
    queueMicrotask(() => {
      if (cancelled) return
      nowMs += delayMs
      callback()
    })
    return { cancel: () => void (cancelled = true) }
  }
  return {
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    after,
    afterIfAlive: after,
    nextTurn: queueMicrotask,
  }
}

/** A clock that stands still until the test moves it. */
export function handClock(): Clock & { advance(ms: number): void; readonly timers: number } {
  let nowMs = 0
  const timers = new Map<object, { at: number; callback: () => void }>()
  const after = (delayMs: number, callback: () => void) => {
    const key = {}
    timers.set(key, { at: nowMs + delayMs, callback })
    return { cancel: () => void timers.delete(key) }
  }
  return {
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    after,
    afterIfAlive: after,
    nextTurn: queueMicrotask,
    advance(ms) {
      nowMs += ms
      for (const [key, { at, callback }] of timers) {
        if (at > nowMs) continue
        timers.delete(key)
        callback()
      }
    },
    get timers() {
      return timers.size
    },
  }
}
