/*
  What a run of `selftest` found.
*/
import type { Facts } from '../load/connection/known-server.js'
import type { ServerAddress } from '../load/options.js'

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
