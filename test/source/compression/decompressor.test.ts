import { brotliCompressSync, gzipSync } from 'node:zlib'
import t from 'tap'
import {
  contentOf,
  newDecompressor,
  write,
  type Decompressor,
} from '../../../src/source/compression/decompressor.js'

async function all(decompressor: Decompressor): Promise<{ content: string; failure: unknown }> {
  const found: Buffer[] = []
  const content = contentOf(decompressor)
  let next = await content.next()
  for (; next.done !== true; next = await content.next()) found.push(Buffer.from(next.value))
  return { content: Buffer.concat(found).toString(), failure: next.value }
}

const text = 'content\n'.repeat(200_000)

t.test('what was written comes out, and the end of it', async t => {
  for (const [tool, packed] of [
    ['gzip', gzipSync(text)],
    ['brotli', brotliCompressSync(text)],
  ] as const) {
    const decompressor = newDecompressor(tool)
    const reading = all(decompressor)
    await write(decompressor, packed)
    decompressor.end()
    const { content, failure } = await reading
    t.ok(content === text, tool)
    t.equal(failure, undefined)
  }
})

t.test(
  'a piece that zlib cannot read is taken all the same, and the failure is told behind the content',
  async t => {
    const decompressor = newDecompressor('gzip')
    const reading = all(decompressor)
    const packed = gzipSync(text)
    await write(decompressor, packed)
    t.notOk(decompressor.destroyed)
    await write(decompressor, Buffer.from('garbage'))
    t.ok(decompressor.destroyed)
    const { content, failure } = await reading
    t.ok(content === text)
    t.match(failure, { code: 'Z_DATA_ERROR' })
    t.equal(decompressor.bytesWritten, packed.length)
  },
)

t.test('who gives up does not wait for ever', async t => {
  const decompressor = newDecompressor('gzip')
  const writing = write(decompressor, gzipSync(Buffer.alloc(20_000_000)))
  const content = contentOf(decompressor)
  t.notOk((await content.next()).done)
  decompressor.destroy()
  await writing
  t.pass()
})
