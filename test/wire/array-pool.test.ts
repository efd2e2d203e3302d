import t from 'tap'
import { ArrayPool } from '../../src/wire/array-pool.js'

t.test('arrays of any size are whole, aligned and apart from each other', async t => {
  const pool = new ArrayPool()
  const sizes = [
    0,
    1,
    7,
    8,
    0,
    100,
    2048,
    2049,
    500,
    511,
    2048,
    3,
    10_000,
    0,
    ...Array<number>(50).fill(301),
  ]
  const arrays = sizes.map((size, value) => pool.allocate(size).fill(value))
  for (const [value, array] of arrays.entries()) {
    t.equal(array.length, sizes[value])
    t.equal(array.byteOffset % 8, 0)
    t.ok(array.every(byte => byte === value))
  }
})

t.test('a small array keeps little memory alive, a large one only its own', async t => {
  const pool = new ArrayPool()
  t.equal(pool.allocate(16).buffer.byteLength, 512)
  for (let at = 0; at < 100; at++) t.ok(pool.allocate(1000).buffer.byteLength <= 8192)
  t.equal(pool.allocate(5000).buffer.byteLength, 5000)
})
