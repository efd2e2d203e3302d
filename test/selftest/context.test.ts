import { Duplex } from 'node:stream'
import t, { type Test } from 'tap'
import { connect } from '../../src/client/open-session.js'
import { ConnectionError, ServerError } from '../../src/errors.js'
import type { Socket } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system.js'
import { vectorOf } from '../../src/protocol/element.js'
import type { Column, Scalar, Value } from '../../src/protocol/value.js'
import {
  answerText,
  columnOf,
  elementsOf,
  numberOf,
  numbersOf,
  serverWords,
  tableOf,
  textOf,
  textsOf,
  tableOfColumns,
  columnDifference,
  sameScalar,
  tableDifference,
} from '../../src/selftest/answers.js'
import { checkContext, rawLogin, type CheckScope } from '../../src/selftest/context.js'
import { rawExchange, type RawExchange } from '../../src/selftest/raw-exchange.js'
import { startServer } from '../../src/server/index.js'
import { failureOf } from '../helpers/call-context.js'
import { freePort } from '../helpers/free-port.js'
import { script } from '../helpers/requests.js'
import { startTinyServer, type TinyServer } from '../helpers/tiny-server.js'
import { int, text, idTable, ints, yes } from '../helpers/values.js'
import { scopeWith, sessionOf, type Asked } from './check-scope.js'

const named = (purpose: string): string =>
  `ddbIngestTest_0123456789abcdef_20240301120000_${purpose}`
const refusal = new ServerError('<NoPrivilege>not you', 'DDB_PRIVILEGE', 'Ask for the right')
const unavailable = {
  code: 'DDB_UNAVAILABLE',
  message: 'the server refuses what the check needs: <NoPrivilege>not you',
}

t.test(
  'scripts and calls are sent on the control session or a given one, with the signal',
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

t.test('a request is repeated after a pause, until there is an answer or time is up', async t => {
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

t.test('the context waits for rows, and then for unexpected additional rows', async t => {
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

t.test('if the server refuses the preparation of a check, the check is unavailable', async t => {
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

t.test('an object is recorded before it is created', async t => {
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
  t.match(made.at(-1), { name: named('third') }, 'it may still exist')
})

t.test('a run has one database, which stays until the run ends', async t => {
  const kept: CheckScope['kept'] = { made: [] }
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

t.test('a refusal is final; after a lost connection the database is requested again', async t => {
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
    // A port on which no server listens.
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

t.test('the bytes of a bare connection are traced, without secrets', async t => {
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

t.test('a password is sent in a connect request only if that is allowed', t => {
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

async function connected(t: Test): Promise<[RawExchange, TinyServer]> {
  const server = await startTinyServer({
    script: code => {
      if (code === 'fails') throw new Error('no')
      return int(Number(code))
    },
  })
  t.teardown(() => server.close())
  const exchange = rawExchange(systemPlatform.network.dial('127.0.0.1', server.port))
  t.teardown(() => exchange.end())
  return [exchange, server]
}

/** A socket that the test controls. */
function fakeSocket(): { socket: Socket; written: Buffer[]; receive: (text: string) => void } {
  const written: Buffer[] = []
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      written.push(chunk)
      done()
    },
  })
  const socket = Object.assign(duplex, { bytesRead: 0 })
  return { socket, written, receive: text => void duplex.push(Buffer.from(text, 'latin1')) }
}

t.test('each request is sent with its own head, and requests are answered in order', async t => {
  const [exchange, server] = await connected(t)
  const hello = await exchange.ask({ protocol: 'API' }, { kind: 'connect' })
  const { sessionId } = hello
  t.match(hello, { ok: true, sessionId: '1000000001' })
  t.match(await exchange.ask({ sessionId }, script('7')), { ok: true, value: int(7) })
  t.match(await exchange.ask({ sessionId }, script('fails')), { ok: false, message: 'no' })
  exchange.send({ sessionId, flags: 36 }, script('1'))
  exchange.send({ sessionId }, script('2'))
  exchange.send({ sessionId }, script('3'))
  t.match(await exchange.answer(), { value: int(2) }, 'flag 4 gets no answer')
  t.match(await exchange.answer(), { value: int(3) })
  t.strictSame(server.log.slice(-3), ['script 1', 'script 2', 'script 3'])
})

t.test('omitted fields of a head have the values of official clients', async t => {
  const { socket, written } = fakeSocket()
  const exchange = rawExchange(socket)
  exchange.send({}, script('1+1'))
  exchange.send(
    { sessionId: '5', protocol: 'API', flags: 48, priority: 8, parallelism: 2 },
    script('x'),
  )
  await new Promise(resolve => setImmediate(resolve))
  t.equal(
    Buffer.concat(written).toString(),
    'API2 0 10 / 32_1_4_64\nscript\n1+1API 5 8 / 48_1_8_2\nscript\nx',
  )
})

t.test('an answer may arrive in chunks of any size', async t => {
  const { socket, receive } = fakeSocket()
  const exchange = rawExchange(socket)
  const answer = exchange.answer()
  for (const byte of '7 1 1\nOK\n\x04\0\x09\0\0\0') receive(byte)
  t.match(await answer, { ok: true, sessionId: '7', value: int(9) })
})

t.test('the end of a connection ends everything that waits for it', async t => {
  for (const [title, end, message] of [
    ['an end', socket => void socket.push(null), /ended/],
    ['a close', socket => void socket.destroy(), /ended/],
    ['an error', socket => void socket.destroy(new Error('reset')), /reset/],
  ] as [string, (socket: Socket) => void, RegExp][]) {
    const { socket } = fakeSocket()
    const failure = { code: 'DDB_CONNECTION_LOST', message }
    const waiting = t.rejects(rawExchange(socket).answer(), failure, title)
    end(socket)
    await waiting
  }
  const { socket, receive } = fakeSocket()
  const half = rawExchange(socket).answer()
  receive('7 1')
  socket.push(null)
  await t.rejects(half, { code: 'DDB_PROTOCOL' }, 'in the middle of an answer')
})

t.test('a failed connection ends everything that waits for it', async t => {
  const refused = rawExchange(systemPlatform.network.dial('127.0.0.1', await freePort()))
  await t.rejects(refused.answer(), { code: 'DDB_CONNECTION_LOST', message: /ECONNREFUSED/ })
})

t.test('ending an exchange closes its connection at once', async t => {
  const [exchange, server] = await connected(t)
  await exchange.ask({ protocol: 'API' }, { kind: 'connect' })
  exchange.end()
  await server.sessionClosed('1000000001')
  await t.rejects(exchange.answer())
})

const long = (value: bigint | null): Scalar => ({ form: 'scalar', type: 'LONG', value })
const tuple = vectorOf({ type: 'ANY' }, [int(1), text('a'), ints(2)]) as Value
const pair = { form: 'pair', elements: ints(1, 2) } as Value

t.test('an answer is quoted with its type, on one line of limited length', async t => {
  const cases: [value: Value | undefined, wanted: string][] = [
    [undefined, 'nothing'],
    [int(2), 'INT scalar 2'],
    [long(null), 'LONG scalar '],
    [text('a'), 'STRING scalar a'],
    [ints(1, 2), 'INT vector [1,2]'],
    [text('x'.repeat(80)), `STRING scalar ${'x'.repeat(80)}`],
    [text('x'.repeat(81)), `STRING scalar ${'x'.repeat(80)}…`],
  ]
  for (const [value, wanted] of cases) t.equal(answerText(value), wanted)
  t.match(answerText(idTable(1)), /^table /, 'a table has no type of its own')
})

t.test('an expected value is returned, an unexpected value is named', async t => {
  const read: [actual: unknown, wanted: unknown][] = [
    [numberOf(int(-5)), -5],
    [numberOf(long(2n ** 40n)), 2 ** 40],
    [numberOf(yes), 1],
    [numberOf({ form: 'scalar', type: 'DOUBLE', value: 0.5 }), 0.5],
    [textOf(text('')), ''],
    [tableOf(idTable(1)).rows, 1],
    [elementsOf(ints(7, 8)), [int(7), int(8)]],
    [elementsOf(ints()), []],
    [elementsOf(tuple).map(answerText), ['INT scalar 1', 'STRING scalar a', 'INT vector [2]']],
    [numbersOf(columnOf(idTable(3, 4), 'id')), [3, 4]],
    [textsOf(vectorOf({ type: 'SYMBOL' }, ['a', null, 'b'])), ['a', '', 'b']],
    [textsOf(vectorOf({ type: 'VOID' }, [null])), ['']],
  ]
  for (const [actual, wanted] of read) t.strictSame(actual, wanted)
  const refused: [read: () => unknown, words: string][] = [
    [() => numberOf(undefined), 'expected a number, got nothing'],
    [() => numberOf(text('1')), 'expected a number, got STRING scalar 1'],
    [() => numberOf(long(null)), 'expected a number, got LONG scalar '],
    [() => numberOf(ints(1)), 'expected a number, got INT vector [1]'],
    [() => textOf(int(1)), 'expected text, got INT scalar 1'],
    [() => textOf(undefined), 'expected text, got nothing'],
    [() => tableOf(int(1)), 'expected a table, got INT scalar 1'],
    [() => elementsOf(int(1)), 'expected a vector, got INT scalar 1'],
    [() => elementsOf(pair), 'expected a vector, got pair 1:2'],
    [() => columnOf(idTable(1), 'nope'), 'the answer has no column nope'],
    [
      () => numbersOf(ints() as Column).concat(numbersOf(vectorOf({ type: 'INT' }, [null]))),
      'expected a number, got INT scalar ',
    ],
    [() => textsOf(ints(1) as Column), 'expected text, got INT scalar 1'],
  ]
  for (const [read, words] of refused) {
    t.equal(failureOf(read), words)
    t.throws(read, { code: 'DDB_SERVER' })
  }
})

t.test('columns are found by their names', async t => {
  const table = tableOfColumns({ a: ints(1) as Column, b: ints(2) as Column })
  t.strictSame(numbersOf(columnOf(table, 'b')), [2])
})

t.test("an error is quoted in the server's words, without those of the client", async t => {
  const refused = new ServerError('no such table', 'DDB_TARGET', 'the server has no table "t"')
  t.equal(serverWords(refused), 'no such table')
  t.equal(serverWords(new ServerError('', 'DDB_SERVER', 'expected text')), 'expected text')
})

const intsOfCompare = (...values: (number | null)[]): Column => vectorOf({ type: 'INT' }, values)
const doubles = (...values: (number | null)[]): Column => vectorOf({ type: 'DOUBLE' }, values)
const arrays = (...rows: (number | null)[][]): Column =>
  vectorOf({ type: 'INT', array: true }, rows)

t.test('equal columns have no difference', async t => {
  t.equal(columnDifference(intsOfCompare(1, null), intsOfCompare(1, null)), undefined)
  t.equal(columnDifference(doubles(0.1, null), doubles(0.1, null)), undefined)
  t.equal(columnDifference(arrays([1, 2], []), arrays([1, 2], [])), undefined)
})

t.test('the first difference is named', async t => {
  t.equal(columnDifference(intsOfCompare(1), doubles(1)), 'the type is INT, not DOUBLE')
  t.equal(columnDifference(intsOfCompare(1), intsOfCompare(1, 2)), '1 rows came back, not 2')
  t.equal(columnDifference(intsOfCompare(1, 3, 4), intsOfCompare(1, 2, 5)), 'row 2 is 3, not 2')
  t.equal(columnDifference(intsOfCompare(null), intsOfCompare(0)), 'row 1 is null, not 0')
  t.equal(columnDifference(doubles(-0), doubles(0)), 'row 1 is -0, not 0')
  t.match(columnDifference(doubles(0.1), doubles(0.10000000000000002)), /^row 1 is /)
})

t.test('an empty row of an array column is one null', async t => {
  t.equal(columnDifference(arrays([null]), arrays([])), undefined)
  t.match(columnDifference(arrays([null, null]), arrays([])), /^row 1 is /)
  t.match(columnDifference(arrays([1]), arrays([])), /^row 1 is /)
})

t.test('scales are part of a decimal', async t => {
  const decimal = (
    scale: number,
  ): { form: 'scalar'; type: 'DECIMAL32'; scale: number; value: bigint } => ({
    form: 'scalar',
    type: 'DECIMAL32',
    scale,
    value: 5n,
  })
  t.equal(sameScalar(decimal(2), decimal(2)), true)
  t.equal(sameScalar(decimal(2), decimal(3)), false)
})

t.test('the difference between tables names the column', async t => {
  const table = tableOfColumns({ a: intsOfCompare(1), b: intsOfCompare(2) })
  t.equal(tableDifference(table, table), undefined)
  t.equal(
    tableDifference(tableOfColumns({ a: intsOfCompare(1), b: intsOfCompare(3) }), table),
    'column b: row 1 is 3, not 2',
  )
  t.equal(
    tableDifference(tableOfColumns({ a: intsOfCompare(1) }), table),
    '1 columns came back, not 2',
  )
})
