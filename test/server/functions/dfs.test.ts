/* Databases and tables in them. Manual, pages database, createPartitionedTable, createTable, tableInsert, append!, upsert!, listTables,
   getChunksMeta, grant, "Arguments", "Details" and "Examples"; docs/server-semantics.md#tables-in-databases names the sources of the error
   texts. */
import t from 'tap'
import { testRefusals } from '../../helpers/examples.js'
import { testSession } from '../../helpers/script.js'
import type { DatabaseHandle } from '../../../src/server/tables/server-table.js'

const tickers = [
  'dbPath="dfs://testDB"',
  'tbName=`tb1',
  'if(existsDatabase(dbPath))',
  '    dropDatabase(dbPath)',
  'db=database(dbPath, VALUE, ["AAPL", "AMZN", "A"])',
  'testDictSchema=table(5:0, `id`ticker`price, [INT,SYMBOL,DOUBLE])',
  'tb1=db.createPartitionedTable(testDictSchema, tbName, `ticker)',
].join('\n')

t.test('rows outside the scheme are dropped, and tableInsert counts the rows kept', async t => {
  const { run, show } = testSession({ config: { newValuePartitionPolicy: 'skip' } })
  const cases: [string, string, string][] = [
    ['VALUE, 1..5', 'table(1..10 as id)', '5'],
    ['RANGE, 0 20 50 101', 'table(-1 0 19 100 101 as id)', '3'],
    ['RANGE, 0 20', 'table(1 NULL as id)', '1'],
    ['LIST, [1 3, 5]', 'table(1..6 as id)', '3'],
    ['HASH, [INT, 10]', 'table(1 2 NULL -7 as id)', '3'],
  ]
  for (const [scheme, rows, kept] of cases) {
    for (const [path, directory] of [
      ['dfs://drops', '"dfs://drops"'],
      ['', '""'],
    ]) {
      await run(`if(existsDatabase("${path}")) dropDatabase("${path}")`)
      await run(
        `db = database(${directory}, ${scheme}); pt = db.createPartitionedTable(table(1:0, [\`id], [INT]), \`pt, \`id)`,
      )
      t.equal(await show(`tableInsert(pt, ${rows})`), kept, `${scheme} in [${path}]`)
    }
  }
})

// Manual, pages create and drop of SQL, whose example this is.
t.test('the SQL statements create and drop do what the functions do', async t => {
  const { run, show, fail } = testSession()
  await run(
    'create database "dfs://test" partitioned by VALUE(1..10), HASH([SYMBOL, 40]), engine=\'TSDB\'\n' +
      'create table "dfs://test"."pt"(id INT, deviceId SYMBOL, price DECIMAL64(4), asks DOUBLE[], date DATE)\n' +
      '  partitioned by id, deviceId, sortColumns=[`deviceId,`date], keepDuplicates=LAST\n' +
      'CREATE TABLE "dfs://test"."names"(id INT)',
  )
  t.equal(await show('schema(database("dfs://test")).partitionType'), '[1,5]')
  const types = '[INT,SYMBOL,DECIMAL64(4),DOUBLE[],DATE]'
  t.equal(await show('schema(loadTable("dfs://test", "pt")).colDefs.typeString'), types)
  const row =
    'table([7] as id, ["a"] as d, [1.5] as p, array(DOUBLE[]).append!([[1.5]]) as a, [2024.01.02] as t)'
  for (const count of ['1', '1'])
    t.equal(await show(`tableInsert(loadTable("dfs://test", "pt"), ${row})`), count)
  t.equal(await show('exec count(*) from loadTable("dfs://test", "pt")'), '1')
  await run('drop table if exists "dfs://test"."pt"\ndrop table if exists "dfs://test"."pt"')
  t.match(await fail('drop table "dfs://test"."pt"'), /pt/)
  await run('drop database if exists "dfs://test"; drop database if exists "dfs://test"')
  t.equal(await show('existsDatabase("dfs://test")'), 'false')
})

t.test('values without a partition: skip, add or fail', async t => {
  const create =
    'db = database("dfs://v", VALUE, 1..3); pt = db.createPartitionedTable(table(1:0, `id`x, [INT,INT]), `pt, `id)'
  const add = testSession()
  t.equal(await add.show('getConfig("newValuePartitionPolicy")'), 'add')
  await add.run(create)
  t.equal(await add.show('tableInsert(pt, table(2..5 as id, 1 as x))'), '4')
  t.equal(await add.show('schema(pt).partitionSchema'), '[1,2,3,4,5]')
  const fail = testSession({ config: { newValuePartitionPolicy: 'fail' } })
  await fail.run(create)
  const expected = /not defined in the partitioning scheme of the target database. RefId:S01016$/
  t.match(await fail.fail('tableInsert(pt, table(2..5 as id, 1 as x))'), expected)
  t.equal(await fail.show('rows(pt)'), '0')
})

t.test('a TIMESTAMP column can be partitioned by DATE and by a hash at once', async t => {
  const { run, show } = testSession({ config: { newValuePartitionPolicy: 'skip' } })
  await run(
    'd = database("", VALUE, 2024.01.01..2024.01.03); h = database("", HASH, [SYMBOL, 4])\n' +
      'db = database("dfs://compo", COMPO, [d, h], , "TSDB", "TRANS")\n' +
      'pt = db.createPartitionedTable(table(1:0, `ts`sym`v, [TIMESTAMP, SYMBOL, INT]), `pt, `ts`sym, , `sym`ts, ALL)',
  )
  const rows =
    'table([2024.01.01T10:00:00.000, 2024.01.04T00:00:00.000, 2024.01.03T23:59:59.999] as ts, ["a","b",""] as sym, 1 2 3 as v)'
  t.equal(await show(`tableInsert(pt, ${rows})`), '1')
})

t.test('a partition accepts fewer columns, but all partition columns', async t => {
  const { run, show, fail } = testSession()
  await run(
    'db = database("dfs://test1", VALUE, 1..5); t = table(1:0,`id`sym`price`qty,[INT,SYMBOL,DOUBLE,INT]); pt = db.createPartitionedTable(t, `pt, `id)',
  )
  t.equal(await show('pt.tableInsert(table(1 as id, "A" as sym))'), '1')
  t.equal(await show('pt.tableInsert(table(1 as id, "A" as sym, 3.6 as price))'), '1')
  t.equal(await show('select * from pt'), '1 A  ;1 A 3.6 ')
  await run('pt2 = db.createPartitionedTable(table(1:0,`sym`id,[SYMBOL,INT]), `pt2, `id)')
  t.match(
    await fail('pt2.tableInsert(table("A" as sym))'),
    /The number of columns of the current table must match that of the target table. RefId:S01015$/,
  )
})

t.test('upsert! changes the first row of a key, as in the manual', async t => {
  const { run, show, fail } = testSession()
  await run(
    'db=database("dfs://rangedb128", VALUE, 0..10); t=table(0 1 2 2 as ID, 0.0 0.1 0.2 0.3 as x); pt=db.createPartitionedTable(t, `pt, `ID); pt.append!(t)',
  )
  t.equal(await show('tableUpsert(pt, table(1 as ID, 111 as x), keyColNames=`ID)'), '0:1')
  await run('upsert!(pt, table(2 3 as ID, 222 333 as x), keyColNames=`ID)')
  t.equal(await show('select * from pt'), '0 0;1 111;2 222;2 0.3;3 333')
  // As in a test of the Python client: new keys of the batch are not known yet, so it adds both rows; later it changes the first.
  t.equal(await show('tableUpsert(pt, table(4 4 2 2 as ID, 1 2 3 4 as x), keyColNames=`ID)'), '2:2')
  t.equal(await show('tableUpsert(pt, table(4 4 as ID, 5 6 as x), keyColNames=`ID)'), '0:2')
  t.equal(await show('select x from pt where ID in [2, 4]'), '4;0.3;6;2')
  await run('db.createPartitionedTable(table(1:0, `ID`k, [INT,INT]), `nulls, `ID)')
  const withNull =
    'upsert!(loadTable(db, `nulls), table(1 1 as ID, int(["", "7"]) as k), keyColNames=`k)'
  await run(withNull)
  t.equal(await show(`select * from ${withNull}`), '1 ;1 7;1 ', 'a null in a key is never known')
  t.match(await fail('upsert!(pt, t)'), /keyColNames/)
})

t.test('TSDB keeps all, the last or the first row of its sort columns in a partition', async t => {
  const { run, show } = testSession()
  await run(
    'db = database("dfs://tsdb", HASH, [INT, 2], , "TSDB"); t = table(1:0, `id`ts`v, [INT, DATE, INT])',
  )
  const kept: [string, string][] = [
    ['ALL', '1 2024.01.01 1;1 2024.01.01 2;2 2024.01.01 3'],
    ['LAST', '1 2024.01.01 2;2 2024.01.01 3'],
    ['FIRST', '1 2024.01.01 1;2 2024.01.01 3'],
  ]
  for (const [policy, rows] of kept) {
    await run(`pt = db.createPartitionedTable(t, "t${policy}", \`id, , \`ts, ${policy})`)
    const insert =
      'tableInsert(pt, table(1 1 2 as id, 2024.01.01 2024.01.01 2024.01.01 as ts, 1 2 3 as v))'
    t.equal(await show(insert), '3', 'all rows are inside the scheme')
    t.equal(await show('select * from pt'), rows, policy)
  }
})

t.test('databases and tables are created and removed', async t => {
  const { run, show, fail } = testSession()
  await run(tickers)
  await run(
    'createTable(database("dfs://testDB"), table(1 as k), "dim"); pt = loadTable(database("dfs://testDB"), "tb1")',
  )
  const answers: [string, string][] = [
    ['existsTable("dfs://testDB", `dim)', 'true'],
    ['existsTable("dfs://testDB/", `tb2)', 'false'],
    ['exists("dfs://testDB")', 'true'],
    ['exists("dfs://testDB/tb1" "dfs://no")', '[true,false]'],
    ['getTables(database("dfs://testDB"))', '[dim,tb1]'],
    ['getClusterDFSDatabases()', '[dfs://testDB]'],
    ['typestr(exec count(*) from pt)', 'LONG'],
    ['typestr(exec count(*) from loadTable("dfs://testDB", "dim"))', 'INT'],
    ['tableInsert(loadTable("dfs://testDB", "dim"), table(5 as k))', '1'],
    ['tableInsert(pt, table(1 as id, `A as ticker, 1 as price))', '1'],
    ['tableInsert(pt, table(1 as id, `B as ticker, 1 as price))', '1'],
    ['tableInsert(pt, table(1 as id, `C as ticker, 1 as price))', '1'],
  ]
  for (const [script, text] of answers) t.equal(await show(script), text, script)
  await run('dim = loadTable(db, "dim"); dropTable(db, "dim")')
  const noTable = await fail('tableInsert(dim, table(6 as k))')
  t.match(noTable, /The table \[dim\] does not exist. RefId: S04001$/)
  t.match(
    await fail('loadTable("dfs://testDB", "dim")'),
    /getFileBlocksMeta on path '\/testDB\/dim\.tbl' failed, reason: path does not exist$/,
  )
  t.match(await fail('dropTable(db, "dim")'), /The table \[dim\] does not exist. RefId: S04001$/)
  await run('dropDB("dfs://testDB")')
  t.match(await fail('tableInsert(pt, table(1 as id, `A as ticker, 1 as price))'), /S04001$/)
  t.equal(await show('existsDatabase("dfs://testDB")'), 'false')
  const noDatabase = await fail('dropDatabase("dfs://testDB")')
  t.match(noDatabase, /The database \[dfs:\/\/testDB\] does not exist. RefId: S04001$/)
  t.equal(await show('existsDatabase("dfs://short")'), 'false')
  t.match(await fail('loadTable("t1", `t1)'), / => table file does not exist: t1\/t1\.tbl$/)
})

t.test('a table has its own chunk, and a new chunk when it is recreated', async t => {
  const { run, show } = testSession()
  const make = (name: string): string =>
    `db.createPartitionedTable(table(1:0, [\`id], [INT]), \`${name}, \`id)`
  await run(`db = database("dfs://d", VALUE, 1..3)\n${make('t')}\n${make('u')}`)
  const chunk = 'exec string(chunkId) from getChunksMeta("/d/t.tbl")'
  const before = await show(chunk)
  t.match(before, /^\[[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\]$/)
  t.equal(await show(chunk), before)
  t.equal(await show('exec dfsPath from getChunksMeta("/d/%")'), '[/d/t.tbl,/d/u.tbl]')
  t.equal(await show('exec count(*) from getChunksMeta("/d?t??*", -1)'), '1')
  t.equal(await show('exec count(*) from pnodeRun(getChunksMeta{"/d/?.tbl"})'), '2')
  t.equal(await show('exec count(*) from getChunksMeta(, 1)'), '1')
  const index = 'exec first(physicalIndex) from listTables("dfs://d") where tableName = "t"'
  const first = await show(index)
  await run(`dropTable(db, \`t)\n${make('t')}`)
  t.not(await show(chunk), before)
  t.not(await show(index), first)
})

/** The result of `database(…)` in a script. */
async function handleOf(script: string, session = testSession()): Promise<DatabaseHandle> {
  await session.run(`made = ${script}`)
  return session.session.variables.get('made') as DatabaseHandle
}

const shown = ({ path, levels, engine, atomic }: DatabaseHandle): string =>
  [path, levels.map(({ kind }) => kind).join('+'), engine, atomic].join(' ')

t.test('schemes, engines and atomicities in every spelling', async t => {
  const [days, ids, names] = [
    'database(, VALUE, 2024.01.01..2024.01.03)',
    'database("", RANGE, 0 50 100)',
    'database("", HASH, [SYMBOL, 4])',
  ]
  const cases: Record<string, string> = {
    'database("dfs://d", VALUE, 1..3)': 'dfs://d VALUE OLAP TRANS',
    'database("dfs://d/", 1, 1..3)': 'dfs://d VALUE OLAP TRANS',
    'database("dfs://a/b//", "range", 0 5 10)': 'dfs://a/b RANGE OLAP TRANS',
    'database("dfs://d", LIST, [`IBM`ORCL, `GOOG])': 'dfs://d LIST OLAP TRANS',
    'database("dfs://d", 5, [INT, 10])': 'dfs://d HASH OLAP TRANS',
    'database("dfs://d", VALUE, 1..3, engine="pkey", atomic="chunk")': 'dfs://d VALUE PKEY CHUNK',
    'database(directory="dfs://d", partitionType=VALUE, partitionScheme=1..2, chunkGranularity="DATABASE")':
      'dfs://d VALUE OLAP TRANS',
    'database("", VALUE, 1..3)': ' VALUE OLAP TRANS',
    'database(NULL, VALUE, 1..3)': ' VALUE OLAP TRANS',
    [`database("dfs://c", COMPO, [${days}, ${ids}])`]: 'dfs://c VALUE+RANGE OLAP TRANS',
    [`database("dfs://c", 4, [${days}, ${ids}, ${names}], , "TSDB", "CHUNK")`]:
      'dfs://c VALUE+RANGE+HASH TSDB CHUNK',
  }
  for (const [script, wanted] of Object.entries(cases)) {
    t.equal(shown(await handleOf(script)), wanted, script)
  }
})

t.test('opening an existing database keeps its scheme', async t => {
  const session = testSession()
  const { fail, run, node } = session
  const made = await handleOf('database("dfs://d", VALUE, 1..3, , "TSDB")', session)
  t.equal(await handleOf('database("dfs://d")', session), made)
  t.equal(await handleOf('database("dfs://d/", VALUE, 1..3)', session), made)
  for (const scheme of ['VALUE, 1..4', 'RANGE, 1..3', 'HASH, [INT, 3]']) {
    t.match(await fail(`database("dfs://d", ${scheme})`), /not allowed to overwrite/, scheme)
  }
  await run('database("", VALUE, 1..3)')
  t.strictSame([...node.databases.keys()], ['dfs://d'], 'without a directory there is no database')
})

t.test('a database can be opened with its original scheme and with its present one', async t => {
  const { run, fail } = testSession()
  const open = (values: string): string => `database("dfs://grown", VALUE, ${values})`
  await run(
    `db = ${open('1..3')}; pt = db.createPartitionedTable(table(1:0, [\`id], [INT]), \`pt, \`id)`,
  )
  await run('tableInsert(pt, table(4 5 as id)); tableInsert(pt, table(6 as id))')
  t.equal(await fail(open('1..3')), 'no error')
  t.equal(await fail(open('1..6')), 'no error')
  t.match(await fail(open('1..5')), /not allowed to overwrite/)
  t.match(await fail(open('1..2')), /not allowed to overwrite/)
})

// Manual, pages database and createPartitionedTable, "Arguments"; the numbers are the vendor's.
testRefusals(t, 'impossible databases and tables', {
  'database("dfs://none")': 'The database [dfs://none] does not exist. RefId: S04001',
  'database("dfs://d", SEQ, 8)': 'must be VALUE, RANGE, HASH, LIST or COMPO',
  'database("dfs://d", COMPO, [database("", VALUE, 1 2)])': 'must be 2 or 3 database handles',
  'database("dfs://d", VALUE, 1..3, engine="IOTDB")': '[engine] must be',
  'database("dfs://d", VALUE, 1..200000)': 'at most 131072 partitions',
  'db = database("dfs://d", VALUE, 1 2); db.createPartitionedTable(table(1 as id), "x", "no")':
    '[no] does not exist',
  'db = database("dfs://d", VALUE, 1 2); db.createPartitionedTable(table(`a as s), "x", "s")':
    'does not match the partition scheme',
  'db = database("dfs://d", VALUE, 1 2); db.createPartitionedTable([table(1 as id)], "x", "id")':
    '[table] must be a table',
  'db = database("dfs://d", VALUE, 1 2); db.createTable(table(1 as id), "x"); db.createTable(table(1 as id), "x")':
    '[x] already exists',
  'createTable(database("", VALUE, 1 2), table(1 as id), "x")': 'only be created in a DFS database',
  [`${tickers}; tableInsert(tb1, 1, \`A, 1.5)`]: 'Only a table',
  [`${tickers}; insert into tb1 values(1, \`A, 1.5)`]: 'enableInsertStatementForDFSTable',
})
