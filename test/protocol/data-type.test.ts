import t from 'tap'
import {
  columnTypeText,
  dataTypeOf,
  dataTypes,
  isDecimal,
  parseColumnType,
  type DataType,
} from '../../src/protocol/data-type.js'

t.test('every type is found by its number, other numbers name none', async t => {
  for (const [name, { id }] of Object.entries(dataTypes)) t.equal(dataTypeOf(id), name)
  for (const id of [26, 27, 33, 40, 41, 64, 145, 255])
    t.equal(dataTypeOf(id), undefined, String(id))
})

t.test('types are read and written as schema() spells them', async t => {
  const cases = [
    ['INT', { type: 'INT' }],
    ['DOUBLE[]', { type: 'DOUBLE', array: true }],
    ['DECIMAL64(4)', { type: 'DECIMAL64', scale: 4 }],
    ['DECIMAL32(0)[]', { type: 'DECIMAL32', scale: 0, array: true }],
  ] as const
  for (const [text, type] of cases) {
    t.strictSame(parseColumnType(text), type)
    t.equal(columnTypeText(type), text)
  }
  t.strictSame(parseColumnType(' decimal128 ( 38 ) [] '), {
    type: 'DECIMAL128',
    scale: 38,
    array: true,
  })
})

t.test('what is not a type is refused', async t => {
  for (const text of [
    '',
    'FOO',
    'INT(2)',
    'DECIMAL32',
    'DECIMAL32(10)',
    'DECIMAL64(19)',
    'INT[',
    'toString',
    'INT DOUBLE',
  ]) {
    t.equal(parseColumnType(text), undefined, text)
  }
})

t.test('three types are decimals', async t => {
  const decimals = (Object.keys(dataTypes) as DataType[]).filter(isDecimal)
  t.strictSame(decimals, ['DECIMAL32', 'DECIMAL64', 'DECIMAL128'])
})
