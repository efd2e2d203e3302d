/*
  Which session a request runs in: the one it names, if its connection has it, else a new one.
*/
import t from 'tap'
import type { Response } from '../../src/protocol/response.js'
import { startServer } from '../../src/server/index.js'
import { RawPeer } from '../helpers/raw-peer.js'
import { connectBytes, requestBytes, script } from '../helpers/requests.js'

t.test(
  'a request of a session that is not known runs in a new one, which its answer names',
  async t => {
    const server = await startServer({ port: 0 })
    t.teardown(() => server.close())
    const peer = await RawPeer.connect(server.port)
    const ask = async (sessionId: string, code: string): Promise<Response> => {
      await peer.write(requestBytes(script(code), { sessionId }))
      return peer.response()
    }
    await peer.write(connectBytes)
    const { sessionId } = await peer.response()
    await ask(sessionId, 'login("admin","123456"); x=1; def f(){ return 2 }')
    t.match(await ask(sessionId, 'x+f()'), { ok: true, sessionId, value: { value: 3 } })
    const other = await ask('4711', 'getCurrentSessionAndUser()[1]')
    t.match(other, { ok: true, value: { value: 'guest' } })
    t.notOk([sessionId, '4711'].includes(other.sessionId))
    t.match(await ask(other.sessionId, 'x'), {
      ok: false,
      sessionId: other.sessionId,
      message: 'Syntax Error: [line #1] Cannot recognize the token x',
    })
    t.match(await ask(other.sessionId, 'f()'), { message: /Cannot recognize the token f/ })
    t.not((await ask(sessionId, '1')).sessionId, sessionId, 'what was forgotten stays forgotten')
    t.equal(server.node.sessions.size, 1, 'a connection has one session')
  },
)

t.test('a session belongs to its connection: its id opens nothing on another', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const [first, second] = [await RawPeer.connect(server.port), await RawPeer.connect(server.port)]
  await first.write(connectBytes)
  const { sessionId } = await first.response()
  await first.write(requestBytes(script('login("admin","123456")'), { sessionId }))
  await first.response()
  await second.write(connectBytes)
  await second.response()
  await second.write(requestBytes(script('getCurrentSessionAndUser()[1]'), { sessionId }))
  t.match(await second.response(), { ok: true, value: { value: 'guest' } })
})
