import t from 'tap'
import type { StoredTableFacts } from '../../../../src/server/tables/server-table.js'
import { testSession, type TestSession } from '../../../helpers/script.js'

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

/** What the node keeps of the only table. */
async function factsOf(script: string): Promise<StoredTableFacts> {
  const { run, node } = await session()
  await run(script)
  const tables = [...node.databases.values()].flatMap(database => [...database.tables.values()])
  return tables[0]!.stored!
}

t.test('only the columns of the template are taken', async t => {
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

t.test('what is told of a table besides its columns', async t => {
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

t.test('of the rows of one primary key the newest stays', async t => {
  const { run, show } = await session()
  await run('pt = pkey.createPartitionedTable(t, `x, `id, primaryKey=`id)')
  await run('pt.tableInsert(t); pt.tableInsert(table(1 as id, 2025.01.01 as ts, 9.5 as v))')
  t.equal(await show('select id, v from pt order by id'), '1 9.5;2 2.5')
})

t.test('what cannot be made', async t => {
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

t.test('one table tells the columns, not one for each partition', async t => {
  const { fail } = testSession()
  t.match(
    await fail(
      'db = database("", VALUE, 1 2); p = table(1 as id); q = table(2 as id); db.createPartitionedTable([p, q], `pt, `id)',
    ),
    /\[table\] must be one table/,
  )
})

t.test(
  'a database is opened with the scheme it was made with, and the one it has by now',
  async t => {
    const { run, fail } = testSession()
    const open = (values: string): string => `database("dfs://grown", VALUE, ${values})`
    await run(`db = ${open('1..3')}; addValuePartitions(db, 4 5); addValuePartitions(db, 6)`)
    t.equal(await fail(open('1..3')), 'no error')
    t.equal(await fail(open('1..6')), 'no error')
    t.match(await fail(open('1..5')), /not allowed to overwrite/)
    t.match(await fail(open('1..2')), /not allowed to overwrite/)
  },
)
