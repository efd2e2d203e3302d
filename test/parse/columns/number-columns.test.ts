/*
  Columns of numbers: which cell becomes which element, null or refusal. What texts are numbers is tested in ../cells/.
*/
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import type { ColumnBuilder } from '../../../src/parse/columns/column-builder.js'
import {
  FloatingColumn,
  IntegerColumn,
  NumberColumn,
  type NumberArray,
} from '../../../src/parse/columns/number-columns.js'
import { doubleLayout, int16Layout, int8Layout } from '../../../src/parse/columns/number-layouts.js'
import { readDouble } from '../../../src/parse/cells/read-number.js'
import type { Column } from '../../../src/protocol/value.js'
import { blockOf, field, refusedRows } from './block.js'

const expected = 'something else'
const columnIndex = 4

const short = (): ColumnBuilder =>
  new IntegerColumn(
    {
      ...int16Layout,
      expected,
      column: (data, length) => ({
        form: 'vector',
        type: 'SHORT',
        length,
        data: data as Int16Array,
      }),
    },
    columnIndex,
    new BufferPool(),
  )

const double = (): ColumnBuilder =>
  new FloatingColumn(
    {
      ...doubleLayout,
      expected,
      column: (data, length) => ({
        form: 'vector',
        type: 'DOUBLE',
        length,
        data: data as Float64Array,
      }),
    },
    columnIndex,
    new BufferPool(),
    readDouble,
  )

/** The length of a text, at most 3; other texts are too long, and those with a blank are not texts. */
const lengths = (explain?: () => string | undefined): ColumnBuilder =>
  new NumberColumn(
    {
      ...int8Layout,
      max: 3,
      expected,
      column: (data, length) => ({ form: 'vector', type: 'CHAR', length, data: data as Int8Array }),
    },
    columnIndex,
    new BufferPool(),
    (bytes, start, end) => (bytes.subarray(start, end).includes(32) ? NaN : end - start),
    explain,
  )

function elements(column: Column): number[] {
  const { data, length } = column as unknown as { data: NumberArray; length: number }
  return Array.from(data.subarray(0, length))
}

for (const [name, make, texts, values, refused] of [
  [
    'IntegerColumn',
    short,
    [
      '1',
      '',
      '-32767',
      '32767',
      '-32768',
      '32768',
      'x',
      ' 7 ',
      '1.5',
      '99999999999999999999',
      '1.0',
    ],
    [1, -32768, -32767, 32767, -32768, -32768, -32768, 7, -32768, -32768, 1],
    [4, 5, 6, 8, 9],
  ],
  [
    'FloatingColumn',
    double,
    // By the three ways: short, of 16 digits, and any other.
    ['1.5', '', '0.1234567890123456', '1e308', '1.7976931348623157e308', 'inf', '1e309', 'x'],
    [
      1.5,
      -Number.MAX_VALUE,
      0.1234567890123456,
      1e308,
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
      -Number.MAX_VALUE,
      -Number.MAX_VALUE,
    ],
    [5, 6, 7],
  ],
  ['NumberColumn', lengths, ['a', '', 'abc', 'abcd', 'a b'], [1, -128, 3, -128, -128], [3, 4]],
] as const) {
  t.test(`${name}: elements, nulls and refused rows`, async t => {
    const builder = make()
    const block = blockOf(texts)
    const nulls = builder.read(block, field, 0)
    t.strictSame(refusedRows(block), refused)
    t.equal(nulls, refused.length + texts.filter(text => text === '').length)
    t.ok(refused.every(row => block.refusedBy[row] === columnIndex + 1))
    const buffers: ArrayBuffer[] = []
    t.strictSame(elements(builder.take(texts.length, buffers)), values)
    t.equal(buffers.length, 1)
  })

  t.test(`${name}: blocks follow each other, and what is undone is written over`, async t => {
    const builder = make()
    builder.read(blockOf(texts.slice(0, 1)), field, 0)
    builder.read(blockOf(texts.slice(2, 3)), field, 1)
    builder.undo()
    const many = Array.from({ length: 3000 }, () => texts[0])
    builder.read(blockOf(many), field, 1)
    t.equal(builder.encodedBytes(3001) % 3001, 0)
    const found = elements(builder.take(3001, []))
    t.ok(found.length === 3001 && found.every(value => value === values[0]))
    builder.read(blockOf(texts.slice(2, 3)), field, 0)
    t.strictSame(elements(builder.take(1, [])), values.slice(2, 3), 'the next batch')
  })
}

t.test('the null of DOUBLE is not a value of it', async t => {
  const builder = double()
  const block = blockOf(['-1.7976931348623157e308'])
  t.equal(builder.read(block, field, 0), 1)
  t.strictSame(refusedRows(block), [0])
})

t.test('a refusal is of the text, or of its size', async t => {
  for (const [make, text, code] of [
    [short, 'x', 'DDB_INPUT_CELL'],
    [short, '32768', 'DDB_INPUT_RANGE'],
    [double, 'x', 'DDB_INPUT_CELL'],
    [double, '1e309', 'DDB_INPUT_RANGE'],
    [lengths, 'a b', 'DDB_INPUT_CELL'],
    [lengths, 'abcd', 'DDB_INPUT_RANGE'],
  ] as const) {
    const { bytes, starts, ends } = blockOf([text])
    t.strictSame(make().explain(bytes, starts[field]!, ends[field]!), { code, expected }, text)
  }
})

t.test('a type may say more of a text than what it expected', async t => {
  const { bytes, starts, ends } = blockOf(['a b'])
  const explain = (say: string | undefined) =>
    lengths(() => say).explain(bytes, starts[field]!, ends[field]!).expected
  t.equal(explain('no blank'), 'no blank')
  t.equal(explain(undefined), expected)
})

t.test('bytes on the wire are those of the elements', async t => {
  t.equal(short().encodedBytes(7), 14)
  t.equal(double().encodedBytes(7), 56)
  t.equal(lengths().encodedBytes(7), 7)
})
