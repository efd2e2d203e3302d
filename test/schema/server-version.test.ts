/*
  Versions of servers, as in DolphinDB's release notes.
*/
import t from 'tap'
import { isBefore, parseVersion } from '../../src/schema/server-version.js'
import { limitsTexts } from '../../src/schema/text-limits.js'

t.test('the leading numbers are the version', async t => {
  t.same(parseVersion('2.00.10 2023.09.12'), [2, 0, 10])
  t.same(parseVersion('3.00.3.1 2025.06.01 LINUX_ABI x86_64'), [3, 0, 3, 1])
  t.same(parseVersion('v1.30.22.4'), [1, 30, 22, 4])
  for (const text of ['', 'three', '3', '3.00', '1.2.3.4.5', '99999.0.0']) {
    t.equal(parseVersion(text), undefined, text)
  }
})

t.test('versions compare number by number', async t => {
  t.ok(isBefore([1, 30, 9], [1, 30, 19]))
  t.ok(isBefore([2, 0, 7], [2, 0, 7, 1]))
  t.notOk(isBefore([2, 0, 7, 0], [2, 0, 7]))
  t.notOk(isBefore([3, 0, 0], [2, 0, 12]))
})

// Limits begin with versions 1.30.23 and 2.00.11 (docs/server-semantics.md#conversions-on-insert).
t.test('DFS tables limit texts from certain versions on, or if it is unknown', async t => {
  for (const version of ['1.30.22', '2.00.10 2023.09.12', '1.20.6']) t.notOk(limitsTexts(version))
  for (const version of ['1.30.23', '2.00.11', '3.00.0', 'new', undefined])
    t.ok(limitsTexts(version))
})
