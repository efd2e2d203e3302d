import { createServer } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import type { Session } from '../../src/client/open-session.js'
import { connect } from '../../src/client/open-session.js'
import { ConnectionError } from '../../src/errors.js'
import { responseBytes, startFakeServer } from '../helpers/fake-server.js'
import { startTinyServer } from '../helpers/tiny-server.js'
import { idTable, int, text } from '../helpers/values.js'

const host = '127.0.0.1'

t.test('a refused connection says how to start the embedded server', async t => {
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
  await t.rejects(connect({ host: 'localhost', port }), {
    code: 'DDB_CONNECT',
    message: /serve --port/,
  })
})

t.test('a name that does not resolve is named', async t => {
  await t.rejects(connect({ host: 'no-such-host.invalid', port: 8848 }), {
    code: 'DDB_CONNECT',
    message: /"no-such-host\.invalid" cannot be resolved/,
  })
})

t.test('options that cannot be are refused before anything is opened', async t => {
  for (const options of [
    { host: '', port: 1 },
    { host, port: 0 },
    { host, port: 70_000 },
    { host, port: 1, connectTimeoutMs: 0 },
    { host, port: 1, highWaterBytes: -1 },
    { host, port: 1, password: 'secret' },
  ]) {
    await t.rejects(connect(options), { code: 'DDB_USAGE' })
  }
})

t.test('a server that says nothing is given up in time', async t => {
  const server = await startFakeServer(() => undefined, { answerConnect: false })
  t.teardown(() => server.close())
  await t.rejects(connect({ host, port: server.port, connectTimeoutMs: 30 }), {
    code: 'DDB_CONNECT',
    message: /did not let us in within 30 ms/,
  })
  await (await server.accepted).until(peer => peer.ended)
})

t.test('an AbortSignal ends the attempt', async t => {
  const controller = new AbortController()
  const server = await startFakeServer(() => controller.abort(), { answerConnect: false })
  t.teardown(() => server.close())
  const attempt = connect({ host, port: server.port, signal: controller.signal })
  await t.rejects(attempt, { code: 'DDB_INTERRUPTED' })
  await t.rejects(connect({ host, port: server.port, signal: controller.signal }), {
    code: 'DDB_INTERRUPTED',
  })
})

const greeting = responseBytes({ value: undefined })

t.test(
  'a server that hangs up anywhere before the session is ready cannot be connected to',
  async t => {
    for (let length = 0; length < greeting.length; length++) {
      const server = await startFakeServer(
        (_received, peer) => peer.socket.end(greeting.subarray(0, length)),
        { answerConnect: false },
      )
      await t.rejects(connect({ host, port: server.port }), {
        code: 'DDB_CONNECT',
        message: /ended it before the session was ready/,
      })
      await server.close()
    }
    const duringLogin = await startFakeServer(
      ({ request }, peer) => {
        if (request.kind === 'connect') peer.socket.write(greeting)
        else peer.socket.end(greeting.subarray(0, 5))
      },
      { answerConnect: false },
    )
    t.teardown(() => duringLogin.close())
    const options = { host, port: duringLogin.port, user: 'admin', password: '123456' }
    await t.rejects(connect(options), { code: 'DDB_CONNECT' })
  },
)

t.test('a server of another kind is recognised by its first line', async t => {
  const server = await startFakeServer(
    (_received, peer) => peer.socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    { answerConnect: false },
  )
  t.teardown(() => server.close())
  await t.rejects(connect({ host, port: server.port }), {
    name: 'ProtocolError',
    exitCode: 76,
    message: /HTTP\/1\.1 400 Bad Request.*is this a DolphinDB server\?/,
  })
})

t.test('a server that refuses connect is quoted', async t => {
  const server = await startFakeServer(
    (_received, peer) => peer.reply({ error: 'too many connections' }),
    {
      answerConnect: false,
    },
  )
  t.teardown(() => server.close())
  await t.rejects(connect({ host, port: server.port }), {
    name: 'ServerError',
    message: 'too many connections',
  })
})

const reply = responseBytes({ value: idTable(1, 2, 3) })

for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
  t.test(
    `a connection that dies in the middle of an answer by ${how}() fails every request`,
    async t => {
      for (let length = 0; length < reply.length; length += 3) {
        const server = await startFakeServer((_received, peer) => {
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
    },
  )
}

t.test('an asynchronous session that is lost tells how far its requests got', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({
    host,
    port: server.port,
    enableAsync: true,
    highWaterBytes: 100_000,
  })
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
  await t.rejects(session.close(), { code: 'DDB_CONNECTION_LOST' }, 'nobody else would tell')
})

t.test('close gives up on a server that takes nothing', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, closeTimeoutMs: 50 })
  server.peer.socket.pause()
  const table = idTable(...Array(25_000).keys())
  while (session.bufferedBytes < 20_000_000) session.send('f', [table])
  await t.rejects(session.close(), {
    code: 'DDB_CONNECTION_LOST',
    message: /took and answered nothing for 50 ms/,
  })
  t.ok(session.sends.written < session.sends.accepted)
})

t.test('bytes that are not an answer end the session and are shown', async t => {
  const server = await startFakeServer((_received, peer) => peer.socket.write('what?\n'))
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  await Promise.all([
    t.rejects(session.run('1'), { name: 'ProtocolError', message: /"what\?"/ }),
    t.rejects(session.run('2'), { name: 'ProtocolError' }),
  ])
  await session.close()
})

t.test('close never resets: the server reads everything and then the end', async t => {
  const server = await startFakeServer(({ head }, peer) => {
    // Answers nobody reads would turn a careless close into a reset.
    if ((head.flags & 4) !== 0) peer.reply({ value: text('x'.repeat(1000)) })
  })
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, enableAsync: true })
  let failure: unknown
  server.peer.socket.on('error', error => (failure = error))
  for (let i = 0; i < 2000; i++) await session.run('f', int(i))
  await session.close()
  await server.peer.until(peer => peer.ended)
  t.equal(server.peer.requests.length, 2001)
  t.equal(failure, undefined)
})

t.test('faults of the embedded server reach the client as typed failures', async t => {
  const server = await startTinyServer(
    { script: () => idTable(1, 2, 3) },
    {
      faults: {
        afterExecute: ({ text }) => (text === 'cut' ? 'cut' : undefined),
        beforeExecute: ({ text }) => (text === 'close' ? 'close' : undefined),
      },
    },
  )
  t.teardown(() => server.close())
  for (const code of ['cut', 'close']) {
    const session: Session = await connect({ host, port: server.port })
    t.strictSame(await session.run('fine'), idTable(1, 2, 3))
    await t.rejects(session.run(code), { code: 'DDB_CONNECTION_LOST' })
  }
})
