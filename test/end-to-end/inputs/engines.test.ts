/* Tables of each engine, on servers of several versions: the requests of a run, and what the run reports about the rows. */
import t, { type Test } from 'tap'
import type { LoadOptions, TargetOptions } from '../../../src/load/options.js'
import type { ServerOptions } from '../../../src/server/index.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { cells } from '../../helpers/values.js'
import { deepTest } from '../../helpers/runs.js'

const columns = 'table(1:0, `id`k`v, [INT,INT,DOUBLE])'

const enginesScript = `p = database("dfs://p", VALUE, 1..3, engine="PKEY")
p.createPartitionedTable(${columns}, \`t, \`id, primaryKey=\`id\`k)
s = database("dfs://s", RANGE, 0 10 20, engine="TSDB")
s.createPartitionedTable(${columns}, \`first, \`id, sortColumns=\`id\`k, keepDuplicates=FIRST)
s.createPartitionedTable(${columns}, \`last, \`id, sortColumns=\`id\`k, keepDuplicates=LAST)
s.createPartitionedTable(${columns}, \`all, \`id, sortColumns=\`id\`k)`

const olapScript = `o = database("dfs://o", RANGE, 0 10 20)
o.createPartitionedTable(${columns}, \`t, \`id)
share keyedTable(\`id\`k, 1:0, \`id\`k\`v, [INT,INT,DOUBLE]) as keyed`

/** Loads two files of rows; the second file repeats keys of the first. */
async function scene(t: Test, script: string, options: ServerOptions = {}) {
  const here = await startLoadServer(t, script, options)
  const folder = t.testdir({
    '1.csv': 'id,k,v\n1,1,1.5\n2,1,2.5\n1,1,3.5\n',
    '2.csv': 'id,k,v\n2,1,4.5\n3,1,5.5\n',
    'outside.csv': 'id,k,v\n1,1,6.5\n99,1,7.5\n',
  })
  const notices: string[] = []
  const load = (file: string, target: TargetOptions, change: Partial<LoadOptions> = {}) =>
    here.load(`${folder}/${file}`, { target, onNotice: text => notices.push(text), ...change })
  return { ...here, load, notices }
}

const both = async (
  { load }: Awaited<ReturnType<typeof scene>>,
  target: TargetOptions,
  delivery: LoadOptions['delivery'] = {},
): Promise<number[]> => {
  const results = [
    await load('1.csv', target, { delivery }),
    await load('2.csv', target, { delivery }),
  ]
  return results.flatMap(({ exitCode, rows }) => [exitCode, rows.confirmed])
}

const values = (table: string): string => `select id, v from loadTable(${table}) order by id`

t.test('rows that replace other rows are confirmed', async t => {
  for (const [table, ...lines] of [
    ['"dfs://p", "t"', '1,3.5', '2,4.5', '3,5.5'],
    ['"dfs://s", "first"', '1,1.5', '2,2.5', '3,5.5'],
    ['"dfs://s", "last"', '1,3.5', '2,4.5', '3,5.5'],
  ] as const) {
    const name = table.replace(/^"(.*)", "(.*)"$/, '$1/$2')
    for (const delivery of [{}, { mode: 'sync' }] as const) {
      const here = await scene(t, enginesScript)
      t.same(await both(here, { table: name }, delivery), [0, 3, 0, 2], name)
      t.strictSame(await here.rows(values(table)), cells(...lines), name)
    }
  }
})

deepTest(t, 'an upsert into a PKEY table needs and accepts no key columns', async t => {
  for (const delivery of [{}, { mode: 'sync' }, { confirm: 'none' }] as const) {
    const here = await scene(t, enginesScript)
    const target = { table: 'dfs://p/t', method: 'upsert' } as const
    const confirmed = 'confirm' in delivery ? [0, 0, 0, 0] : [0, 3, 0, 2]
    t.same(await both(here, target, delivery), confirmed)
    t.strictSame(await here.rows(values('"dfs://p", "t"')), cells('1,3.5', '2,4.5', '3,5.5'))
    t.match(await here.load('1.csv', { ...target, keyColumns: ['id'] }), { exitCode: 64 })
  }
})

t.test('rows outside the scheme are recognized even among rows that replace others', async t => {
  const rejects = { onError: 'skip' } as const
  for (const delivery of [{}, { mode: 'sync' }] as const) {
    const here = await scene(t, `${enginesScript}\n${olapScript}`)
    for (const target of [
      { table: 'dfs://s/last' },
      { table: 'dfs://s/all' },
      { table: 'dfs://o/t', method: 'upsert', keyColumns: ['k'] },
    ] as const) {
      const result = await here.load('outside.csv', target, { delivery, rejects })
      t.match(result, { exitCode: 3, rows: { confirmed: 1, rejected: 1 } }, target.table)
    }
  }
})

deepTest(t, 'on a server without tableUpsert an upsert still works', async t => {
  for (const version of ['1.30.22', '2.00.9', '2.00.10']) {
    for (const delivery of [{}, { mode: 'sync' }, { confirm: 'none' }] as const) {
      const here = await scene(t, olapScript, { version })
      const isNone = 'confirm' in delivery
      for (const target of [
        { table: 'keyed', method: 'upsert', keyColumns: ['k'] },
        { table: 'dfs://o/t', method: 'upsert', keyColumns: ['k'] },
      ] as const) {
        const name = `${version} ${target.table} ${JSON.stringify(delivery)}`
        t.same(await both(here, target, delivery), isNone ? [0, 0, 0, 0] : [0, 3, 0, 2], name)
      }
      t.equal(await here.count('keyed'), 3)
      t.equal(await here.count('loadTable("dfs://o", "t")'), 3)
    }
  }
})

deepTest(t, 'a plain user upserts with TABLE_UPDATE; the error names a missing right', async t => {
  const users = `createUser("sue", "secret1")
createUser("tim", "secret1")
for(user in ["sue", "tim"]) { grant(user, TABLE_READ, "dfs://o/t") }
grant("sue", TABLE_UPDATE, "dfs://o/t")
grant("tim", TABLE_INSERT, "dfs://o/t")`
  const here = await scene(t, `${olapScript}\n${users}`)
  const { host, port } = here.server
  const target = { table: 'dfs://o/t', method: 'upsert', keyColumns: ['k'] } as const
  for (const delivery of [{}, { mode: 'sync' }] as const) {
    const as = (user: string) =>
      here.load('1.csv', target, { delivery, server: { host, port, user, password: 'secret1' } })
    t.match(await as('sue'), { exitCode: 0, rows: { confirmed: 3 } })
    t.match(await as('tim'), {
      exitCode: 77,
      rows: { unsent: 3 },
      error: { message: /TABLE_WRITE on dfs:\/\/o\/t \(.*TABLE_UPDATE is enough, TABLE_INSERT/ },
    })
  }
})

deepTest(t, 'views without mutable, or that change bound arguments, can be called', async t => {
  const script = `share streamTable(1:0, \`id\`k\`v, [INT,INT,DOUBLE]) as target
def plain(data) { tableInsert(objByName("target"), data) }
def change(mutable names, mutable data) {
  names.append!("more")
  tableInsert(objByName("target"), data)
}
addFunctionView(plain)
addFunctionView(change)`
  const types = 'id:INT,k:INT,v:DOUBLE'
  const here = await scene(t, script)
  for (const delivery of [{}, { mode: 'sync' }] as const) {
    t.same(await both(here, { function: 'plain', types }, delivery), [0, 3, 0, 2])
    const target = { function: 'change', functionArguments: [['x', 'y']], types }
    t.same(await both(here, target, delivery), [0, 3, 0, 2])
  }
  t.equal(await here.count('target'), 20)
})
