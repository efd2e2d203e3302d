/* Stream tables. Manual, pages keyedStreamTable, dropStreamTable, getStreamTables, getPersistenceMeta and enableTableShareAndPersistence,
   "Details"; error codes S03000 and S03006. */
import t from 'tap'
import type { Table } from '../../../src/protocol/value.js'
import { columnsText, testSession } from '../../helpers/script.js'

t.test('stream tables exist by name until they are dropped', async t => {
  const { run, fail, node, session } = testSession()
  await run('share streamTable(10:0, [`a], [INT]) as st; local = streamTable(1 as a)')
  await run('dropStreamTable("st"); dropStreamTable("local")')
  t.same([node.shared.size, session.variables.size], [0, 0])
  t.match(await fail('dropStreamTable("st")'), / => Can't find stream table st$/)
  t.equal(await fail('dropStreamTable("st", true)'), 'no error')
})

t.test('getStreamTables returns row counts', async t => {
  const { run, show } = testSession()
  await run(
    'share streamTable(10:0, `a`s, [INT, SYMBOL]) as st; tableInsert(st, 1 2, `x`y); share table(1 as a) as no',
  )
  const tables = (await run('getStreamTables()')) as Table
  t.equal(
    columnsText(tables),
    'name STRING, shared BOOL, persisted BOOL, cachePurgeEnabled BOOL, loaded BOOL, columns INT, rowsInMemory LONG, totalRows LONG, memoryUsed LONG',
  )
  t.equal(await show('exec totalRows from getStreamTables() where name = "st"'), '[2]')
  t.equal(tables.rows, 1)
})

t.test('persistence is refused without persistenceDir, and else shares the table', async t => {
  const script = 'enableTableShareAndPersistence(streamTable(1 as a), "p", cacheSize=1000)'
  t.match(
    await testSession().fail(script),
    /To enable table persistence, specify persistenceDir in server configuration and restart node. RefId: S03006$/,
  )
  const { run, show } = testSession({ config: { persistenceDir: 'somewhere' } })
  await run(script)
  t.equal(await show('exec name from getStreamTables()'), '[p]')
})

t.test('old rows leave memory, but still count', async t => {
  const { run, show } = testSession({ config: { persistenceDir: 'somewhere' } })
  await run('enableTableShareAndPersistence(streamTable(1:0, [`a], [INT]), "p", cacheSize=10)')
  for (const from of [0, 600]) await run(`tableInsert(objByName("p"), ${from}..${from + 599})`)
  t.equal(await show('exec count(*) from objByName("p")'), '600', 'at least 1,000 are kept')
  t.equal(await show('exec first(a) from objByName("p")'), '600')
  const kept = await show('select persisted, rowsInMemory, totalRows from getStreamTables()')
  t.equal(kept, 'true 600 1200')
  t.equal(await show('getPersistenceMeta(objByName("p"))["totalSize"]'), '1200')
})

t.test('clients can see that no column records the time of arrival', async t => {
  const { run, fail } = testSession()
  const expected = { form: 'scalar', type: 'STRING', value: '' }
  t.match(await run('st = streamTable(1 as a); getStreamTableTimestamp(st)'), expected)
  t.match(await fail('getStreamTableTimestamp(table(1 as a))'), /must be a stream table/)
})

t.test('removing a shared stream table may be refused in every way of removing it', async t => {
  const { node, session, run, fail } = testSession()
  await run('share streamTable(1:0, [`a], [INT]) as st')
  session.fault = { removal: table => ({ error: `${table} is subscribed` }) }
  for (const removal of ['undef(`st, SHARED)', 'undef(`all, SHARED)', 'dropStreamTable("st")']) {
    t.equal(await fail(removal), `${removal} => st is subscribed`)
  }
  t.ok(node.shared.has('st'))
})

t.test('a table that is not persisted has no figures of persistence', async t => {
  const { run, show, fail } = testSession()
  await run('share streamTable(1 2 as a) as st')
  t.equal(await show('exec persisted from getStreamTables()'), '[false]')
  t.match(await fail('getPersistenceMeta(st)'), /is not persisted/)
})
