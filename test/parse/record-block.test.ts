/*
  The block between tokenizer and columns: rows that columns refuse, and what is left without them.
*/
import t from 'tap'
import { RecordBlock } from '../../src/parse/record-block.js'

const blockOf = (rowCount: number): RecordBlock => {
  const block = new RecordBlock(2, 8)
  for (let row = 0; row < rowCount; row++) {
    for (const field of [0, 1]) {
      block.starts[2 * row + field] = 10 * row + field
      block.ends[2 * row + field] = 10 * row + field + 1
    }
    block.recordStarts[row] = 10 * row
    block.recordEnds[row] = 10 * row + 10
    block.lineNumbers[row] = row + 1
  }
  block.rowCount = rowCount
  return block
}

t.test('the first column that refuses a row is remembered', async t => {
  const block = blockOf(3)
  block.refuse(1, 4)
  block.refuse(1, 2)
  block.refuse(2, 0)
  t.strictSame([...block.refusedBy.subarray(0, 3)], [0, 5, 1])
  t.equal(block.refusedCount, 2)
})

t.test('without its refused rows a block holds the others in order', async t => {
  const block = blockOf(5)
  for (const row of [0, 3]) block.refuse(row, 0)
  block.dropRefused()
  t.strictSame([...block.lineNumbers.subarray(0, block.rowCount)], [2, 3, 5])
  t.strictSame([...block.starts.subarray(0, 6)], [10, 11, 20, 21, 40, 41])
  t.strictSame([...block.recordEnds.subarray(0, 3)], [20, 30, 50])
  t.equal(block.refusedCount, 0)
})

t.test('rows that are let pass are counted once', async t => {
  const block = blockOf(2)
  block.refuse(0, 0)
  t.equal(block.forgive(), 1)
  t.equal(block.forgive(), 0)
  block.dropRefused()
  t.equal(block.rowCount, 2)
})

t.test('wide records make small blocks', async t => {
  t.equal(new RecordBlock(4).rowCapacity, 2048)
  t.equal(new RecordBlock(1000).rowCapacity, 16)
  t.equal(new RecordBlock(0).rowCapacity, 2048)
})
