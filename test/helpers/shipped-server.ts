/*
  A server as it is shipped, on an address that is not this machine's loopback, and what a plain user gets done there; run
  in a namespace of its own by test/end-to-end/shipped-server.test.ts.
*/
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type EmbeddedServer } from '../../src/server/index.js'
import { runMain, type Outcome } from '../cli/run-cli.js'
import { namespaceAddress } from './network-namespace.js'

/** Each way in, for each user. */
export interface Report {
  readonly outcomes: Readonly<Record<string, Outcome>>
  /** Rows of each target afterwards. */
  readonly rows: Readonly<Record<string, number>>
  readonly remoteAddresses: readonly string[]
}

const password = 'a plain password'

const initScript = `
createUser("loader", "${password}")
createUser("scrammer", "${password}", , false, "scram")
createUser("nobody", "${password}")
share streamTable(1:0, \`id\`price, [INT, DOUBLE]) as trades
share streamTable(1:0, \`id\`price, [INT, DOUBLE]) as written
addAccessControl(trades)
addAccessControl(written)
db = database("dfs://shop", VALUE, 1..4)
db.createPartitionedTable(table(1:0, \`id\`price, [INT, DOUBLE]), \`sales, \`id)
def put(rows) { return tableInsert(written, rows) }
addFunctionView(put)
for (user in ["loader", "scrammer"]) {
  grant(user, TABLE_READ, "trades")
  grant(user, TABLE_INSERT, "trades")
  grant(user, TABLE_READ, "written")
  grant(user, TABLE_READ, "dfs://shop/sales")
  grant(user, TABLE_INSERT, "dfs://shop/sales")
  grant(user, VIEW_EXEC, "put")
}`

const ways: Readonly<Record<string, readonly string[]>> = {
  stream: ['--table', 'trades'],
  dfs: ['--table', 'dfs://shop/sales'],
  view: ['--function', 'put', '--types', 'id:INT,price:DOUBLE', '--confirm-table', 'written'],
}

const folder = mkdtempSync(join(tmpdir(), 'ddb-ingest-shipped-'))
const input = join(folder, 'in.csv')
writeFileSync(input, 'id,price\n1,0.5\n2,1.5\n3,2.5\n4,3.5\n')
const remoteAddresses = new Set<string>()
const server: EmbeddedServer = await startServer({
  host: namespaceAddress,
  port: 0,
  adminPassword: 'not the initial one',
  requireLogin: true,
  initScript,
  faults: {
    beforeExecute({ sessionId }) {
      remoteAddresses.add(server.node.sessions.get(sessionId)?.remoteAddress ?? '')
      return undefined
    },
  },
})

function run(user: string, secret: string, argv: readonly string[]): Promise<Outcome> {
  const login = ['--host', `${namespaceAddress}:${server.port}`, '--user', user]
  const environment = { DDB_PASSWORD: secret, XDG_STATE_HOME: join(folder, 'state') }
  return runMain([...argv, ...login], { environment })
}

const outcomes: Record<string, Outcome> = {}
for (const user of ['loader', 'scrammer', 'nobody']) {
  for (const [way, target] of Object.entries(ways)) {
    outcomes[`${user} ${way}`] = await run(user, password, ['load', input, ...target, '--json'])
  }
}
const who = ['exec', '-e', 'getCurrentSessionAndUser()[1]', '--output', 'csv']
outcomes['admin'] = await run('admin', 'not the initial one', who)
outcomes['scram demanded'] = await run('loader', password, [...who, '--require', 'scram'])
outcomes['scram had'] = await run('scrammer', password, [...who, '--require', 'scram'])
outcomes['tls demanded'] = await run('loader', password, [...who, '--require', 'tls'])
outcomes['wrong'] = await run('loader', 'wrong', who)
outcomes['guest'] = await runMain([...who, '--host', `${namespaceAddress}:${server.port}`])

const count = async (table: string): Promise<number> =>
  Number(
    (await run('admin', 'not the initial one', ['exec', '-e', `exec count(*) from ${table}`]))
      .stdout,
  )
const rows = {
  stream: await count('trades'),
  dfs: await count('loadTable("dfs://shop", "sales")'),
  view: await count('written'),
}
await server.close()
rmSync(folder, { recursive: true })
const report: Report = { outcomes, rows, remoteAddresses: [...remoteAddresses] }
process.stdout.write(JSON.stringify(report))
