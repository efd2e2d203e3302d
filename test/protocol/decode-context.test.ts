/*
  What one decoding may cost.
*/
import t from 'tap'
import { DecodeContext, defaultDecodeLimits } from '../../src/protocol/decode-context.js'
import { readerOf } from '../../src/wire/byte-reader.js'

const limits = { maxValueBytes: 100, maxDepth: 2 }
const tooLarge = { code: 'DDB_LIMIT', message: /larger than the 100 bytes/ }

t.test('what is left is what was not read, from where the decoding began', async t => {
  const reader = readerOf(new Uint8Array(200))
  reader.take(50)
  const context = new DecodeContext(reader, limits)
  t.equal(context.remainingBytes(reader), 100)
  reader.take(30)
  t.equal(context.remainingBytes(reader), 70)
  context.expect(reader, 70)
  t.throws(() => context.expect(reader, 71), tooLarge)
  t.equal(context.remainingBytes(reader), 70, 'what is expected is not read yet')
})

t.test('bytes that the wire does not show count as if they were read', async t => {
  const reader = readerOf(new Uint8Array(200))
  const context = new DecodeContext(reader, limits)
  context.charge(reader, 60)
  t.equal(context.remainingBytes(reader), 40)
  t.throws(() => context.charge(reader, 41), tooLarge)
  t.equal(context.remainingBytes(reader), 40)
  context.charge(reader, 40)
  t.throws(() => context.expect(reader, 1), tooLarge)
})

t.test('a row without bytes counts as 64', async t => {
  const reader = readerOf(new Uint8Array(0))
  const context = new DecodeContext(reader, limits)
  context.chargeVoid(reader, 1)
  t.equal(context.remainingBytes(reader), 36)
  t.throws(() => context.chargeVoid(reader, 1), tooLarge)
})

t.test('values may be nested as deep as the limit, and again beside each other', async t => {
  const reader = readerOf(new Uint8Array(0))
  const context = new DecodeContext(reader, limits)
  for (let value = 0; value < 3; value++) {
    context.descend(reader)
    context.descend(reader)
    context.ascend()
    context.ascend()
  }
  context.descend(reader)
  context.descend(reader)
  t.throws(() => context.descend(reader), {
    code: 'DDB_LIMIT',
    message: /deeper than the 2 levels/,
  })
})

t.test('without limits given, a value has 1 GiB and 64 levels', async t => {
  const reader = readerOf(new Uint8Array(0))
  t.equal(new DecodeContext(reader).remainingBytes(reader), 1024 ** 3)
  t.equal(defaultDecodeLimits.maxDepth, 64)
})
