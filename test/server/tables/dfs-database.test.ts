/*
  Rules of storage engines in the manual (pages createPartitionedTable, in Chinese, and array vector).
*/
import t from 'tap'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import type { Vector } from '../../../src/protocol/value.js'
import { createNode, type ServerNode } from '../../../src/server/node.js'
import type {
  DatabaseHandle,
  LevelScheme,
  ServerTable,
  TableKind,
} from '../../../src/server/tables/server-table.js'
import {
  createStoredTable,
  dropDatabase,
  dropTable,
  openDatabase,
  storedTable,
  type StoredTableOptions,
} from '../../../src/server/tables/dfs-database.js'
import { createTable } from '../../../src/server/tables/memory-table.js'
import type { ScriptSession } from '../../../src/server/values/server-value.js'
import { sessionOn, testSession, textsOf, type TestSession } from '../../helpers/script.js'
import { ints } from '../../helpers/values.js'
import { column } from '../columns/columns.js'
import {
  columnCountError,
  isStream,
  nullsOf,
  prepareColumn,
  prepareColumns,
  valueCountError,
} from '../../../src/server/tables/prepare.js'
import { stored, tableOf } from './tables.js'

const vector = (...values: number[]): Vector => ints(...values) as Vector
const values = (...of: number[]): LevelScheme => ({ type: 'VALUE', scheme: vector(...of) })
const handleOf = (path: string, ...levels: LevelScheme[]): DatabaseHandle => ({
  form: 'database',
  path,
  levels,
  engine: 'OLAP',
  atomic: 'TRANS',
})
const plain: StoredTableOptions = {
  partitionColumns: [],
  compressMethods: new Map(),
  sortColumns: [],
  keepDuplicates: 'ALL',
}
const by = (...partitionColumns: string[]): StoredTableOptions => ({ ...plain, partitionColumns })
const template = createTable(
  'basic',
  ['id', 'day', 'v'],
  [{ type: 'INT' }, { type: 'TIMESTAMP' }, { type: 'STRING' }],
)

function sessionAs(node: ServerNode, user: string): ScriptSession {
  const session = sessionOn(node)
  session.user = user
  return session
}

/** A node with the database `dfs://db`. joe created the database, and its partitions are single values. */
function withDatabase(): { node: ServerNode; joe: ScriptSession; db: DatabaseHandle } {
  const node = createNode()
  const joe = sessionAs(node, 'joe')
  node.privileges.set('joe', new Map([['DB_OWNER dfs://d*', true]]))
  return { node, joe, db: openDatabase(node, joe, handleOf('dfs://db', values(1, 2))) }
}
const create = (
  at: ReturnType<typeof withDatabase>,
  name: string,
  options = by('id'),
): ServerTable => createStoredTable(at.node, at.joe, at.db, template, name, options)

t.test('the holders of a dropped table can still read it, but not write to it', async t => {
  const at = withDatabase()
  const [first, second] = [create(at, 'a'), create(at, 'b')]
  dropTable(at.node, at.joe, 'dfs://db', 'a')
  t.same([first.isDropped, second.isDropped], [true, false])
  t.throws(() => storedTable(at.node, 'dfs://db', 'a'), {
    name: 'ScriptError',
    message: "getFileBlocksMeta on path '/db/a.tbl' failed, reason: path does not exist",
  })
  t.throws(() => storedTable(at.node, 't1', 't1'), {
    message: 'table file does not exist: t1/t1.tbl',
  })
  t.throws(() => dropTable(at.node, at.joe, 'dfs://db', 'a'), {
    message: 'The table [a] does not exist. RefId: S04001',
  })
  dropDatabase(at.node, at.joe, 'dfs://db')
  t.equal(second.isDropped, true)
  t.equal(at.node.databases.size, 0)
  t.throws(() => dropDatabase(at.node, at.joe, 'dfs://db'), { message: /S04001$/ })
  t.throws(() => dropTable(at.node, at.joe, 'dfs://db', 'b'), { message: /S04001$/ })
})

t.test('a user may create databases whose names begin with a granted prefix', async t => {
  const { node, joe } = withDatabase()
  const make = (path: string): unknown => openDatabase(node, joe, handleOf(path, values(1)))
  t.ok(make('dfs://data'))
  t.throws(() => make('dfs://e'), { message: /^<NoPrivilege>/ })
  node.privileges.get('joe')!.set('DB_OWNER *', true)
  t.ok(make('dfs://e'))
  node.privileges.get('joe')!.set('DB_OWNER *', false)
  t.throws(() => make('dfs://f'), { message: /^<NoPrivilege>/ })
})

t.test('administrators and the creator may change a database', async t => {
  const refusal = {
    name: 'ScriptError',
    message: '<NoPrivilege>Not granted to create or delete databases',
  }
  const at = withDatabase()
  create(at, 'pt')
  for (const user of ['guest', 'sue']) {
    const session = sessionAs(at.node, user)
    const other = { ...at, joe: session }
    t.throws(() => create(other, 'mine'), refusal)
    t.throws(() => dropTable(at.node, session, 'dfs://db', 'pt'), refusal)
    t.throws(() => dropDatabase(at.node, session, 'dfs://db'), refusal)
    t.equal(openDatabase(at.node, session, handleOf('dfs://db')), at.db, 'everybody may open it')
  }
  const guest = sessionAs(at.node, 'guest')
  t.throws(() => openDatabase(at.node, guest, handleOf('dfs://new', values(1))), refusal)
  at.node.privileges.set('sue', new Map([['DB_OWNER dfs://new', true]]))
  t.doesNotThrow(() =>
    openDatabase(at.node, sessionAs(at.node, 'sue'), handleOf('dfs://new', values(1))),
  )
  t.doesNotThrow(() => dropDatabase(at.node, sessionAs(at.node, 'admin'), 'dfs://new'))
})

const columns =
  '`i`l`d`dt`ts`nt`s`y`m`a`f, [INT,LONG,DATE,DATETIME,TIMESTAMP,NANOTIME,STRING,SYMBOL,DECIMAL64(2),INT[],DOUBLE]'

/** The error for a new table in a database of the engine; 'no error' if the table is created. */
async function making(engine: string, rest: string, version?: string): Promise<string> {
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
  t.match(await old.fail('table(1:0, `a`b, [INT, DECIMAL64(2)])'), /token DECIMAL64/)
  t.match(await old.fail('table(1:0, `a`b, [INT, INT[]])'), /token INT\[\]/)
  t.equal(await old.fail('table(1:0, `a`b, [INT, DOUBLE])'), 'no error')
})

const kinds: readonly TableKind[] = [
  ...(['basic', 'stream', 'keyed', 'indexed', 'keyedStream', 'partitioned', 'dfs'] as const),
]

t.test('incompatible types give the error text of the kind of table', async t => {
  const memory =
    "Failed to append data to column 'id' with error: Incompatible type. Expected: INT, Actual: STRING"
  for (const kind of kinds) {
    const message =
      kind === 'dfs'
        ? 'The column [id] expects type of INT, but the actual type is STRING. RefId:S05004'
        : kind === 'stream' || kind === 'keyedStream'
          ? `${memory}. RefId:S03017`
          : memory
    t.throws(() => prepareColumn(tableOf(kind), 0, column('STRING', 'x'), 1), {
      name: 'ScriptError',
      message,
    })
  }
})

t.test('a DFS table refuses DOUBLE for INT, and cuts texts to what it stores', async t => {
  t.throws(() => prepareColumn(tableOf('dfs'), 0, column('DOUBLE', 1), 1), { message: /S05004$/ })
  t.same(textsOf(prepareColumn(tableOf('dfs'), 0, column('LONG', 7n, 2n ** 40n), 2)), ['7', ''])
  const long = column('STRING', 'a'.repeat(65_536))
  t.equal(textsOf(prepareColumn(tableOf('dfs'), 1, long, 1))[0]!.length, 65_535)
  t.equal(prepareColumn(tableOf('basic'), 1, long, 1), long)
  const symbols = createTable('dfs', ['s'], [{ type: 'SYMBOL' }], { stored })
  const tooLong = column('STRING', 'a'.repeat(256))
  t.throws(() => prepareColumn(symbols, 0, tooLong, 1), { message: /can't exceed 255 bytes/ })
})

t.test('a different number of columns is refused in the words of the table', async t => {
  const one = [column('INT', 1)]
  for (const kind of kinds) {
    const table = tableOf(kind)
    const counts = columnCountError(table).message
    const values = valueCountError(table).message
    if (isStream(table)) {
      for (const text of [counts, values]) {
        t.match(text, /^Data insertion failed: Number of columns .* RefId: S03012$/)
      }
    } else {
      t.equal(values, "The number of table columns doesn't match the number of columns to append.")
      t.equal(
        counts,
        kind === 'dfs'
          ? 'The number of columns of the current table must match that of the target table. RefId:S01015'
          : 'The number of columns of the table to insert must be the same as that of the original table.',
      )
    }
    t.throws(() => prepareColumns(table, one, 1), { message: counts })
    t.throws(() => prepareColumns(table, [...one, ...one, ...one], 1), { message: counts })
  }
  t.same(
    kinds.filter(kind => isStream(tableOf(kind))),
    ['stream', 'keyedStream'],
  )
})

t.test(
  'a partitioned DFS table fills missing last columns unless they decide the partition',
  async t => {
    const types: ColumnType[] = [
      { type: 'INT' },
      { type: 'STRING' },
      { type: 'DOUBLE', array: true },
    ]
    const partitionedBy = (index: number): ServerTable =>
      createTable('dfs', ['a', 'b', 'c'], types, {
        stored,
        partitioning: {
          columns: [index],
          levels: [{ type: 'VALUE', scheme: column('INT', 1) }],
          newValues: () => 'add',
        },
      })
    const prepared = prepareColumns(partitionedBy(0), [column('INT', 1, 2)], 2)
    t.same(prepared.slice(0, 2).map(textsOf), [
      ['1', '2'],
      ['', ''],
    ])
    t.same(nullsOf(prepared[2]!), [true, true])
    t.throws(() => prepareColumns(partitionedBy(1), [column('INT', 1)], 1), { message: /S01015$/ })
    t.throws(() => prepareColumns(partitionedBy(0), [], 0), { message: /S01015$/ })
    const four = [column('INT', 1), column('STRING', ''), column('INT', 1), column('INT', 1)]
    t.throws(() => prepareColumns(partitionedBy(0), four, 1), { message: /S01015$/ })
  },
)

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
    /^[^<]*<ChunkInTransaction>The openChunks operation failed because the chunk '\/d\/20240102\/Key[01]' is currently locked and in use by transaction 1\. RefId:S00002$/,
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

t.test('if ten sessions retry, all their rows are stored in the end', async t => {
  const { a } = await withTable('TRANS')
  let refusals = 0
  await Promise.all(
    Array.from({ length: 10 }, async (_, at) => {
      const session = testSession({ node: a.node })
      for (let left = 5; left > 0;) {
        const text = await session.fail(insert('2024.01.02', at))
        if (text === 'no error') left--
        else if (text.includes('<ChunkInTransaction>')) {
          refusals++
          await new Promise<void>(resolve => setImmediate(resolve))
        } else throw new Error(text)
      }
    }),
  )
  t.ok(refusals > 0, `${refusals} refusals`)
  t.equal(await a.show(`exec count(*) from loadTable("dfs://d", "t")`), '50')
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
