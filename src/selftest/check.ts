/*
  What a check of `selftest` is: a value with a name, a reason to be there, and a function that tries one thing on a server;
  and what a run of checks found.
*/
import type { Facts } from '../load/connection/known-server.js'
import type { ServerAddress } from '../load/options.js'
import type { CheckContext } from './context.js'

/** What came of a check. A passed one may say what it found where documents leave a choice open. */
export interface Outcome {
  readonly status: 'pass' | 'fail' | 'skipped'
  readonly reason: string
  /** What `load` goes by from now on. */
  readonly facts?: Facts
}

/** One thing that a server should do. */
export interface Check {
  /** `subject: what is tried`; names one check only. */
  readonly name: string
  /** What it does, as one sentence. */
  readonly does: string
  /** What of the program goes wrong where it fails, as one sentence. */
  readonly dependsOnIt: string
  /** Rights or features without which it is skipped. */
  readonly needs?: string
  /** Ends after this; 5,000 when left out. */
  readonly limitMs?: number
  /** @throws {DdbError} which makes it fail, with the error's words */
  readonly run: (context: CheckContext) => Promise<Outcome>
}

/** @param found  what the server does, where it may do several things */
export function pass(found: string = '', facts?: Facts): Outcome {
  return { status: 'pass', reason: found, ...(facts && { facts }) }
}

export function fail(reason: string, facts?: Facts): Outcome {
  return { status: 'fail', reason, ...(facts && { facts }) }
}

export function skipped(reason: string): Outcome {
  return { status: 'skipped', reason }
}

/** Passes when the two texts are equal. */
export function expectText(what: string, actual: string, expected: string): Outcome {
  return actual === expected ? pass() : fail(`${what}: ${actual}, expected ${expected}`)
}

/** What became of one check. */
export interface CheckResult {
  readonly name: string
  readonly status: 'pass' | 'fail' | 'skipped'
  /** Why it failed or was skipped; what a passed one found. Empty when there is nothing to say. */
  readonly reason: string
}

/** How many checks ended in which way. */
export interface CheckCounts {
  readonly pass: number
  readonly fail: number
  readonly skipped: number
}

/** Everything that is known when a run ends. */
export interface SelftestResult {
  /** What `version()` answers; null when the server did not tell. */
  readonly serverVersion: string | null
  /** One for each check, in their order. */
  readonly checks: readonly CheckResult[]
  readonly counts: CheckCounts
  /** What `load` goes by from now on, where the server's version is known. */
  readonly facts: Facts
  /** The node that was asked. */
  readonly address: ServerAddress
  /** Names of what could not be removed, or may be there still. */
  readonly left: readonly string[]
}

export function countsOf(checks: readonly CheckResult[]): CheckCounts {
  const counts = { pass: 0, fail: 0, skipped: 0 }
  for (const { status } of checks) counts[status]++
  return counts
}
