/*
  How safe confirmed rows are, as far as the server reveals it.
*/
import t, { type Test } from 'tap'
import { connect, type Session } from '../../../src/client/open-session.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { newDurability, nothingStored } from '../../../src/load/target/durability.js'
import type { Value } from '../../../src/protocol/value.js'
import type { NodeConfig } from '../../../src/server/index.js'
import { startFakeServer } from '../../helpers/fake-server.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { int, text } from '../../helpers/values.js'

const script = `share table(1:0, [\`id], [INT]) as shared
tsdb = database("dfs://tsdb", VALUE, 1..3, engine="TSDB")
olap = database("dfs://olap", VALUE, 1..3)
rows = table(1:0, [\`id], [INT])
tsdb.createPartitionedTable(rows, \`t, \`id, sortColumns=\`id)
tsdb.createPartitionedTable(rows, \`tt, \`id, sortColumns=\`id)
olap.createPartitionedTable(rows, \`t, \`id)
def put(mutable data) { tableInsert(objByName("shared"), data) }
addFunctionView(put)
createUser("sue", "secret1")
grant("sue", TABLE_WRITE, "dfs://olap/t")
grant("sue", TABLE_READ, "dfs://olap/t")`

async function stored(t: Test, settings: Partial<NodeConfig>, change: Partial<LoadOptions>) {
  const { load } = await startLoadServer(t, script, { settings })
  const file = `${t.testdir({ 'a.csv': 'id\n1\n2\n' })}/a.csv`
  const result = await load(file, change)
  t.equal(result.exitCode, 0)
  return result.stored
}

const inMemory = { ...nothingStored, grade: 'in memory' }
const single = { replicas: 1, cacheEngine: false, pendingTransactions: 0 }

t.test('for an in-memory table, nothing is asked', async t => {
  const target = { table: 'shared' }
  t.strictSame(await stored(t, {}, { target }), inMemory)
  t.strictSame(await stored(t, { dataSync: 1 }, { target }), inMemory)
  const put = { function: 'put', types: 'id:INT' }
  t.strictSame(
    await stored(t, {}, { target: put }),
    nothingStored,
    'where the function writes is unknown',
  )
  t.strictSame(await stored(t, {}, { target: { ...put, confirmTable: 'shared' } }), inMemory)
  t.strictSame(await stored(t, {}, { target, delivery: { confirm: 'none' } }), nothingStored)
})

t.test('settings of a single node decide how safe the rows in its databases are', async t => {
  const target = { table: 'dfs://olap/t' }
  const cache = "in the server's cache"
  const cases: [Partial<NodeConfig>, object][] = [
    [{}, { ...single, grade: cache, dataSync: false }],
    [{ dataSync: 0 }, { ...single, grade: cache, dataSync: false }],
    [
      { dataSync: 0, dfsReplicationFactor: 2 },
      { ...single, grade: cache, dataSync: false, replicas: 2 },
    ],
    [{ dataSync: 1 }, { ...single, grade: 'flushed', dataSync: true }],
    [
      { dataSync: 1, OLAPCacheEngineSize: 0.5 },
      { ...single, grade: 'flushed', dataSync: true, cacheEngine: true, pendingTransactions: 1 },
    ],
    [
      { dataSync: 1, dfsReplicationFactor: 3 },
      { ...single, grade: 'replicated', dataSync: true, replicas: 3 },
    ],
  ]
  for (const [settings, expected] of cases) {
    for (const delivery of [{}, { mode: 'sync' }, { confirm: 'count' }] as const) {
      t.strictSame(await stored(t, settings, { target, delivery }), expected)
    }
  }
  const tsdb = await stored(t, { dataSync: 1 }, { target: { table: 'dfs://tsdb/t' } })
  t.strictSame(tsdb, {
    grade: 'flushed',
    dataSync: true,
    cacheEngine: true,
    replicas: 1,
    pendingTransactions: 1,
  })
})

t.test('a user without permission to ask gets no answer', async t => {
  const here = await startLoadServer(t, script, {
    settings: { dataSync: 1, enableConfigAccessControl: true },
  })
  const { host, port } = here.server
  await here.session.run('deny("sue", TABLE_READ, "dfs://tsdb/t")')
  const file = `${t.testdir({ 'a.csv': 'id\n1\n2\n' })}/a.csv`
  const target = { table: 'dfs://olap/t' }
  const sue = { host, port, user: 'sue', password: 'secret1' }
  t.match((await here.load(file, { target, server: sue })).stored, {
    grade: 'flushed',
    pendingTransactions: null,
  })
  const guest = await connect({ host, port })
  t.teardown(() => guest.close())
  const { plan } = testRun({ target })
  const durability = newDurability(plan, { engine: 'OLAP' })
  durability.ask(guest)
  t.match(await durability.result(true), {
    grade: null,
    dataSync: null,
    cacheEngine: null,
    replicas: null,
    pendingTransactions: null,
  })
})

t.test('a table with a similar name is not counted', async t => {
  const here = await startLoadServer(t, script)
  const { plan } = testRun({ target: { table: 'dfs://tsdb/t' } })
  await here.session.run('loadTable("dfs://tsdb", "tt").tableInsert(table(1 2 as id))')
  const durability = newDurability(plan, { engine: 'TSDB' })
  durability.ask(here.session)
  t.equal((await durability.result(true)).pendingTransactions, 0)
})

const none: Value = { form: 'scalar', type: 'VOID', value: null }
const tuple = (...data: Value[]): Value => ({
  form: 'vector',
  type: 'ANY',
  length: data.length,
  data,
})

/** The result if the server gives this answer. */
async function madeOf(t: Test, answer: Value | undefined, engine?: string) {
  const server = await startFakeServer((_, peer) => peer.reply({ value: answer }))
  const session: Session = await connect({ host: '127.0.0.1', port: server.port })
  t.teardown(async () => {
    await session.close().catch(() => undefined)
    await server.close()
  })
  const { plan } = testRun({ target: { table: 'dfs://d/t' } })
  const durability = newDurability(plan, { engine })
  durability.ask(session)
  return durability.result(true)
}

t.test("in a cluster the controller's settings decide", async t => {
  const dataNode = 0
  const own = (sync: Value = none, factor: Value = none): Value =>
    tuple(text('8'), sync, factor, none, none, int(dataNode))
  const cases: [Value | undefined, object][] = [
    [tuple(own(), tuple(text('8'), text('1'), text('2'))), { grade: 'replicated', replicas: 2 }],
    [tuple(own(), tuple(text('8'), text('1'), none)), { grade: 'replicated', replicas: 2 }],
    [tuple(own(), tuple(text('8'), text('1'), text('1'))), { grade: 'flushed', replicas: 1 }],
    [
      tuple(own(), tuple(text('8'), none, none)),
      { grade: "in the server's cache", dataSync: false },
    ],
    [tuple(own(), tuple(none, none, none)), { grade: null, dataSync: null, replicas: null }],
    [tuple(own(text('1')), tuple(none, none, none)), { grade: 'flushed', replicas: null }],
    [tuple(own(text('1'), text('3')), none), { grade: 'replicated', replicas: 3 }],
    [undefined, { grade: null, cacheEngine: null }],
    [int(7), { grade: null }],
    [tuple(), { grade: null }],
    [tuple(own(text(' '), text('many')), none), { grade: null, replicas: null }],
  ]
  for (const [answer, expected] of cases) t.match(await madeOf(t, answer, 'OLAP'), expected)
  const sized = tuple(tuple(text('8'), text('1'), none, none, text('2'), int(3)), none)
  t.match(await madeOf(t, sized, 'OLAP'), { cacheEngine: true }, 'the older name of the setting')
  t.match(await madeOf(t, tuple(own(), none), 'OLAP'), { cacheEngine: false })
  t.match(await madeOf(t, tuple(own(), none), 'PKEY'), { cacheEngine: true })
  t.match(await madeOf(t, tuple(own(), none)), { cacheEngine: null })
})

t.test('if the server disappears meanwhile, only this answer is missing', async t => {
  const server = await startFakeServer((_, peer) => peer.socket.destroy())
  const session = await connect({ host: '127.0.0.1', port: server.port })
  const { plan } = testRun({ target: { table: 'dfs://d/t' } })
  const durability = newDurability(plan, { engine: 'OLAP' })
  t.strictSame(await durability.result(true), nothingStored, 'nothing was asked yet')
  for (let i = 0; i < 2; i++) {
    durability.ask(session)
    t.strictSame(await durability.result(true), nothingStored)
  }
  await server.close()
})
