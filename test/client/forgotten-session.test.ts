/*
  A server that does not know the id of a request opens a new session without a word; its answer carries another id
  (docs/protocol.md#response). Whoever sent the request has to be told, and nothing more may go there.
*/
import t from 'tap'
import { connect } from '../../src/client/open-session.js'
import { ConnectionPool } from '../../src/client/pool/pool.js'
import { startFakeServer, type FakeServer } from '../helpers/fake-server.js'
import { int } from '../helpers/values.js'

const host = '127.0.0.1'
const forgotten = { code: 'DDB_CONNECTION_LOST', message: /has forgotten this session/ }

/** Answers each script with its number; from the second one on under another id. */
function startForgetful(outcomes: readonly ('value' | 'error')[]): Promise<FakeServer> {
  let answered = 0
  return startFakeServer((_received, peer) => {
    const id = answered === 0 ? undefined : `99${answered}`
    const outcome = outcomes[answered++]
    peer.reply(
      outcome === 'error' ? { error: 'Cannot recognize the token x' } : { value: int(7) },
      id,
    )
  })
}

t.test('an answer is given, what was waiting behind it is not sent', async t => {
  const server = await startForgetful(['value', 'value'])
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  t.strictSame(await session.run('x = 7; x'), int(7))
  const both = [session.run('tableInsert(t, 1)'), session.run('x')] as const
  t.strictSame(await both[0], int(7), 'what was done is told')
  await t.rejects(both[1], forgotten)
  await t.rejects(session.run('x'), forgotten)
  await server.peer.until(peer => peer.ended || peer.socket.destroyed)
  t.equal(server.peer.requests.length, 3, 'connect and two scripts')
  t.ok(session.closed)
})

t.test('an error is not taken for the outcome of the request', async t => {
  const server = await startForgetful(['value', 'error'])
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  await session.run('x = 7')
  await t.rejects(session.run('x'), forgotten)
})

t.test('a pool opens another session for its next task', async t => {
  const server = await startForgetful(['value', 'error', 'value'])
  t.teardown(() => server.close())
  const pool = await ConnectionPool.connect({ host, port: server.port, size: 1 })
  await pool.run('x = 7')
  await t.rejects(pool.run('x'), forgotten)
  t.strictSame(await pool.run('1'), int(7))
  await pool.shutDown()
})
