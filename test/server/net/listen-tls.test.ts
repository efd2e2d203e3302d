import t from 'tap'
import { connect } from '../../../src/client/open-session.js'
import { startServer } from '../../../src/server/index.js'
import { unusableCertificate } from '../../../src/server/net/listener.js'
import { Certificates } from '../../helpers/certificates.js'

const certificates = new Certificates(t)
const ca = certificates.make('authority', { isAuthority: true })
const identity = certificates.make('server', { by: ca })

t.test('a server with a certificate speaks TLS alone', async t => {
  const { certFile: tlsCertFile, keyFile: tlsKeyFile } = identity
  const server = await startServer({ port: 0, tlsCertFile, tlsKeyFile })
  t.teardown(() => server.close())
  const { host, port } = server
  const session = await connect({ host, port, tls: true, caFile: ca.certFile })
  t.match(await session.run('1+1'), { value: 2 })
  t.equal(server.counters.connections, 1)
  await t.rejects(connect({ host, port }), { code: 'DDB_TLS' })
  await session.close()
})

t.test('a server does not start with what it cannot use', async t => {
  const { certFile, keyFile } = identity
  const wrongOrder = certificates.chain([ca, identity], identity)
  for (const [options, code, message] of [
    [{ tlsCertFile: certFile }, 'DDB_USAGE', /needs a certificate .* and its key/],
    [{ tlsKeyFile: keyFile }, 'DDB_USAGE', /needs a certificate .* and its key/],
    [{ tlsCertFile: keyFile, tlsKeyFile: keyFile }, 'DDB_CONFIG', /holds no certificate/],
    [{ tlsCertFile: certFile, tlsKeyFile: certFile }, 'DDB_CONFIG', /holds no private key/],
    [
      { tlsCertFile: wrongOrder.certFile, tlsKeyFile: keyFile },
      'DDB_CONFIG',
      /own certificate stands first/,
    ],
  ] as const) {
    await t.rejects(startServer({ port: 0, ...options }), { code, message })
  }
  t.match(unusableCertificate(Object.assign(new Error(), { code: 'ERR_OSSL_X' })), {
    message: /cannot be used \(ERR_OSSL_X\)/,
  })
  t.equal(unusableCertificate(new Error('m')), undefined)
})
