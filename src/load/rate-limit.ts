/*
  Keeps a run below a rate: after a batch, the next one waits as long as its own rows and bytes take at that rate.
*/
import type { Clock } from '../platform/platform.js'
import { wait } from '../platform/wait.js'
import type { RateLimit } from './checked-options.js'

export interface RateLimiter {
  /** Lets a batch pass; returns a promise if it has to wait first. */
  pass(rows: number, bytes: number): void | Promise<void>
}

/**
 * Time counts from this call, so the first batch waits, too. A pause of the caller shortens only the next wait.
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
