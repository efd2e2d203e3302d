import t from 'tap'
import {
  journaledRow,
  newSampleRows,
  rowOfJournal,
  type SampleRow,
} from '../../../src/load/evidence/sample-rows.js'
import type { Batch } from '../../../src/parse/batch.js'
import type { DataType } from '../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import type { Column } from '../../../src/protocol/value.js'

const column = (type: DataType, values: readonly ElementValue[], rest: object = {}): Column =>
  vectorOf({ type, ...rest }, values)

const batchOf = (columns: readonly Column[]): Batch =>
  ({ columns, rowCount: columns[0]!.length }) as unknown as Batch

/** Rows `from` to `to` (exclusive). The value of each row is its number. */
const numbers = (from: number, to: number): Batch =>
  batchOf([
    column(
      'INT',
      Array.from({ length: to - from }, (_, i) => from + i),
    ),
  ])

const valuesOf = (rows: readonly SampleRow[]): unknown[] =>
  rows.map(row => row.map(({ scalar }) => JSON.stringify(scalar.value)).join())

t.test('the first row, a row about halfway and the last row are kept', t => {
  const samples = newSampleRows(['id'], [], [])
  t.same(samples.rows, [])
  let told = 0
  for (let batch = 0; batch < 64; batch++) {
    if (samples.taken(numbers(batch * 100, batch * 100 + 100), 0, 100)) told++
  }
  samples.taken(numbers(6400, 6407), 0, 7)
  const [first, middle, last] = valuesOf(samples.rows).map(Number)
  t.equal(first, 0)
  t.ok(middle! >= 1600 && middle! < 4800, `${middle} is about halfway`)
  t.equal(last, 6406, 'a batch smaller than the others may be the last one')
  t.equal(samples.rows.length, 3)
  t.ok(told <= 8, `the journal is told ${told} times for 64 batches`)
  samples.clear()
  t.same(samples.rows, [])
  t.end()
})

t.test('the first and the last rows of earlier processes are also kept', t => {
  const before = newSampleRows(['id'], [], [])
  for (const from of [0, 100, 200]) before.taken(numbers(from, from + 100), 0, 100)
  const earlier = before.rows.map(row => rowOfJournal(journaledRow(row)))
  const samples = newSampleRows(['id'], [], earlier)
  samples.taken(numbers(300, 400), 0, 100)
  const values = valuesOf(samples.rows).map(Number)
  t.equal(values[0], 0)
  t.ok(values.includes(399))
  t.ok(samples.rows.length <= 4)
  t.end()
})

t.test('a part of a batch contributes only rows of the part', t => {
  const samples = newSampleRows(['id'], [], [])
  samples.taken(numbers(0, 100), 40, 60)
  t.same(valuesOf(samples.rows), ['40', '59'])
  t.end()
})

t.test(
  'if the target has keys, only keys are kept, because other clients may change the rest',
  t => {
    const row = batchOf([column('STRING', ['a']), column('INT', [7]), column('DOUBLE', [1.5])])
    const keyed = newSampleRows(['name', 'id', 'price'], ['id'], [])
    keyed.taken(row, 0, 1)
    t.same(
      keyed.rows[0]!.map(({ column }) => column),
      ['id'],
    )
    const blob = batchOf([column('BLOB', [new Uint8Array([1])]), column('INT', [7])])
    const odd = newSampleRows(['key', 'id'], ['key'], [])
    odd.taken(blob, 0, 1)
    t.same(odd.rows, [], 'a key that cannot be compared')
    t.end()
  },
)

t.test('partition columns come first, and a row without a usable value is not a sample', t => {
  const names = ['id', 'name', 'sym', 'day']
  const row = (sym: string): Batch =>
    batchOf([
      column('INT', [7]),
      column('STRING', ['a']),
      column('SYMBOL', [sym]),
      column('DATE', [1]),
    ])
  const asked = (keys: readonly string[], first: readonly string[], sym = 'A'): string[][] => {
    const samples = newSampleRows(names, keys, [], first)
    samples.taken(row(sym), 0, 1)
    return samples.rows.slice(0, 1).map(cells => cells.map(({ column }) => column))
  }
  t.same(asked([], ['sym', 'day']), [['day', 'sym', 'id', 'name']])
  t.same(asked(['id', 'sym'], ['sym']), [['sym', 'id']])
  t.same(asked([], ['sym'], 'x'.repeat(201)), [], 'the query would read all partitions')
  t.same(asked([], ['sym'], 'A\0B'), [], 'a text that may have been cut at its NUL')
  t.end()
})

t.test(
  'values that cannot be compared are omitted, and rows of only such values are not samples',
  t => {
    const samples = newSampleRows(['long', 'nan', 'a b', 'points', 'id'], [], [])
    samples.taken(
      batchOf([
        column('STRING', ['x'.repeat(201)]),
        column('DOUBLE', [Infinity]),
        column('INT', [1]),
        vectorOf({ type: 'INT', array: true }, [[1, 2]]),
        column('INT', [null]),
      ]),
      0,
      1,
    )
    t.same(samples.rows, [])
    t.end()
  },
)

const both: readonly (readonly [DataType, ElementValue, object?])[] = [
  ['BOOL', true],
  ['BOOL', false],
  ['CHAR', -127],
  ['SHORT', 32767],
  ['INT', -2147483647],
  ['LONG', 9223372036854775807n],
  ['FLOAT', 1.5],
  ['DOUBLE', -1e-300],
  ['STRING', 'a "b" 中'],
  ['SYMBOL', "it's"],
  ['DATE', 18262],
  ['TIMESTAMP', -1n],
  ['NANOTIMESTAMP', 1577836800000000001n],
  ['UUID', new Uint8Array(16).fill(7)],
  ['DECIMAL64', -12345n, { scale: 3 }],
  ['DECIMAL128', 10n ** 37n, { scale: 2 }],
  ['INT', null],
]

t.test('sample rows survive a journal unchanged', t => {
  for (const [type, value, rest] of both) {
    const samples = newSampleRows(['value', 'id'], [], [])
    samples.taken(batchOf([column(type, [value], rest), column('INT', [1])]), 0, 1)
    const [row] = samples.rows
    t.equal(row?.length, 2, type)
    const line: unknown = JSON.parse(JSON.stringify(journaledRow(row!)))
    t.same(rowOfJournal(line as ReturnType<typeof journaledRow>), row, type)
  }
  t.end()
})
