/* Sessions of the library: how they open, send requests, close, and lose their server. */
import t, { type Test } from 'tap'
import {
  connect as connectPlain,
  connectTyped as connect,
  type RunOptions,
} from '../../src/client/open-session.js'
import { ConnectionPool } from '../../src/client/pool/pool.js'
import {
  checkConnectOptions,
  checkRunOptions,
  type ConnectOptions,
  splitArguments,
} from '../../src/client/session-options.js'
import {
  connected,
  type FakePeer,
  type FakeServer,
  startFakeServer,
} from '../helpers/fake-server.js'
import { closedGate } from '../helpers/gate.js'
import { recordings } from '../helpers/recordings.js'
import { deepTest } from '../helpers/runs.js'
import { idTable, int, ints, text } from '../helpers/values.js'

const host = '127.0.0.1'

type Answer = Parameters<FakePeer['reply']>[0]
const answering = (answer: Answer) => (_received: unknown, peer: FakePeer) => peer.reply(answer)

async function ended({ peer }: FakeServer, session: { close(): Promise<void> }): Promise<FakePeer> {
  await session.close()
  await peer.until(() => peer.ended)
  return peer
}

t.test('a session connects and asks with exactly the bytes of the C++ client', async t => {
  const { server, session } = await connected(t, {}, answering({ value: int(1) }))
  t.equal(session.id, '1000000002')
  t.strictSame([session.host, session.port, session.enableAsync], [host, server.port, false])
  await session.run('1+1')
  await session.run('f', int(1))
  await session.call('version', [])
  await session.upload({ a: int(1), b: int(2) })
  const sent = server.peer.received.toString('latin1')
  const one = '\x04\0\x01\0\0\0'
  t.equal(
    sent,
    'API 0 8 / 32_1_4_2\nconnect\n' +
      'API2 1000000002 10 / 32_1_4_64__0\nscript\n1+1' +
      `API2 1000000002 14 / 32_1_4_64__0\nfunction\nf\n1\n1${one}` +
      'API2 1000000002 20 / 32_1_4_64__0\nfunction\nversion\n0\n1' +
      `API2 1000000002 16 / 32_1_4_64__0\nvariable\na,b\n2\n1${one}\x04\0\x02\0\0\0`,
  )
})

t.test('options of a request appear in its header', async t => {
  const { server, session } = await connected(t, {}, answering({ value: undefined }))
  const options: RunOptions = { clearMemory: true, priority: 8, parallelism: 2, fetchSize: 8192 }
  t.equal(await session.run('1', options), undefined)
  await session.run('f', int(1), options)
  await session.call('f', [], { urgent: true })
  const headers = server.peer.received.toString('latin1').match(/API2.*/g)
  t.strictSame(headers, [
    'API2 1000000002 8 / 48_1_8_2__8192',
    'API2 1000000002 14 / 48_1_8_2__8192',
    'API2 1000000002 14 / 33_1_4_64__0',
  ])
})

t.test('requests of a session wait for each other, in order', async t => {
  const { server, session } = await connected(t)
  const { peer } = server
  const answers = Promise.all(['1', '2', '3'].map(code => session.run(code)))
  for (let i = 1; i <= 3; i++) {
    await peer.until(() => peer.requests.length === i + 1)
    t.strictSame(peer.requests[i]?.request, { kind: 'script', script: String(i) })
    peer.reply({ value: int(i) })
  }
  t.strictSame(await answers, [int(1), int(2), int(3)])
})

t.test('an error line is a ServerError with its class, and the session continues', async t => {
  const errors = [
    'Syntax Error: [line #1] Cannot recognize the token tt',
    '<NoPrivilege>Not granted to write data to table dfs://db/pt',
    'getGroupList() => Only administrators execute function getGroupList',
    'Login is required for script execution with client authentication enabled. RefId: S04009',
  ]
  const { session } = await connected(t, {}, (_received, peer) => {
    const error = errors.shift()
    peer.reply(error === undefined ? { value: int(1) } : { error })
  })
  await t.rejects(session.run('tt'), {
    name: 'ServerError',
    code: 'DDB_SERVER',
    serverMessage: 'Syntax Error: [line #1] Cannot recognize the token tt',
  })
  await t.rejects(session.call('f', []), { code: 'DDB_PRIVILEGE' })
  await t.rejects(session.upload({ a: int(1) }), { code: 'DDB_PRIVILEGE' })
  await t.rejects(session.run('f', int(1)), { code: 'DDB_LOGIN', exitCode: 77 })
  t.strictSame(await session.run('1'), int(1))
})

t.test('printed output reaches onMessage before the answer', async t => {
  const messages: string[] = []
  const { session } = await connected(
    t,
    { onMessage: text => messages.push(text) },
    (_received, peer) => {
      peer.print('first')
      peer.print('second')
      peer.reply({ value: int(1) })
    },
  )
  await session.run('print(1)')
  t.strictSame(messages, ['first', 'second'])
  session.onMessage = text => messages.push(`later ${text}`)
  await session.run('print(1)')
  t.strictSame(messages.slice(2), ['later first', 'later second'])
  session.onMessage = undefined
  await session.run('print(1)')
  t.equal(messages.length, 4)
})

t.test('variables need names, and their values must be sendable', async t => {
  const { server, session } = await connected(t, {}, answering({ value: undefined }))
  await t.rejects(session.upload({ '1a': int(1) }), { code: 'DDB_NAME' })
  await t.rejects(session.upload({ a: text('x\0y') }), { code: 'DDB_STRING_HAS_NUL' })
  await t.rejects(session.run('f', text('x\0y')), { code: 'DDB_STRING_HAS_NUL' })
  await session.upload({})
  t.equal(server.peer.requests.length, 1, 'only connect was sent')
  await session.upload({ a: int(1) })
  t.match(server.peer.requests[1], {
    request: { kind: 'variable', names: ['a'], values: [int(1)] },
  })
})

t.test('a timeout ends the wait, not the session', async t => {
  const { server, session } = await connected(t)
  const { peer } = server
  const slow = session.run('slow', { timeoutMs: 20 })
  const queued = session.run('queued', { timeoutMs: 20 })
  const patient = session.run('patient')
  await t.rejects(slow, { name: 'TimeoutError', code: 'DDB_TIMEOUT', message: /within 20 ms/ })
  await t.rejects(queued, { code: 'DDB_TIMEOUT' })
  peer.reply({ value: int(1) })
  await peer.until(() => peer.requests.length === 3)
  t.match(peer.requests[2], { request: { script: 'patient' } }, 'the queued request was never sent')
  peer.reply({ value: int(3) })
  t.strictSame(await patient, int(3), 'the late answer was not taken for this one')
})

t.test('an AbortSignal ends the wait, not the session', async t => {
  const { server, session } = await connected(t)
  const { peer } = server
  const controller = new AbortController()
  const { signal } = controller
  const outstanding = session.run('outstanding', { signal })
  const queued = session.call('queued', [], { signal })
  const patient = session.run('patient')
  const reason = new Error('enough')
  const wrong = session.run('wrong', { signal: controller as unknown as AbortSignal })
  await t.rejects(wrong, { code: 'DDB_USAGE' })
  controller.abort(reason)
  await t.rejects(outstanding, { code: 'DDB_INTERRUPTED', cause: reason })
  await t.rejects(queued, { code: 'DDB_INTERRUPTED' })
  await t.rejects(session.run('aborted before', { signal }), { code: 'DDB_INTERRUPTED' })
  peer.reply({ value: int(1) })
  await peer.until(() => peer.requests.length === 3)
  peer.reply({ value: int(3) })
  t.strictSame(await patient, int(3))
  t.equal(peer.requests.length, 3)
})

t.test('close lets requests finish, sends FIN and refuses later ones', async t => {
  const { server, session } = await connected(t, {}, () => undefined, { keepOpen: true })
  const { peer } = server
  const answers = Promise.all([session.run('1'), session.run('2')])
  const closed = session.close()
  t.equal(session.closed, true)
  await t.rejects(session.run('3'), { code: 'DDB_CLOSED' })
  t.throws(() => session.send('f', []), { code: 'DDB_CLOSED' })
  for (let i = 1; i <= 2; i++) {
    await peer.until(() => peer.requests.length === i + 1)
    t.notOk(peer.ended)
    peer.reply({ value: int(i) })
  }
  t.strictSame(await answers, [int(1), int(2)])
  await peer.until(() => peer.ended)
  peer.socket.end()
  await closed
  await session.close()
  await t.rejects(session.run('3'), { code: 'DDB_CLOSED' })
})

t.test('close waits for the server for a limited time, and after an answer not at all', async t => {
  const options = { closeTimeoutMs: 2 ** 31 - 1 }
  const { server, session } = await connected(t, options, () => undefined, { keepOpen: true })
  await session.close()
  const stuck = await connect({ host, port: server.port, closeTimeoutMs: 20 })
  const never = stuck.run('never answered')
  never.catch(() => undefined)
  await stuck.close()
  await t.rejects(never, { code: 'DDB_CONNECTION_LOST', message: /answered nothing for 20 ms/ })
})

t.test('onClose distinguishes a loss from a close', async t => {
  const server = await startFakeServer(t)
  const events: unknown[] = []
  const gate = closedGate()
  const first = await connect({ host, port: server.port })
  first.onClose = error => events.push(error)
  await first.close()
  const second = await connect({ host, port: server.port })
  second.onClose = error => {
    events.push(error?.code)
    gate.open()
  }
  server.peer.socket.destroy()
  await gate.opened
  t.strictSame(events, [undefined, 'DDB_CONNECTION_LOST'])
  t.equal(second.closed, true)
})

deepTest(t, 'a large result arrives in blocks, decoded as the caller takes them', async t => {
  const blocks = Array.from({ length: 50 }, (_, i) =>
    idTable(...Array.from({ length: 5000 }, () => i)),
  )
  const { session } = await connected(t, {}, ({ head }, peer) =>
    peer.reply(
      head.fetchSize === 0
        ? { value: int(7) }
        : { value: { form: 'vector', type: 'ANY', length: 50, data: blocks } },
    ),
  )
  const next = session.run('next')
  await next
  let count = 0
  for await (const block of session.readBlocks('big', { fetchSize: 8192 })) {
    t.strictSame(block, blocks[count])
    count += 1
  }
  t.equal(count, 50)
  for await (const block of session.readBlocks('big', { fetchSize: 8192 })) {
    t.strictSame(block, blocks[0])
    break
  }
  t.strictSame(await session.run('after a reader that left early'), int(7))
  await session.close()
})

t.test('a caller who takes blocks slowly keeps the decoder waiting, and may give up', async t => {
  const blocks = Array.from({ length: 50 }, (_, i) => int(i))
  const { session } = await connected(t, {}, ({ head }, peer) =>
    peer.reply({
      value:
        head.fetchSize === 0 ? int(7) : { form: 'vector', type: 'ANY', length: 50, data: blocks },
    }),
  )
  const giveUp = new AbortController()
  const reading = session.readBlocks('big', { fetchSize: 8192, signal: giveUp.signal })
  const taken = [(await reading.next()).value]
  const next = session.run('next')
  giveUp.abort()
  const takeAll = async (): Promise<void> => {
    for await (const block of reading) taken.push(block)
  }
  await t.rejects(takeAll(), { code: 'DDB_INTERRUPTED' })
  t.ok(taken.length <= 3, `${taken.length} blocks were decoded before`)
  t.strictSame(taken, blocks.slice(0, taken.length))
  t.strictSame(await next, int(7), 'the other blocks are dropped')
  await session.close()
})

t.test('the reader of blocks also gets results that are not tuples, and errors', async t => {
  const outcomes = [{ value: int(5) }, { error: 'no such table' }]
  const { session } = await connected(t, {}, (_received, peer) => peer.reply(outcomes.shift()!))
  const values: unknown[] = []
  for await (const block of session.readBlocks('x', { fetchSize: 8192 })) values.push(block)
  t.strictSame(values, [int(5)])
  await t.rejects(session.readBlocks('x', { fetchSize: 8192 }).next(), { message: 'no such table' })
  await t.rejects(session.readBlocks('x', { fetchSize: 1 }).next(), { code: 'DDB_USAGE' })
})

t.test('answers over the limit end the session, and the error names the limit', async t => {
  const table = { value: idTable(...Array(1000).keys()) }
  const { session } = await connected(t, { maxReplyBytes: 1000 }, answering(table))
  await t.rejects(session.run('t'), { name: 'ProtocolError', code: 'DDB_LIMIT' })
  await t.rejects(session.run('t'), { code: 'DDB_LIMIT' })
})

/** Ids of all tables that arrived, in order. */
const idsOf = (peer: FakePeer): number[] =>
  peer.requests.flatMap(({ request }) => {
    const table = request.kind === 'function' ? request.args.at(-1) : undefined
    const column = table?.form === 'table' ? table.columns[0] : undefined
    return column?.form === 'vector' && column.type === 'INT' ? [...column.data] : []
  })

t.test('an asynchronous session writes flag 4 into every header and waits for nothing', async t => {
  const { server, session } = await connected(t, { enableAsync: true })
  t.equal(session.enableAsync, true)
  t.equal(await session.run('1+1'), undefined)
  t.equal(await session.run('tableInsert{t}', idTable(1)), undefined)
  t.equal(await session.run('f', int(1), { clearMemory: true, priority: 1 }), undefined)
  const peer = await ended(server, session)
  t.strictSame(peer.received.toString('latin1').match(/API.*/g), [
    'API 0 8 / 36_1_4_2',
    'API2 1000000002 10 / 36_1_4_64__0',
    'API2 1000000002 27 / 36_1_4_64__0',
    'API2 1000000002 14 / 52_1_1_64__0',
  ])
  t.strictSame(session.sends, { accepted: 3, started: 3, written: 3 })
})

t.test('an asynchronous request has the bytes of the C++ client', async t => {
  const recording = recordings.find(
    ({ client, name }) => client === 'cpp' && name === 'run_script_async',
  )!
  const { server, session } = await connected(t, { enableAsync: true })
  await session.run('1+1')
  await ended(server, session)
  const expected = Buffer.concat([Buffer.from('API 0 8 / 36_1_4_2\nconnect\n'), recording.bytes])
  t.strictSame(server.peer.received, expected)
})

t.test('an asynchronous session with a user logs in first, with an answer', async t => {
  const { server, session } = await connected(t, {
    enableAsync: true,
    user: 'admin',
    password: 'x',
  })
  await session.run('1')
  await ended(server, session)
  t.strictSame(server.peer.received.toString('latin1').match(/API2? \d.*/g), [
    'API 0 8 / 32_1_4_2',
    'API2 1000000002 29 / 32_1_4_64__0',
    'API2 1000000002 32 / 32_1_4_64__0',
    'API2 1000000002 18 / 32_1_4_64__0',
    'API2 1000000002 8 / 36_1_4_64__0',
  ])
})

t.test('an asynchronous session refuses requests that need an answer, and says why', async t => {
  const { server, session } = await connected(t, { enableAsync: true })
  const refused = { code: 'DDB_ASYNC_SESSION', message: /can only run\(\).*second session/ }
  await t.rejects(session.call('f', []), refused)
  await t.rejects(session.upload({ a: int(1) }), refused)
  await t.rejects(session.run('1', { fetchSize: 8192 }), refused)
  await t.rejects(session.readBlocks('1', { fetchSize: 8192 }).next(), refused)
  await ended(server, session)
  t.equal(server.peer.requests.length, 1)
})

t.test('wrong answers to an asynchronous session are ignored', async t => {
  const options = { enableAsync: true }
  const { server, session } = await connected(t, options, answering({ value: int(1) }))
  for (let i = 0; i < 100; i++) await session.run('1')
  await ended(server, session)
  t.equal(server.peer.requests.length, 101)
})

t.test('a synchronous session can send asynchronous requests between answered ones', async t => {
  const { server, session } = await connected(t, {}, ({ head }, peer) => {
    if ((head.flags & 4) === 0) peer.reply({ value: int(1) })
  })
  t.strictSame(await session.run('before'), int(1))
  t.equal(session.send('tableInsert{t}', [idTable(1)]), true)
  t.equal(session.send('tableInsert{t}', [idTable(2)]), true)
  t.equal(session.sendScript('x = 1'), true)
  t.strictSame(await session.run('after'), int(1))
  const { peer } = server
  t.strictSame(
    peer.requests.map(({ head, request }) => [head.flags, request.kind]),
    [
      [32, 'connect'],
      [32, 'script'],
      [36, 'function'],
      [36, 'function'],
      [36, 'script'],
      [32, 'script'],
    ],
  )
  t.strictSame(idsOf(peer), [1, 2])
  t.strictSame(session.sends, { accepted: 3, started: 3, written: 3 })
})

deepTest(t, 'onWritten reports, in order, that arrays may be reused', async t => {
  const { server, session } = await connected(t)
  const written: number[] = []
  for (let i = 0; i < 1000; i++) {
    const data = new Int32Array(10_000).fill(i)
    const table = {
      ...idTable(),
      rows: 10_000,
      columns: [{ form: 'vector', type: 'INT', length: 10_000, data }],
    }
    const room = session.send('f', [table as ReturnType<typeof idTable>], () => {
      written.push(i)
      data.fill(-1)
    })
    t.equal(written.includes(i), false)
    if (!room) await session.drained()
  }
  const peer = await ended(server, session)
  const expected = Array.from({ length: 1000 }, (_, i) => i)
  t.strictSame(written, expected)
  const ids = idsOf(peer).filter((_, i) => i % 10_000 === 0)
  t.strictSame(ids, expected, 'nothing was overwritten before it was sent')
})

t.test('a request that cannot be encoded sends no bytes', async t => {
  const { server, session } = await connected(t, { enableAsync: true })
  session.send('f', [idTable(1)])
  t.throws(() => session.send('f', [idTable(2), text('a\0b')]), { code: 'DDB_STRING_HAS_NUL' })
  await t.rejects(session.run('f', idTable(3), text('a\0b')), { code: 'DDB_STRING_HAS_NUL' })
  session.send('f', [idTable(4)])
  await ended(server, session)
  t.strictSame(idsOf(server.peer), [1, 4])
  t.equal(session.sends.accepted, 2)
})

const bigTable = idTable(...Array(25_000).keys())

t.test('if a server does not read, senders wait, and memory is bounded', async t => {
  const server = await startFakeServer(t)
  const highWaterBytes = 262_144
  const session = await connect({ host, port: server.port, highWaterBytes })
  const { peer } = server
  peer.socket.pause()
  let sent = 0
  // The kernels on both sides accept some MB before they stop.
  for (let waited = 0; waited < 2;) {
    if (session.send('f', [bigTable])) continue
    sent = session.sends.accepted
    waited = await Promise.race([
      session.drained().then(() => 0),
      new Promise<number>(resolve => setImmediate(() => setImmediate(() => resolve(waited + 1)))),
    ])
  }
  t.ok(session.bufferedBytes >= highWaterBytes)
  t.ok(
    session.bufferedBytes < highWaterBytes + 3 * 110_000,
    `${session.bufferedBytes} bytes waiting`,
  )
  let drained = false
  const waiting = session.drained().then(() => (drained = true))
  await new Promise(resolve => setImmediate(resolve))
  t.equal(drained, false)
  t.ok(session.sends.written < session.sends.accepted)
  peer.socket.resume()
  await waiting
  await ended(server, session)
  t.equal(peer.requests.length - 1, session.sends.accepted)
  t.ok(sent > 2)
})

deepTest(t, 'run on an asynchronous session waits for room before it encodes', async t => {
  const { server, session } = await connected(t, { enableAsync: true, highWaterBytes: 200_000 })
  const { peer } = server
  peer.socket.pause()
  let resolved = 0
  const count = 300
  const runs = Array.from({ length: count }, (_, i) =>
    session.run('f', int(i), bigTable).then(() => (resolved += 1)),
  )
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  t.ok(resolved < count, `${resolved} of ${count} resolved`)
  t.ok(session.bufferedBytes < 200_000 + 110_000, `${session.bufferedBytes} bytes waiting`)
  const late = session.run('never sent', { timeoutMs: 10 })
  await t.rejects(late, { code: 'DDB_TIMEOUT', message: /took nothing more for 10 ms/ })
  const closed = session.close()
  peer.socket.resume()
  await Promise.all(runs)
  await closed
  await peer.until(() => peer.ended)
  t.strictSame(
    peer.requests.slice(1).map(({ request }) => request.kind === 'function' && request.args[0]),
    Array.from({ length: count }, (_, i) => int(i)),
  )
})

t.test('a signal that is already aborted prevents the request', async t => {
  const { server, session } = await connected(t, { enableAsync: true })
  await t.rejects(session.run('1', { signal: AbortSignal.abort() }), { code: 'DDB_INTERRUPTED' })
  await ended(server, session)
  t.equal(server.peer.requests.length, 1)
})

t.test('the last argument is taken for options if all its members are option names', async t => {
  const signal = new AbortController().signal
  for (const options of [{}, { timeoutMs: 5 }, { clearMemory: true, signal }]) {
    t.strictSame(splitArguments([1, options]), { values: [int(1)], options })
  }
  const others = [{ timeoutMs: 5, size: 1 }, { priority: [1, 2] }, [1, 2], new Date(0), null]
  for (const last of [...others, Int32Array.of(1, 2)]) {
    const { values, options } = splitArguments([last])
    t.strictSame([values.length, options], [1, undefined])
  }
  for (const last of [Promise.resolve({}), new Map(), new Set(), /x/]) {
    t.throws(() => splitArguments([last as unknown as RunOptions]), { message: /cannot be sent/ })
  }
  t.strictSame(splitArguments([[1, 2]]).values, [ints(1, 2)])
})

t.test('options of a request have ranges', async t => {
  const refused: RunOptions[] = [
    { priority: -1 },
    { priority: 9 },
    { priority: 1.5 },
    { parallelism: 0 },
    { fetchSize: 8191 },
    { timeoutMs: 0 },
    { timeoutMs: 2 ** 31 },
    { timeoutMs: NaN },
    ...[null, {}, new AbortController()].map(signal => ({ signal: signal as AbortSignal })),
  ]
  for (const options of refused) {
    t.throws(() => checkRunOptions(options), { code: 'DDB_USAGE' }, JSON.stringify(options))
  }
  checkRunOptions({ priority: 0, parallelism: 1, fetchSize: 8192, timeoutMs: 2 ** 31 - 1 })
  checkRunOptions({ priority: 8, urgent: true })
})

t.test('options of a connection have ranges, and a password needs a user', async t => {
  const good = { host: 'db', port: 8848 }
  checkConnectOptions(good)
  checkConnectOptions({ ...good, user: 'u', password: 'p', port: 65_535 })
  const refused: ConnectOptions[] = [
    { ...good, host: '' },
    { ...good, port: 0 },
    { ...good, port: 65_536 },
    { ...good, connectTimeoutMs: 0 },
    { ...good, closeTimeoutMs: 2 ** 31 },
    { ...good, highWaterBytes: 0 },
    { ...good, maxReplyBytes: 0.5 },
    { ...good, password: 'p' },
  ]
  for (const options of refused) {
    await t.rejects(connectPlain(options), { code: 'DDB_USAGE' }, JSON.stringify(options))
  }
})

t.test('errors name what a JavaScript program omits or gives as text', async t => {
  const wrong: [object, RegExp][] = [
    [{ host: 'db' }, /`server\.port` is missing/],
    [{ port: 8848 }, /`server\.host` is missing/],
    [
      { host: 'db', port: '8848' },
      /^`port` is a whole number from 1 to 65535, not the text "8848"$/,
    ],
  ]
  for (const [options, message] of wrong) {
    await t.rejects(connectPlain(options as ConnectOptions), { code: 'DDB_USAGE', message })
  }
})

// A server that does not know the session id of a request silently opens a new session, and its answer has the new id
// (docs/protocol.md#response). The client must report this to the caller, and send nothing more to that session.

const forgotten = { code: 'DDB_CONNECTION_LOST', message: /has forgotten this session/ }

/** Answers scripts with these outcomes. From the second answer on, each answer has a new session id. */
function startForgetful(t: Test, outcomes: readonly ('value' | 'error')[]): Promise<FakeServer> {
  let answered = 0
  return startFakeServer(t, (_received, peer) => {
    const id = answered === 0 ? undefined : `99${answered}`
    const outcome = outcomes[answered++]
    peer.reply(
      outcome === 'error' ? { error: 'Cannot recognize the token x' } : { value: int(7) },
      id,
    )
  })
}

t.test('the caller gets the answer, and waiting requests are not sent', async t => {
  const server = await startForgetful(t, ['value', 'value'])
  const session = await connect({ host, port: server.port })
  t.strictSame(await session.run('x = 7; x'), int(7))
  const both = [session.run('tableInsert(t, 1)'), session.run('x')] as const
  t.strictSame(await both[0], int(7), 'the outcome is returned')
  await t.rejects(both[1], forgotten)
  await t.rejects(session.run('x'), forgotten)
  await server.peer.until(peer => peer.ended || peer.socket.destroyed)
  t.equal(server.peer.requests.length, 3, 'connect and two scripts')
  t.ok(session.closed)
})

t.test('an error of a forgetful server is not taken for the outcome of the request', async t => {
  const server = await startForgetful(t, ['value', 'error'])
  const session = await connect({ host, port: server.port })
  await session.run('x = 7')
  await t.rejects(session.run('x'), forgotten)
})

t.test('a pool opens another session for its next task', async t => {
  const server = await startForgetful(t, ['value', 'error', 'value'])
  const pool = await ConnectionPool.connect({ typed: true, host, port: server.port, size: 1 })
  await pool.run('x = 7')
  await t.rejects(pool.run('x'), forgotten)
  t.strictSame(await pool.run('1'), int(7))
  await pool.shutDown()
})
