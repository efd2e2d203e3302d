/*
  A column behind a rewriting: which text reaches it, and which row it refuses.
*/
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { IntegerColumn } from '../../../src/parse/columns/number-columns.js'
import { int32Layout } from '../../../src/parse/columns/number-layouts.js'
import { RewrittenColumn } from '../../../src/parse/columns/rewritten-column.js'
import { blockOf, field, refusedRows } from './block.js'

/** Numbers with an x in front; other texts are no values. */
const column = (): RewrittenColumn =>
  new RewrittenColumn(
    new IntegerColumn(
      {
        ...int32Layout,
        expected: 'a number',
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
    {
      write(bytes, start, end, into, at) {
        if (bytes[start] !== 0x78) return -1
        into.set(bytes.subarray(start + 1, end), at)
        into[at + end - start - 1] = 0x30
        return at + end - start
      },
      roomBytes: 0,
      expected: 'behind an x',
    },
    4,
  )

const numbers = (column: RewrittenColumn, count: number): number[] => {
  const { data } = column.take(count, []) as unknown as { data: Int32Array }
  return [...data.subarray(0, count)]
}

t.test('texts are written out, empty ones are null, others refuse their row', async t => {
  const builder = column()
  const block = blockOf(['x1', '', '5', 'x-27', 'xx', 'x99999999999'])
  t.equal(builder.read(block, field, 0), 4)
  t.strictSame(refusedRows(block), [2, 4, 5])
  t.ok([2, 4, 5].every(row => block.refusedBy[row] === 5))
  const { nullValue } = int32Layout
  t.strictSame(numbers(builder, 6), [10, nullValue, nullValue, -270, nullValue, nullValue])
})

t.test('blocks of any size follow each other', async t => {
  const builder = column()
  for (const count of [3, 2000, 1]) {
    builder.read(blockOf(Array.from({ length: count }, () => `x${count}`)), field, 0)
    builder.undo()
    builder.read(blockOf(Array.from({ length: count }, () => 'x7')), field, 0)
    t.equal(builder.encodedBytes(count), 4 * count)
    t.ok(numbers(builder, count).every(value => value === 70))
  }
})

t.test('numbers of the format itself are not rewritten', async t => {
  const builder = column()
  const block = blockOf(['5', 'x5', 'x6'])
  block.numberCells = Uint8Array.of(0, 1, 0, 0, 0, 0)
  builder.read(block, field, 0)
  t.strictSame(refusedRows(block), [])
  t.strictSame(numbers(builder, 3), [5, 50, 60])
})

t.test('a refusal says how it should have been written', async t => {
  for (const [text, code] of [
    ['5', 'DDB_INPUT_CELL'],
    ['xx', 'DDB_INPUT_CELL'],
    ['x99999999999', 'DDB_INPUT_RANGE'],
  ] as const) {
    const { bytes, starts, ends } = blockOf([text])
    const expected = 'a number, behind an x'
    t.strictSame(column().explain(bytes, starts[field]!, ends[field]!), { code, expected }, text)
  }
})
