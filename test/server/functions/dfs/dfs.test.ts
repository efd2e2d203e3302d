import t from 'tap'
import { testSession, type TestSession } from '../../../helpers/script.js'
import type {
  DatabaseHandle,
  StoredTableFacts,
} from '../../../../src/server/tables/server-table.js'

const tickers = [
  'dbPath="dfs://testDB"',
  'tbName=`tb1',
  'if(existsDatabase(dbPath))',
  '    dropDatabase(dbPath)',
  'db=database(dbPath, VALUE, ["AAPL", "AMZN", "A"])',
  'testDictSchema=table(5:0, `id`ticker`price, [INT,SYMBOL,DOUBLE])',
  'tb1=db.createPartitionedTable(testDictSchema, tbName, `ticker)',
].join('\n')

t.test('seed: rows are appended to a table partitioned by value', async t => {
  const { run, call, show } = testSession()
  await run(tickers)
  const frame = await run(
    'table(1 2 2 3 as id, ["AAPL","AMZN","AMZN","A"] as ticker, 22 3.5 21 26 as price)',
  )
  const answer = await call("append!{loadTable('dfs://testDB', `tb1)}", frame!)
  t.match(answer, { form: 'table', rows: 0 }, 'the rows of a DFS table are not sent')
  t.equal(
    await show('select * from loadTable("dfs://testDB", `tb1) order by price'),
    '2 AMZN 3.5;2 AMZN 21;1 AAPL 22;3 A 26',
  )
})

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
  t.match(
    await fail.fail('tableInsert(pt, table(2..5 as id, 1 as x))'),
    /not defined in the partitioning scheme of the target database. RefId:S01016$/,
  )
  t.equal(await fail.show('rows(pt)'), '0')
})

t.test("a write larger than the server's limit is refused entirely", async t => {
  const { run, show, fail } = testSession({ maxTransactionBytes: 10_000 })
  await run(tickers)
  const rows = (count: number): string =>
    `table(1..${count} as id, take(\`A, ${count}) as ticker, take(1.5, ${count}) as price)`
  const refusal =
    /Memory size of append transaction \d{5,} exceeds max limit \(10000\) for OLAP\. Please split data into batches\.$/
  t.match(await fail(`tableInsert(tb1, ${rows(2_000)})`), refusal)
  t.match(await fail(`append!(tb1, ${rows(2_000)})`), refusal)
  t.equal(await show('exec count(*) from tb1'), '0')
  t.equal(await show(`tableInsert(tb1, ${rows(10)})`), '10')
  t.equal(await show(`rows(append!(table(1:0, \`a, [INT]), table(1..5000 as a)))`), '5000')
})

t.test('values that a VALUE partition refuses', async t => {
  const { run, fail, show } = testSession()
  await run(tickers)
  const insert = (ticker: string): string =>
    `tableInsert(tb1, table(1 1 as id, ["A", ${ticker}] as ticker, 1 1 as price))`
  t.match(await fail(insert('""')), /cannot contain NULL values. RefId: S01001$/)
  t.match(await fail(insert('"A B"')), /cannot contain invisible characters. RefId:S01018$/)
  t.match(await fail('tableInsert(tb1, 1, `A, 1.5)'), /Only a table/)
  t.match(await fail('insert into tb1 values(1, `A, 1.5)'), /enableInsertStatementForDFSTable/)
  t.equal(await show('rows(tb1)'), '0')
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

t.test('a partition accepts fewer columns until it contains rows with more columns', async t => {
  const { run, show, fail } = testSession()
  await run(
    'db = database("dfs://test1", VALUE, 1..5); t = table(1:0,`id`sym`price`qty,[INT,SYMBOL,DOUBLE,INT]); pt = db.createPartitionedTable(t, `pt, `id)',
  )
  t.equal(await show('pt.tableInsert(table(1 as id, "A" as sym))'), '1')
  t.match(await fail('pt.tableInsert(table(1 as id))'), /contains fewer columns than the schema\.$/)
  t.equal(await show('pt.tableInsert(table(1 as id, "A" as sym, 3.6 as price))'), '1')
  t.equal(await show('pt.tableInsert(table(2 as id))'), '1')
  t.equal(await show('select * from pt'), '1 A  ;1 A 3.6 ;2   ')
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
  t.match(await fail('upsert!(pt, t)'), /keyColNames/)
})

t.test(
  'TSDB keeps all, the last or the first row of its sort columns within a partition',
  async t => {
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
  },
)

t.test('a partitioned in-memory table can have keys', async t => {
  const { run, show } = testSession()
  await run(
    'kt = keyedTable(`time`sym, 10:0, `time`sym`qty, [TIME,SYMBOL,INT]); db = database(, RANGE, `A`D`F); pt = db.createPartitionedTable(kt, `pt, `sym)',
  )
  await run(
    'insert into pt values(09:30:00.001,`AAPL,100); insert into pt values(09:30:00.001,`AAPL,200); insert into pt values(09:30:01.001,`ZZ,1)',
  )
  t.equal(await show('select * from pt'), '09:30:00.001 AAPL 200')
})

t.test('a recreated table is a different table', async t => {
  const { run, show } = testSession()
  await run(tickers)
  t.equal(
    await show('schema(listTables("dfs://testDB")).colDefs.name'),
    '[tableName,physicalIndex]',
  )
  const index = (): Promise<string> =>
    show('exec first(physicalIndex) from listTables("dfs://testDB") where tableName = "tb1"')
  const first = await index()
  t.match(first, /^[\da-z]+$/)
  await run('dropTable(db, `tb1); db.createPartitionedTable(testDictSchema, `tb0, `ticker)')
  await run('db.createPartitionedTable(testDictSchema, `tb1, `ticker)')
  t.equal(await show('exec tableName from listTables("dfs://testDB")'), '[tb0,tb1]')
  t.not(await index(), first)
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
    ['tableInsert(loadTable("dfs://testDB", "dim"), table(5 as k))', '1'],
    ['tableInsert(pt, table(1 as id, `A as ticker, 1 as price))', '1'],
    ['addValuePartitions(db, `A`B`C)', '2'],
    ['tableInsert(pt, table(1 as id, `C as ticker, 1 as price))', '1'],
  ]
  for (const [script, text] of answers) t.equal(await show(script), text, script)
  await run('truncate("dfs://testDB", "tb1")')
  t.equal(await show('rows(pt)'), '0')
  await run('dim = loadTable(db, "dim"); dropTable(db, "dim")')
  t.match(
    await fail('tableInsert(dim, table(6 as k))'),
    /The table \[dim\] does not exist. RefId: S04001$/,
  )
  t.match(
    await fail('loadTable("dfs://testDB", "dim")'),
    /getFileBlocksMeta on path '\/testDB\/dim\.tbl' failed, reason: path does not exist$/,
  )
  t.match(await fail('dropTable(db, "dim")'), /The table \[dim\] does not exist. RefId: S04001$/)
  await run('dropDatabase("dfs://testDB")')
  t.match(await fail('tableInsert(pt, table(1 as id, `A as ticker, 1 as price))'), /S04001$/)
  t.equal(await show('existsDatabase("dfs://testDB")'), 'false')
  t.match(
    await fail('dropDatabase("dfs://testDB")'),
    /The database \[dfs:\/\/testDB\] does not exist. RefId: S04001$/,
  )
  t.equal(await show('existsDatabase("dfs://short")'), 'false')
  t.match(await fail('loadTable("t1", `t1)'), / => table file does not exist: t1\/t1\.tbl$/)
})

t.test('databases and tables that cannot be created', async t => {
  const { run, fail } = testSession()
  await run(tickers)
  const refused: [string, RegExp][] = [
    ['database("dfs://testDB", VALUE, 1..3)', /overwrite/],
    ['database("dfs://nothing")', /does not exist. RefId: S04001$/],
    ['database("/tmp/db", VALUE, 1..3)', /must begin with dfs:/],
    ['database("dfs://x", 9, 1..3)', /must be VALUE, RANGE, HASH, LIST or COMPO/],
    ['database("dfs://x", VALUE)', /partitionScheme/],
    ['database("dfs://x", COMPO, [database("", VALUE, 1..3)])', /2 or 3/],
    ['database("dfs://x", VALUE, 1..3, engine="FAST")', /must be one of OLAP, TSDB, PKEY/],
    ['database("")', /needs a partition scheme/],
    ['db.createPartitionedTable(testDictSchema, `tb1, `ticker)', /already exists/],
    ['db.createPartitionedTable(testDictSchema, `tb2, `nope)', /nope/],
    [
      'db.createPartitionedTable(testDictSchema, `tb2, `price)',
      /does not match the partition scheme/,
    ],
    ['db.createPartitionedTable(testDictSchema, `tb2, `ticker`id)', /must be 1/],
    ['db.createPartitionedTable(testDictSchema, "2tb", `ticker)', /begin with a letter/],
    ['createTable(database("", VALUE, 1..3), testDictSchema, "d")', /DFS database/],
    ['addValuePartitions(database("", RANGE, 1 2 3), 5)', /partitioned by VALUE/],
  ]
  for (const [script, message] of refused) t.match(await fail(script), message, script)
  t.equal(
    await fail('database("dfs://testDB", VALUE, ["AAPL", "AMZN", "A"])'),
    'no error',
    'the same scheme again',
  )
})

t.test('reading, writing and creating need rights', async t => {
  const admin = testSession()
  await admin.run(tickers)
  await admin.run('createUser("joe", "secret")')
  const joe = testSession({ node: admin.node, user: 'joe' })
  const guest = testSession({ node: admin.node, user: 'guest' })
  const insert =
    'tableInsert(loadTable("dfs://testDB", "tb1"), table(1 as id, `A as ticker, 1 as price))'
  for (const { fail } of [joe, guest]) {
    t.match(
      await fail(insert),
      /^<NoPrivilege>Not granted to write data to table dfs:\/\/testDB\/tb1|=> <NoPrivilege>Not granted to write data to table dfs:\/\/testDB\/tb1$/,
    )
    t.match(
      await fail('dropDatabase("dfs://testDB")'),
      /<NoPrivilege>Not granted to create or delete databases$/,
    )
  }
  await admin.run('grant("joe", TABLE_WRITE, "dfs://testDB/tb1")')
  t.equal(await joe.show(insert), '1')
  await admin.run('deny("joe", TABLE_INSERT, "*")')
  t.match(await joe.fail(insert), /NoPrivilege/)
  await admin.run('revoke("joe", TABLE_INSERT); grant("joe", "DB_MANAGE", "dfs://testDB")')
  t.equal(await joe.show(insert), '1')
  const read = 'select count(id) from loadTable("dfs://testDB", "tb1")'
  t.match(await joe.fail(read), /<NotAuthenticated>Not granted to read table dfs:\/\/testDB\/tb1$/)
  await admin.run('grant("joe", DB_READ, "dfs://testDB")')
  t.equal(await joe.show(read), '2')
  t.match(await joe.fail('database("dfs://own", VALUE, 1..3)'), /<NoPrivilege>/)
  await admin.run('grant("joe", DB_OWNER, "dfs://o*")')
  await joe.run(
    'db = database("dfs://own", VALUE, 1..3); own = db.createPartitionedTable(table(1 as id), `own, `id)',
  )
  t.equal(await joe.show('tableInsert(own, table(1 as id))'), '1', 'owners write without a grant')
  t.match(await guest.fail('database("dfs://g", VALUE, 1..3)'), /NoPrivilege/)
})

t.test('SQL that changes a stored table needs the same rights', async t => {
  const admin = testSession({ config: { enableInsertStatementForDFSTable: true } })
  await admin.run(tickers)
  await admin.run('createUser("joe", "secret")')
  const joe = testSession({ node: admin.node, user: 'joe' })
  const stored = 'pt = loadTable("dfs://testDB", "tb1")\n'
  const statements = {
    INSERT: stored + 'insert into pt values (1, `A, 1.5)',
    UPDATE: stored + 'update pt set price = 2.5 where id = 1',
    DELETE: stored + 'delete from pt where id = 1',
  }
  for (const [right, statement] of Object.entries(statements)) {
    for (const granted of Object.keys(statements)) {
      await admin.run(`grant("joe", "TABLE_${granted}", "dfs://testDB/tb1")`)
      const outcome = await joe.fail(statement)
      if (granted === right) t.equal(outcome, 'no error', right)
      else t.match(outcome, /<NoPrivilege>Not granted to write data to table dfs:\/\/testDB\/tb1$/)
      await admin.run(`revoke("joe", "TABLE_${granted}", "dfs://testDB/tb1")`)
    }
  }
  t.equal(await admin.show('exec count(*) from loadTable("dfs://testDB", "tb1")'), '0')
  await admin.run('grant("joe", TABLE_WRITE, "dfs://testDB/tb1")')
  for (const statement of Object.values(statements)) t.equal(await joe.fail(statement), 'no error')
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
  await run(`dropTable(db, \`t)\n${make('t')}`)
  t.not(await show(chunk), before)
})

/** The result of `database(…)` in a script. */
async function handleOf(script: string, session = testSession()): Promise<DatabaseHandle> {
  await session.run(`made = ${script}`)
  return session.session.variables.get('made') as DatabaseHandle
}

const shown = ({ path, levels, engine, atomic }: DatabaseHandle): string =>
  [path, levels.map(({ type }) => type).join('+'), engine, atomic].join(' ')

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
    'database("dfs://d", 2, `A`M`Z)': 'dfs://d RANGE OLAP TRANS',
    'database("dfs://d", LIST, [`IBM`ORCL, `GOOG])': 'dfs://d LIST OLAP TRANS',
    'database("dfs://d", 5, [INT, 10])': 'dfs://d HASH OLAP TRANS',
    'database("dfs://d", VALUE, 1..3, , "TSDB")': 'dfs://d VALUE TSDB TRANS',
    'database("dfs://d", VALUE, 1..3, engine="pkey", atomic="chunk")': 'dfs://d VALUE PKEY CHUNK',
    'database(directory="dfs://d", partitionType=VALUE, partitionScheme=1..2, chunkGranularity="DATABASE")':
      'dfs://d VALUE OLAP TRANS',
    'database("", VALUE, 1..3)': ' VALUE OLAP TRANS',
    'database(, VALUE, 1..3)': ' VALUE OLAP TRANS',
    'database(NULL, VALUE, 1..3)': ' VALUE OLAP TRANS',
    [`database("dfs://c", COMPO, [${days}, ${ids}])`]: 'dfs://c VALUE+RANGE OLAP TRANS',
    [`database("dfs://c", 4, [${days}, ${ids}, ${names}], , "TSDB", "CHUNK")`]:
      'dfs://c VALUE+RANGE+HASH TSDB CHUNK',
  }
  for (const [script, wanted] of Object.entries(cases)) {
    t.equal(shown(await handleOf(script)), wanted, script)
  }
})

t.test('an impossible database fails when it is created, and leaves nothing behind', async t => {
  const db = 'database("", VALUE, 1..3)'
  const refused: Record<string, RegExp> = {
    'database()': /needs a partition scheme/,
    'database("")': /needs a partition scheme/,
    'database("dfs://none")':
      /^database\("dfs:\/\/none"\) => The database \[dfs:\/\/none\] does not exist\. RefId: S04001$/,
    'database("C:/db", VALUE, 1..3)': /must begin with dfs:/,
    'database(5, VALUE, 1..3)': /\[directory\] must be a string/,
    'database("dfs://d", SEQ, 8)': /must be VALUE, RANGE, HASH, LIST or COMPO/,
    'database("dfs://d", 0, 8)': /must be VALUE, RANGE, HASH, LIST or COMPO/,
    'database("dfs://d", 6, 8)': /must be VALUE, RANGE, HASH, LIST or COMPO/,
    'database("dfs://d", "VALUES", 1..3)': /must be VALUE, RANGE, HASH, LIST or COMPO/,
    'database("dfs://d", VALUE)': /\[partitionScheme\] must not be empty/,
    'database("dfs://d", VALUE, NULL)': /\[partitionScheme\] must not be empty/,
    'database("dfs://d", VALUE, 1)': /scheme should be a vector/,
    'database("dfs://d", RANGE, (1, `a))': /scheme should be a vector/,
    'database("dfs://d", HASH, [INT])': /HASH partition scheme/,
    'database("dfs://d", HASH, [INT, 0])': /HASH partition scheme/,
    'database("dfs://d", LIST, 5)': /LIST partition scheme/,
    [`database("dfs://d", COMPO, [${db}])`]: /must be 2 or 3 database handles/,
    [`database("dfs://d", COMPO, [${db}, ${db}, ${db}, ${db}])`]: /must be 2 or 3 database handles/,
    [`database("dfs://d", COMPO, [${db}, 5])`]: /must be a vector of database handles/,
    'database("dfs://d", VALUE, 1..3, engine="IOTDB")': /must be one of OLAP, TSDB, PKEY/,
    'database("dfs://d", VALUE, 1..3, engine=5)': /\[engine\] must be one of/,
    'database("dfs://d", VALUE, 1..3, atomic="ALL")': /must be one of TRANS, CHUNK/,
    'database("dfs://d", VALUE, 1..200000)': /at most 131072 partitions/,
  }
  for (const [script, message] of Object.entries(refused)) {
    const { fail, node } = testSession()
    t.match(await fail(script), message, script)
    t.equal(node.databases.size, 0, script)
  }
  t.equal((await handleOf('database("dfs://d", VALUE, 1..131072)')).levels.length, 1)
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

t.test('databases with equal schemes do not share added partitions', async t => {
  const { run, show } = testSession()
  await run(`v = database("", VALUE, 1..2); h = database("", HASH, [INT, 2])
    one = database("dfs://one", COMPO, [v, h]); two = database("dfs://two", COMPO, [v, h])
    t = table(1:0, \`k\`i, [INT, INT]); pt = one.createPartitionedTable(t, "t", \`k\`i)
    tableInsert(pt, table(1 5 as k, 1 1 as i))`)
  t.equal(await show('schema(one).partitionSchema'), '[[1,2,5],2]')
  t.equal(await show('schema(two).partitionSchema'), '[[1,2],2]')
})

t.test('guests cannot create databases', async t => {
  const { fail } = testSession({ user: 'guest' })
  t.match(await fail('database("dfs://d", VALUE, 1..3)'), /=> <NoPrivilege>/)
  t.equal(await fail('database("", VALUE, 1..3)'), 'no error')
})

const setUp = `db = database("dfs://d", VALUE, 1..3)
tsdb = database("dfs://tsdb", VALUE, 1..3, engine="TSDB")
pkey = database("dfs://pkey", VALUE, 1..3, engine="PKEY")
memory = database("", VALUE, 1..3)
t = table(1 2 as id, 2024.01.01 2024.01.02 as ts, 1.5 2.5 as v)`

async function session(): Promise<TestSession> {
  const made = testSession()
  await made.run(setUp)
  return made
}

/** The facts that the node stores about the only table. */
async function factsOf(script: string): Promise<StoredTableFacts> {
  const { run, node } = await session()
  await run(script)
  const tables = [...node.databases.values()].flatMap(database => [...database.tables.values()])
  return tables[0]!.stored!
}

t.test('only the columns of the template are used', async t => {
  const { show } = await session()
  const made: Record<string, string> = {
    'createPartitionedTable(db, t, "a", "id")': 'SEGMENTED DFS TABLE',
    'createPartitionedTable(dbHandle="dfs://d", table=t, tableName="b", partitionColumns=["id"])':
      'SEGMENTED DFS TABLE',
    'tsdb.createPartitionedTable(t, `c, `id, , `id`ts)': 'SEGMENTED DFS TABLE',
    'createDimensionTable(db, t, "d")': 'DFS TABLE',
    'db.createTable(t, `e)': 'DFS TABLE',
    'createPartitionedTable(memory, t, "f", `id)': 'SEGMENTED IN-MEMORY TABLE',
    'createPartitionedTable(memory, t, , `id)': 'SEGMENTED IN-MEMORY TABLE',
    'createPartitionedTable(memory, t, "", `id)': 'SEGMENTED IN-MEMORY TABLE',
  }
  for (const [script, type] of Object.entries(made)) {
    t.match(await show(`made = ${script}; typestr(made)`), type, script)
    t.equal(await show('exec name from schema(made).colDefs'), '[id,ts,v]', script)
    t.equal(await show('exec count(*) from made'), '0', script)
  }
  t.equal(await show('getTables(db)'), '[a,b,d,e]')
  t.equal(await show('schema(loadTable(db, "a")).partitionColumnName'), 'id')
  t.equal(await show('schema(loadTable(db, "d")).partitionColumnIndex'), '-1')
})

t.test('facts that the node reports about a table besides its columns', async t => {
  const compress = 'dict(`id`v, `delta`zstd)'
  const cases: [script: string, wanted: object][] = [
    [
      'db.createPartitionedTable(t, `x, `id)',
      {
        databasePath: 'dfs://d',
        tableName: 'x',
        owner: 'admin',
        sortColumns: [],
        keepDuplicates: 'ALL',
      },
    ],
    ['db.createPartitionedTable(t, `x, `id, , `ts, LAST)', { keepDuplicates: 'ALL' }],
    [
      'tsdb.createPartitionedTable(t, `x, `id, , `id`ts)',
      { sortColumns: ['id', 'ts'], keepDuplicates: 'ALL' },
    ],
    [
      'tsdb.createPartitionedTable(t, `x, `id, sortColumns="ts", keepDuplicates=LAST)',
      { sortColumns: ['ts'], keepDuplicates: 'LAST' },
    ],
    ['tsdb.createPartitionedTable(t, `x, `id, , `ts, "first")', { keepDuplicates: 'FIRST' }],
    ['tsdb.createPartitionedTable(t, `x, `id, , `ts, 1)', { keepDuplicates: 'LAST' }],
    ['tsdb.createPartitionedTable(t, `x, `id, , `ts, NULL)', { keepDuplicates: 'ALL' }],
    [
      'pkey.createPartitionedTable(t, `x, `id, primaryKey=`id`ts)',
      { sortColumns: ['id', 'ts'], keepDuplicates: 'LAST' },
    ],
    ['tsdb.createTable(t, `x, , `ts, FIRST)', { sortColumns: ['ts'], keepDuplicates: 'FIRST' }],
    [
      'createDimensionTable(tsdb, t, "x", sortColumns=`ts)',
      { tableName: 'x', sortColumns: ['ts'], keepDuplicates: 'ALL' },
    ],
  ]
  for (const [script, wanted] of cases) t.match(await factsOf(script), wanted, script)
  for (const script of [
    `db.createPartitionedTable(t, \`x, \`id, ${compress})`,
    `db.createTable(t, \`x, ${compress})`,
  ]) {
    const { compressMethods } = await factsOf(script)
    t.strictSame(
      [...compressMethods],
      [
        ['id', 'delta'],
        ['v', 'zstd'],
      ],
      script,
    )
  }
})

t.test('of rows with the same primary key, the newest row stays', async t => {
  const { run, show } = await session()
  await run('pt = pkey.createPartitionedTable(t, `x, `id, primaryKey=`id)')
  await run('pt.tableInsert(t); pt.tableInsert(table(1 as id, 2025.01.01 as ts, 9.5 as v))')
  t.equal(await show('select id, v from pt order by id'), '1 9.5;2 2.5')
})

t.test('tables that cannot be created', async t => {
  const refused: Record<string, RegExp> = {
    'createPartitionedTable(db, t, "x", [])': /\[partitionColumns\] must name/,
    'createPartitionedTable(db, t, "x", NULL)': /\[partitionColumns\] must name/,
    'createPartitionedTable(db, t, "x", "nope")': /\[nope\] does not exist/,
    'createPartitionedTable(db, t, "x", `id`ts)': /must be 1/,
    'createPartitionedTable(db, table(`a as s), "x", "s")':
      /\[s\] does not match the partition scheme/,
    'createPartitionedTable(db, t, , "id")': /table name/,
    'createPartitionedTable(db, t, "1x", "id")': /table name/,
    'createPartitionedTable(db, t, 5, "id")': /\[tableName\] must be a string/,
    'createPartitionedTable(db, 5, "x", "id")': /\[table\] must be a table/,
    'createPartitionedTable(db, t, "x", "id", 5)': /\[compressMethods\] must be a dictionary/,
    'createPartitionedTable(db, t, "x", "id", dict(1 2, 3 4))':
      /\[compressMethods\] must be a string/,
    'createPartitionedTable(tsdb, t, "x", "id", , `ts, "NEWEST")': /must be ALL, LAST or FIRST/,
    'createPartitionedTable(tsdb, t, "x", "id", , `ts, 3)': /must be ALL, LAST or FIRST/,
    'createPartitionedTable("dfs://none", t, "x", "id")':
      /\[dfs:\/\/none\] does not exist\. RefId: S04001$/,
    'createTable(memory, t, "x")': /only be created in a DFS database/,
    'createTable(db, t, 5)': /\[tableName\] must be a string/,
    'createTable(db, NULL, "x")': /\[table\] must be a table/,
    'createTable(db, t, "there")': /\[there\] already exists/,
  }
  for (const [script, message] of Object.entries(refused)) {
    const { run, fail, node } = await session()
    await run('db.createTable(t, "there")')
    t.match(await fail(script), message, script)
    t.strictSame([...node.databases.get('dfs://d')!.tables.keys()], ['there'], script)
  }
})

t.test('the columns are listed once for a table, not once for each partition', async t => {
  const { fail } = testSession()
  t.match(
    await fail(
      'db = database("", VALUE, 1 2); p = table(1 as id); q = table(2 as id); db.createPartitionedTable([p, q], `pt, `id)',
    ),
    /\[table\] must be one table/,
  )
})

t.test('a database can be opened with its original scheme and with its present one', async t => {
  const { run, fail } = testSession()
  const open = (values: string): string => `database("dfs://grown", VALUE, ${values})`
  await run(`db = ${open('1..3')}; addValuePartitions(db, 4 5); addValuePartitions(db, 6)`)
  t.equal(await fail(open('1..3')), 'no error')
  t.equal(await fail(open('1..6')), 'no error')
  t.match(await fail(open('1..5')), /not allowed to overwrite/)
  t.match(await fail(open('1..2')), /not allowed to overwrite/)
})
