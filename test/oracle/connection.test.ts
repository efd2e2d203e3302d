/*
  The official client with the embedded server: how the client connects, what it receives, and which requests it may
  send at the same time.
*/
import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'
import { startServer, type ServerOptions } from '../../src/server/index.js'
import { printed, startEnds, test, type Client, type ClientSession } from './client.js'
import { startServerFor } from '../helpers/load-server.js'

type Open = (options?: object) => ClientSession

async function startDoor(t: Test, client: Client, options: ServerOptions = {}): Promise<Open> {
  const server = await startServerFor(t, { ...options })
  return clientOptions => {
    const official = new client.DDB(`ws://${server.host}:${server.port}`, clientOptions)
    t.teardown(() => official.disconnect())
    return official
  }
}

const userOf = async (official: ClientSession): Promise<unknown> =>
  ((await official.eval('getCurrentSessionAndUser()')).data() as unknown[])[1]

const wrongPassword = {
  name: 'DdbDatabaseError',
  message: 'The user name or password is incorrect.',
}

test('the client logs in while it connects, or connects as a guest', async (t, client) => {
  const open = await startDoor(t, client)
  const admin = open()
  await admin.connect()
  t.ok(admin.connected)
  t.match(admin.sid, /^\d+$/)
  t.equal(await userOf(admin), 'admin')
  const guest = open({ autologin: false })
  t.equal(await userOf(guest), 'guest', 'connected by its first request')
  t.not(guest.sid, admin.sid)
  t.equal((await guest.call('login', ['admin', '123456'])).value, true)
  t.equal(await userOf(guest), 'admin')
})

test('a wrong password and an unknown user are refused in DolphinDB’s words', async (t, client) => {
  const open = await startDoor(t, client)
  await t.rejects(open({ password: 'wrong' }).connect(), wrongPassword)
  await t.rejects(open({ username: 'nobody' }).connect(), wrongPassword)
  const guest = open({ autologin: false })
  await t.rejects(guest.call('login', ['admin', 'wrong']), wrongPassword)
  t.equal(await userOf(guest), 'guest', 'the connection stays usable')
})

test('the password that the server was started with is the valid one', async (t, client) => {
  const open = await startDoor(t, client, { adminPassword: 'new one' })
  await t.rejects(open().connect(), wrongPassword)
  const admin = open({ password: 'new one' })
  t.equal(await userOf(admin), 'admin')
})

test('if a login is required, a guest may only log in', async (t, client) => {
  const open = await startDoor(t, client, { requireLogin: true })
  const guest = open({ autologin: false })
  await guest.connect()
  await t.rejects(guest.eval('1 + 1'), /Login is required.*S04009/)
  await t.rejects(guest.upload(['x'], [new client.make['DdbInt']!(1)]), /S04009/)
  await guest.call('login', ['admin', '123456'])
  t.equal((await guest.eval('1 + 1')).value, 2)
})

test('the error names the kind of session that the server does not have', async (t, client) => {
  const open = await startDoor(t, client)
  await t.rejects(open({ python: true }).connect(), /neither Python nor q/)
  await t.rejects(open({ q: true }).connect(), /neither Python nor q/)
  const streaming = { table: 'trades', handler: () => undefined }
  await t.rejects(open({ streaming }).connect(), /does not publish stream tables/)
})

test('a ticket is accepted, and the client stays a guest', async (t, client) => {
  const open = await startDoor(t, client)
  t.equal(await userOf(open({ ticket: 'from a cluster' })), 'guest')
})

test('errors arrive as errors of the database, and the session stays usable', async (t, client) => {
  const { official } = await startEnds(t, client)
  const failures: [script: string, message: RegExp][] = [
    [
      'noSuch(1)',
      /^Syntax Error: \[line #1\] Cannot recognize the token noSuch: not in the embedded server$/,
    ],
    ['1 +', /^Syntax Error: \[line #1\]/],
    ['throw "of the user"', /of the user/],
    ['throw "two\\nlines"', /two lines$/],
    ['select * from noTable', /noTable/],
    ['[1, 2] + [1, 2, 3]', /./],
    ['"数据" + 中文', /./],
  ]
  for (const [script, message] of failures) {
    await t.rejects(official.eval(script), { name: 'DdbDatabaseError', message }, script)
    t.equal((await official.eval('1 + 1')).value, 2, `after ${script}`)
  }
})

test('an undefined function is named, and the arguments after it are read', async (t, client) => {
  const { official } = await startEnds(t, client)
  const long = new client.make['DdbVectorInt']!(new Int32Array(100_000))
  await t.rejects(official.call('noSuchFunction', [long]), {
    name: 'DdbDatabaseError',
    message: "Can't recognize function name noSuchFunction",
  })
  t.equal((await official.call('size', [long])).value, 100_000)
})

test('what a script prints comes in separate messages, before its value', async (t, client) => {
  const { official } = await startEnds(t, client)
  const seen: unknown[] = []
  const value = await official.eval('print("数据"); print(1..3); print("two\\nlines"); 42', {
    listener: message => seen.push(message.type === 'print' ? message.data : message.type),
  })
  t.equal(value.value, 42)
  t.strictSame(seen, ['数据', '[1,2,3]', 'two\nlines', 'object'])
  t.ok(printed.includes('数据'), 'the client shows it on its console')
  await t.rejects(official.eval('print("first"); throw "then"'), /then/)
  t.ok(printed.includes('first'), 'also before an error')
})

test('each of several requests at the same time gets its own answer', async (t, client) => {
  const { official, url } = await startEnds(t, client)
  const other = new client.DDB(url)
  t.teardown(() => other.disconnect())
  const numbers = Array.from({ length: 40 }, (_, at) => at)
  const answers = await Promise.all(
    numbers.map(async at => (await (at % 2 ? official : other).eval(`${at} * 2`)).value),
  )
  const expected = numbers.map(at => at * 2)
  t.strictSame(answers, expected)
})

test('variables belong to a session, shared tables to all', async (t, client) => {
  const { official, url, session } = await startEnds(t, client)
  const other = new client.DDB(url)
  t.teardown(() => other.disconnect())
  await official.eval('x = 5; share table(1..3 as id) as everybody')
  await t.rejects(other.eval('x'), /x/)
  t.equal((await other.eval('exec count(*) from everybody')).value, 3)
  t.match(await session.run('exec count(*) from everybody'), { value: 3 })
})

test('large results and large arguments arrive completely', async (t, client) => {
  const { official } = await startEnds(t, client)
  const rows = 1_500_000
  const value = (await official.eval(`0..${rows - 1}`)).value as Int32Array
  t.equal(value.length, rows)
  const areInPlace = value.every((each, at) => each === at)
  t.ok(areInPlace, 'every element in its place')
  for (const text of ['ü'.repeat(130_000), 'a'.repeat(262_143)]) {
    t.equal((await official.call('string', [text])).value, text)
  }
  const { make } = client
  const longs = new make['DdbVectorLong']!(new BigInt64Array(500_000).fill(7n))
  t.equal((await official.call('sum', [longs])).value, 3_500_000n)
  const strings = Array.from({ length: 100_000 }, (_, at) => `数据${at}`)
  const back = await official.call('(x -> x)', [new make['DdbVectorString']!(strings)])
  t.ok(isDeepStrictEqual(back.value, strings), 'every text in its place')
})

test('an urgent request and functions defined by the client', async (t, client) => {
  const { official } = await startEnds(t, client)
  t.equal((await official.eval('1 + 1', { urgent: true })).value, 2)
  t.equal(await official.invoke('def plus (a, b) {\n    return a + b\n}\n', [40, 2]), 42)
  t.strictSame(await official.invoke('sort', [[3, 1, 2]]), [1, 2, 3])
  await official.eval('def twice(x) { return x * 2 }')
  t.equal((await official.call('twice', [new client.make['DdbInt']!(21)])).value, 42)
})

test('calls to a node by its name run on that node', async (t, client) => {
  const { official } = await startEnds(t, client)
  const node = (await official.eval('getNodeAlias()')).value as string
  const two = new client.make['DdbInt']!(2)
  t.equal((await official.call('add', [two, two], { node })).value, 4)
  t.strictSame((await official.call('add', [two, two], { nodes: [node] })).data(), [
    { Node: node, Value: 4 },
  ])
  await t.rejects(official.call('add', [two, two], { node: 'elsewhere' }), /elsewhere/)
})

test('a cancelled script fails with a message, and the session stays usable', async (t, client) => {
  const { official } = await startEnds(t, client)
  let waiting: Promise<unknown> | undefined
  await new Promise<void>(resolve => {
    const listener = (): void => resolve()
    waiting = official.eval('print("started"); for(i in 1..100){ sleep(60000) }', { listener })
  })
  const failed = t.rejects(waiting!, { message: /sleep\(60000\) => The task was cancelled/ })
  await official.cancel()
  await failed
  t.equal((await official.eval('1 + 1')).value, 2)
})

test('a client ends properly when the server closes the connection', async (t, client) => {
  const server = await startServer({ port: 0 })
  const official = new client.DDB(`ws://${server.host}:${server.port}`)
  await official.connect()
  await server.close()
  await t.rejects(official.eval('1 + 1'), { name: 'DdbConnectionError' })
  await t.rejects(new client.DDB(`ws://${server.host}:${server.port}`).connect(), {
    name: 'DdbConnectionError',
  })
})
