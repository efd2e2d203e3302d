import t from 'tap'
import { ConnectionError, ServerError } from '../../src/errors.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import { issueText, type Check } from '../../src/selftest/check.js'
import {
  listObjects,
  removeTestObjects,
  removalScript,
  type TestObject,
  temporaryName,
  type NameStamp,
  isOwn,
  mayRemove,
  newStamp,
} from '../../src/selftest/leftovers.js'
import { testSession } from '../helpers/script.js'

const own: NameStamp = { token: '0123456789abcdef', time: '20240301120000' }
const nowMs = Date.UTC(2024, 2, 1, 12)
const dayMs = 86_400_000
const stamp = (time: string): NameStamp => ({ token: 'ffffffffffffffff', time })
const { signal } = new AbortController()

/** A session in this process that throws the errors of a client. @param refuses  whether to refuse a script */
function sessionOf(refuses: (script: string) => boolean = () => false) {
  const { run, node } = testSession()
  const scripts: string[] = []
  const session = {
    run: async (script: string) => {
      scripts.push(script)
      if (refuses(script)) throw new ServerError('not you')
      return run(script)
    },
  }
  const share = async (...names: string[]): Promise<void> => {
    for (const name of names) await run(`share(table(1 as a), "${name}")`)
  }
  return { session, node, scripts, share }
}

const mine = temporaryName(own, 'mine')
const old = temporaryName(stamp('20240229115959'), 'old')
const young = temporaryName(stamp('20240229120001'), 'young')

t.test('names that begin like those of the selftest are listed by kind', async t => {
  const { session, share } = sessionOf()
  await share(mine, 'other')
  t.strictSame(await listObjects(session, signal), [{ kind: 'table', name: mine }])
  const silent = sessionOf(script => script.includes('objs('))
  await silent.share(mine)
  t.strictSame(await listObjects(silent.session, signal), [], 'a refusal lists nothing')
  const lost = new ConnectionError('DDB_CONNECTION_LOST', 'gone')
  const broken = { run: () => Promise.reject(lost) }
  await t.rejects(listObjects(broken, signal), lost)
  const single = {
    run: () => Promise.resolve({ form: 'scalar', type: 'VOID', value: null } as const),
  }
  t.strictSame(await listObjects(single, signal), [], 'an answer that is not a list')
})

t.test('the run’s own and old objects are removed, recent ones stay', async t => {
  const { session, node, share } = sessionOf()
  await share(mine, old, young, `x${old}`, 'other')
  t.strictSame(await removeTestObjects(session, own, nowMs, signal), [])
  t.strictSame([...node.shared.keys()].sort(), [young, `x${old}`, 'other'].sort())
})

const name = 'ddbIngestTest_0123456789abcdef_20240229235959_a'
const other = 'somebodyElse'
const objects: readonly TestObject[] = [
  { kind: 'table', name },
  { kind: 'database', name: `dfs://${name}` },
  { kind: 'view', name: `${name}View` },
]
const setUp = `share(table(1 as a), "${name}"); share(table(1 as a), "${other}")
database("dfs://${name}", VALUE, 1..2); database("dfs://other", VALUE, 1..2)
def ${name}View(x) { return x }
def ${other}View(x) { return x }
addFunctionView(${name}View); addFunctionView(${other}View)`

t.test('exactly the existing objects are removed', async t => {
  const { run, node, fail } = testSession()
  await run(setUp)
  t.equal(await fail(removalScript(objects)), 'no error')
  t.strictSame([...node.shared.keys()], [other])
  t.strictSame([...node.databases.keys()], ['dfs://other'])
  t.strictSame([...node.functionViews.keys()], [`${other}View`])
  t.equal(await fail(removalScript(objects)), 'no error', 'what does not exist is skipped')
  t.equal(await fail(removalScript([])), 'no error')
})

t.test('an object that cannot be removed does not block later objects', async t => {
  const admin = testSession()
  await admin.run(setUp)
  const guest = testSession({ node: admin.node, user: 'guest' })
  const [table, database, view] = objects
  t.equal(await guest.fail(removalScript([view!, database!, table!])), 'no error')
  t.strictSame([...admin.node.shared.keys()], [other])
  t.equal(admin.node.databases.size, 2)
  t.equal(admin.node.functionViews.size, 2)
})

t.test('the run’s own objects may be removed at any time, others after a day', async t => {
  // 2024-02-29 23:59:59 UTC
  const madeMs = 1_709_251_199_000
  const made = { token: '0123456789abcdef', time: '20240229235959' }
  const other = { ...made, token: 'ffffffffffffffff' }
  const name = temporaryName(made, 'target')
  t.equal(name, 'ddbIngestTest_0123456789abcdef_20240229235959_target')
  const { token, time } = newStamp(systemPlatform.random, madeMs)
  t.match(token, /^[0-9a-f]{16}$/)
  t.equal(time, made.time)
  t.not(newStamp(systemPlatform.random, madeMs).token, token)
  const cases: [name: string, own: NameStamp, ageMs: number, may: boolean][] = [
    [name, made, 0, true],
    [name, other, dayMs, false],
    [name, other, dayMs + 1, true],
    [`dfs://${name}`, other, dayMs + 1, true],
    // A name with a future time stays, and one with an invalid time.
    [name, other, -dayMs, false],
    [name.replace('20240229235959', '20249999999999'), other, 100 * dayMs, false],
    ...['trades', 'ddbIngest_run', 'ddbIngestTest_', `x${name}`, `dfs://x/${name}`, `${name}\n`]
      .concat([`${name}_b`, `${name}"b`, name.replace('target', ''), name.replace('target', '1')])
      .concat([name.replace('abcdef', 'ABCDEF'), name.replace('abcdef_', 'abcde_')])
      .map((other): [string, NameStamp, number, boolean] => [other, made, 100 * dayMs, false]),
  ]
  for (const [name, own, ageMs, may] of cases) {
    t.equal(mayRemove(name, own, madeMs + ageMs), may, JSON.stringify(name))
  }
  t.equal(isOwn(name, made), true)
  t.equal(isOwn(name, other), false)
})

const check: Check = { name: 'a: b', dependsOnIt: 'something else', run: () => Promise.resolve() }

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
    address: { host: 'h', port: 1 },
    left: [],
  }
  return issueText(result, '1.2.3', [check], server)
}

t.test('the issue text contains versions, counts, and the consequences of failures', async t => {
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

t.test('nothing in the issue text reveals whose server it is', async t => {
  const text = textOf(
    'user "mary" of DOLPHIN.example.com:8848, node-2, 10.1.2.3:8848, [fe80::1]:8848, other.host:8902; hunter2',
  )
  t.notMatch(text, /mary|example|node-2|10\.1|fe80|8848|8902|hunter2/i)
  t.match(text, 'user "USER" of HOST')
})

t.test('reasons cannot break the table of the issue text', async t => {
  t.match(textOf('a|b\nc <NotLeader>'), '| a\\|b c &lt;NotLeader>. Depends')
})
