/*
  Columns whose rows take several elements each.
*/
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { WideColumn } from '../../../src/parse/columns/wide-column.js'
import { blockOf, field, refusedRows } from './block.js'

/** Length and first byte of a text; `?` is not a value, `!` does not fit. */
const make = (): WideColumn<Int32Array> =>
  new WideColumn<Int32Array>(
    {
      bytesPerRow: 8,
      view: buffer => new Int32Array(buffer),
      nullElements: [-1, -2],
      readCell(bytes, _view, start, end, array, at) {
        array[at] = end - start
        array[at + 1] = bytes[start]!
        if (bytes[start] === 0x3f) return NaN
        return bytes[start] === 0x21 ? Infinity : 0
      },
      expected: 'a word',
      column: (data, length) => ({ form: 'vector', type: 'DURATION', length, data }),
    },
    5,
    new BufferPool(),
  )

const elements = (column: WideColumn<Int32Array>, rowCount: number): number[] => {
  const { data } = column.take(rowCount, []) as { data: Int32Array }
  return Array.from(data.subarray(0, 2 * rowCount))
}

t.test('rows lie one after the other, nulls and refused ones as the null', async t => {
  const column = make()
  const block = blockOf(['a', '', '?x', '!', 'bcd'])
  t.equal(column.read(block, field, 0), 3)
  t.strictSame(refusedRows(block), [2, 3])
  t.equal(block.refusedBy[2], 6)
  t.equal(column.encodedBytes(5), 40)
  t.strictSame(elements(column, 5), [1, 97, -1, -2, -1, -2, -1, -2, 3, 98])
})

t.test('blocks follow each other, and what is undone is written over', async t => {
  const column = make()
  column.read(blockOf(['a']), field, 0)
  column.read(blockOf(['bb']), field, 1)
  column.undo()
  column.read(blockOf(Array.from({ length: 3000 }, () => 'a')), field, 1)
  const found = elements(column, 3001)
  t.ok(found.length === 6002 && found.every((value, i) => value === (i % 2 === 0 ? 1 : 97)))
  column.read(blockOf(['ccc']), field, 0)
  t.strictSame(elements(column, 1), [3, 99], 'the next batch')
})

t.test('a refusal is of the text, or of its size', async t => {
  for (const [text, code] of [
    ['?', 'DDB_INPUT_CELL'],
    ['!', 'DDB_INPUT_RANGE'],
  ] as const) {
    const { bytes, starts, ends } = blockOf([text])
    const fault = make().explain(bytes, starts[field]!, ends[field]!)
    t.strictSame(fault, { code, expected: 'a word' })
  }
})
