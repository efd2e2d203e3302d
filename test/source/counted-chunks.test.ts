import t from 'tap'
import { CountedChunks } from '../../src/source/counted-chunks.js'
import { pieces } from './encoding/decoding.js'

const content = Buffer.from('abcdefghij')

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text += Buffer.from(chunk).toString()
  return text
}

t.test('what was looked at comes again, and everything is counted once', async t => {
  const counted = new CountedChunks(pieces(content, 3))
  await counted.peek(4)
  t.equal(counted.head.toString(), 'abcdef')
  t.equal(counted.byteCount, 6)
  t.notOk(counted.isWhole)
  t.equal(await all(counted.rest(2)), 'cdefghij')
  t.equal(counted.byteCount, 10)
})

t.test('looking further than the end finds the end', async t => {
  const counted = new CountedChunks(pieces(content, 4))
  await counted.peek(100)
  t.ok(counted.isWhole)
  t.equal(await all(counted.rest()), 'abcdefghij')
})

t.test('a failure comes behind what was read before it', async t => {
  const failing = async function* (): AsyncGenerator<Uint8Array, void, void> {
    yield* pieces(content, 5)
    throw new Error('gone')
  }
  const counted = new CountedChunks(failing())
  await counted.peek(100)
  t.notOk(counted.isWhole)
  let read = ''
  await t.rejects(async () => {
    for await (const chunk of counted.rest()) read += Buffer.from(chunk).toString()
  }, /gone/)
  t.equal(read, 'abcdefghij')
})
