import t from 'tap'
import { startTinyServer } from '../helpers/tiny-server.js'
import { int } from '../helpers/values.js'

t.test('beyond loopback the initial password is refused', async t => {
  await t.rejects(startTinyServer({}, { host: '0.0.0.0' }), {
    code: 'DDB_CONFIG',
    message: /initial password.*adminPassword/,
  })
  await t.rejects(startTinyServer({}, { host: '::' }), { code: 'DDB_CONFIG' })
  const changed = await startTinyServer({}, { host: '0.0.0.0', adminPassword: 'another' })
  await changed.close()
  const allowed = await startTinyServer({}, { host: '0.0.0.0', allowInitialPassword: true })
  await allowed.close()
})

t.test('the initial script runs as admin before anyone can connect', async t => {
  const users: string[] = []
  const server = await startTinyServer(
    {
      script: (_code, session) => {
        users.push(session.user)
        return int(1)
      },
    },
    { initScript: 'share t as u' },
  )
  t.teardown(() => server.close())
  t.strictSame(users, ['admin'])
  t.strictSame(server.log, ['script share t as u'])
  t.equal(server.closedSessions.length, 1)
})

t.test('an initial script may change the password that would keep the server in', async t => {
  const server = await startTinyServer(
    {
      script: (_code, _session, node) => {
        node.users.set('admin', { password: 'another', isAdmin: true })
        return undefined
      },
    },
    { host: '0.0.0.0', initScript: 'resetPwd("admin", "another")' },
  )
  await server.close()
  t.strictSame(server.log, ['script resetPwd("admin", "another")'])
})

t.test('an initial script that fails keeps the server from starting', async t => {
  const failing = startTinyServer(
    {
      script: () => {
        throw new Error('no such function')
      },
    },
    { initScript: 'f()' },
  )
  await t.rejects(failing, {
    code: 'DDB_SCRIPT',
    message: /initial script failed: no such function/,
  })
})

t.test('options that cannot be are refused', async t => {
  for (const options of [{ port: 65_536 }, { port: 1.5 }, { maxConnections: 0 }, { host: '' }]) {
    await t.rejects(startTinyServer({}, options), { code: 'DDB_USAGE' })
  }
})
