import t from 'tap'
import { checkLoginIsProtected } from '../../src/client/login.js'
import { connect } from '../../src/client/open-session.js'
import { startServer } from '../../src/server/index.js'
import { startFakeServer } from '../helpers/fake-server.js'
import { recordings } from '../helpers/recordings.js'
import { startTinyServer } from '../helpers/tiny-server.js'
import { int } from '../helpers/values.js'

const host = '127.0.0.1'

t.test('a session with a user logs in before it is ready', async t => {
  const server = await startTinyServer({ script: () => int(1) }, { requireLogin: true })
  t.teardown(() => server.close())
  for (const enableAsync of [false, true]) {
    const session = await connect({
      host,
      port: server.port,
      user: 'admin',
      password: '123456',
      enableAsync,
    })
    t.equal(server.sessions.at(-1)?.user, 'admin')
    await session.run('1')
    await session.close()
  }
  t.strictSame(server.log, ['script 1', 'script 1'])
})

t.test('a login is sent as the Java client sends the plain one', async t => {
  const recording = recordings.find(({ client, name }) => client === 'java' && name === 'login')!
  const login = recording.requests.find(({ name }) => name === 'login')!
  const args = recording.bytes.subarray(login.off + login.header.length + 1, login.off + login.len)
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, user: 'admin', password: '123456' })
  const sent = server.peer.received
  t.strictSame(sent.subarray(sent.length - args.length), args)
  await session.close()
})

t.test('a wrong password is told as such, and shown nowhere', async t => {
  const server = await startTinyServer()
  t.teardown(() => server.close())
  const password = 'hunter2-secret'
  const failure: unknown = await connect({
    host,
    port: server.port,
    user: 'admin',
    password,
  }).catch((error: unknown) => error)
  t.match(failure, {
    name: 'ServerError',
    code: 'DDB_LOGIN',
    exitCode: 77,
    message: /refused the login of user "admin".*user name or password is incorrect/,
  })
  t.notMatch(JSON.stringify(failure) + String((failure as Error).stack), password)
})

t.test('a server that repeats what it was sent does not make us show the password', async t => {
  const password = 'hunter2-secret'
  const server = await startFakeServer(
    ({ request }, peer) =>
      peer.reply(
        request.kind === 'connect'
          ? { value: undefined }
          : { error: `login("admin","${password}") => no such user` },
      ),
    { answerConnect: false },
  )
  t.teardown(() => server.close())
  const failure: unknown = await connect({
    host,
    port: server.port,
    user: 'admin',
    password,
  }).catch((error: unknown) => error)
  t.match(failure, { code: 'DDB_LOGIN', serverMessage: 'login("admin","***") => no such user' })
  t.notMatch(String((failure as Error).stack), password)
})

t.test('a login answered with false is refused', async t => {
  const server = await startFakeServer(
    ({ request }, peer) =>
      peer.reply({
        value:
          request.kind === 'connect' ? undefined : { form: 'scalar', type: 'BOOL', value: false },
      }),
    { answerConnect: false },
  )
  t.teardown(() => server.close())
  const attempt = connect({ host, port: server.port, user: 'admin', password: '' })
  await t.rejects(attempt, { code: 'DDB_LOGIN' })
})

t.test('a password leaves this machine only where that is allowed', async t => {
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']) {
    t.doesNotThrow(() => checkLoginIsProtected('admin', address, false), address)
  }
  for (const address of ['192.0.2.7', '::', '2001:db8::1', '::ffff:192.0.2.7', '128.0.0.1', '']) {
    t.throws(() => checkLoginIsProtected('admin', address, false), {
      name: 'UsageError',
      code: 'DDB_CONFIG',
      message: /password of user "admin".*`server.insecureLogin`/,
    })
    t.doesNotThrow(() => checkLoginIsProtected('admin', address, true), address)
  }
})

t.test('a session logs in after it connected', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const { host, port } = server
  const guest = await connect({ host, port })
  t.match(await guest.run('getCurrentSessionAndUser()[1]'), { value: 'guest' })
  await t.rejects(guest.login('admin', 'wrong'), { code: 'DDB_LOGIN' })
  await guest.login('admin', '123456')
  t.match(await guest.run('getCurrentSessionAndUser()[1]'), { value: 'admin' })
  await guest[Symbol.asyncDispose]()
  await t.rejects(guest.login('admin', '123456'), { code: 'DDB_CLOSED' })
  const silent = await connect({ host, port, enableAsync: true })
  await t.rejects(silent.login('admin', '123456'), { code: 'DDB_ASYNC_SESSION' })
  await silent.close()
})
