/* Servers that do not accept both asynchronous and answered requests on one session, and that react in every conceivable way, because no
   real server was available to show how servers react. Each command notices such a server by itself, and every row arrives once. */
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { check } from '../../../src/load/check/check.js'
import type {
  DeliveryOptions,
  LoadOptions,
  ServerTarget,
  TargetOptions,
} from '../../../src/load/options.js'
import { requestedFaults, type Faults } from '../../../src/server/index.js'
import { runMain } from '../../cli/run-cli.js'
import { csv, dfsScript, ids, streamScript, upTo } from '../../helpers/delivery.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const faultNames = ['mixedRefuse', 'mixedIgnore', 'mixedReorder', 'mixedAnswer', 'mixedStall']
const rowCount = 50

const view = `def put(mutable data){ tableInsert(target, data) }
addFunctionView(put)`

const ways: readonly { name: string; target: TargetOptions; rows: string }[] = [
  { name: 'stream', target: { table: 'target' }, rows: 'target' },
  { name: 'DFS', target: { table: 'dfs://d/t' }, rows: 'loadTable("dfs://d","t")' },
  {
    name: 'view',
    target: { function: 'put', types: 'id:INT,sym:SYMBOL', confirmTable: 'target' },
    rows: 'target',
  },
]

const deliveries: readonly DeliveryOptions[] = [
  { mode: 'async' },
  { confirm: 'none' },
  { mode: 'sync' },
]

function start(t: Test, fault: string, also: Faults = {}): Promise<LoadServer> {
  const { before } = requestedFaults(fault)
  return startLoadServer(t, `${streamScript}\n${dfsScript}\n${view}`, {
    before: request => also.before?.(request) ?? before(request),
  })
}

const login = { user: 'admin', password: '123456' }

async function load(
  here: LoadServer,
  change: Partial<LoadOptions>,
  server: Partial<ServerTarget> = {},
) {
  const notices: string[] = []
  const { host, port } = here.server
  const result = await here.load(change.inputs ?? '-', {
    server: { host, port, ...login, ...server },
    onNotice: notice => notices.push(notice),
    ...change,
    input: { format: 'csv', stdin: Readable.from([csv(rowCount)]), ...change.input },
    delivery: { batchRows: 10, confirmTimeoutMs: 3_000, ...change.delivery },
  })
  return { result, notices: notices.join('\n') }
}

/** Number of rows in the table after the server has finished the requests of closed connections. */
async function settled(here: LoadServer, rows: string): Promise<number[]> {
  while (here.server.counters.connections > 1 || here.server.node.jobs.size > 0) {
    await new Promise(resolve => setImmediate(resolve))
  }
  return ids(here, rows)
}

for (const fault of faultNames) {
  for (const { name, target, rows } of ways) {
    t.test(`${fault}: every row of a ${name} arrives once`, async t => {
      for (const delivery of deliveries) {
        const here = await start(t, fault)
        const { result, notices } = await load(here, { target, delivery })
        const how = delivery.mode ?? delivery.confirm ?? 'auto'
        t.match(result, { exitCode: 0, confirm: { used: 'answers' } }, how)
        t.equal(result.rows.confirmed, rowCount)
        if (how !== 'sync') t.match(notices, /each batch is answered/)
        t.strictSame(await settled(here, rows), upTo(rowCount))
      }
    })
  }

  t.test(`${fault}: a stopped run resumes`, async t => {
    for (const delivery of [{ mode: 'async' }, { mode: 'sync' }] as const) {
      const folder = t.testdir({ 'in.csv': csv(rowCount) })
      let batches = 0
      const here = await start(t, fault, {
        before: ({ rows }) => (rows > 0 && ++batches === 3 ? 'close' : undefined),
      })
      const run = (retries: number) =>
        load(here, {
          inputs: [join(folder, 'in.csv')],
          runId: 'nightly',
          journal: { folder },
          delivery: { ...delivery, retries, maxInFlightBytes: 300 },
        })
      const first = await run(0)
      t.equal(first.result.exitCode, 4)
      const { result } = await run(5)
      const { confirmed, skipped, unconfirmed } = result.rows
      t.equal(confirmed + skipped + unconfirmed, rowCount)
      const there = await settled(here, 'target')
      t.equal(new Set(there).size, there.length, 'no row is stored twice')
      t.equal(there.length, confirmed + skipped)
    }
  })

  t.test(`${fault}: check and exec`, async t => {
    const here = await start(t, fault)
    const { host, port } = here.server
    const folder = t.testdir({ 'in.csv': csv(rowCount) })
    const found = await check({
      inputs: [join(folder, 'in.csv')],
      server: { host, port, ...login },
      target: { table: 'target' },
    })
    t.match(found, { exitCode: 0, error: null, rows: { read: rowCount } })
    t.match(found.notices.join('\n'), /each batch is answered/, 'as load will')
    const at = ['--host', `127.0.0.1:${port}`]
    const { code, stdout } = await runMain(['exec', '-e', '6 * 7', ...at])
    t.strictSame([code, stdout.trim()], [0, '42'])
  })
}

t.test('a wrong password is reported where requests do not mix, too', async t => {
  const here = await start(t, 'mixedRefuse')
  const { result } = await load(here, {}, { password: 'wrong' })
  t.match(result, { exitCode: 77, error: { code: 'DDB_LOGIN' }, rows: { read: 0 } })
  t.notMatch(JSON.stringify(result), /wrong/)
})
