/* The streams into which the inputs of a run are divided, and the streams of each shard. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  bytesOf,
  streamsOf,
  streamsOfShard,
  type ListedFile,
} from '../../../src/load/shards/streams.js'
import { forAll } from '../../helpers/runs.js'

const fingerprint = (sizeBytes: number) => ({ sizeBytes, modifiedMs: 0, head: '', tail: '' })

const file = fc.record({
  path: fc.tuple(fc.nat(3), fc.nat(9)).map(([folder, name]) => `/data/${folder}/${name}.csv`),
  fingerprint: fc.nat(20 * 2 ** 20).map(fingerprint),
  part: fc.constantFrom(undefined, undefined, { fromBytes: 5, toBytes: 9, headBytes: 2 }),
})

t.test('every file is in one stream, and every stream in one shard', async () => {
  forAll(200)(fc.array(file), fc.integer({ min: 1, max: 9 }), (files, count) => {
    const streams = streamsOf(files as ListedFile[])
    assert.deepEqual(streams.flat(), files)
    for (const stream of streams) {
      assert.ok(stream.length === 1 || bytesOf(stream) <= 16 * 2 ** 20)
      assert.ok(stream.length === 1 || stream.every(({ part }) => part === undefined))
      assert.equal(new Set(stream.map(({ path }) => path.split('/')[2])).size, 1)
    }
    const shards = Array.from({ length: count }, (_, i) =>
      streamsOfShard(streams, { index: i + 1, count }),
    )
    assert.deepEqual(shards.flat(), [...streams.keys()])
  })
})

t.test('shards get about the same number of bytes', async t => {
  const files = Array.from({ length: 40 }, (_, i) => ({
    path: `/data/${i}/f.csv`,
    fingerprint: fingerprint(700),
  }))
  const streams = streamsOf(files)
  for (const count of [1, 2, 4, 8]) {
    for (let index = 1; index <= count; index++) {
      t.equal(streamsOfShard(streams, { index, count }).length, 40 / count)
    }
  }
})
