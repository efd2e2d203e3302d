import t from 'tap'
import { connect } from '../../src/client/open-session.js'
import type { RunOptions } from '../../src/client/open-session.js'
import { startFakeServer } from '../helpers/fake-server.js'
import { closedGate } from '../helpers/gate.js'
import { idTable, int, text } from '../helpers/values.js'

const host = '127.0.0.1'

t.test('a session connects and asks in the very bytes of the C++ client', async t => {
  const server = await startFakeServer((_received, peer) => peer.reply({ value: int(1) }))
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
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
  await session.close()
})

t.test('options of a request reach its header', async t => {
  const server = await startFakeServer((_received, peer) => peer.reply({ value: undefined }))
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  const options: RunOptions = { clearMemory: true, priority: 8, parallelism: 2, fetchSize: 8192 }
  t.equal(await session.run('1', options), undefined)
  await session.run('f', int(1), options)
  await session.call('f', [], options)
  const headers = server.peer.received.toString('latin1').match(/API2.*/g)
  t.strictSame(headers, [
    'API2 1000000002 8 / 48_1_8_2__8192',
    'API2 1000000002 14 / 48_1_8_2__8192',
    'API2 1000000002 14 / 48_1_8_2__8192',
  ])
  for (const bad of [{ priority: 9 }, { parallelism: 0 }, { fetchSize: 8191 }, { timeoutMs: 0 }]) {
    await t.rejects(session.run('1', bad), { code: 'DDB_USAGE', message: /must be an integer/ })
  }
  await session.close()
})

t.test('requests of a session wait for each other, in order', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  const { peer } = server
  const answers = Promise.all(['1', '2', '3'].map(code => session.run(code)))
  for (let i = 1; i <= 3; i++) {
    await peer.until(() => peer.requests.length === i + 1)
    t.strictSame(peer.requests[i]?.request, { kind: 'script', script: String(i) })
    peer.reply({ value: int(i) })
  }
  t.strictSame(await answers, [int(1), int(2), int(3)])
  await session.close()
})

t.test('answers may come in any pieces', async t => {
  const server = await startFakeServer((_received, peer) => peer.reply({ value: idTable(1, 2, 3) }))
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  const { peer } = server
  const write = peer.socket.write.bind(peer.socket)
  peer.socket.write = (bytes: Buffer): boolean => {
    for (const byte of bytes) {
      peer.socket.cork()
      write(Buffer.of(byte))
      peer.socket.uncork()
    }
    return true
  }
  t.strictSame(await session.run('t'), idTable(1, 2, 3))
  t.strictSame(await session.run('t'), idTable(1, 2, 3))
  await session.close()
})

t.test('an error line is a ServerError, classed, and the session goes on', async t => {
  const errors = [
    'Syntax Error: [line #1] Cannot recognize the token tt',
    '<NoPrivilege>Not granted to write data to table dfs://db/pt',
    'getGroupList() => Only administrators execute function getGroupList',
    'Login is required for script execution with client authentication enabled. RefId: S04009',
  ]
  const server = await startFakeServer((_received, peer) => {
    const error = errors.shift()
    peer.reply(error === undefined ? { value: int(1) } : { error })
  })
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  await t.rejects(session.run('tt'), {
    name: 'ServerError',
    code: 'DDB_SERVER',
    serverMessage: 'Syntax Error: [line #1] Cannot recognize the token tt',
  })
  await t.rejects(session.call('f', []), { code: 'DDB_PRIVILEGE' })
  await t.rejects(session.upload({ a: int(1) }), { code: 'DDB_PRIVILEGE' })
  await t.rejects(session.run('f', int(1)), { code: 'DDB_LOGIN', exitCode: 77 })
  t.strictSame(await session.run('1'), int(1))
  await session.close()
})

t.test('printed output reaches onMessage before the answer', async t => {
  const server = await startFakeServer((_received, peer) => {
    peer.print('first')
    peer.print('second')
    peer.reply({ value: int(1) })
  })
  t.teardown(() => server.close())
  const messages: string[] = []
  const session = await connect({ host, port: server.port, onMessage: text => messages.push(text) })
  await session.run('print(1)')
  t.strictSame(messages, ['first', 'second'])
  session.onMessage = text => messages.push(`later ${text}`)
  await session.run('print(1)')
  t.strictSame(messages.slice(2), ['later first', 'later second'])
  session.onMessage = undefined
  await session.run('print(1)')
  t.equal(messages.length, 4)
  await session.close()
})

t.test('variables need names, and their values must be sendable', async t => {
  const server = await startFakeServer((_received, peer) => peer.reply({ value: undefined }))
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  await t.rejects(session.upload({ '1a': int(1) }), { code: 'DDB_NAME' })
  await t.rejects(session.upload({ a: text('x\0y') }), { code: 'DDB_STRING_HAS_NUL' })
  await t.rejects(session.run('f', text('x\0y')), { code: 'DDB_STRING_HAS_NUL' })
  await session.upload({})
  t.equal(server.peer.requests.length, 1, 'only connect was sent')
  await session.upload({ a: int(1) })
  t.match(server.peer.requests[1], {
    request: { kind: 'variable', names: ['a'], values: [int(1)] },
  })
  await session.close()
})

t.test('a time limit ends the wait, not the session', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
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
  await session.close()
})

t.test('an AbortSignal ends the wait, not the session', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  const { peer } = server
  const controller = new AbortController()
  const { signal } = controller
  const outstanding = session.run('outstanding', { signal })
  const queued = session.call('queued', [], { signal })
  const patient = session.run('patient')
  const reason = new Error('enough')
  controller.abort(reason)
  await t.rejects(outstanding, { code: 'DDB_INTERRUPTED', cause: reason })
  await t.rejects(queued, { code: 'DDB_INTERRUPTED' })
  await t.rejects(session.run('aborted before', { signal }), { code: 'DDB_INTERRUPTED' })
  peer.reply({ value: int(1) })
  await peer.until(() => peer.requests.length === 3)
  peer.reply({ value: int(3) })
  t.strictSame(await patient, int(3))
  t.equal(peer.requests.length, 3)
  await session.close()
})

t.test('close lets requests finish, sends FIN and refuses what comes later', async t => {
  const server = await startFakeServer(() => undefined, { keepOpen: true })
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
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

t.test('close waits a bounded time for the other end', async t => {
  const server = await startFakeServer(() => undefined, { keepOpen: true })
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, closeTimeoutMs: 20 })
  await session.close()
  const stuck = await connect({ host, port: server.port, closeTimeoutMs: 20 })
  const never = stuck.run('never answered')
  never.catch(() => undefined)
  await stuck.close()
  await t.rejects(never, { code: 'DDB_CONNECTION_LOST', message: /answered nothing for 20 ms/ })
})

t.test('onClose tells a loss from a close', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
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

t.test('a large result comes in blocks, decoded as they are taken', async t => {
  const blocks = Array.from({ length: 50 }, (_, i) =>
    idTable(...Array.from({ length: 5000 }, () => i)),
  )
  const server = await startFakeServer(({ head }, peer) =>
    peer.reply(
      head.fetchSize === 0
        ? { value: int(7) }
        : { value: { form: 'vector', type: 'ANY', length: 50, data: blocks } },
    ),
  )
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
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

t.test('a block reader gets a result that is not a tuple, and errors', async t => {
  const outcomes = [{ value: int(5) }, { error: 'no such table' }]
  const server = await startFakeServer((_received, peer) => peer.reply(outcomes.shift()!))
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  const values: unknown[] = []
  for await (const block of session.readBlocks('x', { fetchSize: 8192 })) values.push(block)
  t.strictSame(values, [int(5)])
  await t.rejects(session.readBlocks('x', { fetchSize: 8192 }).next(), {
    message: 'no such table',
  })
  await t.rejects(session.readBlocks('x', { fetchSize: 1 }).next(), { code: 'DDB_USAGE' })
  await session.close()
})

t.test('answers larger than allowed end the session with the limit named', async t => {
  const server = await startFakeServer((_received, peer) =>
    peer.reply({ value: idTable(...Array(1000).keys()) }),
  )
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, maxReplyBytes: 1000 })
  await t.rejects(session.run('t'), { name: 'ProtocolError', code: 'DDB_LIMIT' })
  await t.rejects(session.run('t'), { code: 'DDB_LIMIT' })
})

t.test('an answer nobody asked for ends a synchronous session', async t => {
  const server = await startFakeServer((_received, peer) => peer.reply({ value: int(1) }))
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  const lost = new Promise(resolve => (session.onClose = resolve))
  session.send('f', [])
  t.match(await lost, { name: 'ProtocolError', message: /no request asked for/ })
  t.throws(() => session.send('f', []), { code: 'DDB_PROTOCOL' })
})
