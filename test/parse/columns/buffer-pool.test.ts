/*
  Buffers that go from batch to batch.
*/
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'

t.test('a buffer has at least the bytes asked for, and less than twice as many', async t => {
  const pool = new BufferPool()
  for (const byteLength of [0, 1, 1023, 1024]) t.equal(pool.take(byteLength).byteLength, 1024)
  for (const [byteLength, size] of [
    [1025, 1536],
    [1536, 1536],
    [1537, 2048],
    [2049, 3072],
    [3073, 4096],
    [1_000_000, 1_048_576],
  ] as const) {
    t.equal(pool.take(byteLength).byteLength, size, `${byteLength} bytes`)
  }
})

t.test('what was given back is taken again, by whoever needs that size', async t => {
  const pool = new BufferPool()
  const first = pool.take(1000)
  const second = pool.take(1000)
  t.not(first, second)
  pool.give(first)
  t.not(pool.take(2000), first, 'another size')
  t.equal(pool.take(900), first, 'the same size')
  t.not(pool.take(1000), first, 'once')
})

t.test('no more than 64 MiB are kept', async t => {
  const pool = new BufferPool()
  const half = 32 * 1024 * 1024
  const buffers = [pool.take(half), pool.take(half), pool.take(half)]
  for (const buffer of buffers) pool.give(buffer)
  const again = [pool.take(half), pool.take(half), pool.take(half)]
  t.strictSame(
    again.map(buffer => buffers.includes(buffer)),
    [true, true, false],
  )
  for (const buffer of again) pool.give(buffer)
  t.ok(again.includes(pool.take(half)), 'room that was taken is free again')
})
