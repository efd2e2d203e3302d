import t from 'tap'
import type { RequestInfo } from '../../../src/server/net/faults.js'
import { closedGate } from '../../helpers/gate.js'
import { RawPeer } from '../../helpers/raw-peer.js'
import { asynchronous, call, connectBytes, requestBytes, script } from '../../helpers/requests.js'
import { startTinyServer } from '../../helpers/tiny-server.js'
import { idTable, int } from '../../helpers/values.js'

t.test('hooks see every request, in order, with what identifies it', async t => {
  const seen: RequestInfo[] = []
  const server = await startTinyServer(
    {},
    { faults: { beforeExecute: request => void seen.push(request) } },
  )
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  await peer.write(
    Buffer.concat([
      connectBytes,
      requestBytes(call('tableInsert{t}', int(1), idTable(1, 2)), asynchronous),
      requestBytes({ kind: 'variable', names: ['a', 'b'], values: [int(1), int(2)] }),
      requestBytes(script('1'.repeat(1000))),
    ]),
  )
  for (let i = 0; i < 3; i++) await peer.response()
  const sessionId = '1000000001'
  const plain = { sessionId, asynchronous: false, mixed: false, rows: 0 }
  t.strictSame(seen, [
    { ...plain, requestNumber: 1, kind: 'connect', text: '' },
    {
      sessionId,
      requestNumber: 2,
      kind: 'function',
      text: 'tableInsert{t}',
      asynchronous: true,
      mixed: true,
      rows: 2,
    },
    { ...plain, requestNumber: 3, kind: 'variable', text: 'a,b' },
    { ...plain, requestNumber: 4, kind: 'script', text: '1'.repeat(200) },
  ])
})

t.test('before execution: dropped, failed or delayed', async t => {
  const gate = closedGate()
  const server = await startTinyServer(
    { script: () => int(1) },
    {
      faults: {
        beforeExecute: ({ text }) => {
          if (text === 'dropped') return 'drop'
          if (text === 'failed') return { error: 'disk on fire' }
          return text === 'delayed' ? { until: gate.opened } : undefined
        },
      },
    },
  )
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  const scripts = ['dropped', 'failed', 'first', 'delayed', 'last'].map(code =>
    requestBytes(script(code)),
  )
  await peer.write(Buffer.concat([connectBytes, ...scripts]))
  await peer.response()
  t.match(await peer.response(), { ok: false, message: 'disk on fire' })
  t.match(await peer.response(), { ok: true })
  t.strictSame(server.log, ['script first'])
  gate.open()
  await peer.response()
  await peer.response()
  t.strictSame(server.log, ['script first', 'script delayed', 'script last'])
})

t.test(
  'a flag that is not that of the connection: put off, turned round, or the end of answers',
  async t => {
    const seen: Record<string, string> = {}
    for (const fault of ['later', 'flag', 'stall'] as const) {
      const server = await startTinyServer(
        { script: code => int(Number(code)) },
        { faults: { beforeExecute: ({ mixed }) => (mixed ? fault : undefined) } },
      )
      t.teardown(() => server.close())
      const peer = await RawPeer.connect(server.port)
      const requests = [
        requestBytes(script('1'), asynchronous),
        requestBytes(script('2')),
        requestBytes(script('3'), asynchronous),
      ]
      await peer.write(Buffer.concat([connectBytes, ...requests]))
      peer.socket.end()
      const answers = (await peer.ended()).toString('latin1').split('OK\n').length - 2
      seen[fault] = `${server.log.map(line => line.at(-1)).join('')}, ${answers} answered`
    }
    t.strictSame(seen, {
      later: '213, 1 answered',
      flag: '123, 3 answered',
      stall: '123, 0 answered',
    })
  },
)

t.test('closed before execution: neither it nor what follows runs', async t => {
  const server = await startTinyServer(
    {},
    {
      faults: { beforeExecute: ({ requestNumber }) => (requestNumber === 3 ? 'close' : undefined) },
    },
  )
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  const insert = requestBytes(call('f'), asynchronous)
  await peer.write(Buffer.concat([connectBytes, insert, insert, insert]))
  await peer.ended()
  t.strictSame(server.log, ['call f'])
  t.strictSame(server.closedSessions, ['1000000001'])
})

t.test('after execution: closed without an answer, or in the middle of it', async t => {
  for (const [fault, expected] of [
    ['close', ''],
    ['cut', '1000000001 1'],
  ] as const) {
    const server = await startTinyServer(
      { script: () => int(1) },
      { faults: { afterExecute: ({ kind }) => (kind === 'script' ? fault : undefined) } },
    )
    t.teardown(() => server.close())
    const peer = await RawPeer.connect(server.port)
    await peer.write(connectBytes)
    await peer.response()
    const before = peer.received.length
    await peer.write(requestBytes(script('x')))
    const rest = (await peer.ended()).subarray(before).toString()
    t.equal(rest, expected)
    t.strictSame(server.log, ['script x'])
  }
})

t.test('an answer alone can be dropped, and its neighbours are not', async t => {
  const server = await startTinyServer(
    { script: code => int(Number(code)) },
    { faults: { afterExecute: ({ text }) => (text === '2' ? 'drop' : undefined) } },
  )
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  await peer.write(
    Buffer.concat([connectBytes, ...['1', '2', '3'].map(s => requestBytes(script(s)))]),
  )
  await peer.response()
  t.match(await peer.response(), { value: { value: 1 } })
  t.match(await peer.response(), { value: { value: 3 } })
})

t.test('a password inside a script is not among what hooks and lists are shown', async t => {
  const texts: string[] = []
  const server = await startTinyServer(
    {
      script: () => {
        throw new Error('no')
      },
    },
    { faults: { beforeExecute: ({ text }) => void texts.push(text) } },
  )
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  const codes = [
    'login("admin", "secret"); 1',
    'a = 1\nlogin ( `admin, `secret',
    `${'x'.repeat(190)};login("secret")`,
  ]
  const requests = codes.map(code => requestBytes(script(code), asynchronous))
  await peer.write(Buffer.concat([connectBytes, ...requests, requestBytes(script('last'))]))
  await peer.response()
  await peer.response()
  t.strictSame(texts.slice(1, 3), ['login(***); 1', 'a = 1\nlogin(***)'])
  t.notMatch(JSON.stringify([texts, server.recentAsyncErrors]), 'secret')
})
