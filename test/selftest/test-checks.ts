/*
  Tests all checks of one subject. The checks pass on the embedded server. If the behaviour that a check tests is
  changed, the check ends differently.
*/
import type { Test } from 'tap'
import type { Check, CheckResult } from '../../src/selftest/check.js'
import { trySelftest, type Trial } from './run-selftest.js'

/** Names of checks, and texts that their reasons must contain. */
export type Reasons = Readonly<Record<string, string | RegExp>>

/** A changed behaviour, and the names of the checks that notice the change. */
export interface Switch extends Omit<Trial, 'names'> {
  readonly fails?: readonly string[]
  readonly skips?: readonly string[]
  /** Checks that still pass, but with this finding. */
  readonly finds?: Reasons
  /** Names of checks that the change must not affect. */
  readonly passes?: readonly string[]
}

export function testChecks(
  t: Test,
  checks: readonly Check[],
  finds: Reasons,
  switches: Readonly<Record<string, Switch>>,
): void {
  const all = checks.map(({ name }) => name)
  void t.test('the embedded server passes', async t => {
    const { result } = await trySelftest(t, { names: all })
    t.strictSame(result.left, [])
    for (const check of result.checks) compare(t, check, 'pass', finds[check.name] ?? '')
  })
  const switched = new Set<string>()
  for (const [title, trial] of Object.entries(switches)) {
    const { fails = [], skips = [], finds = {}, passes = [], ...rest } = trial
    const names = [...fails, ...skips, ...Object.keys(finds)]
    for (const name of names) switched.add(name)
    void t.test(title, async t => {
      const { result } = await trySelftest(t, { ...rest, names: [...names, ...passes] })
      for (const check of result.checks) {
        const { name } = check
        if (fails.includes(name)) compare(t, check, 'fail', /./)
        else if (skips.includes(name)) compare(t, check, 'skipped', /./)
        else compare(t, check, 'pass', finds[name] ?? '')
      }
    })
  }
  void t.test('each check can end differently', async t => {
    t.strictSame(
      all.filter(name => !switched.has(name)),
      [],
    )
  })
}

function compare(
  t: Test,
  { name, status, reason }: CheckResult,
  wanted: CheckResult['status'],
  words: string | RegExp,
): void {
  t.equal(status, wanted, `${name}: ${reason}`)
  if (typeof words === 'string') t.equal(reason, words, name)
  else t.match(reason, words, name)
}
