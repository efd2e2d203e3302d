/*
  A check of `selftest`: its name, and a function that tries something on a server. Also results of checks.
*/
import { ServerError } from '../errors.js'
import type { CheckContext } from './context.js'

export interface Check {
  /** Unique, in the form `subject: what is tried`. */
  readonly name: string
  /** The parts of this program that rely on the tested behaviour. Printed if the check fails. */
  readonly dependsOnIt: string
  /** Time limit; 5,000 if left out. */
  readonly limitMs?: number
  /**
   * @returns what the server does in a case that the documentation leaves open, if the check asks that
   * @throws {Unavailable} the check is skipped @throws {DdbError} the check fails; its reason is the error's message
   */
  readonly run: (context: CheckContext) => Promise<string | void>
}

export function fail(reason: string): never {
  throw new ServerError('', 'DDB_SERVER', reason)
}

export function expectText(what: string, actual: string, expected: string): void {
  if (actual !== expected) fail(`${what}: ${actual}, expected ${expected}`)
}

export interface CheckResult {
  readonly name: string
  readonly status: 'pass' | 'fail' | 'skipped'
  /** Why the check failed or was skipped, or what a passed check has found; may be empty. */
  readonly reason: string
}

export type Outcome = Omit<CheckResult, 'name'>

export interface SelftestResult {
  /** The answer to `version()`; null if the server did not answer. */
  readonly serverVersion: string | null
  /** One result per check, in the order of the checks. */
  readonly checks: readonly CheckResult[]
  readonly counts: Readonly<Record<CheckResult['status'], number>>
  /** Names of objects that are, or may be, still on the server. */
  readonly left: readonly string[]
}
