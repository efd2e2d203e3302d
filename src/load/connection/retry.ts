/*
  Trying again until a deadline: exponential back-off with jitter.
*/
import type { Clock, Platform, Random } from '../../platform/platform.js'
import { wait } from '../../platform/wait.js'
import type { Plan } from '../plan.js'
import type { RunEnding } from '../run-ending.js'

/** How often a batch is sent again, how long reconnecting is tried, and by which clock. */
export interface RetryRules {
  /** 0 means that nothing is tried again, connecting included. */
  retries: number
  /** Longest time that reconnecting may take, ms. */
  reconnectMs: number
  clock: Clock
  /** Spreads clients that failed together. */
  random: Random
  /** Ends everything that is tried. */
  ended: AbortSignal
}

/** What retries depend on. */
interface Retrying {
  readonly plan: Pick<Plan, 'retries' | 'retryTimeoutMs'>
  readonly platform: Pick<Platform, 'clock' | 'random'>
  readonly ending: Pick<RunEnding, 'leaving'>
}

/** Those of a run. */
export function retryRules({ plan, platform, ending }: Retrying): RetryRules {
  const { clock, random } = platform
  return {
    retries: plan.retries,
    reconnectMs: plan.retryTimeoutMs,
    clock,
    random,
    ended: ending.leaving,
  }
}

const firstDelayMs = 100
const longestDelayMs = 10_000

/**
 * Delay before try number `retry` (from 1): half fixed, half random, growing from 0.1 to 10 seconds.
 *
 * @param growth  by what each delay is longer than the one before
 */
export function retryDelayMs(retry: number, random: Random, growth = 2): number {
  const fullMs = Math.min(firstDelayMs * growth ** (retry - 1), longestDelayMs)
  return fullMs / 2 + (random.number() * fullMs) / 2
}

/** A try that the deadline cut off after less than this says how little was left, not what is the matter. */
const tellingMs = 1_000

/**
 * Calls `attempt` until it succeeds, fails for good, or the next try would come too late; then the last failure that tells
 * something is thrown.
 *
 * @param deadlineMs  by the clock of the rules; `attempt` has to keep to it by itself
 * @param mayRetry  whether a failure is worth another try
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
