import t from 'tap'
import {
  checkTlsOptions,
  isVerified,
  readTls,
  tlsOptionsOf,
} from '../../../src/client/tls/tls-options.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { Certificates } from '../../helpers/certificates.js'

const { files } = systemPlatform

t.test('options that contradict each other are refused', async t => {
  for (const fine of [
    {},
    { tls: true },
    { tls: true, caFile: 'ca.pem', certFile: 'c', keyFile: 'k' },
    { tls: true, tlsInsecure: true },
    { tls: false, tlsInsecure: false },
  ]) {
    t.doesNotThrow(() => checkTlsOptions(fine), JSON.stringify(fine))
  }
  for (const [options, message] of [
    [{ caFile: 'ca.pem' }, /`server.caFile` is of use with `server.tls` only/],
    [{ tls: false, tlsInsecure: true }, /`server.tlsInsecure` is of use/],
    [{ certFile: 'c', keyFile: 'k' }, /`server.certFile` is of use/],
    [{ tls: true, tlsInsecure: true, caFile: 'ca.pem' }, /leave one of them out/],
    [{ tls: true, certFile: 'c' }, /go together/],
    [{ tls: true, keyFile: 'k' }, /go together/],
  ] as const) {
    t.throws(
      () => checkTlsOptions(options),
      { code: 'DDB_USAGE', message },
      JSON.stringify(options),
    )
  }
})

t.test('only TLS whose certificates count is verified', async t => {
  t.equal(isVerified({}), false)
  t.equal(isVerified({ tlsInsecure: false }), false)
  t.equal(isVerified({ tls: true }), true)
  t.equal(isVerified({ tls: true, tlsInsecure: true }), false)
  const options = { tls: true, caFile: 'a', tlsInsecure: false, certFile: 'c', keyFile: 'k' }
  t.strictSame(tlsOptionsOf({ ...options, host: 'h' } as typeof options), options)
  t.strictSame(tlsOptionsOf({}), {})
})

t.test('files are read for a connection', async t => {
  const certificates = new Certificates(t)
  const ca = certificates.make('authority', { isAuthority: true })
  t.strictSame(await readTls({ tls: true }, files), { isVerified: true })
  t.strictSame(
    await readTls(
      { tls: true, caFile: ca.certFile, certFile: ca.certFile, keyFile: ca.keyFile },
      files,
    ),
    { isVerified: true, authorities: ca.cert, certificate: ca.cert, key: ca.key },
  )
  t.strictSame(await readTls({ tls: true, tlsInsecure: true }, files), { isVerified: false })
  for (const options of [
    { caFile: ca.keyFile },
    { certFile: ca.keyFile },
    { keyFile: ca.certFile },
  ]) {
    await t.rejects(readTls({ tls: true, ...options }, files), { code: 'DDB_CONFIG', exitCode: 78 })
  }
})
