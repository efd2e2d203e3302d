import t, { type Test } from 'tap'
import { connect } from '../../../src/client/open-session.js'
import { ConnectionError } from '../../../src/errors.js'
import { newBarrier } from '../../../src/load/transport/barrier.js'
import { startFakeServer, type FakePeer } from '../../helpers/fake-server.js'

/** A session. Its server answers when the test says so. */
async function scene(t: Test, enableAsync = false) {
  const asked: FakePeer[] = []
  const server = await startFakeServer((_, peer) => void asked.push(peer))
  t.teardown(() => server.close())
  const session = await connect({ host: '127.0.0.1', port: server.port, enableAsync })
  const reason = new ConnectionError('DDB_CONNECTION_LOST', 'the test is over')
  t.teardown(() => session.abandon(reason))
  return { session, server, asked, barrier: newBarrier(session) }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

for (const [name, answer] of Object.entries({
  'an answer': { value: undefined },
  'a refusal': { error: 'Login is required' },
})) {
  t.test(`${name} shows that the server has processed all earlier requests`, async t => {
    const { barrier, asked, server } = await scene(t)
    t.equal(barrier.passed(), false)
    await server.peer.until(() => asked.length > 0)
    t.equal(barrier.passed(), false)
    asked[0]!.reply(answer)
    while (barrier.passed() !== true) await turn()
    t.equal(asked.length, 1, 'the server is asked once')
  })
}

t.test(
  'a barrier on a lost connection has passed, because the server gets no more requests',
  async t => {
    const { barrier, session } = await scene(t)
    t.equal(barrier.passed(), false)
    session.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
    while (barrier.passed() !== true) await turn()
  },
)

t.test('nothing is asked on a purely asynchronous session', async t => {
  const { barrier, session, asked } = await scene(t, true)
  t.equal(barrier.passed(), undefined)
  await session.close()
  t.equal(asked.length, 0)
})
