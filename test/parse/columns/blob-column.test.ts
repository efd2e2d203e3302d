/*
  BLOB columns: any bytes, as they stand.
*/
import t from 'tap'
import { BlobColumn } from '../../../src/parse/columns/blob-column.js'
import { blockOf, field, refusedRows } from './block.js'

const make = (): BlobColumn =>
  new BlobColumn((data, length) => ({ form: 'vector', type: 'BLOB', length, data }))

const valuesOf = (column: BlobColumn, rowCount: number): string[] =>
  (column.take(rowCount) as unknown as { data: Uint8Array[] }).data.map(value =>
    Buffer.from(value).toString('hex'),
  )

t.test('every cell is its bytes, an empty one is null', async t => {
  const column = make()
  const block = blockOf([Uint8Array.of(0, 0xff), '', 'a'])
  t.equal(column.read(block, field, 0), 1)
  t.strictSame(refusedRows(block), [])
  t.equal(column.encodedBytes(3), 3 + 3 * 4, 'each with four bytes of length in front')
  block.bytes.fill(0x23)
  t.strictSame(valuesOf(column, 3), ['00ff', '', '61'], 'a copy: the input moves on')
})

t.test('the last block can be undone, and a batch starts empty', async t => {
  const column = make()
  column.read(blockOf(['a']), field, 0)
  column.read(blockOf(['bb', 'ccc']), field, 1)
  column.undo()
  t.equal(column.encodedBytes(1), 5)
  column.read(blockOf(['d']), field, 1)
  t.strictSame(valuesOf(column, 2), ['61', '64'])
  t.equal(column.encodedBytes(0), 0)
  column.read(blockOf(['e']), field, 0)
  t.strictSame(valuesOf(column, 1), ['65'])
})
