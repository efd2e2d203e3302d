/*
  Where rows came from, far into an input.
*/
import t from 'tap'
import { BufferPool } from '../../src/parse/columns/buffer-pool.js'
import { RecordBlock } from '../../src/parse/record-block.js'
import { RowPlaces } from '../../src/parse/row-places.js'

type Record = readonly [start: number, end: number, line: number]

function blockOf(bytesOffset: number, records: readonly Record[]): RecordBlock {
  const block = new RecordBlock(1, Math.max(1, records.length))
  block.bytesOffset = bytesOffset
  for (const [row, [start, end, line]] of records.entries()) {
    block.recordStarts[row] = start
    block.recordEnds[row] = end
    block.lineNumbers[row] = line
  }
  block.rowCount = records.length
  return block
}

const far = 2 ** 40

t.test('each row has the place of its record in the whole input', async t => {
  const places = new RowPlaces(new BufferPool())
  const first = blockOf(100, [
    [5, 15, 2],
    [15, 40, 4],
  ])
  t.equal(places.append(first, 0), 35, 'bytes of the records')
  t.equal(places.append(blockOf(500, []), 2), 0)
  t.equal(places.append(blockOf(far, [[0, 7, far]]), 2), 7)
  const buffers: ArrayBuffer[] = []
  const place = places.take(buffers)
  t.equal(buffers.length, 1)
  t.strictSame(
    [0, 1, 2].map(row => place(row)),
    [
      { offsetBytes: 105, lengthBytes: 10, lineNumber: 2 },
      { offsetBytes: 115, lengthBytes: 25, lineNumber: 4 },
      { offsetBytes: far, lengthBytes: 7, lineNumber: far },
    ],
  )
})

t.test('the next batch begins at row 0 again, while the last one can still be asked', async t => {
  const places = new RowPlaces(new BufferPool())
  places.append(blockOf(0, [[0, 3, 1]]), 0)
  const first = places.take([])
  places.append(blockOf(3, [[0, 5, 2]]), 0)
  const second = places.take([])
  t.strictSame(first(0), { offsetBytes: 0, lengthBytes: 3, lineNumber: 1 })
  t.strictSame(second(0), { offsetBytes: 3, lengthBytes: 5, lineNumber: 2 })
})

t.test('many rows of one block', async t => {
  const places = new RowPlaces(new BufferPool())
  const rows = 5000
  const records = Array.from({ length: rows }, (_, row): Record => [2 * row, 2 * row + 2, row + 1])
  t.equal(places.append(blockOf(10, records), 0), 2 * rows)
  const place = places.take([])
  t.strictSame(place(rows - 1), { offsetBytes: 8 + 2 * rows, lengthBytes: 2, lineNumber: rows })
})
