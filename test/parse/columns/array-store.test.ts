/*
  Room for the elements of one column.
*/
import t from 'tap'
import { ArrayStore } from '../../../src/parse/columns/array-store.js'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'

t.test('it has nothing until rows are announced, then room for all of them', async t => {
  const store = new ArrayStore(new BufferPool(), 8)
  t.equal(store.buffer.byteLength, 0)
  t.equal(store.reserve(0), false)
  t.equal(store.reserve(1), true, 'another buffer')
  const { buffer } = store
  t.ok(buffer.byteLength >= 1024 * 8, 'with room for a first block')
  t.equal(store.reserve(1024), false)
  t.equal(store.buffer, buffer)
})

t.test('what it held moves along when it grows, and the old buffer goes to the pool', async t => {
  const pool = new BufferPool()
  const store = new ArrayStore(pool, 1)
  store.reserve(1024)
  const { buffer: small } = store
  new Uint8Array(small).set([1, 2, 3])
  t.equal(store.reserve(1025), true)
  t.equal(store.buffer.byteLength, 2048, 'at least twice the size')
  t.strictSame([...new Uint8Array(store.buffer, 0, 3)], [1, 2, 3])
  t.equal(pool.take(1024), small)
})

t.test('a batch takes its buffer along, the next one begins with what that one needed', async t => {
  const pool = new BufferPool()
  const store = new ArrayStore(pool, 1)
  store.reserve(5000)
  const { buffer } = store
  const buffers: ArrayBuffer[] = []
  store.release(buffers)
  t.strictSame(buffers, [buffer])
  t.equal(store.buffer.byteLength, 0)
  store.reserve(1)
  t.not(store.buffer, buffer)
  t.equal(store.buffer.byteLength, buffer.byteLength)
  store.release(buffers)
  store.reserve(1)
  t.equal(store.buffer.byteLength, 1024, 'a small batch makes room for small ones')
})

t.test('an empty batch has no buffer to give away', async t => {
  const store = new ArrayStore(new BufferPool(), 1)
  const buffers: ArrayBuffer[] = []
  store.release(buffers)
  t.strictSame(buffers, [])
})
