/*
  Records of a batch, kept as they stand in the input.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { BufferPool } from '../../src/parse/columns/buffer-pool.js'
import { KeptRecords } from '../../src/parse/kept-records.js'
import { RecordBlock } from '../../src/parse/record-block.js'
import { runs } from '../helpers/runs.js'

/** Records in a block, each with some bytes in front that are not part of it. */
function blockOf(records: readonly { gap: number; text: string }[]): RecordBlock {
  const block = new RecordBlock(1, Math.max(1, records.length))
  const pieces: Buffer[] = []
  let at = 0
  for (const [row, { gap, text }] of records.entries()) {
    const record = Buffer.from(text)
    pieces.push(Buffer.alloc(gap, '#'), record)
    block.recordStarts[row] = at + gap
    at += gap + record.length
    block.recordEnds[row] = at
  }
  block.bytes = Uint8Array.from(Buffer.concat(pieces))
  block.rowCount = records.length
  return block
}

t.test('every record comes back, however much lies between them', async t => {
  const record = fc.record({
    gap: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(500)),
    text: fc.string({ minLength: 1 }),
  })
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.array(record), { maxLength: 4 }), { maxLength: 3 }),
      batches => {
        const kept = new KeptRecords(new BufferPool())
        for (const blocks of batches) {
          let rows = 0
          for (const records of blocks) {
            const block = blockOf(records)
            kept.append(block, rows)
            // The window moves on.
            block.bytes.fill(0x23)
            rows += records.length
          }
          const recordOf = kept.take([])
          for (const [row, { text }] of blocks.flat().entries()) {
            strictEqual(Buffer.from(recordOf(row)).toString(), text)
          }
        }
      },
    ),
    { numRuns: runs(150) },
  )
  t.pass()
})

t.test('a batch keeps its records until its buffers are given back', async t => {
  const pool = new BufferPool()
  const kept = new KeptRecords(pool)
  kept.append(blockOf([{ gap: 0, text: 'a,b\n' }]), 0)
  const buffers: ArrayBuffer[] = []
  const first = kept.take(buffers)
  t.equal(buffers.length, 2, 'bytes and bounds')
  kept.append(blockOf([{ gap: 0, text: 'c,d\n' }]), 0)
  const second = kept.take([])
  t.equal(Buffer.from(first(0)).toString(), 'a,b\n')
  t.equal(Buffer.from(second(0)).toString(), 'c,d\n')
})
