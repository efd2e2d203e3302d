/* The link between a client and a server. It sends requests and receives answers, and may break. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Duplex } from 'node:stream'
import t from 'tap'
import { addressText, connectFailure, connectionLost } from '../../src/client/failure.js'
import { Link } from '../../src/client/link.js'
import { connectTyped as connect } from '../../src/client/open-session.js'
import { Outgoing } from '../../src/client/outgoing.js'
import { requestHead } from '../../src/client/session-options.js'
import { ConnectionError, ServerError } from '../../src/errors.js'
import { vectorOf } from '../../src/protocol/element.js'
import { handClock } from '../helpers/clocks.js'
import { connected, responseBytes, startFakeServer } from '../helpers/fake-server.js'
import { deepTest } from '../helpers/runs.js'
import { idTable, int, tableOf, text } from '../helpers/values.js'

// The life of a connection, over a stream in memory and on a clock that the test moves.

/** A stream whose kernel accepts written bytes when the test calls `take`. */
function slowStream(): { stream: Duplex; writes: Buffer[]; take: () => void } {
  const writes: Buffer[] = []
  let taken: (() => void) | undefined
  const write = (chunks: Buffer[], done: () => void): void => {
    writes.push(Buffer.concat(chunks))
    taken = done
  }
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => write([chunk], done),
    writev: (chunks: { chunk: Buffer }[], done) =>
      write(
        chunks.map(({ chunk }) => chunk),
        done,
      ),
  })
  const take = (): void => {
    const done = taken
    taken = undefined
    done?.()
  }
  return { stream, writes, take }
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

t.test('closing waits for a slow link as long as bytes move', async t => {
  const { stream, writes, take } = slowStream()
  const clock = handClock()
  const closeTimeoutMs = 8000
  const link = new Link(stream, { host: 'db', port: 8848, closeTimeoutMs }, clock)
  link.outgoing.writer.view(new Uint8Array(2_000_000))
  link.outgoing.commit()
  let closed = false
  const closing = link.close().then(() => (closed = true))
  for (let taken = 0; taken < 20 && !stream.writableFinished && !stream.destroyed; taken++) {
    clock.advance(3000)
    clock.advance(3000)
    take()
    await nextTurn()
  }
  t.notOk(stream.destroyed)
  t.ok(clock.nowMs() > 4 * closeTimeoutMs, `${clock.nowMs()} ms`)
  t.notOk(closed)
  stream.push(null)
  await closing
  t.equal(Buffer.concat(writes).length, 2_000_000)
})

t.test('closing waits as long as bytes arrive that the kernel took before', async t => {
  const { stream, take } = slowStream()
  const clock = handClock()
  const travelling = Object.assign(stream, { unacknowledgedBytes: 2_000_000 })
  const link = new Link(travelling, { host: 'db', port: 8848, closeTimeoutMs: 8000 }, clock)
  link.outgoing.writer.view(new Uint8Array(1_000))
  link.outgoing.commit()
  const closing = link.close()
  await nextTurn()
  take()
  await nextTurn()
  const look = (times: number) => Array.from({ length: times }, () => clock.advance(1000))
  for (; travelling.unacknowledgedBytes > 0; travelling.unacknowledgedBytes -= 400_000) look(6)
  t.notOk(stream.destroyed)
  look(9)
  t.ok(stream.destroyed, 'nothing arrives any more')
  await closing
})

t.test('requests of one turn leave in one write, and are counted as they leave', async t => {
  const { stream, writes, take } = slowStream()
  const outgoing = new Outgoing(stream, 100, handClock())
  const written: number[] = []
  for (let i = 1; i <= 3; i++) {
    outgoing.writer.utf8(String(i))
    outgoing.commit(() => written.push(i))
  }
  t.strictSame(outgoing.counts, { accepted: 3, started: 0, written: 0 })
  await nextTurn()
  t.strictSame(writes.map(String), ['123'])
  t.strictSame(outgoing.counts, { accepted: 3, started: 3, written: 0 })
  outgoing.writer.utf8('4')
  outgoing.commit()
  await nextTurn()
  t.equal(writes.length, 1, 'one write at a time')
  t.equal(outgoing.bufferedBytes, 4)
  take()
  await nextTurn()
  t.strictSame(written, [1, 2, 3])
  t.strictSame(writes.map(String), ['123', '4'])
  t.strictSame(outgoing.counts, { accepted: 4, started: 4, written: 3 })
  const emptied = outgoing.emptied()
  take()
  await emptied
  t.strictSame([outgoing.writtenBytes, outgoing.bufferedBytes], [4, 0])
})

t.test('a large request leaves piece by piece, and is counted when all has left', async t => {
  const { stream, writes, take } = slowStream()
  const outgoing = new Outgoing(stream, 100, handClock())
  const written: number[] = []
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i * 7)
  outgoing.writer.utf8('head')
  outgoing.writer.view(bytes)
  outgoing.commit(() => written.push(1))
  outgoing.flush()
  outgoing.writer.utf8('next')
  outgoing.commit(() => written.push(2))
  let left = outgoing.bufferedBytes
  t.equal(left, 1_000_008)
  while (written.length === 0) {
    t.strictSame([outgoing.counts.started, outgoing.counts.written], [1, 0])
    const buffered = outgoing.bufferedBytes
    take()
    await nextTurn()
    t.ok(outgoing.bufferedBytes < buffered && buffered <= left, 'progress is visible')
    left = outgoing.bufferedBytes
  }
  t.ok(writes.length > 3, `${writes.length} writes`)
  take()
  await nextTurn()
  t.strictSame(written, [1, 2])
  const expected = Buffer.concat([Buffer.from('head'), bytes, Buffer.from('next')])
  t.strictSame(Buffer.concat(writes), expected)
  t.strictSame([outgoing.writtenBytes, outgoing.bufferedBytes], [1_000_008, 0])
})

t.test('after a stop, nothing is written and all waits end', async t => {
  const { stream, writes, take } = slowStream()
  const outgoing = new Outgoing(stream, 1, handClock())
  outgoing.writer.utf8('a')
  outgoing.commit(() => t.fail('was written'))
  await nextTurn()
  let released = 0
  outgoing.whenRoom(() => (released += 1))
  outgoing.stop()
  outgoing.whenRoom(() => (released += 1))
  t.equal(released, 2)
  outgoing.writer.utf8('b')
  outgoing.commit()
  take()
  await nextTurn()
  t.equal(writes.length, 1)
  t.equal(outgoing.counts.written, 0)
})

deepTest(t, 'columns are compressed while the network is slow', async t => {
  const clock = handClock()
  const { stream, take } = slowStream()
  const outgoing = new Outgoing(stream, 1e9, clock)
  const column = vectorOf(
    { type: 'INT' },
    Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 10_007),
  )
  const table = tableOf({ c: column })
  const plainBytes = 200_000
  const sendIn = async (ms: number): Promise<number> => {
    outgoing.encode(requestHead('1', true, {}, true), {
      kind: 'function',
      name: 'f',
      args: [table],
    })
    const bytes = outgoing.bufferedBytes
    outgoing.commit()
    outgoing.flush()
    await nextTurn()
    clock.advance(ms)
    take()
    await nextTurn()
    t.equal(outgoing.bufferedBytes, 0)
    return bytes
  }
  t.ok((await sendIn(0)) < plainBytes, 'always, unless it decides by speed')
  outgoing.compressesWhenSlow = true
  t.equal(outgoing.isSlow, false)
  t.ok((await sendIn(1000)) > plainBytes)
  t.equal(outgoing.isSlow, true)
  t.ok((await sendIn(1000)) < plainBytes)
  for (let i = 0; i < 30; i++) await sendIn(0)
  t.equal(outgoing.isSlow, false, 'the network is fast again')
})

const counts = { accepted: 0, started: 0, written: 0 }

t.test('an IPv6 address is in brackets before its port', async t => {
  t.equal(addressText('db.example', 8848), 'db.example:8848')
  t.equal(addressText('::1', 8848), '[::1]:8848')
})

t.test('a failed connection attempt can safely be repeated', async t => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const unknown = Object.assign(new Error('unknown'), { code: 'ENOTFOUND' })
  for (const [cause, text] of [
    [refused, /Nothing listens on db:1 /],
    [new AggregateError([refused, unknown]), /Nothing listens on db:1 /],
    [unknown, /"db" cannot be resolved/],
    [Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' }), /raise "ulimit -n"/],
    [new Error('odd'), /Cannot connect to db:1: odd/],
    [undefined, /the connection was closed/],
    [connectionLost('db', 1, undefined, counts), /ended it before the session was ready/],
  ] as const) {
    const error = connectFailure('db', 1, cause)
    t.match(error, { code: 'DDB_CONNECT', safeToRetry: true, cause })
    t.match(error.message, text)
  }
})

t.test('errors that already have a code are unchanged', async t => {
  const login = new ServerError('no', 'DDB_LOGIN')
  t.equal(connectFailure('db', 1, login), login)
  t.equal(connectionLost('db', 1, login, counts), login)
})

t.test('the error for a lost connection says how many requests had been sent', async t => {
  const none = connectionLost('db', 1, undefined, counts)
  t.ok(none instanceof ConnectionError)
  t.match(none, { code: 'DDB_CONNECTION_LOST', safeToRetry: false })
  t.notMatch(none.message, /asynchronous/)
  const some = connectionLost('db', 1, new Error('reset'), { accepted: 5, started: 4, written: 3 })
  t.match(some.message, /reset.*3 of 5 asynchronous requests/)
})

const host = '127.0.0.1'

t.test('the error for a refused connection says how to start the embedded server', async t => {
  const server = createServer()
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  await t.rejects(connect({ host, port }), {
    name: 'ConnectionError',
    code: 'DDB_CONNECT',
    exitCode: 69,
    safeToRetry: true,
    message: new RegExp(`Nothing listens on ${host}:${port}.*ddb-ingest serve --port ${port}`),
  })
  const error = { code: 'DDB_CONNECT', message: /serve --port/ }
  await t.rejects(connect({ host: 'localhost', port }), error)
})

t.test('an AbortSignal ends the attempt', async t => {
  const controller = new AbortController()
  const server = await startFakeServer(t, () => controller.abort(), { answerConnect: false })
  const attempt = connect({ host, port: server.port, signal: controller.signal })
  await t.rejects(attempt, { code: 'DDB_INTERRUPTED' })
  await t.rejects(connect({ host, port: server.port, signal: controller.signal }), {
    code: 'DDB_INTERRUPTED',
  })
})

const greeting = responseBytes({ value: undefined })

t.test('if a server disconnects before the session is ready, connecting fails', async t => {
  for (let length = 0; length < greeting.length; length++) {
    const server = await startFakeServer(
      t,
      (_received, peer) => peer.socket.end(greeting.subarray(0, length)),
      { answerConnect: false },
    )
    const error = { code: 'DDB_CONNECT', message: /ended it before the session was ready/ }
    await t.rejects(connect({ host, port: server.port }), error)
    await server.close()
  }
  const duringLogin = await startFakeServer(
    t,
    ({ request }, peer) => {
      if (request.kind === 'connect') peer.socket.write(greeting)
      else peer.socket.end(greeting.subarray(0, 5))
    },
    { answerConnect: false },
  )
  const options = { host, port: duringLogin.port, user: 'admin', password: '123456' }
  await t.rejects(connect(options), { code: 'DDB_CONNECT' })
})

t.test('a peer that is not a DolphinDB server is recognized by its first line', async t => {
  const server = await startFakeServer(
    t,
    (_received, peer) => peer.socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    { answerConnect: false },
  )
  await t.rejects(connect({ host, port: server.port }), {
    name: 'ProtocolError',
    exitCode: 76,
    message: /HTTP\/1\.1 400 Bad Request.*is this a DolphinDB server\?/,
  })
})

const reply = responseBytes({ value: idTable(1, 2, 3) })

for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
  t.test(`a connection that breaks inside an answer by ${how}() fails every request`, async t => {
    for (let length = 0; length < reply.length; length += 3) {
      const server = await startFakeServer(t, (_received, peer) => {
        if (length > 0) peer.socket.write(reply.subarray(0, length))
        peer.socket[how]()
      })
      const session = await connect({ host, port: server.port })
      const lost = { name: 'ConnectionError', code: 'DDB_CONNECTION_LOST', exitCode: 4 }
      await Promise.all([
        t.rejects(session.run('first'), lost),
        t.rejects(session.call('queued', []), lost),
        t.rejects(session.readBlocks('queued', { fetchSize: 8192 }).next(), lost),
      ])
      await t.rejects(session.run('later'), lost)
      t.throws(() => session.send('later', []), lost)
      await t.rejects(session.drained(), lost)
      t.equal(session.closed, true)
      await session.close()
      await server.close()
    }
  })
}

t.test('a lost asynchronous session reports how many of its requests were sent', async t => {
  const { server, session } = await connected(t, { enableAsync: true, highWaterBytes: 100_000 })
  server.peer.socket.pause()
  const table = idTable(...Array(25_000).keys())
  const runs: Promise<unknown>[] = []
  for (let i = 0; i < 300; i++) runs.push(session.run('f', table))
  const outcomes = Promise.allSettled(runs)
  await runs[0]
  const lost = new Promise<unknown>(resolve => (session.onClose = resolve))
  server.peer.socket.resetAndDestroy()
  const error = await lost
  t.ok(error instanceof ConnectionError)
  const { accepted, started, written } = session.sends
  t.ok(
    written <= started && started <= accepted && accepted < 300,
    `${written} ${started} ${accepted}`,
  )
  t.match(error, {
    code: 'DDB_CONNECTION_LOST',
    message: new RegExp(`${written} of ${accepted} asynchronous requests had been written`),
  })
  t.ok((await outcomes).filter(({ status }) => status === 'rejected').length >= 300 - accepted)
  await t.rejects(session.close(), { code: 'DDB_CONNECTION_LOST' }, 'a loss must not go unnoticed')
})

t.test('close gives up if the server accepts no bytes', async t => {
  const { server, session } = await connected(t, { closeTimeoutMs: 50 })
  server.peer.socket.pause()
  const table = idTable(...Array(25_000).keys())
  while (session.bufferedBytes < 20_000_000) session.send('f', [table])
  const error = { code: 'DDB_CONNECTION_LOST', message: /took and answered nothing for 50 ms/ }
  await t.rejects(session.close(), error)
  t.ok(session.sends.written < session.sends.accepted)
})

t.test('close never causes a reset: the server reads all bytes and then the end', async t => {
  const { server, session } = await connected(t, { enableAsync: true }, ({ head }, peer) => {
    // These answers stay unread, so a careless close would become a reset.
    if ((head.flags & 4) !== 0) peer.reply({ value: text('x'.repeat(1000)) })
  })
  let failure: unknown
  server.peer.socket.on('error', error => (failure = error))
  for (let i = 0; i < 2000; i++) await session.run('f', int(i))
  await session.close()
  await server.peer.until(peer => peer.ended)
  t.equal(server.peer.requests.length, 2001)
  t.equal(failure, undefined)
})
