import t from 'tap'
import type { DataType } from '../../../src/protocol/data-type.js'
import type { Vector } from '../../../src/protocol/value.js'
import { createNode, type ServerNode } from '../../../src/server/node.js'
import type { DatabaseHandle, LevelScheme } from '../../../src/server/tables/database-handle.js'
import {
  createStoredTable,
  databaseAt,
  dropDatabase,
  dropTable,
  openDatabase,
  storedTable,
  type StoredTableOptions,
} from '../../../src/server/tables/dfs-database.js'
import { createTable } from '../../../src/server/tables/memory-table.js'
import type { ServerTable } from '../../../src/server/tables/server-table.js'
import type { ScriptSession } from '../../../src/server/values/builtin.js'
import { sessionOn } from '../../helpers/script.js'
import { int, ints } from '../../helpers/values.js'
import { column } from '../columns/columns.js'

const vector = (...values: number[]): Vector => ints(...values) as Vector
const values = (...of: number[]): LevelScheme => ({ type: 'VALUE', scheme: vector(...of) })
const hash = (type: DataType, buckets: number): LevelScheme => ({
  type: 'HASH',
  scheme: { form: 'list', elements: [{ form: 'type', column: { type } }, int(buckets)] },
})
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

/** A node with the database `dfs://db`, which joe has made, partitioned by value. */
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

t.test('a database is made with a scheme and opened by its path', async t => {
  const { node, joe, db } = withDatabase()
  t.equal(openDatabase(node, joe, handleOf('dfs://db')), db)
  t.equal(openDatabase(node, joe, handleOf('dfs://db', values(1, 2))), db, 'the same scheme again')
  t.match(databaseAt(node, 'dfs://db'), { handle: db, owner: 'joe' })
  const missing = {
    name: 'ScriptError',
    message: 'The database [dfs://x] does not exist. RefId: S04001',
  }
  t.throws(() => openDatabase(node, joe, handleOf('dfs://x')), missing)
  t.throws(() => databaseAt(node, 'dfs://x'), missing)
  const nameless = handleOf('', values(1))
  t.equal(openDatabase(node, sessionAs(node, 'guest'), nameless), nameless)
  t.equal(node.databases.size, 1)
})

t.test('another scheme for an existing database is refused', async t => {
  const node = createNode()
  const admin = sessionAs(node, 'admin')
  const list = (...lists: Vector[]): LevelScheme => ({
    type: 'LIST',
    scheme: column('ANY', ...lists),
  })
  const roomy: Vector = { form: 'vector', type: 'INT', length: 2, data: Int32Array.of(1, 2, 0, 0) }
  const examples: [LevelScheme[], LevelScheme[], boolean][] = [
    [[values(1, 2)], [{ type: 'VALUE', scheme: roomy }], true],
    [[values(1, 2)], [values(1, 2, 3)], false],
    [[values(1, 2)], [values(2, 1)], false],
    [[values(1, 2)], [{ type: 'RANGE', scheme: vector(1, 2) }], false],
    [[values(1, 2)], [{ type: 'VALUE', scheme: column('LONG', 1n, 2n) }], false],
    [[values(1), hash('INT', 5)], [values(1), hash('INT', 5)], true],
    [[values(1), hash('INT', 5)], [values(1), hash('INT', 6)], false],
    [[values(1), hash('INT', 5)], [values(1), hash('SYMBOL', 5)], false],
    [[values(1), hash('INT', 5)], [values(1)], false],
    [[list(vector(1, 2), vector(3))], [list(vector(1, 2), vector(3))], true],
    [[list(vector(1, 2), vector(3))], [list(vector(1), vector(2, 3))], false],
  ]
  for (const [index, [first, second, isSame]] of examples.entries()) {
    const path = `dfs://db${index}`
    const db = openDatabase(node, admin, handleOf(path, ...first))
    const again = (): DatabaseHandle => openDatabase(node, admin, handleOf(path, ...second))
    if (isSame) t.equal(again(), db)
    else {
      t.throws(again, {
        message: `It is not allowed to overwrite an existing database [${path}] with another partition scheme.`,
      })
    }
  }
})

t.test('a table has the columns of the template and none of its rows', async t => {
  const at = withDatabase()
  const filled = createTable('basic', ['id'], [{ type: 'INT' }], { columns: [vector(1, 2)] })
  const table = createStoredTable(at.node, at.joe, at.db, filled, 'pt', by('id'))
  t.match(table, { kind: 'dfs', rows: 0, columnNames: ['id'] })
  t.match(table.stored, { databasePath: 'dfs://db', tableName: 'pt', owner: 'joe' })
  t.match(table.partitioning, { columns: [0], levels: at.db.levels })
  t.equal(table.partitioning?.newValues(), 'add')
  t.equal(storedTable(at.node, 'dfs://db', 'pt'), table)
  const dimension = create(at, 'dt', plain)
  t.equal(dimension.partitioning, undefined, 'without partition columns a dimension table')
  const memory = createStoredTable(at.node, at.joe, handleOf('', values(1)), template, '', by('id'))
  t.match(memory, { kind: 'partitioned' })
  t.equal(memory.partitioning?.newValues(), 'memory')
  t.equal(at.node.databases.get('dfs://db')!.tables.size, 2, 'one in memory is in no database')
  const keyed = createTable('keyed', ['id'], [{ type: 'INT' }], { keyColumns: ['id'] })
  t.same(
    createStoredTable(at.node, at.joe, handleOf('', values(1)), keyed, '', by('id')).keyColumns,
    [0],
  )
})

t.test('names and partition columns that do not fit are refused', async t => {
  const at = withDatabase()
  create(at, 'pt')
  const message = (text: string | RegExp): { name: string; message: string | RegExp } => ({
    name: 'ScriptError',
    message: text,
  })
  t.throws(() => create(at, 'pt'), message('The table [pt] already exists in database [dfs://db].'))
  for (const name of ['', '1t', '_t', 't t', 't.t']) {
    t.throws(() => create(at, name), message(/^A table name must consist of letters, digits/))
  }
  t.doesNotThrow(() => create(at, '表_1'))
  t.throws(
    () => create(at, 'a', by('id', 'v')),
    message('The number of partitioning columns must be 1, the number of partition levels.'),
  )
  t.throws(() => create(at, 'a', by('x')), message('The partitioning column [x] does not exist.'))
  t.throws(
    () => create(at, 'a', by('v')),
    message('The data type of the partitioning column [v] does not match the partition scheme.'),
  )
  const days = handleOf('dfs://days', { type: 'VALUE', scheme: column('DATE', 0, 1) })
  openDatabase(at.node, at.joe, days)
  t.doesNotThrow(() => createStoredTable(at.node, at.joe, days, template, 'pt', by('day')))
})

t.test('what is dropped can be read by whoever holds it, not written', async t => {
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

t.test('databases are made by those who own names that begin so', async t => {
  const { node, joe } = withDatabase()
  const make = (path: string): unknown => openDatabase(node, joe, handleOf(path, values(1)))
  t.ok(make('dfs://data'))
  t.throws(() => make('dfs://e'), { message: /^<NoPrivilege>/ })
  node.privileges.get('joe')!.set('DB_OWNER *', true)
  t.ok(make('dfs://e'))
  node.privileges.get('joe')!.set('DB_OWNER *', false)
  t.throws(() => make('dfs://f'), { message: /^<NoPrivilege>/ })
})

t.test('databases are changed by administrators and by who made them', async t => {
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
    t.equal(openDatabase(at.node, session, handleOf('dfs://db')), at.db, 'but opened by everybody')
  }
  const guest = sessionAs(at.node, 'guest')
  t.throws(() => openDatabase(at.node, guest, handleOf('dfs://new', values(1))), refusal)
  at.node.privileges.set('sue', new Map([['DB_OWNER dfs://new', true]]))
  t.doesNotThrow(() =>
    openDatabase(at.node, sessionAs(at.node, 'sue'), handleOf('dfs://new', values(1))),
  )
  t.doesNotThrow(() => dropDatabase(at.node, sessionAs(at.node, 'admin'), 'dfs://new'))
})
