import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { maxQueuedBytes, newRowQueue } from '../../../src/load/rejects/row-queue.js'
import { runs } from '../../helpers/runs.js'

t.test('rows follow one another, however they were added, until they are cleared', t => {
  const row = fc.record({
    // Some rows are longer than the initial buffer.
    bytes: fc.oneof(
      fc.uint8Array(),
      fc.nat(100_000).map(length => new Uint8Array(length).fill(7)),
    ),
    inPlace: fc.boolean(),
    spare: fc.nat(100),
  })
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 50 }), { maxLength: 3 }), turns => {
      const queue = newRowQueue()
      for (const rows of turns) {
        for (const { bytes, inPlace, spare } of rows) {
          let added: number
          if (inPlace) {
            const at = queue.room(bytes.length + spare)
            assert.ok(queue.bytes.length >= at + bytes.length + spare)
            queue.bytes.set(bytes, at)
            added = queue.end(at + bytes.length)
          } else added = queue.add(bytes)
          assert.equal(added, bytes.length)
        }
        assert.equal(queue.rowCount, rows.length)
        for (const [index, { bytes }] of rows.entries()) {
          const found = queue.bytes.subarray(queue.startOf(index), queue.startOf(index + 1))
          assert.ok(found.equals(bytes))
        }
        queue.clear()
        assert.equal(queue.rowCount, 0)
      }
    }),
    { numRuns: runs(100) },
  )
  t.end()
})

t.test('a full queue grows and keeps its rows', t => {
  const queue = newRowQueue()
  const row = Buffer.alloc(maxQueuedBytes - 10, 1)
  queue.add(row)
  queue.add(Buffer.alloc(3 * maxQueuedBytes, 2))
  for (let count = 0; count < 5000; count++) queue.add(Buffer.of(3))
  t.ok(queue.bytes.subarray(0, queue.startOf(1)).equals(row))
  t.ok(queue.bytes.subarray(queue.startOf(1), queue.startOf(2)).every(byte => byte === 2))
  t.strictSame([...queue.bytes.subarray(queue.startOf(5001), queue.startOf(5002))], [3])
  t.end()
})
