import t from 'tap'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import type { Table } from '../../../src/protocol/value.js'
import {
  checkDistinct,
  columnIndex,
  createTable,
  tableFromWire,
  tableToWire,
} from '../../../src/server/tables/memory-table.js'
import { textsOf } from '../../helpers/script.js'
import { int } from '../../helpers/values.js'
import { column } from '../columns/columns.js'
import { shown, stored, tableOf } from './tables.js'

const types: readonly ColumnType[] = [{ type: 'INT' }, { type: 'INT' }]
const names = ['id', 'v']

t.test('a table begins with the rows it is given', async t => {
  const table = createTable('basic', names, types, {
    columns: [column('INT', 1, 2), column('INT', 3, null)],
  })
  t.match(table, { kind: 'basic', rows: 2, sharedName: '', readOnly: false, keyColumns: [] })
  t.equal(shown(table), '1 3;2 ')
  t.equal(createTable('stream', names, types, { capacity: 100 }).rows, 0)
})

t.test('keys and sort columns decide what becomes of equal rows', async t => {
  const columns = [column('INT', 1, 1, 2), column('INT', 7, 8, 9)]
  const facts = (keepDuplicates: 'ALL' | 'FIRST' | 'LAST'): typeof stored => ({
    ...stored,
    sortColumns: ['id'],
    keepDuplicates,
  })
  const kept = {
    keyed: createTable('keyed', names, types, { keyColumns: ['id'] }),
    indexed: createTable('indexed', names, types, { keyColumns: ['id'] }),
    keyedStream: createTable('keyedStream', names, types, { keyColumns: ['id'] }),
    all: createTable('dfs', names, types, { stored: facts('ALL') }),
    first: createTable('dfs', names, types, { stored: facts('FIRST') }),
    last: createTable('dfs', names, types, { stored: facts('LAST') }),
    unsorted: createTable('dfs', names, types, { stored: { ...stored, keepDuplicates: 'LAST' } }),
  }
  const wanted: Record<keyof typeof kept, string> = {
    keyed: '1 8;2 9',
    indexed: '1 8;2 9',
    keyedStream: '1 7;2 9',
    all: '1 7;1 8;2 9',
    first: '1 7;2 9',
    last: '1 8;2 9',
    unsorted: '1 7;1 8;2 9',
  }
  for (const [name, table] of Object.entries(kept)) {
    table.append(columns, 3)
    const rows = Array.from({ length: table.rows }, (_, row) =>
      [0, 1].map(index => (table.column(index) as { data: Int32Array }).data[row]).join(' '),
    )
    t.equal(rows.join(';'), wanted[name as keyof typeof kept], name)
  }
})

t.test('what makes no table is refused', async t => {
  const twice = [column('INT', 1, 1), column('INT', 2, 3)]
  const message = (text: string): { name: string; message: string } => ({
    name: 'ScriptError',
    message: text,
  })
  t.throws(() => createTable('basic', [], []), message('A table must have at least one column.'))
  t.throws(
    () => createTable('basic', ['a', 'b', 'a'], [...types, { type: 'INT' }]),
    message('A table cannot contain columns with duplicate name: a.RefId: S05017'),
  )
  t.throws(
    () => createTable('basic', names, types, { columns: [column('INT', 1), column('INT')] }),
    message('All columns must be of the same length. RefId:S02010'),
  )
  for (const kind of ['keyed', 'indexed'] as const) {
    t.throws(
      () => createTable(kind, names, types, { keyColumns: ['id'], columns: twice }),
      message("A keyed/indexed table can't contain duplicated keys. RefId: S05012"),
    )
  }
  const stream = createTable('keyedStream', names, types, { keyColumns: ['id'], columns: twice })
  t.equal(shown(stream), '1 2', 'a stream forgets the second')
  t.throws(
    () => createTable('keyed', names, types, { keyColumns: ['x'] }),
    message('The key column [x] does not exist in the table.'),
  )
  t.throws(() => createTable('basic', names, [{ type: 'INT' }, { type: 'DURATION' }]), {
    message: /^The column \[v\] can't be of type DURATION/,
  })
})

t.test('names are looked at for doubles only', async t => {
  checkDistinct([])
  checkDistinct(['a', 'A', 'b'])
  t.throws(() => checkDistinct(['a', 'b', 'b', 'a']), { message: /duplicate name: b\./ })
})

t.test('a column is found by its name', async t => {
  t.equal(columnIndex(tableOf('basic'), 'id'), 0)
  t.equal(columnIndex(tableOf('basic'), 'name'), 1)
  t.throws(() => columnIndex(tableOf('basic'), 'Name'), {
    name: 'ScriptError',
    message: 'Unrecognized column name Name. RefId:S02005',
  })
})

t.test('a table of the wire becomes one of the server, and one of the wire again', async t => {
  const wire: Table = {
    form: 'table',
    name: 'ignored',
    rows: 2,
    columnNames: ['a', 'b'],
    columns: [column('INT', 1, 2), column('ANY', int(3), int(4))],
  }
  const table = tableFromWire(wire)
  t.same(table.columnTypes, [{ type: 'INT' }, { type: 'ANY' }])
  t.equal(table.column(0), wire.columns[0], 'nothing is copied')
  t.strictSame(tableToWire(table), { ...wire, name: '' })
})

t.test('what travels keeps its rows, and has the shared name', async t => {
  const table = tableOf('keyed', [1, 'a'])
  table.sharedName = 'quotes'
  const wire = tableToWire(table)
  table.append([column('INT', 1, 2), column('STRING', 'x', 'y')], 2)
  t.match(wire, { name: 'quotes', rows: 1, columnNames: ['id', 'name'] })
  t.same(wire.columns.map(textsOf), [['1'], ['a']])
  t.equal(shown(table), '1 x;2 y')
})

t.test('of a DFS table only the columns travel', async t => {
  const wire = tableToWire(tableOf('dfs', [1, 'a']))
  t.match(wire, { rows: 0, columnNames: ['id', 'name'] })
  t.same(
    wire.columns.map(({ length }) => length),
    [0, 0],
  )
})
