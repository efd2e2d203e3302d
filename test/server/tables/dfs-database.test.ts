/* DFS tables: rights, engines, what they convert and cut, and transactions. Manual, pages database, createPartitionedTable (in Chinese),
   array vector, insert_data and data_types; error codes S01015, S05004; docs/server-semantics.md. */
import t from 'tap'
import { testExamples, testRefusals } from '../../helpers/examples.js'
import { testSession, type TestSession } from '../../helpers/script.js'

const make =
  'db = database("dfs://db", VALUE, 1 2); pt = db.createPartitionedTable(table(1:0, `id`v, [INT,STRING]), `pt, `id);'

t.test('who may create, change and drop databases (pages database, grant)', async t => {
  const admin = testSession()
  await admin.run(
    'createUser("joe", "secret"); createUser("sue", "secret"); grant("joe", DB_OWNER, "dfs://d*")',
  )
  const [joe, sue, guest] = ['joe', 'sue', 'guest'].map(user =>
    testSession({ node: admin.node, user }),
  )
  await joe!.run(make)
  const refusal = /<NoPrivilege>Not granted to create or delete databases$/
  for (const other of [sue!, guest!]) {
    t.equal(await other.fail('db = database("dfs://db")'), 'no error', 'everybody may open it')
    for (const script of [
      'db.createPartitionedTable(table(1 as id), `mine, `id)',
      'dropTable(db, `pt)',
      'dropDatabase("dfs://db")',
      'database("dfs://new", VALUE, 1 2)',
      'addColumn(loadTable("dfs://db", `pt), `x, INT)',
    ]) {
      t.match(await other.fail(script), refusal, script)
    }
  }
  t.match(await joe!.fail('database("dfs://e", VALUE, 1 2)'), refusal, 'another prefix')
  await admin.run('grant("joe", DB_OWNER, "*")')
  t.equal(await joe!.fail('database("dfs://e", VALUE, 1 2)'), 'no error')
  await admin.run('revoke("joe", DB_OWNER, "*")')
  t.match(await joe!.fail('database("dfs://f", VALUE, 1 2)'), refusal)
  t.equal(await admin.fail('dropDatabase("dfs://db")'), 'no error')
})

const columns =
  '`i`l`d`dt`ts`nt`s`y`m`a`f, [INT,LONG,DATE,DATETIME,TIMESTAMP,NANOTIME,STRING,SYMBOL,DECIMAL64(2),INT[],DOUBLE]'

/** The error for a new table in a database of the engine; 'no error' if the table is created. */
async function making(engine: string, rest: string, version = '3.00.5.0'): Promise<string> {
  const { fail } = testSession({ version })
  return fail(`db = database("dfs://d", VALUE, 1..3, engine="${engine}")
    db.createPartitionedTable(table(1:0, ${columns}), "t", "i"${rest})`)
}

t.test('only TSDB and memory can have arrays', async t => {
  t.match(await making('OLAP', ''), /OLAP.*array.*\[a\]/)
  t.equal(await making('TSDB', ', sortColumns=`s`ts'), 'no error')
  const { fail } = testSession()
  t.equal(await fail(`share streamTable(1:0, ${columns}) as st`), 'no error')
})

t.test('allowed sort columns of a TSDB table', async t => {
  const taken = ['s`ts', 'y`d', 'i`nt', 'm`l', 'i', 'd', 'dt', 's', 'y', 'm', 'l']
  for (const names of taken) t.equal(await making('TSDB', `, sortColumns=\`${names}`), 'no error')
  const refused = { ts: 'ts', nt: 'nt', a: 'a', f: 'f', 'ts`i': 'ts', 'i`s': 's', 'i`m': 'm' }
  for (const [names, wrong] of Object.entries({ ...refused, 'i`a': 'a', 'nt`ts': 'nt' })) {
    const words = await making('TSDB', `, sortColumns=\`${names}`)
    t.match(words, new RegExp(`column \\[${wrong}\\]`), names)
  }
  t.match(await making('TSDB', ''), /\[sortColumns\] must be given/)
  t.match(await making('TSDB', ', sortColumns=`nosuch`ts'), /\[nosuch\] does not exist/)
})

t.test('the primary key contains the partition columns', async t => {
  t.equal(await making('PKEY', ', primaryKey=`i`ts'), 'no error')
  t.match(await making('PKEY', ''), /primary key/)
  t.match(await making('PKEY', ', primaryKey=`s`ts'), /primary key/)
})

t.test('engines and types that need later versions', async t => {
  t.match(await making('OLAP', '', '1.30.22'), /no argument \[engine\]/)
  t.match(await making('PKEY', ', primaryKey=`i', '3.00.0'), /\[engine\] must be one of OLAP, TSDB/)
  const old = testSession({ version: '1.30.22' })
  t.equal(await old.fail('database("dfs://d", VALUE, 1..3)'), 'no error')
  for (const scheme of ['RANGE, 0.0 5.0', 'VALUE, [3000000000]', 'HASH, [TIMESTAMP, 2]']) {
    t.match(
      await old.fail(`database("dfs://x", ${scheme})`),
      /can't be used for a partition column/,
    )
  }
  t.match(await old.fail('table(1:0, `a`b, [INT, DECIMAL64(2)])'), /token DECIMAL64/)
  t.match(await old.fail('table(1:0, `a`b, [INT, INT[]])'), /token INT\[\]/)
  const blobs =
    'createPartitionedTable(database("dfs://o", VALUE, 1..3), table(1:0, `a`b, [INT, BLOB]), `t, `a)'
  t.match(
    await old.fail(blobs),
    /OLAP engine does not support array vectors and BLOBs: column \[b\]/,
  )
  const newer = testSession({ version: '2.00.8' })
  t.match(await newer.fail('table(1:0, `a`b, [INT, DECIMAL64(2)[]])'), /token DECIMAL64\(2\)\[\]/)
  t.equal(await old.fail('table(1:0, `a`b, [INT, DOUBLE])'), 'no error')
})

const wrongType =
  "Failed to append data to column 'id' with error: Incompatible type. Expected: INT, Actual: STRING"
const texts = 'table(`x as id, `y as v)'
testRefusals(t, 'wrong types and numbers of columns (docs/server-semantics.md#error-texts)', {
  [`t = table(1:0, \`id\`v, [INT,STRING]); tableInsert(t, ${texts})`]: wrongType,
  [`t = keyedTable(\`id, 1:0, \`id\`v, [INT,STRING]); tableInsert(t, ${texts})`]: wrongType,
  [`t = streamTable(1:0, \`id\`v, [INT,STRING]); tableInsert(t, ${texts})`]: `${wrongType}. RefId:S03017`,
  [`${make} tableInsert(pt, ${texts})`]:
    'The column [id] expects type of INT, but the actual type is STRING. RefId:S05004',
  [`${make} tableInsert(pt, table(1.5 as id, \`y as v))`]:
    'the actual type is DOUBLE. RefId:S05004',
  [`${make} tableInsert(pt, table(1 as a, 2 as b, 3 as c))`]:
    'The number of columns of the current table must match that of the target table. RefId:S01015',
  't = table(1 as a); tableInsert(t, table(1 as a, 2 as b))':
    'The number of columns of the table to insert must be the same as that of the original table.',
  'db = database("dfs://d", VALUE, `a`b); pt = db.createPartitionedTable(table(1:0, `s`y, [STRING,SYMBOL]), `pt, `s); s = ""; for(i in 1..256){ s += "a" }; tableInsert(pt, table(`a as s, s as y))':
    "can't exceed 255 bytes",
})

testExamples(t, {
  'DFS columns convert within a category (page S05004)': {
    [`${make} tableInsert(pt, table(1l as id, \`x as v)); select * from pt`]: '1 x',
    [`${make} tableInsert(pt, table(1 as id)); select * from pt`]: '1 ',
  },
})

async function withTable(atomic: string): Promise<{ a: TestSession; b: TestSession }> {
  const a = testSession()
  const b = testSession({ node: a.node })
  await a.run(`db = database("dfs://d", COMPO, [database("", VALUE, 2024.01.01..2024.01.03),
    database("", HASH, [SYMBOL, 2])], atomic="${atomic}")
    createPartitionedTable(db, table(1:0, \`day\`sym\`x, [DATE, SYMBOL, INT]), "t", \`day\`sym)`)
  return { a, b }
}

const insert = (day: string, x: number): string =>
  `tableInsert(loadTable("dfs://d", "t"), table([${day}] as day, symbol(["A"]) as sym, [${x}] as x))`

const rows = 'select x from loadTable("dfs://d", "t") order by x'

t.test('TRANS: the second write is refused with the tag that makes clients wait', async t => {
  const { a, b } = await withTable('TRANS')
  const first = a.show(insert('2024.01.02', 1))
  t.match(
    await b.fail(insert('2024.01.02', 2)),
    /^[^<]*<ChunkInTransaction>The openChunks operation failed because the chunk '\/d\/t' is currently locked and in use by transaction 1\. RefId:S00002$/,
  )
  t.equal(await first, '1')
  t.equal(await b.show(insert('2024.01.02', 3)), '1', 'later it is accepted')
  t.equal(await a.show(rows), '1;3')
})

t.test('a write does not lock other partitions', async t => {
  const { a, b } = await withTable('TRANS')
  const both = await Promise.all([a.show(insert('2024.01.02', 1)), b.show(insert('2024.01.03', 2))])
  t.strictSame(both, ['1', '1'])
})

t.test('CHUNK: the second write waits, and all rows are stored in the end', async t => {
  const { a } = await withTable('CHUNK')
  const sessions = Array.from({ length: 10 }, () => testSession({ node: a.node }))
  const counts = await Promise.all(sessions.map(({ show }, at) => show(insert('2024.01.02', at))))
  t.strictSame(counts, Array(10).fill('1'))
  t.equal(await a.show(rows), '0;1;2;3;4;5;6;7;8;9')
})

t.test('every way to write is a transaction; a failed write keeps no lock', async t => {
  const { a, b } = await withTable('TRANS')
  a.node.config.enableInsertStatementForDFSTable = true
  const row = 'table([2024.01.02] as day, symbol(["A"]) as sym, [9] as x)'
  const target = 'loadTable("dfs://d", "t")'
  for (const write of [
    `append!(${target}, ${row})`,
    `upsert!(${target}, ${row}, keyColNames="x")`,
    `tableUpsert(${target}, ${row}, keyColNames="x")`,
    `insert into ${target} values (2024.01.02, "A", 9)`,
  ]) {
    const first = a.run(write)
    t.match(await b.fail(insert('2024.01.02', 2)), /<ChunkInTransaction>/, write)
    await first
    const failing = a.fail(insert('"no date"', 1))
    t.equal(await b.show(insert('2024.01.03', 2)), '1', 'also after a refused write')
    t.match(await failing, /S05004/)
  }
})

t.test('a dimension table has one partition', async t => {
  const { a, b } = await withTable('TRANS')
  await a.run('createTable(database("dfs://d"), table(1:0, ["x"], [INT]), "dim")')
  const script = 'append!(loadTable("dfs://d", "dim"), table([1] as x))'
  const first = a.run(script)
  t.match(await b.fail(script), /the chunk '\/d\/dim' is currently locked/)
  await first
})
