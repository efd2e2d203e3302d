import t, { type Test } from 'tap'
import { connectTyped as connect } from '../../src/client/open-session.js'
import type { Trace } from '../../src/client/trace.js'
import { ServerError } from '../../src/errors.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import { vectorOf } from '../../src/protocol/element.js'
import type { Column } from '../../src/protocol/value.js'
import { columnDifference, tableDifference, tableOfColumns } from '../../src/selftest/answers.js'
import { checkContext, type CheckScope } from '../../src/selftest/context.js'
import { freePort } from '../helpers/free-port.js'
import { script } from '../helpers/requests.js'
import { scopeWith, sessionOf, type Asked } from './check-scope.js'
import { startServerFor } from '../helpers/load-server.js'

const named = (purpose: string): string =>
  `ddbIngestTest_0123456789abcdef_20240301120000_${purpose}`
const refusal = new ServerError('<NoPrivilege>not you', 'DDB_PRIVILEGE', 'Ask for the right')
const unavailable = {
  code: 'DDB_UNAVAILABLE',
  message: 'the server refuses what the check needs: <NoPrivilege>not you',
}

t.test('an object is recorded before it is created', async t => {
  const made: CheckScope['made'] = []
  const asked: Asked[] = []
  const seen: number[] = []
  const control = sessionOf(() => void seen.push(made.length), asked)
  const context = checkContext(scopeWith({ made, control }))
  t.equal(await context.share('target', 'table(1:0, `a, [INT])'), named('target'))
  const requests = asked.map(({ request }) => request)
  t.strictSame(requests, [`share(table(1:0, \`a, [INT]), "${named('target')}")`])
  t.strictSame(seen, [1])
  t.equal(context.named('table', 'second'), named('second'))
  t.equal(context.named('view', 'view'), named('view'))
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
  t.match(made.at(-1), { name: named('third') }, 'it may still exist')
})

t.test('sessions and bare connections go to the node of the control session', async t => {
  const scope = await connectedScope(t)
  const { ask, open, openGuest, openAsync, raw, rawSession } = checkContext(scope)
  const who = 'getCurrentSessionAndUser()[1]'
  t.match(await ask(who, await open()), { value: 'admin' })
  t.match(await ask(who, await openGuest()), { value: 'guest' })
  t.equal((await openAsync()).enableAsync, true)
  const bare = await raw()
  t.match(await bare.ask({ protocol: 'API' }, { kind: 'connect' }), { ok: true })
  const { exchange, sessionId } = await rawSession()
  const answer = await exchange.ask({ sessionId }, script(who))
  t.match(answer, { ok: true, sessionId, value: { value: 'admin' } })
  t.equal(scope.opened.length, 5)
  const wrong = checkContext({ ...scope, server: { ...scope.server, password: 'no' } })
  await t.rejects(wrong.rawSession(), { code: 'DDB_LOGIN' })
  await t.rejects(wrong.open(), { code: 'DDB_LOGIN' })
  const asGuest = checkContext({ ...scope, server: { host: '127.0.0.1', port: 9 } })
  const plain = await asGuest.rawSession()
  const seen = await plain.exchange.ask({ sessionId: plain.sessionId }, script(who))
  t.match(seen, { value: { value: 'guest' } })
  const closed = { ...scope.control, host: '127.0.0.1', port: await freePort() }
  await t.rejects(checkContext({ ...scope, control: closed }).raw(), /ECONNREFUSED/)
})

/** A scope with a server on which admin can log in, but whose address the options do not name. */
async function connectedScope(t: Test, trace?: Trace): Promise<CheckScope> {
  const server = await startServerFor(t)
  const control = await connect({ host: '127.0.0.1', port: server.port })
  t.teardown(() => control.close())
  const login = { user: 'admin', password: '123456' }
  const scope = scopeWith({
    platform: systemPlatform,
    control,
    // A port on which no server listens.
    server: { host: '192.0.2.1', port: 9, ...login, ...(trace && { trace }) },
  })
  t.teardown(() => Promise.all(scope.opened.map(one => one.close().catch(() => undefined))))
  return scope
}

t.test('the bytes of a bare connection are traced, without secrets', async t => {
  const lines: string[] = []
  const scope = await connectedScope(t, { values: true, write: line => lines.push(line) })
  const { exchange, sessionId } = await checkContext(scope).rawSession()
  exchange.send({ sessionId, flags: 36 }, script('x = 1'))
  await exchange.ask({ sessionId, flags: 48 }, script('print(7 8); 1..3'))
  await exchange.ask({ sessionId }, script('nonsense'))
  await scope.opened[0]!.close()
  const wrong = { ...scope.server, password: 'geheim' }
  await t.rejects(checkContext({ ...scope, server: wrong }).rawSession())
  const plain = await checkContext(scope).raw()
  const login = { user: 'admin', password: '123456', encrypted: false }
  await plain.ask({}, { kind: 'connect', login })
  const text = lines.map(line => line.replace(/^\S+ /, '').replaceAll(sessionId, 'S')).join('\n')
  t.ok(
    text.startsWith(`#1 0 - opened 127.0.0.1:${scope.control.port}
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
})

t.test('the first difference is named, bit for bit', async t => {
  const int = (...values: (number | null)[]): Column => vectorOf({ type: 'INT' }, values)
  const double = (...values: (number | null)[]): Column => vectorOf({ type: 'DOUBLE' }, values)
  const arrays = (...rows: (number | null)[][]): Column =>
    vectorOf({ type: 'INT', array: true }, rows)
  const decimal = (scale: number): Column => vectorOf({ type: 'DECIMAL32', scale }, [5n])
  const cases: [actual: Column, expected: Column, words: RegExp | undefined][] = [
    [int(1, null), int(1, null), undefined],
    [double(0.1, null), double(0.1, null), undefined],
    [arrays([1, 2], []), arrays([1, 2], []), undefined],
    [int(1), double(1), /^the type is INT, not DOUBLE$/],
    [decimal(2), decimal(3), /^the type is DECIMAL32\(2\), not DECIMAL32\(3\)$/],
    [int(1), int(1, 2), /^1 rows came back, not 2$/],
    [int(1, 3, 4), int(1, 2, 5), /^row 2 is 3, not 2$/],
    [int(null), int(0), /^row 1 is null, not 0$/],
    [double(-0), double(0), /^row 1 is -0, not 0$/],
    [double(0.1), double(0.10000000000000002), /^row 1 is /],
    // An empty row of an array column is one null.
    [arrays([null]), arrays([]), undefined],
    [arrays([null, null]), arrays([]), /^row 1 is /],
    [arrays([1]), arrays([]), /^row 1 is /],
  ]
  for (const [actual, expected, words] of cases) {
    const difference = columnDifference(actual, expected)
    if (words === undefined) t.equal(difference, undefined)
    else t.match(difference, words)
  }
  const table = tableOfColumns({ a: int(1), b: int(2) })
  t.equal(tableDifference(table, table), undefined)
  const other = tableOfColumns({ a: int(1), b: int(3) })
  t.equal(tableDifference(other, table), 'column b: row 1 is 3, not 2')
  const narrow = tableOfColumns({ a: int(1) })
  t.equal(tableDifference(narrow, table), '1 columns came back, not 2')
})
