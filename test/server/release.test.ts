import t from 'tap'
import { defaultVersion, hasCome, releaseOf } from '../../src/server/release.js'

t.test('versions are numbers joined by dots', async t => {
  t.strictSame(releaseOf(defaultVersion), [3, 0, 5, 0])
  t.strictSame(releaseOf('2.00.10'), [2, 0, 10])
  for (const text of ['', '2', '2.00', '2.00.', '2.00.10.1.1', '2.00.x', ' 2.00.10']) {
    t.equal(releaseOf(text), undefined, text)
  }
})

t.test('what came with a version is there from then on', async t => {
  const there = (version: string): boolean => hasCome(releaseOf(version)!, [2, 0, 10])
  t.strictSame(['2.00.10', '2.00.10.1', '2.00.11', '3.00.0', '10.0.0'].map(there), [
    true,
    true,
    true,
    true,
    true,
  ])
  t.strictSame(['1.30.22', '2.00.9', '2.00.9.99', '1.99.99'].map(there), [
    false,
    false,
    false,
    false,
  ])
})
