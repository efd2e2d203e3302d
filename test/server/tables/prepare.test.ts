import t from 'tap'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import { vectorOf } from '../../../src/protocol/element.js'
import { createTable } from '../../../src/server/tables/memory-table.js'
import {
  checkWritable,
  columnCountError,
  isStream,
  nullsOf,
  prepareColumn,
  prepareColumns,
  valueCountError,
} from '../../../src/server/tables/prepare.js'
import type { ServerTable, TableKind } from '../../../src/server/tables/server-table.js'
import { textsOf } from '../../helpers/script.js'
import { column } from '../columns/columns.js'
import { stored, tableOf } from './tables.js'

const kinds: readonly TableKind[] = [
  ...(['basic', 'stream', 'keyed', 'indexed', 'keyedStream', 'partitioned', 'dfs'] as const),
]

t.test('columns take the types of the table', async t => {
  const table = createTable(
    'basic',
    ['a', 'b', 'c'],
    [{ type: 'LONG' }, { type: 'SYMBOL' }, { type: 'DATE' }],
  )
  const given = [
    column('DOUBLE', 1.5, null),
    column('STRING', 'x', ''),
    column('TIMESTAMP', 86_400_000n, null),
  ]
  const prepared = prepareColumns(table, given, 2)
  t.same(
    prepared.map(one => textsOf(one).join()),
    ['2,', 'x,', '1970.01.02,'],
  )
  const fitting = [column('LONG', 1n), column('SYMBOL', 'x'), column('DATE', 1)]
  t.strictSame(prepareColumns(table, fitting, 1), fitting)
  fitting.forEach((one, index) => t.equal(prepareColumn(table, index, one, 1), one, 'not copied'))
})

t.test('the types that do not go together are named in the words of the table', async t => {
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

t.test('a DFS table takes neither DOUBLE into INT nor more text than it stores', async t => {
  t.throws(() => prepareColumn(tableOf('dfs'), 0, column('DOUBLE', 1), 1), { message: /S05004$/ })
  t.same(textsOf(prepareColumn(tableOf('dfs'), 0, column('LONG', 7n, 2n ** 40n), 2)), ['7', ''])
  const long = column('STRING', 'a'.repeat(65_536))
  t.equal(textsOf(prepareColumn(tableOf('dfs'), 1, long, 1))[0]!.length, 65_535)
  t.equal(prepareColumn(tableOf('basic'), 1, long, 1), long)
  const symbols = createTable('dfs', ['s'], [{ type: 'SYMBOL' }], { stored })
  const tooLong = column('STRING', 'a'.repeat(256))
  t.throws(() => prepareColumn(symbols, 0, tooLong, 1), { message: /can't exceed 255 bytes/ })
})

t.test('columns have as many rows as are said', async t => {
  for (const kind of kinds) {
    const table = tableOf(kind)
    const message = 'Inconsistent length of values to insert.'
    t.throws(() => prepareColumns(table, [column('INT', 1), column('STRING', 'a', 'b')], 1), {
      message,
    })
    t.throws(() => prepareColumn(table, 0, column('INT'), 1), { message })
  }
})

t.test('another number of columns is refused in the words of the table', async t => {
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

t.test('a partitioned DFS table fills its last columns unless they tell the partition', async t => {
  const types: ColumnType[] = [{ type: 'INT' }, { type: 'STRING' }, { type: 'DOUBLE', array: true }]
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
})

t.test('tables that are read-only or dropped take nothing', async t => {
  const table = tableOf('dfs')
  t.doesNotThrow(() => checkWritable(table))
  table.readOnly = true
  const readOnly = { name: 'ScriptError', message: "Can't modify read only table. RefId: S02054" }
  t.throws(() => checkWritable(table), readOnly)
  t.throws(() => prepareColumns(table, [column('INT'), column('STRING')], 0), readOnly)
  table.isDropped = true
  t.throws(() => checkWritable(table), { message: 'The table [pt] does not exist. RefId: S04001' })
})

t.test('nulls are told row by row', async t => {
  t.same(nullsOf(column('INT', 1, null)), [false, true])
  t.same(nullsOf(column('STRING', '', 'a')), [true, false])
  t.same(nullsOf(vectorOf({ type: 'INT', array: true }, [[null], [null, 1]])), [true, false])
  t.same(nullsOf(column('INT')), [])
})
