/* The official client over TLS: WebSocket inside TLS, on the TLS port of the server. */
import { connectTyped as connect } from '../../src/client/open-session.js'
import t from 'tap'
import { Certificates } from '../helpers/certificates.js'
import { test } from './client.js'
import { startServerFor } from '../helpers/load-server.js'

const identity = new Certificates(t).make('server')

/** Makes this process accept any certificate while `act` runs, because the client's WebSocket has no TLS options. */
async function trustingAll<T>(act: () => Promise<T>): Promise<T> {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    return await act()
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
  }
}

test('the client logs in, requests and writes over TLS', async (t, client) => {
  const server = await startServerFor(t, {
    tlsCertFile: identity.certFile,
    tlsKeyFile: identity.keyFile,
    initScript: 'share streamTable(1:0, `id`sym, [INT, STRING]) as trades',
  })
  const official = new client.DDB(`wss://${server.host}:${server.port}`)
  t.teardown(() => official.disconnect())
  await trustingAll(() => official.connect())
  t.equal((await official.eval('1 + 1')).value, 2)
  const user = (await official.eval('getCurrentSessionAndUser()')).data() as unknown[]
  t.equal(user[1], 'admin')
  await official.eval('tableInsert(trades, 1..3, `a`b`c)')
  const rows = (await official.eval('exec sum(id) from trades')).value
  t.equal(Number(rows), 6)

  const ours = await connect({
    host: server.host,
    port: server.port,
    tls: true,
    caFile: identity.certFile,
    user: 'admin',
    password: '123456',
  })
  t.match(await ours.run('exec count(*) from trades'), { value: 3 }, 'on the same port')
  await ours.close()
})

test("the client is refused without TLS, and if the server's certificate is not trusted", async (t, client) => {
  const server = await startServerFor(t, {
    tlsCertFile: identity.certFile,
    tlsKeyFile: identity.keyFile,
  })
  for (const scheme of ['ws', 'wss']) {
    const official = new client.DDB(`${scheme}://${server.host}:${server.port}`)
    t.teardown(() => official.disconnect())
    await t.rejects(official.connect(), scheme)
  }
})
