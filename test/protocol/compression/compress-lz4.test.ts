/*
  Blocks are read by our own decoder and by lz4js, which knows nothing of ours.
*/
import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { decompressBlock } from 'lz4js'
import t from 'tap'
import {
  compressLz4,
  lz4Bound,
  maxBlockBytes,
} from '../../../src/protocol/compression/compress-lz4.js'
import { decompressLz4 } from '../../../src/protocol/compression/lz4.js'
import { runs } from '../../helpers/runs.js'

function compress(source: Uint8Array): Uint8Array {
  const target = new Uint8Array(lz4Bound(source.length) + 8)
  const end = compressLz4(source, target, 3)
  deepStrictEqual(target.subarray(0, 3), new Uint8Array(3))
  deepStrictEqual(target.subarray(3 + lz4Bound(source.length)), new Uint8Array(5))
  return target.slice(3, end)
}

function check(source: Uint8Array): Uint8Array {
  const block = compress(source)
  deepStrictEqual(decompressLz4(block, maxBlockBytes, 0), source)
  const theirs = new Uint8Array(source.length)
  deepStrictEqual(decompressBlock(block, theirs, 0, block.length, 0), source.length)
  deepStrictEqual(theirs, source)
  return block
}

t.test('what is compressed is read back, by others as well', t => {
  const pieces = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(700))
        .map(([bytes, times]) =>
          Uint8Array.from({ length: bytes.length * times }, (_, i) => bytes[i % bytes.length]!),
        ),
    ),
    { minLength: 1, maxLength: 8 },
  )
  fc.assert(
    fc.property(
      pieces,
      parts => void check(Uint8Array.from(Buffer.concat(parts)).slice(0, maxBlockBytes)),
    ),
    { numRuns: runs(300) },
  )
  t.pass()
  t.end()
})

t.test('lengths around every limit of the format', t => {
  for (const length of [
    1,
    4,
    5,
    11,
    12,
    13,
    14,
    15,
    16,
    18,
    19,
    20,
    269,
    270,
    271,
    525,
    maxBlockBytes - 1,
    maxBlockBytes,
  ]) {
    check(new Uint8Array(length))
    check(Uint8Array.from({ length }, (_, i) => Math.imul(i, 0x9e37_79b1) >>> 24))
    check(Uint8Array.from({ length }, (_, i) => (i % 251) ^ (i >> 9)))
  }
  t.equal(compress(new Uint8Array(maxBlockBytes)).length < 300, true)
  t.end()
})
