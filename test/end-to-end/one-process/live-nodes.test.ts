/*
  A node dies during a run while another node of its cluster is live. If the user has named that node, the run continues on it with all
  its connections. No row is written twice.
*/
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startLoadServer, startServerFor } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const rowCount = 400
const script = `db=database("dfs://d", HASH, [INT,10])
db.createPartitionedTable(table(1:0, \`id\`x, [INT,INT]), \`t, \`id)`

async function cluster(t: Test) {
  let batches = 0
  const first = await startLoadServer(t, script, {
    before({ rows }) {
      if (rows < 2 || ++batches < 15) return undefined
      void first.server.close()
      return 'close'
    },
  })
  const second = await startServerFor(t, { restartOf: first.server })
  const lines = Array.from({ length: rowCount }, (_, id) => `${id},1\n`)
  const dir = t.testdir({ 'in.csv': `id,x\n${lines.join('')}` })
  const notices: string[] = []
  const { port } = first.server
  const otherHosts = [{ host: '127.0.0.1', port: second.port }]
  const login = { user: 'admin', password: '123456' }
  return {
    notices,
    run: () =>
      first.load(join(dir, 'in.csv'), {
        server: { host: '127.0.0.1', port, otherHosts, ...login },
        target: { table: 'dfs://d/t' },
        delivery: {
          ...{ mode: 'async', connections: 4, batchRows: 5, maxInFlightBytes: 1_000 },
          ...{ confirmTimeoutMs: 20_000, retryTimeoutMs: 20_000 },
        },
        onNotice: notice => void notices.push(notice),
      }),
    ids: (): number[] => {
      const table = second.node.databases.get('dfs://d')!.tables.get('t')!
      const ids = table.column(0) as unknown as { data: Int32Array }
      return Array.from(ids.data.subarray(0, table.rows)).sort((a, b) => a - b)
    },
  }
}

t.test('all connections of a lost node move to the other one', async t => {
  const { run, notices, ids } = await cluster(t)
  const result = await run()
  const { confirmed, unconfirmed, unsent, rejected } = result.rows
  t.match(result, { exitCode: 4, connections: 4, rows: { read: rowCount } })
  t.equal(confirmed + unconfirmed, rowCount)
  t.equal(unsent + rejected, 0)
  t.ok(unconfirmed > 0, 'only the lost node knew the outcome of batches in flight')
  t.match(notices.join('\n'), /127\.0\.0\.1:\d+ is lost: the run continues with 127\.0\.0\.1:\d+/)
  const there = ids()
  t.equal(new Set(there).size, there.length, 'no row is stored twice')
  t.ok(there.length >= confirmed)
})
