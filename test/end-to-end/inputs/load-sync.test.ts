import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startLoadServer } from '../../helpers/load-server.js'

const dfsScript = `db = database("dfs://d", VALUE, \`A\`B)
db.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`t, \`sym)`

const sync = { mode: 'sync', batchRows: 4 } as const
const target = { table: 'dfs://d/t' } as const

t.test('rows refused by the server are found and kept as rejects', async t => {
  const { load, rows } = await startLoadServer(t, dfsScript, { newValuePartitions: 'skip' })
  const dir = t.testdir({ 'in.csv': 'id,sym\n1,A\n2,\n3,B\n4,A\n5,A\n6,ZZ\n' })
  const rejects = join(dir, 'rejects.csv')
  const result = await load(join(dir, 'in.csv'), {
    target,
    delivery: sync,
    rejects: { file: rejects },
  })
  t.match(result, {
    exitCode: 3,
    rows: { read: 6, confirmed: 4, rejected: 2, unconfirmed: 0 },
    confirm: { used: 'answers' },
    rejects: { byClass: { server: 2 } },
  })
  t.equal(readFileSync(rejects, 'utf8'), 'id,sym\n2,\n6,ZZ\n')
  t.same((await rows('select id from loadTable("dfs://d","t") order by id')).flat(), [
    '1',
    '3',
    '4',
    '5',
  ])
})

t.test("a refused row ends a run that stops at bad rows, with the server's error text", async t => {
  const { load } = await startLoadServer(t, dfsScript, { newValuePartitions: 'skip' })
  const dir = t.testdir({ 'in.csv': 'id,sym\n1,A\n2,\n3,B\n' })
  t.match(await load(join(dir, 'in.csv'), { target, delivery: { ...sync, connections: 1 } }), {
    exitCode: 65,
    rows: { read: 3, confirmed: 1, rejected: 1, unsent: 1 },
    error: { code: 'DDB_SERVER_REFUSED_ROW', message: /line 3: .*cannot contain NULL/ },
  })
})

t.test('rows of a function that threw are unknown, so its batch is unconfirmed', async t => {
  const { load } = await startLoadServer(
    t,
    `def refuse(mutable data){ throw "never" }
addFunctionView(refuse)`,
  )
  const dir = t.testdir({ 'in.csv': 'id,sym\n1,A\n2,B\n' })
  t.match(
    await load(join(dir, 'in.csv'), {
      target: { function: 'refuse', types: 'id:INT,sym:SYMBOL' },
      delivery: sync,
      rejects: { onError: 'skip' },
    }),
    {
      exitCode: 4,
      rows: { unconfirmed: 2 },
      confirm: { uncertain: [{ firstLine: 2, lastLine: 3, batches: 1, reason: /never/ }] },
    },
  )
})
