/*
  DolphinDB values as plain JavaScript, of every form.
*/
import t from 'tap'
import { toColumnList, toColumns, toPlain, toRows } from '../../src/client/plain-output.js'
import { vectorOf, type ElementValue } from '../../src/protocol/element.js'
import { tupleOf } from '../../src/protocol/types/tuples.js'
import type { ColumnType } from '../../src/protocol/data-type.js'
import type { Column, Table, Value, Vector } from '../../src/protocol/value.js'
import { scalar } from '../helpers/codec.js'
import { int, text } from '../helpers/values.js'

const column = (type: ColumnType['type'], values: readonly ElementValue[]): Vector =>
  vectorOf({ type }, values) as Vector

t.test('numbers, booleans and texts are themselves, everything else is its text', async t => {
  for (const [value, plain] of [
    [scalar('BOOL', true), true],
    [scalar('CHAR', 97), 97],
    [int(-5), -5],
    [scalar('LONG', 2n ** 60n), 2n ** 60n],
    [scalar('DOUBLE', NaN), NaN],
    [text('a'), 'a'],
    [scalar('VOID', null), null],
    [scalar('INT', null), null],
    [scalar('DATE', 0), '1970.01.01'],
    [scalar('DATE', null), null],
    [scalar('TIMESTAMP', 1n), '1970.01.01T00:00:00.001'],
    [scalar('DECIMAL32', 150, 2), '1.50'],
    [scalar('COMPLEX', [1, -2]), '1-2i'],
    [undefined, null],
  ] as [Value | undefined, unknown][]) {
    t.strictSame(toPlain(value), plain)
  }
  t.strictSame(toPlain(scalar('BLOB', Uint8Array.of(1, 2))), Uint8Array.of(1, 2))
})

t.test('vectors are lists, nulls are null, but the empty text', async t => {
  t.strictSame(toPlain(column('INT', [1, null])), [1, null])
  t.strictSame(toPlain(column('STRING', ['a', null])), ['a', ''])
  t.strictSame(toPlain(column('SYMBOL', ['a', ''])), ['a', ''])
  t.strictSame(toPlain(column('MONTH', [24_149, null])), ['2012.06M', null])
  t.strictSame(toPlain(tupleOf([int(1), column('INT', [2, 3]), tupleOf([])])), [1, [2, 3], []])
  t.strictSame(toPlain(vectorOf({ type: 'INT', array: true }, [[1, 2], [3]])), [[1, 2], [3]])
})

t.test('pairs and sets are lists, a matrix is a list of its columns', async t => {
  const elements = column('INT', [1, 2, 3, 4, 5, 6])
  t.strictSame(toPlain({ form: 'pair', elements: column('INT', [1, 2]) }), [1, 2])
  t.strictSame(toPlain({ form: 'set', elements }), [1, 2, 3, 4, 5, 6])
  const matrix: Value = { form: 'matrix', rows: 2, columns: 3, elements }
  t.strictSame(toPlain(matrix), [
    [1, 2],
    [3, 4],
    [5, 6],
  ])
})

t.test('a dictionary is an object by the texts of its keys', async t => {
  const values = tupleOf([int(1), text('x')])
  t.strictSame(toPlain({ form: 'dictionary', keys: column('DATE', [0, 1]), values }), {
    '1970.01.01': 1,
    '1970.01.02': 'x',
  })
  const named: Value = { form: 'dictionary', keys: column('STRING', ['__proto__', 'a']), values }
  t.strictSame(Object.entries(toPlain(named) as object), [
    ['__proto__', 1],
    ['a', 'x'],
  ])
})

const columns: Column[] = [column('INT', [1, null]), column('STRING', ['a', ''])]
const table: Table = { form: 'table', name: 't', rows: 2, columnNames: ['n', 's'], columns }

t.test('a table is an object of columns, rows, or columns alone', async t => {
  const byName = { n: [1, null], s: ['a', ''] }
  t.strictSame(toPlain(table), byName)
  t.strictSame(toColumns(table), byName)
  t.strictSame(toColumnList(table), [
    [1, null],
    ['a', ''],
  ])
  t.strictSame(toRows(table), [
    { n: 1, s: 'a' },
    { n: null, s: '' },
  ])
})

t.test('anything else has neither rows nor columns', async t => {
  for (const read of [toRows, toColumns, toColumnList]) {
    t.throws(() => read(int(1)), { code: 'DDB_USAGE', message: /not a scalar/ })
    t.throws(() => read(undefined), { code: 'DDB_USAGE', message: /not nothing/ })
  }
})
