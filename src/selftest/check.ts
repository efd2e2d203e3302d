/*
  A check of `selftest`: its name, its purpose, and a function that tries something on a server. Also results of checks.
*/
import type { CheckContext } from './context.js'

/** The outcome of a check. A passed check may also report a finding in a case that the documentation leaves open. */
export interface Outcome {
  readonly status: 'pass' | 'fail' | 'skipped'
  readonly reason: string
}

export interface Check {
  /** Unique, in the form `subject: what is tried`. */
  readonly name: string
  readonly does: string
  /** The parts of this program that rely on the tested behaviour. Printed if the check fails. */
  readonly dependsOnIt: string
  /** The rights or features that the check needs. Printed if the check is skipped. */
  readonly needs?: string
  /** Time limit; 5,000 if left out. */
  readonly limitMs?: number
  /** @throws {DdbError} the check then fails; its reason is the error's message */
  readonly run: (context: CheckContext) => Promise<Outcome>
}

/** @param found  the server's behaviour in a case that the documentation leaves open */
export function pass(found: string = ''): Outcome {
  return { status: 'pass', reason: found }
}

export function fail(reason: string): Outcome {
  return { status: 'fail', reason }
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
  /** Why the check failed or was skipped, or what a passed check has found; may be empty. */
  readonly reason: string
}

export interface CheckCounts {
  readonly pass: number
  readonly fail: number
  readonly skipped: number
}

export interface SelftestResult {
  /** The answer to `version()`; null if the server did not answer. */
  readonly serverVersion: string | null
  /** One result per check, in the order of the checks. */
  readonly checks: readonly CheckResult[]
  readonly counts: CheckCounts
  /** Names of objects that are, or may be, still on the server. */
  readonly left: readonly string[]
}

export function countsOf(checks: readonly CheckResult[]): CheckCounts {
  const counts = { pass: 0, fail: 0, skipped: 0 }
  for (const { status } of checks) counts[status]++
  return counts
}
