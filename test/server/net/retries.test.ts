import t from 'tap'
import type { RequestHead } from '../../../src/protocol/request.js'
import { closedGate } from '../../helpers/gate.js'
import { RawPeer } from '../../helpers/raw-peer.js'
import { call, connectBytes, requestBytes, script } from '../../helpers/requests.js'
import { startTinyServer } from '../../helpers/tiny-server.js'
import { idTable, int } from '../../helpers/values.js'

const clientId = '46e3fbf2-abba-cd29-ec4a-ff517369c667'
const numbered = (sequenceNumber: number, id = clientId): Partial<RequestHead> => ({
  clientId: id,
  sequenceNumber,
})
const insert = call('tableInsert{t}', idTable(1))

async function connected(port: number): Promise<RawPeer> {
  const peer = await RawPeer.connect(port)
  await peer.write(connectBytes)
  await peer.response()
  return peer
}

t.test('a request repeated after a reconnect is answered again but not executed again', async t => {
  let executed = 0
  const server = await startTinyServer({ call: () => int((executed += 1)) })
  t.teardown(() => server.close())
  const first = await connected(server.port)
  await first.write(requestBytes(insert, numbered(1)))
  await first.write(requestBytes(insert, numbered(2)))
  await first.response()
  first.socket.destroy()
  const second = await connected(server.port)
  await second.write(requestBytes(insert, numbered(-2)))
  t.match(await second.response(), { ok: true, value: { value: 2 } })
  await second.write(requestBytes(insert, numbered(-1)))
  t.match(await second.response(), { ok: true, value: undefined })
  await second.write(requestBytes(insert, numbered(3)))
  t.match(await second.response(), { ok: true, value: { value: 3 } })
  await second.write(requestBytes(insert, numbered(-2, 'somebody else')))
  t.match(await second.response(), { ok: true, value: { value: 4 } })
  await second.write(requestBytes(insert))
  await second.write(requestBytes(insert))
  await second.response()
  t.match(
    await second.response(),
    { ok: true, value: { value: 6 } },
    'requests without a key are just requests',
  )
})

t.test('a request repeated while it is still under way is executed once', async t => {
  const gate = closedGate()
  const server = await startTinyServer({ script: () => gate.opened.then(() => int(7)) })
  t.teardown(() => server.close())
  const first = await connected(server.port)
  await first.write(requestBytes(script('slow'), numbered(1)))
  await server.logged('script slow')
  first.socket.destroy()
  const second = await connected(server.port)
  await second.write(requestBytes(script('slow'), numbered(-1)))
  const answer = second.response()
  const other = await connected(server.port)
  other.socket.end()
  await other.ended()
  gate.open()
  t.match(await answer, { ok: true, value: { value: 7 } })
  t.strictSame(server.log, ['script slow'])
})

t.test('what failed may be tried again', async t => {
  let tries = 0
  const server = await startTinyServer({
    script: code => {
      tries += 1
      if (tries > 1) return int(tries)
      if (code === 'late') return Promise.reject(new Error('not now'))
      throw new Error('not now')
    },
  })
  t.teardown(() => server.close())
  const peer = await connected(server.port)
  for (const [code, number] of [
    ['at once', 1],
    ['late', 2],
  ] as const) {
    tries = 0
    await peer.write(requestBytes(script(code), numbered(number)))
    t.match(await peer.response(), { ok: false, message: 'not now' })
    await peer.write(requestBytes(script(code), numbered(-number)))
    t.match(await peer.response(), { ok: true, value: { value: 2 } })
  }
})

t.test(
  'a request that fails late takes nothing from the one its client sent meanwhile',
  async t => {
    const gate = closedGate()
    let executed = 0
    const server = await startTinyServer({
      script: code =>
        code === 'slow'
          ? gate.opened.then(() => Promise.reject(new Error('too late')))
          : int((executed += 1)),
    })
    t.teardown(() => server.close())
    const first = await connected(server.port)
    await first.write(requestBytes(script('slow'), numbered(1)))
    await server.logged('script slow')
    const second = await connected(server.port)
    await second.write(requestBytes(script('next'), numbered(2)))
    t.match(await second.response(), { ok: true, value: { value: 1 } })
    gate.open()
    t.match(await first.response(), { ok: false, message: 'too late' })
    await second.write(requestBytes(script('next'), numbered(-2)))
    t.match(await second.response(), { ok: true, value: { value: 1 } })
  },
)

t.test('keys are kept for a bounded number of clients', async t => {
  const server = await startTinyServer({ script: () => int(1) })
  t.teardown(() => server.close())
  const peer = await connected(server.port)
  const requests = Array.from({ length: 1025 }, (_, i) =>
    requestBytes(script('x'), numbered(1, `c${i}`)),
  )
  await peer.write(Buffer.concat(requests))
  for (let i = 0; i < 1025; i++) await peer.response()
  await peer.write(requestBytes(script('again'), numbered(-1, 'c1')))
  await peer.write(requestBytes(script('again'), numbered(-1, 'c0')))
  await peer.response()
  await peer.response()
  t.equal(
    server.log.filter(line => line === 'script again').length,
    1,
    'only the oldest was forgotten',
  )
})
