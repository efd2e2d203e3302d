/*
  BLOB columns: any bytes, as they stand.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { BlobColumn } from '../../../src/parse/columns/blob-column.js'
import { blobsOf, type EncodedBlobVector } from '../../../src/protocol/types/blobs.js'
import { runs } from '../../helpers/runs.js'
import { blockOf, field, refusedRows } from './block.js'

const make = (maxBytes = Infinity): BlobColumn =>
  new BlobColumn(
    (encoded, length) => ({ form: 'vector', type: 'BLOB', length, encoded }),
    2,
    new BufferPool(),
    maxBytes,
  )

const valuesOf = (column: BlobColumn, rowCount: number): string[] =>
  blobsOf(column.take(rowCount, []) as EncodedBlobVector).map(value =>
    Buffer.from(value).toString('hex'),
  )

t.test('every cell is its bytes, an empty one is null', async t => {
  const column = make()
  const block = blockOf([Uint8Array.of(0, 0xff), '', 'a'])
  t.equal(column.read(block, field), 1)
  t.strictSame(refusedRows(block), [])
  t.equal(column.encodedBytes(), 3 + 3 * 4, 'each with four bytes of length in front')
  block.bytes.fill(0x23)
  t.strictSame(valuesOf(column, 3), ['00ff', '', '61'], 'a copy: the input moves on')
})

t.test('a value travels as an int32 and its bytes, whatever its length', async t => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), values => {
      const column = make()
      column.read(blockOf(values), field)
      const { encoded } = column.take(values.length, []) as EncodedBlobVector
      const expected = values.flatMap(value => {
        const count = Buffer.alloc(4)
        count.writeInt32LE(value.length)
        return [count, value]
      })
      deepStrictEqual(Buffer.from(encoded), Buffer.concat(expected))
    }),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('the last block can be undone, and a batch starts empty', async t => {
  const column = make()
  column.read(blockOf(['a']), field)
  column.read(blockOf(['bb', 'ccc']), field)
  column.undo()
  t.equal(column.encodedBytes(), 5)
  column.read(blockOf(['d']), field)
  t.strictSame(valuesOf(column, 2), ['61', '64'])
  t.equal(column.encodedBytes(), 0)
  column.read(blockOf(['e']), field)
  t.strictSame(valuesOf(column, 1), ['65'])
})

t.test('a value of more bytes than the column takes refuses its row', async t => {
  const column = make(67_108_863)
  const block = blockOf(['a', Buffer.alloc(67_108_864, 'b'), Buffer.alloc(67_108_863, 'c')])
  t.equal(column.read(block, field), 1)
  t.strictSame(refusedRows(block), [1])
  t.strictSame(
    blobsOf(column.take(3, []) as EncodedBlobVector).map(({ length }) => length),
    [1, 0, 67_108_863],
  )
  t.match(column.explain(new Uint8Array(0), 0, 67_108_864), {
    code: 'DDB_INPUT_RANGE',
    expected: /^at most 67108863 bytes, .*\(no column takes the 67108864 bytes\)$/,
  })
})
