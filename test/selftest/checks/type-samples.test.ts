import t from 'tap'
import {
  columnTypeText,
  dataTypes,
  isDecimal,
  type DataType,
} from '../../../src/protocol/data-type.js'
import { columnTypeOf, elementAt, isNullAt } from '../../../src/protocol/element.js'
import type { Column, Vector } from '../../../src/protocol/value.js'
import { arraySamples, columnSamples } from '../../../src/selftest/checks/type-samples.js'
import { textsOf } from '../../helpers/script.js'

/** Types of columns that a table can have. */
const storable = (Object.keys(dataTypes) as DataType[]).filter(type => {
  const { category } = dataTypes[type]
  return !['nothing', 'mixed', 'system'].includes(category) && type !== 'DATEMINUTE'
})

t.test('every type of column has its sample, and one of arrays where it has them', async t => {
  const sampled = columnSamples.map(({ column }) => columnTypeOf(column).type)
  t.strictSame([...sampled].sort(), [...storable].sort())
  const arrays = arraySamples.map(({ column }) => columnTypeOf(column).type)
  t.strictSame(
    [...arrays].sort(),
    storable.filter(type => !['SYMBOL', 'STRING', 'BLOB'].includes(type)).sort(),
  )
  for (const { type, column } of [...columnSamples, ...arraySamples]) {
    t.equal(columnTypeText(columnTypeOf(column)), type, 'as scripts spell it')
  }
})

const nullsOf = (column: Column): number =>
  Array.from({ length: column.length }, (_, row) => isNullAt(column, row)).filter(Boolean).length

t.test('nulls, extremes and what lies around zero', async t => {
  const expected: Record<string, string[]> = {
    BOOL: ['true', 'false'],
    CHAR: ['-127', '-1', '0', '1', '127'],
    SHORT: ['-32767', '32767'],
    INT: ['-2147483647', '-1', '0', '1', '2147483647'],
    LONG: ['-9223372036854775807', '9007199254740993', '9223372036854775807'],
    DATE: ['1900.01.01', '1969.12.31', '1970.01.01', '9999.12.31'],
    MONTH: ['1900.01M', '1969.12M', '1970.01M', '9999.12M'],
    TIME: ['00:00:00.000', '23:59:59.999'],
    MINUTE: ['00:00m', '23:59m'],
    SECOND: ['00:00:00', '23:59:59'],
    TIMESTAMP: ['1900.01.01T00:00:00.000', '9999.12.31T23:59:59.999'],
    NANOTIME: ['00:00:00.000000000', '23:59:59.999999999'],
    DATEHOUR: ['1900.01.01T00', '9999.12.31T23'],
    UUID: ['ffffffff-ffff-ffff-ffff-ffffffffffff'],
    'DECIMAL32(4)': ['-214748.3647', '-0.0001', '0.0000', '214748.3647'],
  }
  for (const [type, wanted] of Object.entries(expected)) {
    const { column } = columnSamples.find(sample => sample.type === type)!
    const texts =
      type === 'CHAR' ? [...(column as { data: Int8Array }).data].map(String) : textsOf(column)
    for (const text of wanted) t.ok(texts.includes(text), `${type} ${text}`)
  }
  for (const { type, column } of columnSamples) {
    t.ok(nullsOf(column) >= 1, type)
    t.ok(nullsOf(column) < column.length, type)
    t.ok(column.length >= 3 && column.length < 10, type)
  }
  for (const type of ['STRING', 'SYMBOL', 'BLOB']) {
    const { column } = columnSamples.find(sample => sample.type === type)!
    const bytes = new TextEncoder().encode(textsOf(column).join(''))
    t.ok(
      bytes.some(byte => byte >= 0xf0),
      `${type}: four bytes a character`,
    )
  }
  t.ok(columnSamples.filter(({ column }) => isDecimal(columnTypeOf(column).type)).length === 3)
})

t.test(
  'arrays of none, one and several cells, of a null, and of more than a byte can count',
  async t => {
    for (const { type, column } of arraySamples) {
      const lengths = Array.from(
        { length: column.length },
        (_, row) => (elementAt(column, row) as Vector).length,
      )
      const full = lengths[0]!
      t.strictSame(lengths, [full, 0, 1, 1, 300, full], type)
      t.ok(isNullAt(column, 3) && !isNullAt(column, 2), type)
    }
  },
)
