/*
  Columns whose elements have one size: cells become elements, null or refusals. The tests in ../cells/ test which texts are values.
*/
import t from 'tap'
import { isRead, notFinite, noValue, outOfRange } from '../../../src/parse/cells/cell-bytes.js'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { FixedColumn, type ElementReader } from '../../../src/parse/columns/fixed-column.js'
import { columnBuilder } from '../../../src/parse/types/column-types.js'
import { parseColumnType } from '../../../src/protocol/data-type.js'
import { blockOf, field, refusedRows } from './block.js'

/** The elements of a row are the length and the first byte of its text. `?` is not a value, `!` does not fit. */
const words: ElementReader = {
  Cells: Int32Array,
  read(bytes, start, end, into, at) {
    into[at] = end - start
    into[at + 1] = bytes[start]!
    if (bytes[start] === 0x3f) return noValue
    return bytes[start] === 0x21 ? outOfRange : isRead
  },
  expected: 'a word',
}

const make = (more: Partial<ElementReader> = {}): FixedColumn =>
  new FixedColumn('DURATION', undefined, { ...words, ...more }, 5, new BufferPool())

const elements = (column: FixedColumn, rowCount: number): number[] => {
  const { data } = column.take(rowCount, []) as { data: Int32Array }
  return Array.from(data.subarray(0, 2 * rowCount))
}

const none = [-(2 ** 31), 0]

t.test('rows follow one another; null and refused rows contain the null value', async t => {
  const column = make()
  const block = blockOf(['a', '', '?x', '!', 'bcd'])
  t.equal(column.read(block, field, 0), 3)
  t.strictSame(refusedRows(block), [2, 3])
  t.equal(block.refusedBy[2], 6)
  t.equal(column.encodedBytes(5), 40)
  t.strictSame(elements(column, 5), [1, 97, ...none, ...none, ...none, 3, 98])
})

t.test('blocks follow one another, and rows that are read again are overwritten', async t => {
  const column = make()
  column.read(blockOf(['a']), field, 0)
  column.read(blockOf(['bb']), field, 1)
  column.read(blockOf(Array.from({ length: 3000 }, () => 'a')), field, 1)
  const found = elements(column, 3001)
  t.ok(found.length === 6002 && found.every((value, i) => value === (i % 2 === 0 ? 1 : 97)))
  column.read(blockOf(['ccc']), field, 0)
  t.strictSame(elements(column, 1), [3, 99], 'the next batch')
  const buffers: ArrayBuffer[] = []
  column.read(blockOf(['d']), field, 0)
  column.take(1, buffers)
  t.equal(buffers.length, 1)
})

t.test('a refusal is about the text or about its size, and may say more', async t => {
  const explained = (text: string, more?: Partial<ElementReader>): unknown => {
    const { bytes, starts, ends } = blockOf([text])
    return make(more).explain(bytes, starts[field]!, ends[field]!)
  }
  t.strictSame(explained('?'), { code: 'DDB_INPUT_CELL', expected: 'a word' })
  t.strictSame(explained('!'), { code: 'DDB_INPUT_RANGE', expected: 'a word' })
  const infinite: Partial<ElementReader> = { read: () => notFinite }
  t.match(explained('!', infinite), { code: 'DDB_INPUT_RANGE', expected: /^a word that is finite/ })
  t.match(explained('?', { explain: () => 'fewer letters' }), { expected: 'fewer letters' })
})

t.test('elements of each type, compared with the null values of docs/protocol.md', async t => {
  const long = '0000000000000080'
  for (const [types, bytesPerRow, nullBytes] of [
    [['BOOL', 'CHAR'], 1, '80'],
    [['SHORT'], 2, '0080'],
    [['INT', 'DECIMAL32(2)', 'DATE', 'MONTH', 'TIME', 'DATEHOUR'], 4, '00000080'],
    [['LONG', 'DECIMAL64(2)', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP'], 8, long],
    [['DECIMAL128(2)'], 16, '00'.repeat(8) + long],
    [['UUID', 'IPADDR', 'INT128'], 16, '00'.repeat(16)],
    [['FLOAT'], 4, 'ffff7fff'],
    [['DOUBLE'], 8, 'ffffffffffffefff'],
    [['COMPLEX', 'POINT'], 16, 'ffffffffffffefff'.repeat(2)],
    [['DURATION'], 8, '0000008000000000'],
  ] as const) {
    for (const type of types) {
      const column = { name: 'c', type: parseColumnType(type)! }
      const builder = columnBuilder(column, 0, new BufferPool(), {})
      builder.read(blockOf(['']), field, 0)
      t.equal(builder.encodedBytes(7), 7 * bytesPerRow)
      const { data } = builder.take(1, []) as unknown as { data: Uint8Array }
      t.equal(Buffer.from(data.buffer, 0, bytesPerRow).toString('hex'), nullBytes, type)
    }
  }
})
