import t from 'tap'
import { connect } from '../../src/client/open-session.js'
import { ConnectionError, ServerError } from '../../src/errors.js'
import { systemPlatform } from '../../src/platform/system.js'
import { checkContext, rawLogin, type CheckScope } from '../../src/selftest/context.js'
import { startServer } from '../../src/server/index.js'
import { script } from '../helpers/requests.js'
import { int, text } from '../helpers/values.js'
import { scopeWith, sessionOf, type Asked } from './check-scope.js'

const named = (purpose: string): string =>
  `ddbIngestTest_0123456789abcdef_20240301120000_${purpose}`
const refusal = new ServerError('<NoPrivilege>not you', 'DDB_PRIVILEGE', 'Ask for the right')
const unavailable = {
  code: 'DDB_UNAVAILABLE',
  message: 'the server refuses what it needs: <NoPrivilege>not you',
}

t.test(
  'scripts and calls go out on the control session, or on another, with the signal',
  async t => {
    const asked: Asked[] = []
    const other: Asked[] = []
    const scope = scopeWith({ control: sessionOf(request => text(request), asked) })
    const { ask, call } = checkContext(scope)
    t.match(await ask('1+1'), text('1+1'))
    t.match(await call('f', [int(1), int(2)]), text('f 2'))
    const session = sessionOf(() => int(5), other)
    t.match(await ask('x', session), int(5))
    t.match(await call('g', [], session), int(5))
    t.strictSame(
      asked.map(({ request }) => request),
      ['1+1', 'f 2'],
    )
    t.strictSame(
      other.map(({ request }) => request),
      ['x', 'g 0'],
    )
    t.ok([...asked, ...other].every(({ signal }) => signal === scope.signal))
  },
)

t.test('a question is asked again after a while, until there is an answer or no time', async t => {
  const scope = scopeWith()
  const { until } = checkContext(scope)
  let asked = 0
  t.equal(await until(() => Promise.resolve(++asked === 4 ? 'there' : undefined)), 'there')
  t.equal(scope.platform.clock.nowMs(), 60, 'three pauses')
  const ending = new AbortController()
  const late = checkContext(scopeWith({ signal: ending.signal }))
  let questions = 0
  const answer = late.until(() => {
    if (++questions === 3) ending.abort()
    return Promise.resolve(undefined)
  })
  await t.rejects(answer, { code: 'DDB_TIMEOUT' })
  t.equal(questions, 3)
})

t.test('rows are waited for, and those that come behind them', async t => {
  const counts = [3, 7, 12, 15]
  const asked: Asked[] = []
  const { rowsOf } = checkContext(
    scopeWith({
      control: sessionOf(() => int(counts.length > 1 ? counts.shift()! : counts[0]!), asked),
    }),
  )
  t.equal(await rowsOf('t'), 3)
  t.equal(await rowsOf('t', 10), 15)
  t.equal(asked.length, 5)
  t.ok(asked.every(({ request }) => request === 'exec count(*) from t'))
})

t.test('what is refused while a check prepares is not there', async t => {
  const { prepare } = checkContext(
    scopeWith({
      control: sessionOf(request => {
        if (request === 'refused') throw refusal
        if (request === 'lost') throw new ConnectionError('DDB_CONNECTION_LOST', 'gone')
        return int(1)
      }),
    }),
  )
  t.match(await prepare('1'), int(1))
  await t.rejects(prepare('refused'), unavailable)
  await t.rejects(prepare('lost'), { code: 'DDB_CONNECTION_LOST' })
})

t.test('what is made is written down before it is there', async t => {
  const made: CheckScope['made'] = []
  const asked: Asked[] = []
  const seen: number[] = []
  const control = sessionOf(() => void seen.push(made.length), asked)
  const context = checkContext(scopeWith({ made, control }))
  t.equal(await context.share('target', 'table(1:0, `a, [INT])'), named('target'))
  t.strictSame(
    asked.map(({ request }) => request),
    [`share(table(1:0, \`a, [INT]), "${named('target')}")`],
  )
  t.strictSame(seen, [1])
  t.equal(context.tableName('second'), named('second'))
  t.equal(context.viewName('view'), named('view'))
  t.strictSame(made, [
    { kind: 'table', name: named('target') },
    { kind: 'table', name: named('second') },
    { kind: 'view', name: named('view') },
  ])
  const refused = checkContext(
    scopeWith({
      made,
      control: sessionOf(() => {
        throw refusal
      }),
    }),
  )
  await t.rejects(refused.share('third', 't'), unavailable)
  t.match(made.at(-1), { name: named('third') }, 'it may be there all the same')
})

t.test('a run has one database, which stays until the run ends', async t => {
  const kept: CheckScope['kept'] = { made: [], names: new Map() }
  const asked: Asked[] = []
  const made: CheckScope['made'] = []
  const scope = scopeWith({ kept, made, control: sessionOf(() => undefined, asked) })
  const [one, two] = [checkContext(scope), checkContext(scope)]
  const name = `dfs://${named('database')}`
  t.strictSame(await Promise.all([one.database(), two.database(), one.database()]), [
    name,
    name,
    name,
  ])
  t.strictSame(
    asked.map(({ request }) => request),
    [`database("${name}", VALUE, 1..3)`],
  )
  t.strictSame([...made, ...kept.made], [{ kind: 'database', name }])
})

t.test('a database that is refused is not asked for again, one that came too late is', async t => {
  let failure: Error | undefined = refusal
  const asked: Asked[] = []
  const control = sessionOf(() => {
    if (failure !== undefined) throw failure
    return undefined
  }, asked)
  const refused = checkContext(scopeWith({ control }))
  await t.rejects(refused.database(), unavailable)
  await t.rejects(refused.database(), unavailable)
  t.equal(asked.length, 1)
  failure = new ConnectionError('DDB_CONNECTION_LOST', 'gone')
  const late = checkContext(scopeWith({ control }))
  await t.rejects(late.database(), { code: 'DDB_CONNECTION_LOST' })
  failure = undefined
  t.equal(await late.database(), `dfs://${named('database')}`)
})

t.test('sessions and bare connections go to the node of the control session', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const control = await connect({ host: '127.0.0.1', port: server.port })
  t.teardown(() => control.close())
  const scope = scopeWith({
    platform: systemPlatform,
    control,
    // Where nobody listens.
    server: { host: '192.0.2.1', port: 9, user: 'admin', password: '123456' },
  })
  const { ask, open, raw, rawSession } = checkContext(scope)
  const who = 'getCurrentSessionAndUser()[1]'
  const session = await open()
  t.match(await ask(who, session), { value: 'admin' })
  const guest = await open({ asGuest: true })
  t.match(await ask(who, guest), { value: 'guest' })
  const silent = await open({ enableAsync: true })
  t.equal(silent.enableAsync, true)
  t.strictSame(scope.sessions, [session, guest, silent])
  const bare = await raw()
  t.match(await bare.ask({ protocol: 'API' }, { kind: 'connect' }), { ok: true })
  const { exchange, sessionId } = await rawSession()
  t.match(await exchange.ask({ sessionId }, script(who)), {
    ok: true,
    sessionId,
    value: { value: 'admin' },
  })
  t.strictSame(scope.exchanges, [bare, exchange])
  const wrong = checkContext({ ...scope, server: { ...scope.server, password: 'no' } })
  await t.rejects(wrong.rawSession(), { code: 'DDB_LOGIN' })
  await t.rejects(wrong.open(), { code: 'DDB_LOGIN' })
  const asGuest = checkContext({ ...scope, server: { host: '127.0.0.1', port: 9 } })
  const plain = await asGuest.rawSession()
  const answer = await plain.exchange.ask({ sessionId: plain.sessionId }, script(who))
  t.match(answer, { value: { value: 'guest' } })
  for (const one of scope.sessions) await one.close()
  for (const one of scope.exchanges) one.end()
})

t.test('what goes over a bare connection is traced, without secrets', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const address = { host: '127.0.0.1', port: server.port }
  const control = await connect(address)
  t.teardown(() => control.close())
  const lines: string[] = []
  const trace = { values: true, write: (line: string) => lines.push(line) }
  const login = { user: 'admin', password: '123456' }
  const scope = scopeWith({
    platform: systemPlatform,
    control,
    server: { ...address, ...login, trace },
  })
  const { exchange, sessionId } = await checkContext(scope).rawSession()
  exchange.send({ sessionId, flags: 36 }, script('x = 1'))
  await exchange.ask({ sessionId, flags: 48 }, script('print(7 8); 1..3'))
  await exchange.ask({ sessionId }, script('nonsense'))
  exchange.end()
  const wrong = { ...scope.server, password: 'geheim' }
  await t.rejects(checkContext({ ...scope, server: wrong }).rawSession())
  const plain = await checkContext(scope).raw()
  await plain.ask({}, { kind: 'connect', login: { ...login, encrypted: false } })
  plain.end()
  while (lines.filter(line => line.includes(' closed')).length < 2) {
    await new Promise(resolve => setImmediate(resolve))
  }
  const text = lines.map(line => line.replace(/^\S+ /, '').replaceAll(sessionId, 'S')).join('\n')
  t.ok(
    text.startsWith(`#1 0 - opened 127.0.0.1:${server.port}
#1 0 > connect flags=32(apiClient) bytes=`),
    text,
  )
  t.match(
    text,
    /\n#1 S < ok bytes=\d+ nothing\n#1 S > function flags=32\(apiClient\) bytes=\d+ scramClientFirst\(…\)/,
  )
  t.match(text, /\n#1 S > script flags=36\(async,apiClient\) bytes=\d+ chars=5 x = 1\n/)
  t.match(
    text,
    /\n#1 S > script flags=48\(clearMemory,apiClient\) .* print\(7 8\); 1\.\.3\n#1 S < print .*7/,
  )
  t.match(text, /\n#1 S < ok bytes=\d+ INT vector of 3 \[1,2,3\]\n/)
  t.match(text, /\n#1 S < error bytes=\d+ .*Cannot recognize the token nonsense\n/)
  t.match(text, /\n#1 S - closed\n/)
  t.match(text, /#3 0 > connect .* with the login of admin\n/)
  t.notMatch(text, /123456|geheim/)
  for (const one of scope.exchanges) one.end()
})

t.test('a password stands in a connect request only where that is allowed', t => {
  const server = { host: '127.0.0.1', port: 1, user: 'ann', password: 'secret' }
  const login = { user: 'ann', password: 'secret', encrypted: false }
  for (const [change, isAllowed] of [
    [{}, false],
    [{ tls: true }, true],
    [{ tls: true, tlsInsecure: true }, false],
    [{ insecureLogin: true }, true],
    [{ tls: true, require: 'scram' }, false],
    [{ tls: true, require: 'tls' }, true],
  ] as const) {
    const attempt = (): unknown => rawLogin({ ...server, ...change })
    if (isAllowed) t.strictSame(attempt(), login)
    else t.throws(attempt, { code: 'DDB_UNAVAILABLE', message: /in plain text/ })
  }
  t.throws(() => rawLogin({ host: 'h', port: 1 }), {
    code: 'DDB_UNAVAILABLE',
    message: 'no user was given',
  })
  t.match(rawLogin({ host: 'h', port: 1, user: 'ann', insecureLogin: true }), { password: '' })
  t.end()
})
