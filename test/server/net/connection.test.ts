/* One connection, to the byte: docs/protocol.md#response, #asynchronous-requests, #flags and #blocks name the sources. */
import { Buffer } from 'node:buffer'
import t from 'tap'
import type { AsynchronousFailure } from '../../../src/server/index.js'
import { ScriptError } from '../../../src/server/script-error.js'
import { builtins } from '../../../src/server/script/session/session.js'
import { closedGate } from '../../helpers/gate.js'
import { RawPeer } from '../../helpers/raw-peer.js'
import { asynchronous, call, connectBytes, requestBytes, script } from '../../helpers/requests.js'
import { deepTest } from '../../helpers/runs.js'
import { startTinyServer, tinyServer, type TinyServer } from '../../helpers/tiny-server.js'
import { idTable, int } from '../../helpers/values.js'
import { connectTyped as connect } from '../../../src/client/open-session.js'
import type { Table } from '../../../src/protocol/value.js'

// A server with answers larger than all buffers between the server and a client that does not read.

/** A server whose every script returns 1 MiB. */
function startBigServer(): Promise<TinyServer> {
  const length = 262_144
  return startTinyServer({
    script: () => ({ form: 'vector', type: 'INT', length, data: new Int32Array(length) }),
  })
}

function scriptsRun(server: TinyServer): number {
  return server.log.filter(line => line.startsWith('script ')).length
}

/** Exchanges requests on a second session while the server is busy with a client that does not read. */
async function exchangeMeanwhile(port: number, connectBytes: Buffer): Promise<void> {
  const other = await RawPeer.connect(port)
  for (let i = 0; i < 20; i++) await other.ask(i === 0 ? connectBytes : requestBytes(call('f')))
}

const one = Buffer.from('1000000001 1 1\nOK\n\x04\0\x01\0\0\0', 'latin1')

t.test('a bare connect is answered with a session id and no object, to the byte', async t => {
  const server = await tinyServer(t)
  const first = await RawPeer.connected(server.port)
  t.equal(first.received.toString(), '1000000001 0 1\nOK\n')
  const second = await RawPeer.connected(server.port)
  t.equal(second.received.toString(), '1000000002 0 1\nOK\n')
  t.equal(server.counters.connections, 2)
})

t.test('a session runs its requests in order; other sessions do not wait for it', async t => {
  const gate = closedGate()
  const server = await tinyServer(t, {
    script: code => (code === 'wait' ? gate.opened.then(() => int(1)) : int(2)),
  })
  const waiting = await RawPeer.connect(server.port)
  await waiting.write(connectBytes, requestBytes(script('wait')), requestBytes(script('next')))
  await server.logged('script wait')
  const other = await RawPeer.connected(server.port)
  t.match(await other.ask(requestBytes(script('other'))), { ok: true, value: { value: 2 } })
  t.strictSame(server.log, ['script wait', 'script other'])
  const job = [['1000000001', { jobType: 'script', description: 'wait', priority: 4 }]]
  t.match([...server.node.jobs], job)
  gate.open()
  await waiting.response()
  t.match(await waiting.response(), { ok: true, value: { value: 1 } })
  t.match(await waiting.response(), { ok: true, value: { value: 2 } })
  t.strictSame(server.log, ['script wait', 'script other', 'script next'])
  t.equal(server.node.jobs.size, 0)
})

t.test('the server sends no byte for asynchronous requests, whatever their outcome', async t => {
  const failures: AsynchronousFailure[] = []
  const server = await tinyServer(
    t,
    {
      call: (name, _args, session) => {
        session.print('nobody reads this')
        if (name === 'bad') throw new ScriptError('no such thing')
        return name === 'late' ? Promise.reject(new ScriptError('too late')) : int(1)
      },
      script: () => int(1),
    },
    { onAsyncError: failure => failures.push(failure) },
  )
  const peer = await RawPeer.connect(server.port)
  await peer.ask(Buffer.from('API 0 8 / 36_1_4_2\nconnect\n'))
  const before = peer.received.length
  await peer.write(
    requestBytes(call('good', idTable(1)), asynchronous),
    requestBytes(call('bad'), asynchronous),
    requestBytes(call('late'), asynchronous),
    requestBytes(call('login', int(1)), asynchronous),
    requestBytes(script('1')),
  )
  t.match(await peer.response(), { ok: true, value: { value: 1 } })
  t.strictSame(peer.received.subarray(before), one)
  t.match(failures, [
    { sessionId: '1000000001', text: 'bad', message: 'no such thing' },
    { text: 'late', message: 'too late' },
    { text: 'login' },
  ])
  t.match(server.counters, { requests: 6, asynchronousRequests: 5, asynchronousFailures: 3 })
})

t.test('an error is one line, and the connection can still be used', async t => {
  const server = await tinyServer(t, {
    script: code => {
      if (code === 'bad') throw new ScriptError('first\nsecond\r\nthird')
      if (code === 'unsendable') return { form: 'scalar', type: 'STRING', value: 'a\0b' }
      return int(1)
    },
  })
  const peer = await RawPeer.connected(server.port)
  t.match(await peer.ask(...['bad', 'unsendable', 'good'].map(s => requestBytes(script(s)))), {
    ok: false,
    message: 'first second third',
  })
  t.match(await peer.response(), { ok: false, message: /U\+0000/ })
  t.match(await peer.response(), { ok: true, value: { value: 1 } })
})

t.test('printed output comes before the answer, for API2 only', async t => {
  const server = await tinyServer(t, {
    script: (_code, session) => {
      session.print('hello')
      session.print('world')
      return int(1)
    },
  })
  const peer = await RawPeer.connected(server.port)
  const before = peer.received.length
  await peer.ask(requestBytes(script('1')))
  t.strictSame(peer.messages, ['hello', 'world'])
  const messages = Buffer.concat([Buffer.from('MSG\nhello\0MSG\nworld\0'), one])
  t.strictSame(peer.received.subarray(before), messages)
  await peer.ask(requestBytes(script('1'), { protocol: 'API' }))
  t.equal(peer.messages.length, 2)
})

t.test('flag 16 removes variables after its request, not before; functions stay', async t => {
  const events: string[] = []
  const server = await tinyServer(t, {
    script: (code, { variables, functions }) => {
      events.push([code, ...variables.keys(), ...functions.keys()].join(' '))
      variables.set(`in ${code}`, int(1))
      functions.set('f', builtins.get('add')!)
      return undefined
    },
  })
  const peer = await RawPeer.connected(server.port)
  const cleared = requestBytes(script('b'), { flags: 48 })
  for (let i = 0; i < 3; i++)
    t.match(await peer.ask(requestBytes(script('a')), cleared, requestBytes(script('c'))), {
      ok: true,
      value: undefined,
    })
  t.strictSame(events, ['a', 'b in a f', 'c f'])
})

for (const goodbye of ['end', 'destroy'] as const) {
  t.test(`everything sent before a client's ${goodbye}() is executed`, async t => {
    const gate = closedGate()
    let rows = 0
    const server = await tinyServer(t, {
      call: (_name, args) => {
        const [table] = args
        if (table?.form === 'table') rows += table.rows
        return rows === 1 ? gate.opened : undefined
      },
    })
    const peer = await RawPeer.connect(server.port)
    const { sessionId } = await peer.ask(connectBytes)
    const insert = requestBytes(call('tableInsert{t}', idTable(1)), asynchronous)
    await peer.write(...Array.from({ length: 1000 }, () => insert))
    peer.socket[goodbye]()
    await server.logged('call tableInsert{t}')
    gate.open()
    await server.sessionClosed(sessionId)
    t.equal(rows, 1000)
  })
}

t.test('a client that only finished sending still gets its answers', async t => {
  const gate = closedGate()
  const server = await tinyServer(t, { script: () => gate.opened.then(() => int(1)) })
  const peer = await RawPeer.connect(server.port)
  await peer.write(connectBytes, requestBytes(script('1')), requestBytes(script('2')))
  peer.socket.end()
  await server.logged('script 1')
  gate.open()
  const received = await peer.ended()
  t.strictSame(received, Buffer.concat([Buffer.from('1000000001 0 1\nOK\n'), one, one]))
})

t.test('bytes that are not a request end their session, with a message, and no other', async t => {
  const server = await tinyServer(t, { script: () => int(1) })
  const good = await RawPeer.connected(server.port)
  const bad = await RawPeer.connect(server.port)
  await bad.write(connectBytes, Buffer.from('HELO mail.example.org\r\n'.repeat(1000)))
  const text = (await bad.ended()).toString()
  t.match(text, /^1000000002 0 1\nOK\n1000000002 0 1\n.*begin with API.*\n$/)
  bad.socket.end()
  t.match(await good.ask(requestBytes(script('1'))), { ok: true })
})

t.test('an asynchronous session that sends invalid bytes is closed without an answer', async t => {
  const failures: AsynchronousFailure[] = []
  const server = await tinyServer(t, {}, { onAsyncError: one => void failures.push(one) })
  const peer = await RawPeer.connected(server.port)
  const before = peer.received.length
  await peer.write(requestBytes(call('f'), asynchronous), Buffer.from('nonsense\n'))
  t.equal((await peer.ended()).length, before)
  t.match(failures, [{ message: /begin with API/ }])
  peer.socket.end()
})

t.test('a connection that ends inside a request is reported, which does not run', async t => {
  const failures: AsynchronousFailure[] = []
  const server = await tinyServer(t, {}, { onAsyncError: one => void failures.push(one) })
  const peer = await RawPeer.connect(server.port)
  const insert = requestBytes(call('f', idTable(1, 2, 3)), asynchronous)
  await peer.write(connectBytes, insert, insert.subarray(0, -1))
  peer.socket.end()
  await peer.ended()
  await server.sessionClosed('1000000001')
  t.strictSame(server.log, ['call f'])
  t.match(failures, [{ message: /ended in the middle/ }])
})

t.test('sessions of other languages are refused with a message', async t => {
  const server = await tinyServer(t)
  for (const flags of [2048, 4096]) {
    const peer = await RawPeer.connect(server.port)
    const expected = { ok: false, message: /DolphinDB scripts only/ }
    t.match(await peer.ask(requestBytes({ kind: 'connect' }, { flags })), expected)
  }
})

deepTest(t, 'the server stops working for a client that does not read', async t => {
  const server = await startBigServer()
  t.teardown(() => server.close())
  const peer = await RawPeer.connected(server.port)
  peer.socket.pause()
  const requests = 200
  const all = peer.write(...Array.from({ length: requests }, () => requestBytes(script('1'))))
  await all
  await server.logged('script 1')
  await exchangeMeanwhile(server.port, connectBytes)
  const executed = scriptsRun(server)
  t.ok(executed < 20, `${executed} of ${requests} answers of 1 MiB were computed`)
  peer.socket.resume()
  for (let i = 0; i < requests; i++) t.ok((await peer.response()).ok)
  t.equal(scriptsRun(server), requests)
})

const host = '127.0.0.1'
const ids = Array.from({ length: 10_000 }, (_, i) => i)

t.test('a table requested with a fetchSize comes in blocks of about that size', async t => {
  const server = await tinyServer(t, { script: () => idTable(...ids) })
  const session = await connect({ host, port: server.port })
  const seen: number[] = []
  let blocks = 0
  for await (const block of session.readBlocks('t', { fetchSize: 8192 })) {
    const column = (block as Table).columns[0] as { data: Int32Array }
    t.ok((column.data.byteLength <= 8192 && column.data.byteLength > 4096) || seen.length > 9000)
    seen.push(...column.data)
    blocks += 1
  }
  t.strictSame(seen, ids)
  t.equal(blocks, 5)
  await session.close()
})
