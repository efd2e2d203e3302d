import t from 'tap'
import { systemPlatform } from '../../src/platform/system.js'
import { isOwn, mayRemove, newStamp, throwAwayName } from '../../src/selftest/throw-away-name.js'

const own = { token: '0123456789abcdef', time: '20240229235959' }
// 2024-02-29 23:59:59 UTC
const madeMs = 1_709_251_199_000
const dayMs = 86_400_000
const other = { ...own, token: 'ffffffffffffffff' }

t.test('a name carries token, time and purpose', async t => {
  t.equal(throwAwayName(own, 'target'), 'ddbIngestTest_0123456789abcdef_20240229235959_target')
  const { token, time } = newStamp(systemPlatform.random, madeMs)
  t.match(token, /^[0-9a-f]{16}$/)
  t.equal(time, '20240229235959')
  t.not(newStamp(systemPlatform.random, madeMs).token, token)
})

t.test('what is ours may go at any time, what is not after a day', async t => {
  const name = throwAwayName(own, 'target')
  t.equal(mayRemove(name, own, madeMs), true)
  t.equal(mayRemove(name, other, madeMs + dayMs), false, 'a day is not over')
  t.equal(mayRemove(name, other, madeMs + dayMs + 1), true)
  t.equal(mayRemove(`dfs://${name}`, other, madeMs + dayMs + 1), true)
  t.equal(mayRemove(name, other, madeMs - dayMs), false, 'a name of the future stays')
  t.equal(isOwn(name, own), true)
  t.equal(isOwn(name, other), false)
})

t.test('no other name is ever removed', async t => {
  for (const name of [
    'trades',
    'ddbIngest_run',
    'ddbIngestTest_',
    'ddbIngestTest_0123456789abcdef_20240229235959_',
    'ddbIngestTest_0123456789abcdef_20240229235959_1',
    'ddbIngestTest_0123456789abcdef_20240229235959_a_b',
    'ddbIngestTest_0123456789abcdef_20240229235959_a"b',
    'ddbIngestTest_0123456789ABCDEF_20240229235959_a',
    'ddbIngestTest_0123456789abcde_20240229235959_a',
    'ddbIngestTest_0123456789abcdef_2024022923595_a',
    'xddbIngestTest_0123456789abcdef_20240229235959_a',
    'dfs://x/ddbIngestTest_0123456789abcdef_20240229235959_a',
    'ddbIngestTest_0123456789abcdef_20240229235959_a\n',
  ]) {
    t.equal(mayRemove(name, own, madeMs + 100 * dayMs), false, JSON.stringify(name))
  }
  const noTime = 'ddbIngestTest_0123456789abcdef_20249999999999_a'
  t.equal(mayRemove(noTime, other, madeMs + 100 * dayMs), false, 'a time that is none')
})
