import t from 'tap'
import { testSession } from '../../../helpers/script.js'

t.test('getTransactionStatus() shows what is open, and nothing that has ended', async t => {
  const { node, run, show } = testSession({ now: () => Date.UTC(2024, 0, 2) })
  const other = testSession({ node })
  await run(`db = database("dfs://d", VALUE, 1..3)
    createPartitionedTable(db, table(1:0, ["p"], [INT]), "t", "p")`)
  t.equal(await show('getTransactionStatus()'), '')
  const insert = (values: string): Promise<string> =>
    show(`tableInsert(loadTable("dfs://d", "t"), table(${values} as p))`)
  const first = insert('[1, 3, 3]')
  t.equal(await other.show('getTransactionStatus()'), '1 2024.01.02T00:00:00.000 APPEND BEGIN 2 ')
  t.equal(await first, '3')
  t.equal(await show('getTransactionStatus()'), '')
  const second = insert('[2]')
  t.equal(await other.show('exec tid from getTransactionStatus()'), '[2]')
  await second
})

t.test(
  'what is in the cache waits for a flush; OLAP tables have a cache where one is set',
  async t => {
    const made = (engine: string): string => `db = database("dfs://d", VALUE, 1..3, , "${engine}")
    createPartitionedTable(db, table(1:0, ["p"], [INT]), "t", "p"${engine === 'TSDB' ? ', , "p"' : ''})
    t = loadTable("dfs://d", "t")`
    const pending = 'select numOfTxnPendingFlush, minTidPendingFlush from getRedoLogGCStat()'
    const tsdb = testSession()
    await tsdb.run(made('TSDB'))
    t.equal(await tsdb.show(pending), '')
    await tsdb.run('t.tableInsert(table(1 2 as p))')
    await tsdb.run('t.append!(table(3 as p))')
    t.equal(await tsdb.show(pending), '2 1')
    t.match(await tsdb.show('exec physicalName from getRedoLogGCStat()'), /^\[\/d\/t_\w+\]$/)
    await tsdb.run('flushOLAPCache()')
    t.equal(await tsdb.show(pending), '2 1')
    await tsdb.run('flushTSDBCache()')
    t.equal(await tsdb.show(pending), '')
    await tsdb.run('t.tableInsert(table(1 2 as p)); dropDatabase("dfs://d")')
    t.equal(await tsdb.show(pending), '')
    t.match(
      await testSession({ node: tsdb.node, user: 'joe' }).fail('getRedoLogGCStat()'),
      /Only administrators/,
    )
    for (const [OLAPCacheEngineSize, shown] of [
      [0, ''],
      [0.5, '1 1'],
    ] as const) {
      const olap = testSession({ config: { OLAPCacheEngineSize } })
      await olap.run(made('OLAP'))
      await olap.run('t.tableInsert(table(1 2 as p))')
      t.equal(await olap.show(pending), shown)
    }
  },
)
