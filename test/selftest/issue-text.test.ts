import t from 'tap'
import { pass, type Check } from '../../src/selftest/check.js'
import { issueText } from '../../src/selftest/issue-text.js'

const check: Check = {
  name: 'a: b',
  does: 'something',
  dependsOnIt: 'something else',
  run: () => Promise.resolve(pass()),
}

const server = {
  host: 'dolphin.example.com',
  port: 8848,
  user: 'mary',
  password: 'hunter2',
  otherHosts: [{ host: 'node-2', port: 8848 }],
}

function textOf(reason: string, status: 'pass' | 'fail' = 'fail'): string {
  const checks = [{ name: 'a: b', status, reason }]
  const result = {
    serverVersion: '3.00.5.0',
    checks,
    counts: { pass: 0, fail: 1, skipped: 0 },
    facts: {},
    address: { host: 'h', port: 1 },
    left: [],
  }
  return issueText(result, '1.2.3', [check], server)
}

t.test('it holds versions, counts, and what depends on a failure', async t => {
  t.equal(
    textOf('it is 5', 'fail'),
    [
      'ddb-ingest 1.2.3 selftest',
      '',
      '* server: 3.00.5.0',
      '* 0 passed, 1 failed, 0 skipped',
      '',
      '| | check | found |',
      '|---|---|---|',
      '| fail | a: b | it is 5. Depends on it: something else |',
      '',
    ].join('\n'),
  )
  t.match(textOf('it is 5', 'pass'), '| pass | a: b | it is 5 |\n')
})

t.test('nothing says whose server it is', async t => {
  const text = textOf(
    'user "mary" of DOLPHIN.example.com:8848, node-2, 10.1.2.3:8848, [fe80::1]:8848, other.host:8902; hunter2',
  )
  t.notMatch(text, /mary|example|node-2|10\.1|fe80|8848|8902|hunter2/i)
  t.match(text, 'user "USER" of HOST')
})

t.test('a short name leaves other words alone', async t => {
  const { user, ...others } = server
  const result = {
    serverVersion: null,
    checks: [{ name: 'a: b', status: 'pass' as const, reason: 'a table of a' }],
    counts: { pass: 1, fail: 0, skipped: 0 },
    facts: {},
    address: { host: 'h', port: 1 },
    left: [],
  }
  t.ok(user)
  t.match(issueText(result, '1', [check], { ...others, user: 'a' }), '| USER table of USER |')
})

t.test('reasons cannot break the table', async t => {
  t.match(textOf('a|b\nc <NotLeader>'), '| a\\|b c &lt;NotLeader>. Depends')
})
