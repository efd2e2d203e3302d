import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { readPemFile } from '../../src/platform/pem-file.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import { Certificates } from '../helpers/certificates.js'
import { deepTest } from '../helpers/runs.js'

const { files } = systemPlatform

deepTest(t, 'a PEM file has the expected content, or the error names the file', async t => {
  const certificates = new Certificates(t)
  const { cert, key, certFile, keyFile } = certificates.make('server')
  t.strictSame(await readPemFile(certFile, 'certificates', files), cert)
  t.strictSame(await readPemFile(keyFile, 'key', files), key)
  const both = certificates.file('both.pem', key + cert)
  for (const content of ['certificates', 'key'] as const) {
    t.strictSame(await readPemFile(both, content, files), key + cert, content)
  }
  const fault = async (name: string, text: string, content: 'certificates' | 'key') => {
    const path = certificates.file(name, text)
    const found = readPemFile(path, content, files)
    return found.then(
      () => 'no fault',
      (error: Error) => error.message.replaceAll(path, name),
    )
  }
  t.match(await fault('key.pem', key, 'certificates'), /^key.pem holds no certificate/)
  t.match(await fault('empty.pem', '', 'certificates'), /^empty.pem holds no certificate/)
  t.match(await fault('cut.pem', cert.slice(0, 100), 'certificates'), /holds no certificate/)
  const damaged = cert.replace(/\n[A-Za-z0-9+/]{64}\n/, '\nAAAA\n')
  t.match(await fault('damaged.pem', cert + damaged, 'certificates'), /that cannot be read/)
  t.match(await fault('cert.pem', cert, 'key'), /^cert.pem holds no private key/)
  for (const [name, form] of [
    ['pkcs8', ['pkcs8', '-topk8', '-in', keyFile, '-v2', 'aes128']],
    ['sec1', ['ec', '-in', keyFile, '-aes128']],
  ] as const) {
    const args = [...form, '-passout', 'pass:secret']
    const locked = execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })
    t.match(await fault(name, locked, 'key'), /has a passphrase/)
  }
  const none = join(t.testdirName, 'none')
  const code = 'DDB_CONFIG'
  await t.rejects(readPemFile(none, 'key', files), { code, message: /\(ENOENT\)/ })
  await t.rejects(readPemFile(t.testdirName, 'key', files), { code, message: /cannot be read/ })
})
