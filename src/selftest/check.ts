/*
  A check of `selftest`: its name, its purpose, and a function that tries one thing on a server. Also the results of
  checks.
*/
import type { Facts } from '../load/connection/known-server.js'
import type { ServerAddress } from '../load/options.js'
import type { CheckContext } from './context.js'

/** The outcome of a check. A passed check may report what the server does, if documents leave that open. */
export interface Outcome {
  readonly status: 'pass' | 'fail' | 'skipped'
  readonly reason: string
  /** Findings about the server that `load` relies on from now on. */
  readonly facts?: Facts
}

export interface Check {
  /** `subject: what is tried`; unique. */
  readonly name: string
  /** What the check does, as one sentence. */
  readonly does: string
  /** The part of this program that depends on the tested behaviour. */
  readonly dependsOnIt: string
  /** Rights or features without which the check is skipped. */
  readonly needs?: string
  /** The time limit; 5,000 if left out. */
  readonly limitMs?: number
  /** @throws {DdbError} which makes the check fail with the error's words */
  readonly run: (context: CheckContext) => Promise<Outcome>
}

/** @param found  the server's behaviour, if documents leave it open */
export function pass(found: string = '', facts?: Facts): Outcome {
  return { status: 'pass', reason: found, ...(facts && { facts }) }
}

export function fail(reason: string, facts?: Facts): Outcome {
  return { status: 'fail', reason, ...(facts && { facts }) }
}

export function skipped(reason: string): Outcome {
  return { status: 'skipped', reason }
}

export function expectText(what: string, actual: string, expected: string): Outcome {
  return actual === expected ? pass() : fail(`${what}: ${actual}, expected ${expected}`)
}

export interface CheckResult {
  readonly name: string
  readonly status: 'pass' | 'fail' | 'skipped'
  /** Why the check failed or was skipped, or what a passed check found. May be empty. */
  readonly reason: string
}

export interface CheckCounts {
  readonly pass: number
  readonly fail: number
  readonly skipped: number
}

export interface SelftestResult {
  /** The answer to `version()`; null if the server does not tell it. */
  readonly serverVersion: string | null
  /** One result for each check, in the order of the checks. */
  readonly checks: readonly CheckResult[]
  readonly counts: CheckCounts
  /** Findings about the server that `load` relies on from now on, if the server's version is known. */
  readonly facts: Facts
  /** The node that answered the checks. */
  readonly address: ServerAddress
  /** Names of objects that could not be removed, or may still exist. */
  readonly left: readonly string[]
}

export function countsOf(checks: readonly CheckResult[]): CheckCounts {
  const counts = { pass: 0, fail: 0, skipped: 0 }
  for (const { status } of checks) counts[status]++
  return counts
}
