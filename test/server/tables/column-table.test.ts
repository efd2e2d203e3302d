import fc from 'fast-check'
import t from 'tap'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Column, Table, Vector } from '../../../src/protocol/value.js'
import { ColumnTable } from '../../../src/server/tables/column-table.js'
import { createTable, tableFromWire, tableToWire } from '../../../src/server/tables/memory-table.js'
import type { ServerTable, TableKind } from '../../../src/server/tables/server-table.js'
import { rowsText } from '../../helpers/script.js'
import { column } from '../columns/columns.js'
import { stored, shown } from './tables.js'
import {
  deleteRows,
  preparedValues,
  updateRows,
  insertColumns,
  insertValues,
} from '../../../src/server/tables/insert-values.js'
import { intScalar, stringScalar, voidValue } from '../../../src/server/values/scalar.js'
import type { ServerDictionary, ServerValue } from '../../../src/server/values/server-value.js'
import { int } from '../../helpers/values.js'

const types: readonly ColumnType[] = [{ type: 'INT' }, { type: 'SYMBOL' }, { type: 'DOUBLE' }]

function quotes(kind: TableKind, keyColumns: readonly string[] = []): ServerTable {
  return createTable(kind, ['id', 'sym', 'price'], types, { keyColumns })
}

function batch(...rows: [number | null, string, number | null][]): Column[] {
  return [
    column('INT', ...rows.map(row => row[0])),
    column('SYMBOL', ...rows.map(row => row[1])),
    column('DOUBLE', ...rows.map(row => row[2])),
  ]
}

function show(table: ServerTable): string {
  return rowsText(tableToWire(table))
}

t.test('rows are appended by position and counted', t => {
  const table = quotes('basic')
  t.equal(table.append(batch([1, 'A', 1.5], [2, 'B', 2.5]), 2), 2)
  t.equal(table.append(batch(), 0), 0)
  t.equal(table.rows, 2)
  t.equal(show(table), '1 A 1.5;2 B 2.5')
  t.end()
})

t.test('a batch with one bad column leaves nothing in a table of any kind', t => {
  const kinds: [TableKind, string[]][] = [
    ['basic', []],
    ['stream', []],
    ['keyed', ['id']],
    ['indexed', ['sym']],
    ['keyedStream', ['id']],
  ]
  for (const [kind, keys] of kinds) {
    const table = quotes(kind, keys)
    table.append(batch([1, 'A', 1.5]), 1)
    const [ids, symbols] = batch([1, 'B', 9], [2, 'B', 9])
    t.throws(() => table.append([ids!, symbols!, column('DATE', 1, 2)], 2), {
      message:
        /^Failed to append data to column 'price' with error: Incompatible type\. Expected: DOUBLE, Actual: DATE/,
    })
    t.throws(() => table.append([ids!, symbols!, column('DOUBLE', 1)], 2), {
      message: 'Inconsistent length of values to insert.',
    })
    t.equal(show(table), '1 A 1.5', kind)
  }
  t.end()
})

t.test('the error for a wrong type in a stream table ends with a RefId', t => {
  const [ids, , prices] = batch([1, '', 1])
  t.throws(() => quotes('stream').append([ids!, column('INT', 1), prices!], 1), {
    message:
      "Failed to append data to column 'sym' with error: Incompatible type. Expected: SYMBOL, Actual: INT. RefId:S03017",
  })
  t.end()
})

t.test('a table with a different number of columns is refused in the words of its kind', t => {
  const one = [column('INT', 1)]
  t.throws(() => quotes('basic').append(one, 1), {
    message:
      'The number of columns of the table to insert must be the same as that of the original table.',
  })
  t.throws(() => quotes('stream').append(one, 1), {
    message: /^Data insertion failed: .* RefId: S03012$/,
  })
  t.throws(() => quotes('dfs').append(one, 1), {
    message:
      'The number of columns of the current table must match that of the target table. RefId:S01015',
  })
  t.end()
})

t.test('a read-only table accepts nothing', t => {
  const table = quotes('basic')
  table.readOnly = true
  t.throws(() => table.append(batch([1, 'A', 1]), 1), {
    message: "Can't modify read only table. RefId: S02054",
  })
  t.end()
})

t.test('no in-memory table exceeds 2 billion rows', t => {
  const rows = 2_147_483_646
  const columns: Column[] = [{ form: 'vector', type: 'VOID', length: rows }]
  const table = new ColumnTable({
    kind: 'basic',
    names: ['a'],
    types: [{ type: 'VOID' }],
    columns,
    rows,
  })
  const one: Column[] = [{ form: 'vector', type: 'VOID', length: 1 }]
  t.equal(table.append(one, 1), 1)
  t.throws(() => table.append(one, 1), {
    message: "An in-memory table can't exceed 2 billion rows. RefId: S05016",
  })
  t.end()
})

t.test('a snapshot keeps its rows, whatever happens to the table', t => {
  const table = quotes('keyed', ['id'])
  table.append(batch([1, 'A', 1], [2, 'B', 2]), 2)
  const snapshot = tableToWire(table)
  table.append(batch([2, 'C', 3], [3, 'D', 4]), 2)
  table.update(2, Int32Array.of(0), column('DOUBLE', 9))
  table.keepRows(Int32Array.of(2))
  t.equal(rowsText(snapshot), '1 A 1;2 B 2')
  t.equal(show(table), '3 D 4')
  t.end()
})

t.test('a received table can grow without changing the message that contained it', t => {
  const arrived: Table = {
    form: 'table',
    name: '',
    rows: 1,
    columnNames: ['id', 'sym', 'price'],
    columns: batch([1, 'A', 1]),
  }
  const table = tableFromWire(arrived)
  t.equal(table.column(0), arrived.columns[0], 'columns are used without a copy')
  table.append(batch([2, 'B', 2]), 1)
  table.update(1, Int32Array.of(0), column('STRING', 'Z'))
  t.equal(rowsText(arrived), '1 A 1')
  t.equal(show(table), '1 Z 1;2 B 2')
  t.end()
})

t.test('a keyed table overwrites the row with the same key and counts only new keys', t => {
  for (const kind of ['keyed', 'indexed'] as const) {
    const table = quotes(kind, ['sym', 'id'])
    t.equal(table.append(batch([1, 'A', 1], [1, 'B', 2]), 2), 2)
    t.equal(table.append(batch([1, 'A', 3], [2, 'A', 4], [2, 'A', 5]), 3), 1)
    t.equal(show(table), '1 A 3;1 B 2;2 A 5', 'the last row of a key within a batch counts')
  }
  t.end()
})

t.test('a keyed stream table keeps the first row of a key, also within one batch', t => {
  const table = quotes('keyedStream', ['id'])
  t.equal(table.append(batch([1, 'A', 1], [1, 'B', 2], [2, 'C', 3]), 3), 2)
  t.equal(table.append(batch([2, 'D', 4], [3, 'E', 5]), 2), 1)
  t.equal(show(table), '1 A 1;2 C 3;3 E 5')
  t.end()
})

t.test('keyed tables keep the last row of each key, keyed stream tables the first row', t => {
  const rows = fc.array(
    fc.tuple(fc.nat({ max: 5 }), fc.constantFrom('A', 'B'), fc.nat({ max: 99 })),
    {
      maxLength: 12,
    },
  )
  fc.assert(
    fc.property(fc.array(rows, { maxLength: 5 }), batches => {
      const keyed = quotes('keyed', ['id', 'sym'])
      const stream = quotes('keyedStream', ['id', 'sym'])
      const last = new Map<string, string>()
      const first = new Map<string, string>()
      let inserted = 0
      for (const given of batches) {
        inserted += keyed.append(batch(...given), given.length)
        stream.append(batch(...given), given.length)
        for (const row of given) {
          const key = `${row[0]} ${row[1]}`
          last.set(key, row.join(' '))
          if (!first.has(key)) first.set(key, row.join(' '))
        }
      }
      return (
        inserted === last.size &&
        show(keyed) === [...last.values()].join(';') &&
        show(stream) === [...first.values()].join(';')
      )
    }),
  )
  t.end()
})

t.test('a keyed table cannot begin with repeated keys', t => {
  const columns = batch([1, 'A', 1], [1, 'B', 2])
  t.throws(
    () => createTable('keyed', ['id', 'sym', 'price'], types, { keyColumns: ['id'], columns }),
    { message: "A keyed/indexed table can't contain duplicated keys. RefId: S05012" },
  )
  const stream = createTable('keyedStream', ['id', 'sym', 'price'], types, {
    keyColumns: ['id'],
    columns,
  })
  t.equal(show(stream), '1 A 1')
  t.end()
})

t.test('upsert returns inserted and updated rows, and can keep values if new ones are null', t => {
  const table = quotes('keyed', ['sym'])
  table.append(batch([1, 'A', 5], [2, 'B', 6], [3, 'C', 7]), 3)
  const changes = batch([null, 'A', null], [null, 'B', 600], [300, 'C', 700], [400, 'D', 800])
  t.same(table.upsert(changes, 4, { ignoreNull: true }), { inserted: 1, updated: 2 })
  t.equal(show(table), '1 A 5;2 B 600;300 C 700;400 D 800')
  t.same(table.upsert(changes, 4), { inserted: 0, updated: 4 })
  t.equal(show(table), ' A ; B 600;300 C 700;400 D 800')
  t.end()
})

t.test('upsert into a table without its own keys changes the first matching row', t => {
  const table = quotes('dfs')
  table.append(batch([1, 'A', 1], [2, 'B', 2], [2, 'B', 3]), 3)
  t.same(table.upsert(batch([2, 'B', 9], [3, 'C', 4]), 2, { keyColumns: [0] }), {
    inserted: 1,
    updated: 1,
  })
  table.append(batch([3, 'D', 5]), 1)
  t.same(table.upsert(batch([3, 'E', 6]), 1, { keyColumns: [0] }), { inserted: 0, updated: 1 })
  const rows = [0, 1, 2].map(index => table.column(index))
  t.equal(
    rowsText({
      form: 'table',
      name: '',
      rows: table.rows,
      columnNames: ['', '', ''],
      columns: rows,
    }),
    '1 A 1;2 B 9;2 B 3;3 E 6;3 D 5',
  )
  t.end()
})

t.test('keys survive the removal of rows', t => {
  const table = quotes('keyed', ['sym'])
  table.append(batch([1, 'A', 1], [2, 'B', 2], [3, 'C', 3]), 3)
  table.keepRows(Int32Array.of(1, 2))
  t.equal(table.append(batch([4, 'A', 7], [5, 'C', 8]), 2), 1)
  t.equal(show(table), '2 B 2;5 C 8;4 A 7')
  t.throws(() => table.update(1, Int32Array.of(0), column('SYMBOL', 'Z')), {
    message: "Can't update a key column.",
  })
  t.throws(() => table.replaceColumn(1, column('STRING', 'x', 'y', 'z')), {
    message: "Can't update a key column.",
  })
  t.end()
})

t.test('columns are replaced and added', t => {
  const table = quotes('basic')
  table.append(batch([1, 'A', 1]), 1)
  table.replaceColumn(0, column('DATE', 0))
  table.addColumn('d', { type: 'INT' }, column('INT', 5))
  t.same(table.columnNames, ['id', 'sym', 'price', 'd'])
  t.equal(show(table), '1970.01.01 A 1 5')
  t.equal(
    table.append(
      [column('DATE', 1), column('STRING', 'B'), column('INT', 2), column('INT', null)],
      1,
    ),
    1,
  )
  t.equal(show(table), '1970.01.01 A 1 5;1970.01.02 B 2 ')
  t.end()
})

t.test('two columns cannot have one name, and all columns have one length', t => {
  t.throws(() => createTable('basic', ['a', 'a'], types.slice(1)), {
    message: 'A table cannot contain columns with duplicate name: a.RefId: S05017',
  })
  const columns = [column('INT', 1), column('INT', 1, 2)]
  t.throws(
    () => createTable('basic', ['a', 'b'], [{ type: 'INT' }, { type: 'INT' }], { columns }),
    {
      message: 'All columns must be of the same length. RefId:S02010',
    },
  )
  t.end()
})

t.test('only the columns of a DFS table are sent', t => {
  const table = quotes('dfs')
  table.append(batch([1, 'A', 1]), 1)
  const { rows, columns } = tableToWire(table)
  t.equal(rows, 0)
  t.same(
    columns.map(({ length }) => length),
    [0, 0, 0],
  )
  t.end()
})

t.test('a DFS table is stricter about types, and cuts texts', t => {
  const table = createTable(
    'dfs',
    ['i', 's', 'd'],
    [{ type: 'INT' }, { type: 'STRING' }, { type: 'DOUBLE' }],
  )
  t.throws(() => table.append([column('DOUBLE', 1), column('STRING', ''), column('INT', 1)], 1), {
    message: 'The column [i] expects type of INT, but the actual type is DOUBLE. RefId:S05004',
  })
  const long = 'é'.repeat(40_000)
  t.equal(table.append([column('LONG', 1n), column('STRING', long), column('INT', 1)], 1), 1)
  const [stored] = (table.column(1) as { data: readonly string[] }).data
  t.equal(Buffer.byteLength(stored!), 65_534, 'no character is cut in two')
  const symbols = createTable('dfs', ['s'], [{ type: 'SYMBOL' }])
  t.throws(() => symbols.append([column('STRING', 'x'.repeat(256))], 1), { message: /255 bytes/ })
  t.equal(symbols.append([vectorOf({ type: 'STRING' }, ['x'.repeat(255)])], 1), 1)
  t.end()
})

function table(kind: TableKind): ServerTable {
  const made = createTable(kind, ['id', 'v'], [{ type: 'INT' }, { type: 'DOUBLE' }])
  made.append([column('INT', 1, 2, 3, 4), column('DOUBLE', 1, 2, 3, 4)], 4)
  return made
}

const showRowChanges = (made: ServerTable): string => rowsText(tableToWire(made))

t.test('stream tables and read-only tables keep their rows', t => {
  const stream = table('stream')
  t.throws(() => deleteRows(stream, Int32Array.of(0)), { message: /stream table/ })
  t.throws(() => updateRows(stream, 'v', Int32Array.of(0), column('DOUBLE', 0)), {
    message: /stream table/,
  })
  const readOnly = table('basic')
  readOnly.readOnly = true
  t.throws(() => deleteRows(readOnly, Int32Array.of(0)), {
    message: "Can't modify read only table. RefId: S02054",
  })
  t.equal(stream.rows + readOnly.rows, 8)
  t.end()
})

t.test('values are converted, or refused, before anything changes', async t => {
  const made = createTable('keyed', ['id', 'v'], [{ type: 'INT' }, { type: 'DOUBLE' }], {
    keyColumns: ['id'],
  })
  made.append([column('INT', 1, 2), column('DOUBLE', 1, 2)], 2)
  const rows = Int32Array.of(1)
  t.strictSame(preparedValues(made, 'v', rows, column('INT', 7)), column('DOUBLE', 7))
  t.strictSame(preparedValues(made, 'new', rows, column('INT', 7)), column('INT', 7))
  t.throws(() => preparedValues(made, 'v', rows, column('STRING', 'x')), {
    message: /Incompatible/,
  })
  t.throws(() => preparedValues(made, 'id', rows, column('INT', 7)), {
    message: "Can't update a key column.",
  })
  t.throws(() => preparedValues(table('stream'), 'v', rows, column('INT', 7)), {
    message: /stream table/,
  })
  t.equal(showRowChanges(made), '1 1;2 2')
})

const typesInsertValues: readonly ColumnType[] = [{ type: 'STRING' }, { type: 'INT' }]

function people(kind: TableKind = 'basic'): ServerTable {
  return createTable(kind, ['Name', 'Age'], typesInsertValues)
}

function tuple(...elements: ServerValue[]): ServerValue {
  return { form: 'list', elements }
}

function dictionary(entries: [string, ServerValue][], valueType?: ColumnType): ServerDictionary {
  return {
    form: 'serverDictionary',
    keyType: { type: 'STRING' },
    valueType,
    entries: new Map(entries.map(([key, value]) => [key, { key: stringScalar(key), value }])),
  }
}

const strings = (...values: string[]): Vector => column('STRING', ...values) as Vector
const ints = (...values: number[]): Vector => column('INT', ...values) as Vector

t.test('the forms of tableInsert, as in the manual', t => {
  const table = people()
  const source = createTable('basic', ['a', 'b'], typesInsertValues, {
    columns: [strings('Tom', 'Jerry', 'John'), ints(24, 25, 26)],
  })
  t.equal(insertValues(table, [source]), 3)
  t.equal(insertValues(table, [tuple(stringScalar('George'), intScalar(29))]), 1)
  t.equal(insertValues(table, [tuple(strings('Frank', 'Henry'), ints(31, 32))]), 2)
  t.equal(insertValues(table, [strings('Nicole', 'Nancy'), ints(28, 29)]), 2)
  t.equal(insertValues(table, [stringScalar('One'), intScalar(1)]), 1)
  const patrick = dictionary([
    ['Age', intScalar(22)],
    ['Name', stringScalar('Patrick')],
  ])
  t.equal(insertValues(table, [patrick]), 1, 'a dictionary is matched by name')
  t.equal(
    show(table),
    'Tom 24;Jerry 25;John 26;George 29;Frank 31;Henry 32;Nicole 28;Nancy 29;One 1;Patrick 22',
  )
  t.end()
})

t.test('values that do not fit together are refused, and nothing is stored', t => {
  const count = "The number of table columns doesn't match the number of columns to append."
  const table = people()
  const refused: [readonly ServerValue[], string | RegExp][] = [
    [[tuple(stringScalar('a'))], count],
    [[stringScalar('a'), intScalar(1), intScalar(2)], count],
    [[dictionary([['Name', stringScalar('a')]])], count],
    [
      [
        dictionary(
          [
            ['Name', intScalar(4)],
            ['Age', intScalar(7)],
          ],
          { type: 'INT' },
        ),
      ],
      count,
    ],
    [[strings('a', 'b'), ints(1)], 'Inconsistent length of values to insert.'],
    [[strings('a', 'b'), intScalar(1)], 'Inconsistent length of values to insert.'],
    [
      [stringScalar('a'), stringScalar('b')],
      "Failed to append data to column 'Age' with error: Incompatible type. Expected: INT, Actual: STRING",
    ],
    [[stringScalar('a'), people()], /^Incompatible type\. Expected: INT/],
    [
      [
        dictionary([
          ['Name', stringScalar('a')],
          ['Agee', intScalar(1)],
        ]),
      ],
      /Agee/,
    ],
  ]
  for (const [args, message] of refused) t.throws(() => insertValues(table, args), { message })
  t.equal(table.rows, 0)
  t.throws(() => insertValues(people('stream'), [stringScalar('a')]), { message: /RefId: S03012$/ })
  t.end()
})

t.test('a partitioned or DFS table accepts only a table', t => {
  t.throws(() => insertValues(people('dfs'), [stringScalar('a'), intScalar(1)]), {
    message: /Only a table/,
  })
  t.end()
})

t.test('columns that are not named become null', t => {
  const table = people()
  t.equal(insertColumns(table, [intScalar(7)], ['Age']), 1)
  t.equal(insertColumns(table, [ints(8, 9), strings('x', 'y')], ['Age', 'Name']), 2)
  t.equal(insertColumns(table, [stringScalar('n'), voidValue]), 1, 'NULL goes into every column')
  t.equal(show(table), ' 7;x 8;y 9;n ')
  t.throws(() => insertColumns(table, [intScalar(1)], ['Size']), { message: /Size/ })
  t.end()
})

t.test('an array column takes one vector next to scalars, or a tuple of vectors', t => {
  const table = createTable(
    'basic',
    ['id', 'v'],
    [{ type: 'INT' }, { type: 'DOUBLE', array: true }],
  )
  t.equal(insertValues(table, [intScalar(1), ints(1, 2)]), 1)
  const vectors = column('ANY', ints(3), ints(4, 5)) as Vector
  t.equal(insertValues(table, [ints(2, 3), vectors]), 2)
  t.equal(show(table), '1 [1,2];2 [3];3 [4,5]')
  t.end()
})

const typesMemoryTable: readonly ColumnType[] = [{ type: 'INT' }, { type: 'INT' }]
const names = ['id', 'v']

t.test('a table begins with the given rows', async t => {
  const table = createTable('basic', names, typesMemoryTable, {
    columns: [column('INT', 1, 2), column('INT', 3, null)],
  })
  t.match(table, { kind: 'basic', rows: 2, sharedName: '', readOnly: false, keyColumns: [] })
  t.equal(shown(table), '1 3;2 ')
  t.equal(createTable('stream', names, typesMemoryTable, { capacity: 100 }).rows, 0)
})

t.test('keys and sort columns decide which equal rows stay', async t => {
  const columns = [column('INT', 1, 1, 2), column('INT', 7, 8, 9)]
  const facts = (keepDuplicates: 'ALL' | 'FIRST' | 'LAST'): typeof stored => ({
    ...stored,
    sortColumns: ['id'],
    keepDuplicates,
  })
  const kept = {
    keyed: createTable('keyed', names, typesMemoryTable, { keyColumns: ['id'] }),
    indexed: createTable('indexed', names, typesMemoryTable, { keyColumns: ['id'] }),
    keyedStream: createTable('keyedStream', names, typesMemoryTable, { keyColumns: ['id'] }),
    all: createTable('dfs', names, typesMemoryTable, { stored: facts('ALL') }),
    first: createTable('dfs', names, typesMemoryTable, { stored: facts('FIRST') }),
    last: createTable('dfs', names, typesMemoryTable, { stored: facts('LAST') }),
    unsorted: createTable('dfs', names, typesMemoryTable, {
      stored: { ...stored, keepDuplicates: 'LAST' },
    }),
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

t.test('invalid tables are refused', async t => {
  const twice = [column('INT', 1, 1), column('INT', 2, 3)]
  const message = (text: string): { name: string; message: string } => ({
    name: 'ScriptError',
    message: text,
  })
  t.throws(() => createTable('basic', [], []), message('A table must have at least one column.'))
  t.throws(
    () => createTable('basic', ['a', 'b', 'a'], [...typesMemoryTable, { type: 'INT' }]),
    message('A table cannot contain columns with duplicate name: a.RefId: S05017'),
  )
  t.throws(
    () =>
      createTable('basic', names, typesMemoryTable, { columns: [column('INT', 1), column('INT')] }),
    message('All columns must be of the same length. RefId:S02010'),
  )
  for (const kind of ['keyed', 'indexed'] as const) {
    t.throws(
      () => createTable(kind, names, typesMemoryTable, { keyColumns: ['id'], columns: twice }),
      message("A keyed/indexed table can't contain duplicated keys. RefId: S05012"),
    )
  }
  const stream = createTable('keyedStream', names, typesMemoryTable, {
    keyColumns: ['id'],
    columns: twice,
  })
  t.equal(shown(stream), '1 2', 'a stream table drops the second row')
  t.throws(
    () => createTable('keyed', names, typesMemoryTable, { keyColumns: ['x'] }),
    message('The key column [x] does not exist in the table.'),
  )
  t.throws(() => createTable('basic', names, [{ type: 'INT' }, { type: 'DURATION' }]), {
    message: /^The column \[v\] can't be of type DURATION/,
  })
})

t.test('a received table becomes a table of the server, and can be sent again', async t => {
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
