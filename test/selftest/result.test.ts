import t from 'tap'
import { countsOf, type CheckResult } from '../../src/selftest/result.js'

const result = (status: CheckResult['status']): CheckResult => ({
  name: 'a: b',
  status,
  reason: '',
})

t.test('checks are counted by how they ended', async t => {
  t.strictSame(countsOf([]), { pass: 0, fail: 0, skipped: 0 })
  const checks = [result('fail'), result('pass'), result('skipped'), result('pass'), result('pass')]
  t.strictSame(countsOf(checks), { pass: 3, fail: 1, skipped: 1 })
  t.strictSame(countsOf([]), { pass: 0, fail: 0, skipped: 0 }, 'nothing is kept from before')
})
