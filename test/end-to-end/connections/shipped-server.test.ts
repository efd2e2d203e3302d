/* A server with the settings it is shipped with: admin has no SCRAM, a login is required, and rights are granted one by one. A plain user
   loads in all three ways, from an address that is not loopback. Client and server run in a network namespace made by the test. */
import t from 'tap'
import { runInNamespace, whyNoNamespace } from '../../helpers/network-namespace.js'
import type { Report } from '../../helpers/shipped-server.js'

const skip = whyNoNamespace()

t.test('a plain user loads in every way without flags', { skip }, async t => {
  const file = new URL('../../helpers/shipped-server.ts', import.meta.url)
  const { outcomes, otherwise, rows, remoteAddresses } = (await runInNamespace(file)) as Report
  const loaded = {
    status: 'loaded',
    rows: { read: 4, confirmed: 4 },
    confirm: { used: 'receipts' },
    error: null,
  }
  for (const user of ['loader', 'scrammer']) {
    for (const way of ['stream', 'dfs', 'view']) {
      const { code, stdout, stderr } = outcomes[`${user} ${way}`]!
      t.equal(code, 0, `${user} ${way}: ${stderr}`)
      t.match(JSON.parse(stdout), loaded, `${user} ${way}`)
      const isFirst = user === 'loader' && way === 'stream'
      const told = /^10\.77\.0\.2:\d+: the password is sent encrypted, .*--tls verifies it$/m
      t.equal(told.test(stderr), isFirst, `${user} ${way}: ${stderr}`)
    }
  }
  for (const way of ['stream', 'dfs', 'view']) {
    t.match(outcomes[`nobody ${way}`], { code: 77 }, `without the right, ${way}`)
  }
  t.strictSame(rows, { stream: 8, dfs: 8, view: 8 })
  t.strictSame(remoteAddresses, ['10.77.0.2'], 'no connection used loopback')
  for (const { maxPubConnections, mixed, outcomes, rows } of otherwise) {
    const what = `maxPubConnections=${maxPubConnections}, mixed requests ${mixed ? 'taken' : 'refused'}`
    for (const way of ['stream', 'dfs', 'view']) {
      const { code, stdout, stderr } = outcomes[way]!
      t.equal(code, 0, `${what}: ${way}: ${stderr}`)
      t.match(JSON.parse(stdout), { ...loaded, confirm: { used: 'answers' } }, `${what}: ${way}`)
      t.match(stderr, mixed ? /no receipts on this server/ : /each batch is answered/)
    }
    t.strictSame(rows, { stream: 4, dfs: 4, view: 4 }, what)
  }
  t.match(outcomes, {
    admin: { code: 0, stdout: 'admin\n' },
    'scram demanded': { code: 78, stderr: /--require allows only SCRAM logins, and user "loader"/ },
    'scram had': { code: 0, stdout: 'scrammer\n' },
    'tls demanded': { code: 78, stderr: /--require asks for TLS that is verified/ },
    wrong: { code: 77, stderr: /user name or password is incorrect/ },
    guest: { code: 77, stderr: /Login is required/ },
  })
})
