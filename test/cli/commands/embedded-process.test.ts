import t from 'tap'
import { startEmbeddedProcess } from '../../../src/cli/commands/embedded-process.js'
import { connect } from '../../../src/client/open-session.js'

t.test('a server of its own, whatever the settings of the user, until it is stopped', async t => {
  const server = await startEmbeddedProcess({
    ...process.env,
    DDB_INGEST_SERVE_PORT: 'no port',
    DDB_INGEST_SERVE_REQUIRE_LOGIN: 'yes',
    DDB_HOST: 'elsewhere',
  })
  t.teardown(() => server.stop())
  const { host, port } = server
  t.equal(host, '127.0.0.1')
  const session = await connect({ host, port })
  t.match(await session.run('1+2'), { value: 3 })
  await session.close()
  await server.stop()
  await t.rejects(connect({ host, port }), { code: 'DDB_CONNECT' })
  await server.stop()
})
