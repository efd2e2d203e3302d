import t from 'tap'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import type { Vector } from '../../../src/protocol/value.js'
import { intScalar, stringScalar, voidValue } from '../../../src/server/values/scalar.js'
import type { ServerDictionary, ServerValue } from '../../../src/server/values/server-value.js'
import { insertColumns, insertValues } from '../../../src/server/tables/insert-values.js'
import { createTable, tableToWire } from '../../../src/server/tables/memory-table.js'
import type { ServerTable, TableKind } from '../../../src/server/tables/server-table.js'
import { rowsText } from '../../helpers/script.js'
import { column } from '../columns/columns.js'

const types: readonly ColumnType[] = [{ type: 'STRING' }, { type: 'INT' }]

function people(kind: TableKind = 'basic'): ServerTable {
  return createTable(kind, ['Name', 'Age'], types)
}

function show(table: ServerTable): string {
  return rowsText(tableToWire(table))
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

t.test('the forms of tableInsert, as the manual shows them', t => {
  const table = people()
  const source = createTable('basic', ['a', 'b'], types, {
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
  t.equal(insertValues(table, [patrick]), 1, 'a dictionary goes by name')
  t.equal(
    show(table),
    'Tom 24;Jerry 25;John 26;George 29;Frank 31;Henry 32;Nicole 28;Nancy 29;One 1;Patrick 22',
  )
  t.end()
})

t.test('values that do not go together are refused, and nothing is stored', t => {
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

t.test('a partitioned or DFS table takes a table only', t => {
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

t.test('an array column takes one vector beside scalars, or a tuple of vectors', t => {
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
