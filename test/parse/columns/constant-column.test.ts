/*
  Columns that hold one text in every row.
*/
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { ConstantColumn } from '../../../src/parse/columns/constant-column.js'
import { IntegerColumn } from '../../../src/parse/columns/number-columns.js'
import { int32Layout } from '../../../src/parse/columns/number-layouts.js'
import { blockOf } from './block.js'

const make = (text: string, rowCapacity = 8): ConstantColumn =>
  new ConstantColumn(
    new IntegerColumn(
      {
        ...int32Layout,
        expected: 'a whole number',
        column: (data, length) => ({
          form: 'vector',
          type: 'INT',
          length,
          data: data as Int32Array,
        }),
      },
      0,
      new BufferPool(),
    ),
    text,
    rowCapacity,
  )

const elements = (column: ConstantColumn, rowCount: number): number[] => {
  const { data } = column.take(rowCount, []) as { data: Int32Array }
  return Array.from(data.subarray(0, rowCount))
}

t.test('every row of every block has the value, whatever the block holds', async t => {
  const column = make('1234567')
  t.equal(column.fault, undefined)
  t.equal(column.read(blockOf(['x', '5']), -1, 0), 0)
  t.equal(column.read(blockOf(['y']), -1, 2), 0)
  column.undo()
  t.equal(column.read(blockOf(Array(8).fill('z')), -1, 2), 0)
  t.equal(column.encodedBytes(10), 40)
  t.strictSame(elements(column, 10), Array(10).fill(1_234_567))
  column.read(blockOf(['x']), -1, 0)
  t.strictSame(elements(column, 1), [1_234_567], 'the next batch')
})

t.test('the empty text is null in every row', async t => {
  const column = make('')
  t.equal(column.fault, undefined)
  t.equal(column.read(blockOf(['1', '2']), -1, 0), 2)
  t.strictSame(elements(column, 2), [-2_147_483_648, -2_147_483_648])
})

t.test('a text that is not a value is told before any row', async t => {
  t.strictSame(make('x').fault, { code: 'DDB_INPUT_CELL', expected: 'a whole number' })
  t.strictSame(make('2147483648').fault, { code: 'DDB_INPUT_RANGE', expected: 'a whole number' })
})
