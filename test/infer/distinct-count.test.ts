import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { DistinctCount } from '../../src/infer/distinct-count.js'
import { runs } from '../helpers/runs.js'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

t.test('as many as a set has, up to the limit', async t => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 })), fc.nat(20), (texts, limit) => {
      const count = new DistinctCount(limit)
      for (const text of texts) {
        const bytes = bytesOf(`..${text}.`)
        count.add(bytes, 2, bytes.length - 1)
      }
      const { size } = new Set(texts.map(text => bytesOf(text).join()))
      assert.equal(count.count, size > limit ? undefined : size)
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('a hundred thousand texts that look alike are told apart', async t => {
  const count = new DistinctCount(200_000)
  for (let i = 0; i < 100_000; i++) {
    const bytes = bytesOf(`A${i}`)
    for (let again = 0; again < 2; again++) count.add(bytes, 0, bytes.length)
  }
  t.equal(count.count, 100_000)
})
