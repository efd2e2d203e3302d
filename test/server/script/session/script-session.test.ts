import t from 'tap'
import { createNode } from '../../../../src/server/node.js'
import { Session } from '../../../../src/server/script/session/runtime.js'

t.test('a session begins as a guest, without anything; rights follow its user', async t => {
  const node = createNode({ now: () => 5_000 })
  const delay = (): Promise<void> => Promise.resolve()
  const info = { id: '7', remoteAddress: '10.0.0.1', remotePort: 9, delay }
  const session = new Session(node, info)
  t.match(session, { ...info, user: 'guest', closed: false, isAdmin: false })
  t.strictSame(session.openedAt, new Date(5_000))
  t.equal(session.variables.size + session.functions.size, 0)
  t.doesNotThrow(() => session.print('nobody listens'))
  session.user = 'admin'
  t.equal(session.isAdmin, true)
  node.users.set('joe', { password: 'x', isAdmin: false })
  session.user = 'joe'
  t.equal(session.isAdmin, false)
  node.users.delete('joe')
  t.equal(session.isAdmin, false, 'a user who is gone has no rights')
})
