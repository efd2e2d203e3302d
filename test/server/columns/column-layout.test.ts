import t from 'tap'
import { dataTypes, type ColumnType, type DataType } from '../../../src/protocol/data-type.js'
import { columnTypeOf, isNullAt, vectorOf } from '../../../src/protocol/element.js'
import type { ArrayVector } from '../../../src/protocol/value.js'
import {
  cellType,
  checkColumnType,
  columnTexts,
  isFixedVector,
  nullColumn,
  sameColumnType,
  zeroColumn,
} from '../../../src/server/columns/column-layout.js'
import { textsOf } from '../../helpers/script.js'
import { column } from './columns.js'

/** What a table holds that is made with rows: 0, false, or the null of types that have no zero of their own. */
const zeros: readonly (readonly [DataType, string])[] = [
  ['VOID', ''],
  ['BOOL', 'false'],
  ['CHAR', '0'],
  ['SHORT', '0'],
  ['INT', '0'],
  ['LONG', '0'],
  ['FLOAT', '0'],
  ['DOUBLE', '0'],
  ['DATE', '1970.01.01'],
  ['MINUTE', '00:00m'],
  ['TIMESTAMP', '1970.01.01T00:00:00.000'],
  ['NANOTIME', '00:00:00.000000000'],
  ['SYMBOL', ''],
  ['STRING', ''],
  ['BLOB', ''],
  ['UUID', ''],
  ['INT128', ''],
  ['DECIMAL32', '0.00'],
  ['DECIMAL128', '0.00'],
  ['ANY', ''],
]

const withScale = (type: DataType): ColumnType =>
  dataTypes[type].category === 'denary' ? { type, scale: 2 } : { type }

t.test('a new column holds zeros, or nulls where there is no zero', async t => {
  for (const [name, text] of zeros) {
    const type = withScale(name)
    const zero = zeroColumn(type, 3)
    t.same(columnTypeOf(zero), type)
    t.same(textsOf(zero), [text, text, text], name)
    t.equal(zeroColumn(type, 0).length, 0, name)
  }
  const arrays = zeroColumn({ type: 'DECIMAL64', scale: 4, array: true }, 2)
  t.strictSame((arrays as ArrayVector).offsets, new Uint32Array(3))
  t.same(columnTypeOf(arrays), { type: 'DECIMAL64', scale: 4, array: true })
  t.same(textsOf(arrays), ['[]', '[]'])
})

t.test('a column of nulls is null in every row, whatever its length', async t => {
  const names = (Object.keys(dataTypes) as DataType[]).filter(
    name => dataTypes[name].category !== 'system',
  )
  for (const type of names.map(withScale)) {
    for (const length of [0, 1, 2, 3, 8, 13]) {
      const nulls = nullColumn(type, length)
      t.same(columnTypeOf(nulls), type)
      const rows = Array.from({ length: nulls.length }, (_, row) => isNullAt(nulls, row))
      t.same(rows, new Array<boolean>(length).fill(true), `${length} ${type.type}`)
    }
  }
})

t.test('a null row of an array column is one null cell', async t => {
  const nulls = nullColumn({ type: 'INT', array: true }, 3) as ArrayVector
  t.same([...nulls.offsets], [0, 1, 2, 3])
  t.same(nulls.cells, column('INT', null, null, null))
})

t.test('types are the same with the same scale, as arrays or not', async t => {
  const decimal: ColumnType = { type: 'DECIMAL64', scale: 2 }
  const examples: [ColumnType, ColumnType, boolean][] = [
    [{ type: 'INT' }, { type: 'INT' }, true],
    [{ type: 'INT' }, { type: 'INT', array: false }, true],
    [{ type: 'INT' }, { type: 'LONG' }, false],
    [{ type: 'INT' }, { type: 'INT', array: true }, false],
    [{ type: 'INT', array: true }, { type: 'INT', array: true }, true],
    [decimal, { ...decimal }, true],
    [decimal, { type: 'DECIMAL64', scale: 3 }, false],
    [decimal, { ...decimal, array: true }, false],
  ]
  for (const [a, b, same] of examples) {
    t.equal(sameColumnType(a, b), same)
    t.equal(sameColumnType(b, a), same)
  }
  t.strictSame(cellType({ ...decimal, array: true }), decimal)
  t.strictSame(cellType({ type: 'INT', array: true }), { type: 'INT' })
})

t.test('only a column that is one typed array is fixed', async t => {
  for (const name of ['BOOL', 'LONG', 'DATE', 'UUID', 'DECIMAL128', 'POINT'] as const) {
    t.equal(isFixedVector(nullColumn(withScale(name), 1)), true, name)
  }
  for (const name of ['SYMBOL', 'STRING', 'BLOB', 'ANY', 'VOID'] as const) {
    t.equal(isFixedVector(nullColumn({ type: name }, 1)), false, name)
  }
  t.equal(isFixedVector(vectorOf({ type: 'INT', array: true }, [[1]])), false)
})

t.test('text is read in every form it is kept in', async t => {
  const encoded = new TextEncoder().encode('b\0\0é\0')
  t.same(columnTexts({ form: 'vector', type: 'STRING', length: 3, encoded }), ['b', '', 'é'])
  t.same(columnTexts(column('STRING', 'b', '')), ['b', ''])
  const codes = Int32Array.of(2, 0, 1, 2)
  const base = ['', 'x', 'y']
  t.same(columnTexts({ form: 'vector', type: 'SYMBOL', length: 3, codes, base }), ['y', '', 'x'])
  for (const other of [column('INT', 1), column('BLOB', new Uint8Array(1))]) {
    t.equal(columnTexts(other), undefined)
  }
  t.equal(columnTexts(nullColumn({ type: 'INT', array: true }, 1)), undefined)
})

t.test('types that no table has are refused with the name of the column', async t => {
  const refused = Object.keys(dataTypes).filter(name => {
    try {
      checkColumnType('c', { type: name as DataType })
      return false
    } catch (error) {
      t.match(error, { name: 'ScriptError', message: `The column [c] can't be of type ${name}` })
      return true
    }
  })
  t.same(refused, ['DURATION', 'FUNCTIONDEF', 'HANDLE', 'CODE', 'DATASOURCE', 'RESOURCE'])
})
