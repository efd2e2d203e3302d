/*
  Keeps a run below a rate: every batch books its share of time, and the next one waits for the booked time to pass.
*/
import type { Clock } from '../platform/platform.js'
import { wait } from '../platform/wait.js'
import type { RateLimit } from './plan.js'

/** One for each run. */
export interface RateLimiter {
  /** Books a batch; a promise when it has to wait first. */
  pass(rows: number, bytes: number): void | Promise<void>
}

/**
 * The first batch never waits.
 * @param limit  Infinity for no limit
 */
export function newRateLimiter(limit: RateLimit, clock: Clock): RateLimiter {
  let freeAtMs = -Infinity
  return {
    pass(rows, bytes) {
      const costMs = Math.max(
        (rows / limit.rowsPerSecond) * 1000,
        (bytes / limit.bytesPerSecond) * 1000,
      )
      if (costMs === 0) return undefined
      const nowMs = clock.nowMs()
      const startMs = Math.max(freeAtMs, nowMs)
      freeAtMs = startMs + costMs
      return startMs > nowMs ? wait(clock, startMs - nowMs) : undefined
    },
  }
}
