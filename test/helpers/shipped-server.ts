/* A server with the settings it is shipped with, on an address that is not loopback, and the loads that a plain user can run there.
   test/end-to-end/connections/shipped-server.test.ts runs this file in a separate namespace. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  requestedFaults,
  startServer,
  type EmbeddedServer,
  type Faults,
} from '../../src/server/index.js'
import { runMain, type Outcome } from '../cli/run-cli.js'
import { namespaceAddress } from './network-namespace.js'

/** Results of each way to load, by user. */
export interface Report {
  readonly outcomes: Readonly<Record<string, Outcome>>
  /** Results of the plain user on servers with different settings. */
  readonly otherwise: readonly OtherServer[]
  /** Number of rows in each target at the end. */
  readonly rows: Readonly<Record<string, number>>
  readonly remoteAddresses: readonly string[]
}

interface OtherServer {
  /** If 0, no stream table can be shared, so the server gives no receipts. */
  readonly maxPubConnections: 0 | 4
  /** Whether one session accepts requests with and without answers. */
  readonly mixed: boolean
  readonly outcomes: Readonly<Record<string, Outcome>>
  readonly rows: Readonly<Record<string, number>>
}

const password = 'a plain password'

const initScript = (tables: 'streamTable' | 'table'): string => `
createUser("loader", "${password}")
createUser("scrammer", "${password}", , false, "scram")
createUser("nobody", "${password}")
share ${tables}(1:0, \`id\`price, [INT, DOUBLE]) as trades
share ${tables}(1:0, \`id\`price, [INT, DOUBLE]) as written
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
const adminPassword = 'not the initial one'

async function start(maxPubConnections: 0 | 4, faults: Faults = {}): Promise<EmbeddedServer> {
  const started: EmbeddedServer = await startServer({
    host: namespaceAddress,
    port: 0,
    adminPassword,
    requireLogin: true,
    settings: { maxPubConnections },
    initScript: initScript(maxPubConnections === 0 ? 'table' : 'streamTable'),
    faults: {
      before(request) {
        const session = started.node.sessions.get(request.sessionId)
        remoteAddresses.add(session?.remoteAddress ?? '')
        return faults.before?.(request)
      },
    },
  })
  return started
}

const server = await start(4)

function runAt({ port }: EmbeddedServer, user: string, secret: string, argv: readonly string[]) {
  const login = ['--host', `${namespaceAddress}:${port}`, '--user', user]
  const environment = { DDB_PASSWORD: secret, XDG_STATE_HOME: join(folder, 'state') }
  return runMain([...argv, ...login], { environment })
}

const run = (user: string, secret: string, argv: readonly string[]): Promise<Outcome> =>
  runAt(server, user, secret, argv)

const outcomes: Record<string, Outcome> = {}
for (const user of ['loader', 'scrammer', 'nobody']) {
  for (const [way, target] of Object.entries(ways)) {
    outcomes[`${user} ${way}`] = await run(user, password, ['load', input, ...target, '--json'])
  }
}
const who = ['exec', '-e', 'getCurrentSessionAndUser()[1]', '--output', 'csv']
outcomes['admin'] = await run('admin', adminPassword, who)
outcomes['scram demanded'] = await run('loader', password, [...who, '--require', 'scram'])
outcomes['scram had'] = await run('scrammer', password, [...who, '--require', 'scram'])
outcomes['tls demanded'] = await run('loader', password, [...who, '--require', 'tls'])
outcomes['wrong'] = await run('loader', 'wrong', who)
outcomes['guest'] = await runMain([...who, '--host', `${namespaceAddress}:${server.port}`])

async function rowsAt(at: EmbeddedServer): Promise<Record<string, number>> {
  const count = async (table: string): Promise<number> => {
    const argv = ['exec', '-e', `exec count(*) from ${table}`]
    return Number((await runAt(at, 'admin', adminPassword, argv)).stdout)
  }
  return {
    stream: await count('trades'),
    dfs: await count('loadTable("dfs://shop", "sales")'),
    view: await count('written'),
  }
}
const rows = await rowsAt(server)
await server.close()

const otherwise: OtherServer[] = []
for (const [maxPubConnections, mixed] of [
  [0, true],
  [0, false],
  [4, false],
] as const) {
  const other = await start(maxPubConnections, mixed ? {} : requestedFaults('mixedRefuse'))
  const found: Record<string, Outcome> = {}
  for (const [way, target] of Object.entries(ways)) {
    found[way] = await runAt(other, 'loader', password, ['load', input, ...target, '--json'])
  }
  const otherRows = await rowsAt(other)
  otherwise.push({ maxPubConnections, mixed, outcomes: found, rows: otherRows })
  await other.close()
}
rmSync(folder, { recursive: true })
const report: Report = { outcomes, otherwise, rows, remoteAddresses: [...remoteAddresses] }
process.stdout.write(JSON.stringify(report))
