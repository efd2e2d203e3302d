/*
  A node dies during a run while other nodes of its cluster are live. If the user has named the hosts, the run continues
  on a live node with all its connections. No row is written twice.
*/
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadOptions } from '../../../src/load/options.js'
import { startLoadServer, startServerFor } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const rowCount = 400
const script = `db=database("dfs://d", HASH, [INT,10])
db.createPartitionedTable(table(1:0, \`id\`x, [INT,INT]), \`t, \`id)`

/** @param host host name of the second node, as the cluster reports it */
async function cluster(t: Test, host = '127.0.0.1') {
  let batches = 0
  const first = await startLoadServer(t, script, {
    faults: {
      before({ rows }) {
        if (rows < 2 || ++batches < 15) return undefined
        void first.server.close()
        return 'close'
      },
    },
  })
  const scripts: string[] = []
  const second = await startServerFor(t, {
    restartOf: first.server,
    faults: { before: ({ text }) => void scripts.push(text) },
  })
  first.server.node.otherNodes = ['no address', `${host}:${second.port}:dnode2`]
  const lines = Array.from({ length: rowCount }, (_, id) => `${id},1\n`)
  const dir = t.testdir({ 'in.csv': `id,x\n${lines.join('')}` })
  const notices: string[] = []
  const { port } = first.server
  const login = { user: 'admin', password: '123456' }
  return {
    notices,
    scripts,
    run: (allowRedirect?: readonly string[], change: Partial<LoadOptions> = {}) =>
      first.load(join(dir, 'in.csv'), {
        server: { host: '127.0.0.1', port, ...login, ...(allowRedirect && { allowRedirect }) },
        target: { table: 'dfs://d/t' },
        delivery: {
          ...{ mode: 'async', connections: 4, batchRows: 5, maxInFlightBytes: 1_000 },
          ...{ confirmTimeoutMs: 20_000, retryTimeoutMs: 20_000 },
        },
        onNotice: notice => void notices.push(notice),
        ...change,
      }),
    ids: (): number[] => {
      const table = second.node.databases.get('dfs://d')!.tables.get('t')!
      const ids = table.column(0) as unknown as { data: Int32Array }
      return Array.from(ids.data.subarray(0, table.rows)).sort((a, b) => a - b)
    },
  }
}

t.test('all connections of a lost node move to a live one', async t => {
  const { run, notices, ids } = await cluster(t)
  const result = await run(['node2'])
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

t.test('if no live node is among the named hosts, the run does not move', async t => {
  for (const [host, allowRedirect] of [
    ['127.0.0.1', undefined],
    ['evil.example', ['node2']],
  ] as const) {
    const { run, notices, scripts } = await cluster(t, host)
    const { error, rows } = await run(allowRedirect)
    t.equal(error?.code, 'DDB_CONNECTION_LOST')
    t.equal(rows.confirmed + rows.unconfirmed + rows.unsent, rows.read)
    t.notMatch(notices.join('\n'), /continues with/)
    t.strictSame(scripts, [])
  }
})

t.test('the run does not move if a late row could replace a newer row', async t => {
  const { run, scripts } = await cluster(t)
  const target = { table: 'dfs://d/t', method: 'upsert', keyColumns: ['id'] } as const
  t.match(await run(['node2'], { target }), { error: { code: 'DDB_CONNECTION_LOST' } })
  t.strictSame(scripts, [])
})
