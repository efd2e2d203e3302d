import t from 'tap'
import { RequestMemory, VariableWeights } from '../../../src/server/values/request-memory.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'

/** Weighs 8 bytes an element, besides what a vector takes itself. */
const longs = (length: number): ServerValue => ({
  form: 'vector',
  type: 'LONG',
  length,
  data: new BigInt64Array(length),
})

const refusal = { message: 'Out of memory. One request may take 10000 bytes.' }

t.test('what is kept and what is worked with share one budget', async t => {
  const memory = new RequestMemory(10_000)
  memory.keep(6_000)
  memory.pass(3_000)
  t.equal(memory.room, 1_000)
  t.throws(() => memory.expect(1_001), refusal)
  t.throws(() => memory.keep(1_001), refusal)
  t.throws(() => memory.pass(1_001), refusal)
  t.equal(memory.room, 1_000, 'a refusal takes nothing')
  memory.expect(1_000)
  memory.keep(-2_000)
  t.equal(memory.room, 3_000, 'what shrinks gives room back')
  memory.begin()
  t.equal(memory.room, 10_000, 'a request starts anew')
})

t.test('values that are worked with go when their mark is released', async t => {
  const memory = new RequestMemory(10_000)
  memory.pass(1_000)
  const { mark } = memory
  memory.pass(4_000)
  memory.release(mark)
  t.equal(memory.room, 9_000)
})

t.test('a new value takes the place of the one a variable had', async t => {
  const memory = new RequestMemory(10_000)
  const weights = new VariableWeights()
  weights.replace('x', longs(500), memory)
  const first = weights.total
  t.ok(first >= 4_000 && first < 5_000, `${first} bytes for 500 elements of 8`)
  weights.replace('x', longs(1_000), memory)
  t.equal(weights.total - first, 4_000)
  t.throws(() => weights.replace('y', longs(500), memory), refusal)
  weights.remove('x', memory)
  t.equal(weights.total, 0)
  t.equal(memory.room, 10_000)
  weights.replace('y', longs(500), memory)
  weights.clear(memory)
  t.equal(memory.room, 10_000)
})
