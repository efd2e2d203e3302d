/* The hash for HASH partitions, compared with a textbook implementation and with the examples in the manual. */
import fc from 'fast-check'
import assert from 'node:assert/strict'
import t from 'tap'
import { murmurHash } from '../../src/protocol/murmur-hash.js'
import { murmurHash2 } from '../helpers/murmur-hash.js'
import { forAll } from '../helpers/runs.js'

t.test('the hash is MurmurHash2 of 32 bits, seeded with the number of bytes', async () => {
  forAll(500)(fc.uint8Array({ maxLength: 40 }), bytes => {
    assert.equal(murmurHash(bytes), Number(murmurHash2(bytes)))
  })
})

t.test('every length and every bit counts', async t => {
  const lengths = Array.from({ length: 17 }, (_, length) => new Uint8Array(length))
  for (const bytes of lengths) t.equal(murmurHash(bytes), Number(murmurHash2(bytes)))
  t.equal(new Set(lengths.map(murmurHash)).size, 17)
  t.equal(murmurHash(new Uint8Array(0)), 0)
  const high = new Uint8Array(7).fill(0xff)
  t.equal(murmurHash(high), Number(murmurHash2(high)))
  const within = Uint8Array.of(1, ...high, 1).subarray(1, 8)
  t.equal(murmurHash(within), murmurHash(high), 'the bytes may begin anywhere in memory')
})

t.test('the hash gives the buckets in the manual (page hashBucket)', async t => {
  const symbols = ['AAPL', 'TSLA', 'GS', 'MS', 'GE', 'BA', 'UAL', 'WMT']
  const buckets = symbols.map(symbol => murmurHash(new TextEncoder().encode(symbol)) % 10)
  t.strictSame(buckets, [9, 4, 1, 8, 3, 7, 5, 2])
})
