/*
  Gzip into its content, against zlib at once.
*/
import { deepStrictEqual } from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { gunzipped } from '../../../src/source/compression/zlib-stream.js'
import { runs } from '../../helpers/runs.js'

/** Pieces that are only lent, then a failure when there is one. */
async function* pieces(
  bytes: Uint8Array,
  size: number,
  failure?: Error,
): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += size) {
    const piece = Uint8Array.from(bytes.subarray(at, at + size))
    yield piece
    piece.fill(0x23)
  }
  if (failure !== undefined) throw failure
}

/** What comes out, and what went wrong behind it. */
async function read(
  bytes: Uint8Array,
  size = 1000,
  failure?: Error,
): Promise<{ content: string; error: unknown }> {
  const found: Buffer[] = []
  let error: unknown
  try {
    for await (const chunk of gunzipped(pieces(bytes, size, failure), 'x.gz')) {
      found.push(Buffer.from(chunk))
    }
  } catch (thrown) {
    error = thrown
  }
  return { content: Buffer.concat(found).toString(), error }
}

t.test('members follow each other, zeros behind them are padding', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }),
      fc.nat(40),
      fc.integer({ min: 1, max: 50 }),
      async (texts, zeros, size) => {
        const packed = Buffer.concat([...texts.map(text => gzipSync(text)), Buffer.alloc(zeros)])
        deepStrictEqual(await read(packed, size), { content: texts.join(''), error: undefined })
      },
    ),
    { numRuns: runs(40) },
  )
  t.pass()
})

const packed = gzipSync('content')

t.test('anything else behind them is told, with where they end', async t => {
  for (const size of [1, 7, 1000]) {
    for (const rest of ['x', '\0\0x', '\x1f']) {
      const { content, error } = await read(Buffer.concat([packed, Buffer.from(rest)]), size)
      t.equal(content, 'content')
      t.ok(error instanceof Error, `${JSON.stringify(rest)}, ${size} bytes at a time`)
    }
    const { error } = await read(Buffer.concat([packed, Buffer.from('\0x')]), size)
    t.match(error, {
      code: 'DDB_INPUT_READ',
      message: new RegExp(`"x.gz" end after ${packed.length} bytes, and something else follows`),
    })
  }
})

t.test('what looks like nothing of gzip is told with the place, and what to do', async t => {
  for (const rest of ['garbage', '\x1f\x8bgarbage', '\x1f\x8b\x08\xff', 'x'.repeat(600_000)]) {
    const whole = Buffer.concat([packed, Buffer.from(rest, 'latin1')])
    const { content, error } = await read(whole)
    t.equal(content, 'content')
    t.match(error, {
      code: 'DDB_INPUT_READ',
      message: `the compressed data of "x.gz" end after ${packed.length} bytes, and something else follows: take it off (head -c ${packed.length} FILE), or write the file again`,
    })
    t.match((error as Error).cause, { code: 'Z_DATA_ERROR' })
  }
})

t.test('a last byte that is missing is an end in the middle', async t => {
  const { content, error } = await read(packed.subarray(0, -1), 3)
  t.equal(content, 'content')
  t.match(error, { message: new RegExp(`end in the middle, after ${packed.length - 1} bytes`) })
})

t.test('what can be decompressed comes out before a failure is told', async t => {
  const text = Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join('')
  const long = gzipSync(text)
  const cut = await read(long.subarray(0, long.length - 100))
  t.ok(cut.content.length > 0 && text.startsWith(cut.content), `${cut.content.length} characters`)
  t.match(cut.error, {
    code: 'DDB_INPUT_READ',
    message: `the compressed data of "x.gz" end in the middle, after ${long.length - 100} bytes: the file was cut off; write or copy it again`,
  })
  const broken = Buffer.from(long)
  broken[broken.length - 6]! ^= 1
  const { content, error } = await read(broken)
  t.equal(content, text, 'a wrong checksum')
  const end = broken.length - 4
  t.match(error, {
    code: 'DDB_INPUT_READ',
    message: `"x.gz" are damaged before byte ${end} of the file (incorrect data check): rows that were loaded from it may be wrong`,
  })
})

t.test('why the input ended says more than that zlib misses something', async t => {
  const failure = new Error('the disk is gone')
  const { error } = await read(packed.subarray(0, 10), 3, failure)
  t.equal(error, failure)
})

t.test('a reader may stop at any chunk', async t => {
  const content = gunzipped(pieces(gzipSync(Buffer.alloc(5_000_000, 'x')), 1000), 'x.gz')
  for await (const chunk of content) {
    t.ok(chunk.length > 0)
    break
  }
  t.match(await content.next(), { done: true })
})
