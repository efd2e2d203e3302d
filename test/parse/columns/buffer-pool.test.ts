import fc from 'fast-check'
import { ok, strictEqual } from 'node:assert/strict'
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/fixed-column.js'
import { forAll } from '../../helpers/runs.js'

t.test('a buffer that was returned is used again', async t => {
  const pool = new BufferPool()
  const buffers = Array.from({ length: 8 }, () => pool.take(100_000))
  for (const buffer of buffers) pool.give(buffer)
  for (let i = 0; i < 8; i++) t.ok(buffers.includes(pool.take(100_000)))
  t.notOk(buffers.includes(pool.take(100_000)))
})

t.test('arrays of batches that have grown are not kept', async t => {
  const pool = new BufferPool()
  const small = Array.from({ length: 8 }, () => pool.take(1 << 20))
  for (const buffer of small) pool.give(buffer)
  const often = pool.take(5_000)
  pool.give(often)
  const large = Array.from({ length: 4 }, () => {
    t.equal(pool.take(5_000), often)
    pool.give(often)
    return pool.take(1 << 21)
  })
  for (const buffer of large) pool.give(buffer)
  for (let i = 0; i < 4; i++) t.ok(large.includes(pool.take(1 << 21)))
  const left = Array.from({ length: 8 }, () => pool.take(1 << 20)).filter(b => small.includes(b))
  t.ok(left.length <= 1, 'they made room, except for a mebibyte')
})

t.test('a buffer is at most a quarter larger than requested', async () => {
  forAll(200)(fc.integer({ min: 1024, max: 1 << 24 }), bytes => {
    const { byteLength } = new BufferPool().take(bytes)
    ok(byteLength >= bytes && byteLength < bytes * 1.25 + 1, `${byteLength} for ${bytes}`)
  })
})

t.test('no buffer is given to two users at a time, and no buffer is too short', async () => {
  const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 1 << 16 }), fc.boolean()))
  forAll(200)(sizes, steps => {
    const pool = new BufferPool()
    const out: ArrayBuffer[] = []
    for (const [bytes, gives] of steps) {
      const buffer = pool.take(bytes)
      ok(buffer.byteLength >= bytes)
      strictEqual(out.includes(buffer), false)
      out.push(buffer)
      if (gives) pool.give(out.shift()!)
    }
  })
})

t.test('at most 64 MiB are kept', async t => {
  const pool = new BufferPool()
  const half = 32 * 1024 * 1024
  const buffers = [pool.take(half), pool.take(half), pool.take(half)]
  for (const buffer of buffers) pool.give(buffer)
  const again = [pool.take(half), pool.take(half), pool.take(half)]
  const areReused = again.map(buffer => buffers.includes(buffer))
  t.strictSame(areReused, [true, true, false])
  for (const buffer of again) pool.give(buffer)
  t.ok(again.includes(pool.take(half)), 'the space of requested buffers is free again')
})
