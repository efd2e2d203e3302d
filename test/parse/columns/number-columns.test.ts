/*
  Columns of numbers of each width.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readInt64 } from '../../../src/parse/cells/read-whole.js'
import { readDouble } from '../../../src/parse/cells/read-number.js'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import type { ColumnBuilder } from '../../../src/parse/columns/column-builder.js'
import {
  doubleLayout,
  floatLayout,
  int16Layout,
  int32Layout,
  int64Layout,
  int8Layout,
  type NumberArray,
  NumberColumn,
  WideColumn,
  type WideType,
} from '../../../src/parse/columns/fixed-columns.js'
import {
  FloatingColumn,
  IntegerColumn,
  LongColumn,
} from '../../../src/parse/columns/number-columns.js'
import type { Column } from '../../../src/protocol/value.js'
import { runs } from '../../helpers/runs.js'
import { blockOf, field, refusedRows } from './block.js'

// Columns of 64 bits: the elements that result from cells, compared with BigInt.

const kind: WideType<Int32Array> = {
  ...{ ...int64Layout, name: 'LONG' },
  ...{ expected: 'a whole number', readCell: readInt64 },
}
const columnIndex = 2
const nullLong = -(2n ** 63n)

function elements(column: Column): bigint[] {
  const { data, length } = column as { data: BigInt64Array; length: number }
  return Array.from(data.subarray(0, length))
}

for (const Builder of [WideColumn<Int32Array>, LongColumn]) {
  const make = (type = kind) => new Builder(type, columnIndex, new BufferPool())

  t.test(`${Builder.name}: every integer is stored as its element`, async t => {
    const max = 2n ** 63n - 1n
    const integers = fc.oneof(
      fc.bigInt({ min: -max, max }),
      fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n }),
      fc.constantFrom(-max, -(2n ** 32n), -1n, 0n, 2n ** 32n - 1n, 10n ** 15n, max),
    )
    fc.assert(
      fc.property(fc.array(integers, { minLength: 1, maxLength: 50 }), list => {
        const builder = make()
        deepStrictEqual(builder.read(blockOf(list.map(String)), field, 0), 0)
        deepStrictEqual(elements(builder.take(list.length, [])), list)
      }),
      { numRuns: runs(50) },
    )
    t.pass()
  })

  t.test(`${Builder.name}: nulls and refused rows`, async t => {
    const builder = make()
    const texts = ['1', '', 'x', '9223372036854775808', '-9223372036854775808', ' 5 ']
    const block = blockOf(texts)
    t.equal(builder.read(block, field, 0), 4)
    t.strictSame(refusedRows(block), [2, 3, 4])
    t.equal(block.refusedBy[2], columnIndex + 1)
    const buffers: ArrayBuffer[] = []
    t.strictSame(elements(builder.take(texts.length, buffers)), [
      1n,
      nullLong,
      nullLong,
      nullLong,
      nullLong,
      5n,
    ])
    t.equal(buffers.length, 1)
    t.equal(builder.encodedBytes(3), 24)
  })

  t.test(`${Builder.name}: blocks follow one another, and undone rows are overwritten`, async t => {
    const builder = make()
    builder.read(blockOf(['1']), field, 0)
    builder.read(blockOf(['2']), field, 1)
    builder.undo()
    builder.read(blockOf(Array.from({ length: 3000 }, () => '1')), field, 1)
    const found = elements(builder.take(3001, []))
    t.ok(found.length === 3001 && found.every(value => value === 1n))
    builder.read(blockOf(['9']), field, 0)
    t.strictSame(elements(builder.take(1, [])), [9n], 'the next batch')
  })

  t.test(`${Builder.name}: a refusal is about the text or about its size`, async t => {
    const explained = (text: string, type?: typeof kind): unknown => {
      const { bytes, starts, ends } = blockOf([text])
      return make(type).explain(bytes, starts[field]!, ends[field]!)
    }
    const { expected } = kind
    t.strictSame(explained('x'), { code: 'DDB_INPUT_CELL', expected })
    t.strictSame(explained('9223372036854775808'), { code: 'DDB_INPUT_RANGE', expected })
    const talkative = { ...kind, explain: () => 'fewer letters' }
    t.strictSame(explained('x', talkative), { code: 'DDB_INPUT_CELL', expected: 'fewer letters' })
  })
}

// Columns of numbers: cells become elements, null or refusals. The tests in ../cells/ test which texts are numbers.

const expected = 'something else'
const columnIndexNumberColumns = 4

const short = (): ColumnBuilder =>
  new IntegerColumn(
    { ...int16Layout, name: 'SHORT', expected },
    columnIndexNumberColumns,
    new BufferPool(),
  )

const double = (): ColumnBuilder =>
  new FloatingColumn(
    { ...doubleLayout, name: 'DOUBLE', expected },
    columnIndexNumberColumns,
    new BufferPool(),
    readDouble,
  )

/** The value of a text is its length, at most 3. Longer texts do not fit; texts with a blank are refused. */
const lengths = (explain: () => string | undefined = () => undefined): ColumnBuilder =>
  new NumberColumn(
    { ...int8Layout, name: 'CHAR', max: 3, expected, explain },
    columnIndexNumberColumns,
    new BufferPool(),
    (bytes, start, end) => (bytes.subarray(start, end).includes(32) ? NaN : end - start),
  )

function elementsNumberColumns(column: Column): number[] {
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
    // Texts for each of the three readers: short texts, texts of 16 digits, and all other texts.
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
    t.ok(refused.every(row => block.refusedBy[row] === columnIndexNumberColumns + 1))
    const buffers: ArrayBuffer[] = []
    t.strictSame(elementsNumberColumns(builder.take(texts.length, buffers)), values)
    t.equal(buffers.length, 1)
  })

  t.test(`${name}: blocks follow one another, and undone rows are overwritten`, async t => {
    const builder = make()
    builder.read(blockOf(texts.slice(0, 1)), field, 0)
    builder.read(blockOf(texts.slice(2, 3)), field, 1)
    builder.undo()
    const many = Array.from({ length: 3000 }, () => texts[0])
    builder.read(blockOf(many), field, 1)
    t.equal(builder.encodedBytes(3001) % 3001, 0)
    const found = elementsNumberColumns(builder.take(3001, []))
    t.ok(found.length === 3001 && found.every(value => value === values[0]))
    builder.read(blockOf(texts.slice(2, 3)), field, 0)
    t.strictSame(elementsNumberColumns(builder.take(1, [])), values.slice(2, 3), 'the next batch')
  })
}

t.test('the null of DOUBLE is not a value of DOUBLE', async t => {
  const builder = double()
  const block = blockOf(['-1.7976931348623157e308'])
  t.equal(builder.read(block, field, 0), 1)
  t.strictSame(refusedRows(block), [0])
})

t.test('a refusal is about the text or about its size', async t => {
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

t.test('a type may explain more about a text than the expected form', async t => {
  const { bytes, starts, ends } = blockOf(['a b'])
  const explain = (say: string | undefined) =>
    lengths(() => say).explain(bytes, starts[field]!, ends[field]!).expected
  t.equal(explain('no blank'), 'no blank')
  t.equal(explain(undefined), expected)
})

t.test('the number of bytes on the wire is that of the elements', async t => {
  t.equal(short().encodedBytes(7), 14)
  t.equal(double().encodedBytes(7), 56)
  t.equal(lengths().encodedBytes(7), 7)
})

// Elements of each width, compared with DataView and the null values of docs/protocol.md#data-types.

for (const [name, layout, bytesPerRow, nullBytes] of [
  ['8 bits', int8Layout, 1, '80'],
  ['16 bits', int16Layout, 2, '0080'],
  ['32 bits', int32Layout, 4, '00000080'],
  ['single precision', floatLayout, 4, 'ffff7fff'],
  ['double precision', doubleLayout, 8, 'ffffffffffffefff'],
] as const) {
  t.test(`${name}: bytes of a row and of the null`, async t => {
    t.equal(layout.bytesPerRow, bytesPerRow)
    const array = new layout.Cells(new ArrayBuffer(2 * bytesPerRow))
    t.equal(array.length, 2)
    array[1] = layout.nullValue
    t.equal(Buffer.from(array.buffer).toString('hex'), '00'.repeat(bytesPerRow) + nullBytes)
  })
}

t.test('an integer may be any value except the smallest', async t => {
  for (const [layout, bits] of [
    [int8Layout, 8],
    [int16Layout, 16],
    [int32Layout, 32],
  ] as const) {
    const largest = 2 ** (bits - 1) - 1
    t.strictSame([layout.min, layout.max], [-largest, largest])
  }
})

t.test('no value within the limits of a floating-point type becomes infinity or null', async t => {
  t.ok(Number.isFinite(Math.fround(floatLayout.max)) && floatLayout.min > floatLayout.nullValue)
  t.ok(Number.isFinite(doubleLayout.max) && doubleLayout.min > doubleLayout.nullValue)
})

// Columns whose rows have several elements each.

/** The elements of a row are the length and the first byte of its text. `?` is not a value, `!` does not fit. */
const make = (): WideColumn<Int32Array> =>
  new WideColumn<Int32Array>(
    {
      ...{ name: 'DURATION', bytesPerRow: 8, Cells: Int32Array, nullElements: [-1, -2] },
      readCell(bytes, _view, start, end, array, at) {
        array[at] = end - start
        array[at + 1] = bytes[start]!
        if (bytes[start] === 0x3f) return NaN
        return bytes[start] === 0x21 ? Infinity : 0
      },
      expected: 'a word',
    },
    5,
    new BufferPool(),
  )

const elementsWideColumn = (column: WideColumn<Int32Array>, rowCount: number): number[] => {
  const { data } = column.take(rowCount, []) as { data: Int32Array }
  return Array.from(data.subarray(0, 2 * rowCount))
}

t.test('rows follow one another; null and refused rows contain the null value', async t => {
  const column = make()
  const block = blockOf(['a', '', '?x', '!', 'bcd'])
  t.equal(column.read(block, field, 0), 3)
  t.strictSame(refusedRows(block), [2, 3])
  t.equal(block.refusedBy[2], 6)
  t.equal(column.encodedBytes(5), 40)
  t.strictSame(elementsWideColumn(column, 5), [1, 97, -1, -2, -1, -2, -1, -2, 3, 98])
})

t.test('blocks follow one another, and undone rows are overwritten', async t => {
  const column = make()
  column.read(blockOf(['a']), field, 0)
  column.read(blockOf(['bb']), field, 1)
  column.undo()
  column.read(blockOf(Array.from({ length: 3000 }, () => 'a')), field, 1)
  const found = elementsWideColumn(column, 3001)
  t.ok(found.length === 6002 && found.every((value, i) => value === (i % 2 === 0 ? 1 : 97)))
  column.read(blockOf(['ccc']), field, 0)
  t.strictSame(elementsWideColumn(column, 1), [3, 99], 'the next batch')
})

t.test('a refusal is about the text or about its size', async t => {
  for (const [text, code] of [
    ['?', 'DDB_INPUT_CELL'],
    ['!', 'DDB_INPUT_RANGE'],
  ] as const) {
    const { bytes, starts, ends } = blockOf([text])
    const fault = make().explain(bytes, starts[field]!, ends[field]!)
    t.strictSame(fault, { code, expected: 'a word' })
  }
})
