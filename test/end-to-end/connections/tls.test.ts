/* TLS between the command line and the embedded server: every command that connects, additional hosts, redirects, and the login of the
   official JavaScript client. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConnectionPool } from '../../../src/client/pool/pool.js'
import { type EmbeddedServer, type Faults } from '../../../src/server/index.js'
import { bin, runMain, spawnCli, type Outcome } from '../../cli/run-cli.js'
import { asksSchema, startServerFor } from '../../helpers/load-server.js'
import { Certificates, type Identity } from '../../helpers/certificates.js'
import { csv, streamScript } from '../../helpers/delivery.js'
import { freePort } from '../../helpers/free-port.js'
import { deepTest } from '../../helpers/runs.js'

const certificates = new Certificates(t)
const ca = certificates.make('authority', { isAuthority: true })
const good = certificates.make('server', { by: ca })
const expired = certificates.make('server', {
  by: ca,
  from: '20240101000000Z',
  until: '20240201000000Z',
})
const user = { DDB_USER: 'admin', DDB_PASSWORD: '123456' }

async function serve(t: Test, { certFile, keyFile }: Identity, faults?: Faults) {
  const server = await startServerFor(t, {
    tlsCertFile: certFile,
    tlsKeyFile: keyFile,
    initScript: streamScript,
    ...(faults === undefined ? {} : { faults }),
  })
  return server
}

const rowsOf = (server: EmbeddedServer): number => server.node.shared.get('target')!.table.rows

const trusted = ['--tls', '--ca-file', ca.certFile]

function run(command: string, port: number, ...argv: readonly string[]): Promise<Outcome> {
  return runMain([command, '--host', `127.0.0.1:${port}`, ...argv], {
    environment: user,
    stdin: csv(30),
  })
}

t.test('a load over TLS, compressed and with SCRAM, gets a receipt for every row', async t => {
  const server = await serve(t, good)
  server.node.users.get('admin')!.hasScram = true
  const trace = join(t.testdir(), 'trace')
  const outcome = await run(
    'load',
    server.port,
    ...trusted,
    ...'-t target --mode async --compress lz4 --trace'.split(' '),
    trace,
    '--json',
  )
  t.match(outcome, { code: 0, stderr: /./ })
  t.match(JSON.parse(outcome.stdout), { rows: { confirmed: 30 }, confirm: { used: 'receipts' } })
  t.equal(rowsOf(server), 30)
  const lines = readFileSync(trace, 'utf8')
  t.match(lines, /function flags=96\(apiClient,compress\) bytes=\d+ scramClientFinal/)
  t.match(lines, /function flags=100\(async,apiClient,compress\) bytes=\d+ ddbIngestDeliver/)
})

t.test('every command that connects verifies the server, and reports a failure', async t => {
  const server = await serve(t, good)
  const commands: readonly (readonly [string, ...string[]])[] = [
    ['load', '-t', 'target'],
    ['exec', '-e', '1+2'],
    ['bench', '--requests', '10'],
    ['selftest', '--time-limit', '60s'],
  ]
  for (const [command, ...argv] of commands) {
    t.match(await run(command, server.port, ...trusted, ...argv), { code: 0 }, command)
    const unknown = await run(command, server.port, '--tls', ...argv)
    t.match(unknown, { code: 76, stderr: /not known here.*--ca-file.*\[DDB_TLS\]/ }, command)
    t.notMatch(unknown.stderr, /Trying again/, command)
    const plain = await run(command, server.port, ...argv)
    t.match(plain, { code: 76, stderr: /speaks TLS: connect with --tls.*\[DDB_TLS\]/ }, command)
    const insecure = await run(command, server.port, '--tls', '--tls-insecure', ...argv)
    t.match(insecure, { code: 0, stderr: /--tls-insecure: the server is not verified/ }, command)
  }
  t.match(await run('exec', server.port, '--ca-file', ca.certFile, '-e', '1'), {
    code: 64,
    stderr: /--ca-file is only for --tls/,
  })
  const expected = { code: 78, stderr: /\/no\/such cannot be read \(ENOENT\)/ }
  t.match(await run('exec', server.port, '--tls', '--ca-file', '/no/such', '-e', '1'), expected)
})

deepTest(t, 'additional hosts and redirects use TLS in the same way', async t => {
  const leader = await serve(t, good)
  const outdated = await serve(t, expired)
  const none = `127.0.0.1:${await freePort()}`
  const exec = (hosts: string): Promise<Outcome> =>
    runMain(['exec', '--host', hosts, ...trusted, '-e', '1+2'], { environment: user })
  t.match(await exec(`${none},127.0.0.1:${leader.port}`), { code: 0, stdout: '3\n' })
  t.match(await exec(`${none},127.0.0.1:${outdated.port}`), { code: 76, stderr: /has expired/ })
  const refused = await exec(`127.0.0.1:${outdated.port},127.0.0.1:${leader.port}`)
  t.match(refused, { code: 76 }, 'no other host is tried')
  for (const [to, code] of [
    [leader, 0],
    [outdated, 76],
  ] as const) {
    const follower = await serve(t, good, {
      before: ({ text }) =>
        asksSchema(text) ? { error: `<NotLeader>localhost:${to.port}:dnode2` } : undefined,
    })
    const outcome = await run(
      'load',
      follower.port,
      ...trusted,
      ...'-t target --allow-redirect localhost'.split(' '),
    )
    t.match(outcome, { code }, `a redirect that ends with ${code}`)
  }
  t.equal(rowsOf(leader), 30)
})

deepTest(t, 'sessions of a pool use TLS in the same way', async t => {
  const { host, port } = await serve(t, good)
  const options = { host, port, tls: true, user: 'admin', password: '123456', size: 2 }
  const pool = await ConnectionPool.connect({ ...options, caFile: ca.certFile })
  t.equal(await pool.run('1+1'), 2)
  await pool.shutDown()
  await t.rejects(ConnectionPool.connect(options), { code: 'DDB_TLS' })
})

t.test('no output overwrites a TLS file', async t => {
  const path = join(t.testdir({ 'ca.pem': ca.cert }), 'ca.pem')
  for (const flag of ['--ca-file', '--cert-file']) {
    const outcome = await run('load', 1, '--tls', flag, path, '-t', 'target', `--json=${path}`)
    t.match(outcome, { code: 64, stderr: /is a TLS file of this run/ }, flag)
  }
})

deepTest(t, 'a command after serve works with TLS and a self-signed certificate', async t => {
  const own = certificates.make('own')
  const load = [process.execPath, bin, 'exec', '-e', '1+2', '--output', 'csv']
  const serve = (certificate: Identity, ...argv: readonly string[]): ReturnType<typeof spawnCli> =>
    spawnCli([
      'serve',
      '--port',
      '0',
      ...['--tls-cert', certificate.certFile, '--tls-key', certificate.keyFile, '--'],
      ...load,
      ...argv,
    ])
  t.match(await serve(own).outcome, { code: 0, stdout: '3\n' })
  t.match(await serve(good).outcome, { code: 76, stderr: /not known here/ })
  t.match(await serve(good, '--ca-file', ca.certFile).outcome, { code: 0, stdout: '3\n' })
})
