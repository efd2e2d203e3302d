/*
  Retries until a deadline, with exponential back-off and jitter.
*/
import type { Clock, Platform, Random } from '../../platform/platform.js'
import { wait } from '../../platform/clocks.js'
import type { CheckedOptions } from '../checked-options.js'
import type { RunEnding } from '../run-ending.js'

export interface RetryRules {
  /** With 0, nothing is retried, not even connecting. */
  retries: number
  reconnectMs: number
  clock: Clock
  /** Spreads out the retries of clients that failed together. */
  random: Random
  /** Ends all retries. */
  ended: AbortSignal
}

interface Retrying {
  readonly checked: Pick<CheckedOptions, 'retries' | 'retryTimeoutMs'>
  readonly platform: Pick<Platform, 'clock' | 'random'>
  readonly ending: Pick<RunEnding, 'leaving'>
}

export function retryRules({ checked, platform, ending }: Retrying): RetryRules {
  const { clock, random } = platform
  return {
    retries: checked.retries,
    reconnectMs: checked.retryTimeoutMs,
    clock,
    random,
    ended: ending.leaving,
  }
}

const firstDelayMs = 100
const longestDelayMs = 10_000

/**
 * Delay before retry number `retry` (from 1): half fixed, half random, growing from 0.1 to 10 seconds.
 * @param growth  factor from one delay to the next
 */
export function retryDelayMs(retry: number, random: Random, growth = 2): number {
  const fullMs = Math.min(firstDelayMs * growth ** (retry - 1), longestDelayMs)
  return fullMs / 2 + (random.number() * fullMs) / 2
}

/** If the deadline leaves an attempt less time than this, the attempt's failure does not show what is wrong. */
const tellingMs = 1_000

/**
 * Calls `attempt` until a call succeeds. Throws the last meaningful failure if that failure must not be retried, or if
 * the next call would be too late.
 * @param deadlineMs  by `clock`; `attempt` itself must end by then
 * @param mayRetry  whether a failure is worth another attempt
 */
export async function tryUntil<T>(
  deadlineMs: number,
  { retries, clock, random, ended }: RetryRules,
  attempt: () => Promise<T>,
  mayRetry: (error: unknown) => boolean,
): Promise<T> {
  let before: unknown
  for (let retry = 1; ; retry++) {
    const startedMs = clock.nowMs()
    try {
      return await attempt()
    } catch (failure) {
      const endedMs = clock.nowMs()
      const isCut = endedMs >= deadlineMs && endedMs - startedMs < tellingMs
      const error = isCut ? (before ?? failure) : failure
      before = failure
      const delayMs = retryDelayMs(retry, random)
      const isLate = clock.nowMs() + delayMs >= deadlineMs
      if (retries === 0 || isLate || ended.aborted || !mayRetry(error)) throw error
      await wait(clock, delayMs, ended)
      if (ended.aborted) throw error
    }
  }
}
