/*
  Keeps a run below a rate: every batch waits until its share of time has passed since the one before.
*/
import type { Clock } from '../platform/platform.js'
import { wait } from '../platform/wait.js'
import type { RateLimit } from './plan.js'

/** One for each run. */
export interface RateLimiter {
  /** Lets a batch go; a promise when it has to wait first. */
  pass(rows: number, bytes: number): void | Promise<void>
}

/**
 * The first batch waits as others do, from now on; a pause is saved up for one batch at most.
 * @param limit  Infinity for no limit
 */
export function newRateLimiter(limit: RateLimit, clock: Clock): RateLimiter {
  let passedAtMs = clock.nowMs()
  return {
    pass(rows, bytes) {
      const costMs = Math.max(
        (rows / limit.rowsPerSecond) * 1000,
        (bytes / limit.bytesPerSecond) * 1000,
      )
      if (costMs === 0) return undefined
      const nowMs = clock.nowMs()
      passedAtMs = Math.max(passedAtMs + costMs, nowMs)
      return passedAtMs > nowMs ? wait(clock, passedAtMs - nowMs) : undefined
    },
  }
}
