/*
  When to try again: exponential back-off with jitter, bounded in number and time.
*/
import type { Clock, Platform } from '../../platform/platform.js'
import { wait } from '../../platform/wait.js'
import type { Plan } from '../plan.js'

/** How often, how long, and by which clock. */
export interface RetryRules {
  /** Further tries after the first; 0 means none. */
  retries: number
  /** Longest time all tries may take together, ms. */
  timeoutMs: number
  clock: Clock
  /** [0, 1): spreads clients that failed together. */
  random: () => number
}

/** Those of the plan. */
export function retryRules(plan: Plan, { clock, random }: Platform): RetryRules {
  return {
    retries: plan.retries,
    timeoutMs: plan.retryTimeoutMs,
    clock,
    random: () => random.number(),
  }
}

const firstDelayMs = 100
const longestDelayMs = 10_000

/** Delay before retry number `retry` (from 1): half fixed, half random, doubling up to ten seconds. */
export function retryDelayMs(retry: number, random: () => number): number {
  const fullMs = Math.min(firstDelayMs * 2 ** (retry - 1), longestDelayMs)
  return fullMs / 2 + (random() * fullMs) / 2
}

/**
 * Calls `attempt` until it succeeds, fails for good, or the rules are used up; then the last failure is thrown.
 *
 * @param mayRetry  whether a failure is worth another try
 */
export async function withRetries<T>(
  rules: RetryRules,
  attempt: () => Promise<T>,
  mayRetry: (error: unknown) => boolean,
): Promise<T> {
  const endMs = rules.clock.nowMs() + rules.timeoutMs
  for (let retry = 1; ; retry++) {
    try {
      return await attempt()
    } catch (error) {
      const delayMs = retryDelayMs(retry, rules.random)
      const late = rules.clock.nowMs() + delayMs > endMs
      if (retry > rules.retries || late || !mayRetry(error)) throw error
      await wait(rules.clock, delayMs)
    }
  }
}
