/*
  Copies of records, against copies of their own.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { RecordCopies } from '../../src/parse/record-copies.js'
import { runs } from '../helpers/runs.js'

t.test(
  'each copy has the bytes of its record, whatever becomes of these and of other copies',
  t => {
    const length = fc.oneof(
      { weight: 5, arbitrary: fc.nat(100) },
      fc.nat(3000),
      fc.constantFrom(1023, 1024, 1025, 20_000),
    )
    const records = fc.array(fc.tuple(fc.nat(50), length, fc.nat(255)), { maxLength: 200 })
    fc.assert(
      fc.property(records, list => {
        const copies = new RecordCopies()
        const found = list.map(([start, size, first]) => {
          const bytes = Uint8Array.from({ length: start + size + 3 }, (_, i) => first + i)
          const expected = bytes.slice(start, start + size)
          const copy = copies.of(bytes, start, start + size)
          bytes.fill(0)
          return { copy, expected }
        })
        for (const { copy, expected } of found) assert.deepEqual(copy, expected)
        // Who writes to one does not write to another.
        for (const { copy } of found) copy.fill(7)
        for (const { copy } of found) assert.ok(copy.every(byte => byte === 7))
      }),
      { numRuns: runs(50) },
    )
    t.end()
  },
)

t.test('small records share memory, large ones have their own', t => {
  const copies = new RecordCopies()
  const bytes = new Uint8Array(5000)
  const [one, two] = [copies.of(bytes, 0, 40), copies.of(bytes, 40, 80)]
  t.equal(one.buffer, two.buffer)
  t.ok(one.buffer.byteLength < 100_000)
  t.equal(copies.of(bytes, 0, 5000).buffer.byteLength, 5000)
  t.end()
})
