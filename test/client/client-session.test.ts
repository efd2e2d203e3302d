import t from 'tap'
import { connect } from '../../src/client/open-session.js'
import type { FakePeer } from '../helpers/fake-server.js'
import { startFakeServer } from '../helpers/fake-server.js'
import { recordings } from '../helpers/recordings.js'
import { startTinyServer } from '../helpers/tiny-server.js'
import { idTable, int, text } from '../helpers/values.js'

const host = '127.0.0.1'

/** Ids of all tables that arrived, in order. */
const idsOf = (peer: FakePeer): number[] =>
  peer.requests.flatMap(({ request }) => {
    const table = request.kind === 'function' ? request.args.at(-1) : undefined
    const column = table?.form === 'table' ? table.columns[0] : undefined
    return column?.form === 'vector' && column.type === 'INT' ? [...column.data] : []
  })

t.test('an asynchronous session writes flag 4 into every header and waits for nothing', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, enableAsync: true })
  t.equal(session.enableAsync, true)
  t.equal(await session.run('1+1'), undefined)
  t.equal(await session.run('tableInsert{t}', idTable(1)), undefined)
  t.equal(await session.run('f', int(1), { clearMemory: true, priority: 1 }), undefined)
  await session.close()
  const { peer } = server
  await peer.until(() => peer.ended)
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
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, enableAsync: true })
  await session.run('1+1')
  await session.close()
  await server.peer.until(peer => peer.ended)
  t.strictSame(
    server.peer.received,
    Buffer.concat([Buffer.from('API 0 8 / 36_1_4_2\nconnect\n'), recording.bytes]),
  )
})

t.test('an asynchronous session with a user logs in first, with an answer', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({
    host,
    port: server.port,
    enableAsync: true,
    user: 'admin',
    password: 'x',
  })
  await session.run('1')
  await session.close()
  await server.peer.until(peer => peer.ended)
  t.strictSame(server.peer.received.toString('latin1').match(/API.*/g), [
    'API 0 8 / 32_1_4_2',
    'API2 1000000002 29 / 32_1_4_64__0',
    'API2 1000000002 32 / 32_1_4_64__0',
    'API2 1000000002 18 / 32_1_4_64__0',
    'API2 1000000002 8 / 36_1_4_64__0',
  ])
})

t.test('an asynchronous session refuses what needs an answer, saying why', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, enableAsync: true })
  const refused = { code: 'DDB_ASYNC_SESSION', message: /can only run\(\).*second session/ }
  await t.rejects(session.call('f', []), refused)
  await t.rejects(session.upload({ a: int(1) }), refused)
  await t.rejects(session.run('1', { fetchSize: 8192 }), refused)
  await t.rejects(session.readBlocks('1', { fetchSize: 8192 }).next(), refused)
  await session.close()
  await server.peer.until(peer => peer.ended)
  t.equal(server.peer.requests.length, 1)
})

t.test('what a server wrongly sends to an asynchronous session is ignored', async t => {
  const server = await startFakeServer((_received, peer) => peer.reply({ value: int(1) }))
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, enableAsync: true })
  for (let i = 0; i < 100; i++) await session.run('1')
  await session.close()
  await server.peer.until(peer => peer.ended)
  t.equal(server.peer.requests.length, 101)
})

t.test('a synchronous session can send asynchronous requests between answered ones', async t => {
  const server = await startFakeServer(({ head }, peer) => {
    if ((head.flags & 4) === 0) peer.reply({ value: int(1) })
  })
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
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
  await session.close()
})

t.test('small requests share writes, in order', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  const count = 5000
  for (let i = 0; i < count; i++) {
    if (!session.send('tableInsert{t}', [idTable(i)])) await session.drained()
  }
  await session.close()
  const { peer } = server
  await peer.until(() => peer.ended)
  t.strictSame(
    idsOf(peer),
    Array.from({ length: count }, (_, i) => i),
  )
})

t.test('onWritten tells, in order, that arrays may be used again', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
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
  await session.close()
  const { peer } = server
  await peer.until(() => peer.ended)
  const expected = Array.from({ length: 1000 }, (_, i) => i)
  t.strictSame(written, expected)
  t.strictSame(
    idsOf(peer).filter((_, i) => i % 10_000 === 0),
    expected,
    'nothing was overwritten before it was sent',
  )
})

t.test('a request that cannot be encoded leaves nothing behind', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, enableAsync: true })
  session.send('f', [idTable(1)])
  t.throws(() => session.send('f', [idTable(2), text('a\0b')]), { code: 'DDB_STRING_HAS_NUL' })
  await t.rejects(session.run('f', idTable(3), text('a\0b')), { code: 'DDB_STRING_HAS_NUL' })
  session.send('f', [idTable(4)])
  await session.close()
  await server.peer.until(peer => peer.ended)
  t.strictSame(idsOf(server.peer), [1, 4])
  t.equal(session.sends.accepted, 2)
})

const bigTable = idTable(...Array(25_000).keys())

t.test('a server that does not read makes senders wait, with bounded memory', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const highWaterBytes = 262_144
  const session = await connect({ host, port: server.port, highWaterBytes })
  const { peer } = server
  peer.socket.pause()
  let sent = 0
  // The kernel on both sides takes some MB before it takes no more.
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
  await session.close()
  await peer.until(() => peer.ended)
  t.equal(peer.requests.length - 1, session.sends.accepted)
  t.ok(sent > 2)
})

t.test('run on an asynchronous session waits for room before it encodes', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({
    host,
    port: server.port,
    enableAsync: true,
    highWaterBytes: 200_000,
  })
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

t.test('a signal that has fired keeps a request from being handed over', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, enableAsync: true })
  await t.rejects(session.run('1', { signal: AbortSignal.abort() }), { code: 'DDB_INTERRUPTED' })
  await session.close()
  await server.peer.until(peer => peer.ended)
  t.equal(server.peer.requests.length, 1)
})

t.test(
  'close right after sending loses nothing, and the embedded server executes all of it',
  async t => {
    const ids: number[] = []
    const server = await startTinyServer({
      call: (_name, args) => {
        const [table] = args
        const column = table?.form === 'table' ? table.columns[0] : undefined
        if (column?.form === 'vector' && column.type === 'INT') ids.push(...column.data)
        return undefined
      },
    })
    t.teardown(() => server.close())
    const session = await connect({ host, port: server.port, enableAsync: true })
    const count = 10_000
    const runs: Promise<unknown>[] = []
    for (let i = 0; i < count; i++) runs.push(session.run('tableInsert{t}', idTable(i)))
    await session.close()
    await Promise.all(runs)
    await server.sessionClosed(session.id)
    t.strictSame(
      ids,
      Array.from({ length: count }, (_, i) => i),
    )
  },
)
