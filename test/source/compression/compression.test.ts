/* Compressed inputs, whole and damaged. */
import assert, { deepStrictEqual } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  gunzipSync,
  gzipSync,
} from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { unzstd } from '../../../src/source/compression/unzstd.js'
import { decompressed } from '../../../src/source/compression/zlib-stream.js'
import { maxPiecesBytes, zstdPieces } from '../../../src/source/compression/zstd-frames.js'
import { CountedChunks } from '../../../src/source/file-chunks.js'
import { compressionOf, contentOf as openContent } from '../../../src/source/open-source.js'
import { deepTest, forAllAsync } from '../../helpers/runs.js'
import { pieces } from '../encoding/decoding.js'
import {
  bombFrame,
  checked,
  rawFrame,
  skippableFrame,
  smallContent,
  table,
  tableContent,
  unchecked,
  zeros,
} from './zstd.js'

// The content of gzip streams, compared with zlib in one call.

/** Reads to the end. Returns the content, and the error that ended it. */
async function contentOf(chunks: AsyncIterable<Uint8Array>) {
  const found: Buffer[] = []
  let error: unknown
  try {
    // The reader may use a chunk only until it requests the next chunk.
    for await (const chunk of chunks) found.push(Buffer.from(chunk))
  } catch (thrown) {
    error = thrown
  }
  return { content: Buffer.concat(found), error }
}

async function read(
  bytes: Uint8Array | AsyncGenerator<Uint8Array, void, void>,
  size = 1000,
  way: 'gzip' | 'brotli' | 'zstd' = 'gzip',
): Promise<{ content: string; error: unknown }> {
  const stored = bytes instanceof Uint8Array ? pieces(bytes, size) : bytes
  const chunks = way === 'zstd' ? unzstd(stored, 'x.zst') : decompressed(stored, 'x.gz', way)
  const { content, error } = await contentOf(chunks)
  return { content: content.toString('latin1'), error }
}

const latin1 = (text: string): string => Buffer.from(text).toString('latin1')

async function* failing(bytes: Uint8Array, size: number, failure: Error) {
  yield* pieces(bytes, size)
  throw failure
}

t.test('members may follow each other, and zeros after them are padding', async () => {
  await forAllAsync(40)(
    fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }),
    fc.nat(40),
    fc.integer({ min: 1, max: 50 }),
    async (texts, zeros, size) => {
      const packed = Buffer.concat([...texts.map(text => gzipSync(text)), Buffer.alloc(zeros)])
      const expected = { content: latin1(texts.join('')), error: undefined }
      deepStrictEqual(await read(packed, size), expected)
    },
  )
})

const packed = gzipSync('content')

t.test('all other bytes after the members are reported, with the end of the members', async t => {
  for (const size of [1, 7, 1000]) {
    for (const rest of ['x', '\0\0x', '\x1f']) {
      const { error } = await read(Buffer.concat([packed, Buffer.from(rest)]), size)
      t.ok(error instanceof Error, `${JSON.stringify(rest)}, ${size} bytes at a time`)
    }
    const { error } = await read(Buffer.concat([packed, Buffer.from('\0x')]), size)
    t.match(error, {
      code: 'DDB_INPUT_READ',
      message: new RegExp(`"x.gz" end after ${packed.length} bytes, and something else follows`),
    })
  }
})

t.test('bytes that are not gzip are reported with their place and the remedy', async t => {
  for (const rest of ['garbage', '\x1f\x8bgarbage', '\x1f\x8b\x08\xff', 'x'.repeat(600_000)]) {
    const whole = Buffer.concat([packed, Buffer.from(rest, 'latin1')])
    const { error } = await read(whole, packed.length)
    t.match(error, {
      code: 'DDB_INPUT_READ',
      message: new RegExp(
        // A remedy that loads the rows again would store them twice.
        `"x.gz" end between byte \\d+ and byte ${Math.min(2 * packed.length, whole.length)} of the file, and something else follows: write the file again \\(gzip -dc FILE \\| gzip > NEW\\)$`,
      ),
    })
    t.match((error as Error).cause, { code: 'Z_DATA_ERROR' })
  }
})

t.test('content that can be decompressed is returned before the error', async t => {
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
  t.match((await read(broken)).error, {
    code: 'DDB_INPUT_READ',
    message: `"x.gz" are damaged before byte ${broken.length} of the file (incorrect data check): rows that were loaded from it may be wrong`,
  })
})

t.test('the reason for the end of the input explains more than the error of zlib', async t => {
  const failure = new Error('the disk is gone')
  const { error } = await read(failing(packed.subarray(0, 10), 3, failure))
  t.equal(error, failure)
})

// How the compression of an input is detected, and the content of the input.

const packedOpenContent = {
  gzip: gzipSync(tableContent),
  zstd: table,
  brotli: brotliCompressSync(tableContent),
}

t.test('the first bytes decide; for Brotli, which has no signature, the name decides', async t => {
  t.equal(compressionOf('auto', packedOpenContent.gzip, 'x.csv'), 'gzip')
  t.equal(compressionOf('auto', packedOpenContent.zstd, 'x.csv'), 'zstd')
  t.equal(compressionOf('auto', packedOpenContent.brotli, 'x.csv.br'), 'brotli')
  t.equal(compressionOf('auto', packedOpenContent.brotli, 'x.csv'), 'none')
  t.equal(compressionOf('auto', packedOpenContent.gzip, 'x.br'), 'gzip')
  t.equal(compressionOf('auto', Buffer.from('a,b\n'), 'x.gz'), 'none')
  t.equal(compressionOf('none', packedOpenContent.gzip, 'x'), 'none')
})

t.test('each kind of compression gives the content', async t => {
  for (const compression of ['gzip', 'zstd', 'brotli'] as const) {
    const whole = packedOpenContent[compression]
    const counted = new CountedChunks(pieces(whole, 99))
    const { content } = await contentOf(await openContent(counted, compression, 'x'))
    t.equal(String(content), tableContent, compression)
    t.match(await read(whole.subarray(0, -9), 99, compression), { error: Error }, 'cut off')
    const rest = Buffer.concat([whole, Buffer.from('rest')])
    t.match(await read(rest, 99, compression), { error: { code: 'DDB_INPUT_READ' } }, compression)
  }
})

t.test(
  'an empty file, or one cut in its signature, is damaged, whatever its name or the option says',
  async t => {
    const nothing = new Uint8Array(0)
    for (const [name, compression] of [
      ['x.csv.gz', 'gzip'],
      ['x.TGZ', 'gzip'],
      ['x.zst', 'zstd'],
      ['x.br', 'brotli'],
      ['x.csv', 'none'],
    ] as const) {
      t.equal(compressionOf('auto', nothing, name), compression, name)
    }
    for (const bytes of [1, 2, 3]) {
      const cut = packedOpenContent.zstd.subarray(0, bytes)
      t.equal(compressionOf('auto', cut, 'x.csv.zst'), 'zstd', `cut to ${bytes} bytes`)
    }
    t.equal(compressionOf('auto', packedOpenContent.gzip.subarray(0, 1), 'x.gz'), 'gzip')
    for (const compression of ['gzip', 'zstd', 'brotli'] as const) {
      const counted = new CountedChunks(pieces(nothing, 1))
      await counted.peek(4)
      await t.rejects(openContent(counted, compression, 'x'), {
        code: 'DDB_INPUT_READ',
        message: `the compressed data of "x" are missing: the file is empty, but ${compression} has bytes even without content; write or copy it again`,
      })
    }
  },
)

t.test('an input that is not gzip is refused with this reason', async t => {
  const counted = new CountedChunks(pieces(Buffer.from('a,b\n'), 2))
  await counted.peek(4)
  await t.rejects(openContent(counted, 'gzip', 'x'), {
    message: '"x" is not compressed with gzip: leave `input.compression` out',
  })
})

// The content of Zstandard files, decompressed in a separate thread.

deepTest(t, 'frames may follow each other', async t => {
  const cases: [frame: Buffer, content: string][] = [
    [unchecked, smallContent],
    [checked, smallContent],
    [table, tableContent],
    [zeros, '\0'.repeat(300_000)],
    [rawFrame(Buffer.from('a,b\n'), Buffer.from('1,2\n')), 'a,b\n1,2\n'],
    [bombFrame(0x61, 30), 'a'.repeat(30 * 131_072)],
    [skippableFrame(Buffer.from('no')), ''],
    [Buffer.alloc(0), ''],
  ]
  for (const [frame, content] of cases) {
    t.strictSame(await read(frame, 7, 'zstd'), { content, error: undefined })
  }
  const all = Buffer.concat(cases.map(([frame]) => frame))
  const { content, error } = await read(all, 100, 'zstd')
  t.equal(error, undefined)
  const length = cases.reduce((sum, each) => sum + each[1].length, 0)
  t.equal(content.length, length)
})

t.test('damage gives one error, and the content before the damage is correct', async t => {
  const damaged: [what: string, bytes: Buffer][] = [
    ['a checksum', Buffer.concat([checked.subarray(0, -1), Buffer.of(0)])],
    ['a block', Buffer.concat([table.subarray(0, 40), Buffer.alloc(20, 0x55), table.subarray(60)])],
    ['the second frame', Buffer.concat([table, checked.subarray(0, -1), Buffer.of(1)])],
  ]
  for (const [what, bytes] of damaged) {
    const { content, error } = await read(bytes, 64, 'zstd')
    t.match(error, { code: 'DDB_INPUT_READ', message: /x\.zst.*damaged/ }, what)
    t.ok(`${tableContent}${smallContent}${smallContent}`.includes(content.slice(0, 100)), what)
  }
})

t.test('a thread serves one file after the other, until one is damaged', async t => {
  let threads = 0
  const count = (): void => void threads++
  process.on('worker', count)
  t.teardown(() => process.off('worker', count))
  const good = { content: tableContent, error: undefined }
  t.strictSame(await read(table, 100, 'zstd'), good)
  threads = 0
  for (let i = 0; i < 20; i++) t.strictSame(await read(table, 100, 'zstd'), good)
  t.equal(threads, 0)
  for (const bytes of [table.subarray(0, -1), Buffer.concat([checked.subarray(0, -1), table])]) {
    t.ok((await read(bytes, 100, 'zstd')).error)
    t.strictSame(await read(table, 100, 'zstd'), good)
  }
  t.equal(threads, 2)
})

t.test('a damaged byte never blocks reading, and never changes the content silently', async () => {
  await forAllAsync(15)(
    fc.nat(table.length - 1),
    fc.integer({ min: 1, max: 255 }),
    async (at, change) => {
      const bytes = Buffer.from(table)
      bytes[at] = bytes[at]! ^ change
      const { content, error } = await read(bytes, 1000, 'zstd')
      return error !== undefined || content === tableContent
    },
  )
})

t.test('a reader may give up, and an error of the input comes after the content', async t => {
  for await (const chunk of unzstd(pieces(bombFrame(0x61, 100), 50), 'x.zst')) {
    t.ok(chunk.length > 0)
    break
  }
  const failure = new Error('gone')
  const { content, error } = await read(failing(table, 100, failure), 100, 'zstd')
  t.equal(error, failure)
  t.equal(content, tableContent)
})

t.test('neither the content nor a reader that gives up waits for a pipe without data', async t => {
  const forever = new Promise<never>(() => undefined)
  const pipe = async function* (): AsyncGenerator<Uint8Array, void, void> {
    yield bombFrame(0x61, 8)
    await forever
  }
  const content = unzstd(pipe(), 'x.zst')
  for (let batch = 0; batch < 2; batch++) {
    const { value } = await content.next()
    t.equal(value?.length, 4 * 131_072)
  }
  await content.return()
})

t.test('a pipe may stay silent: everything before its last, partial piece has come', async t => {
  const small = Buffer.from(smallContent)
  const forever = new Promise<never>(() => undefined)
  for (const [name, parts, expected] of [
    ['a whole frame', [checked], small],
    ['two frames, of which the second begins', [checked, checked.subarray(0, 3)], small],
    [
      'half a block',
      [rawFrame(zeros), unchecked, table.subarray(0, 40)],
      Buffer.concat([zeros, small]),
    ],
    ['a long skippable frame', [unchecked, skippableFrame(zeros).subarray(0, 9)], small],
  ] as const) {
    const pipe = async function* (): AsyncGenerator<Uint8Array, void, void> {
      yield Buffer.concat(parts)
      await forever
    }
    const content = unzstd(pipe(), 'x.zst')
    let found = ''
    while (found.length < expected.length) {
      found += Buffer.from((await content.next()).value!).toString('latin1')
    }
    t.equal(found, expected.toString('latin1'), name)
    await content.return()
  }
})

t.test('later errors do not affect content that was already delivered', async t => {
  const blocks = Array.from({ length: 60 }, (_, i) => Buffer.alloc(131_072, 0x61 + (i % 26)))
  const frames = Buffer.concat(blocks.map(block => rawFrame(block)))
  let at = 0
  const whole = Buffer.concat(blocks)
  for await (const chunk of unzstd(pieces(frames, 100_000), 'x.zst')) {
    // Waits a turn, because a parser also needs time.
    await new Promise(resolve => setImmediate(resolve))
    t.ok(whole.subarray(at, at + chunk.length).equals(chunk))
    at += chunk.length
  }
  t.equal(at, whole.length)
})

// Node has zstd from 22.15 on.
const compress = (zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer }).zstdCompressSync

t.test(
  'content that Node has compressed',
  { skip: compress === undefined && 'this Node has no encoder' },
  async () => {
    await forAllAsync(20)(
      fc.array(fc.string({ unit: 'grapheme' })),
      fc.integer({ min: 1, max: 99 }),
      async (texts, size) => {
        const packed = Buffer.concat(texts.map(text => compress!(Buffer.from(text))))
        const { content, error } = await read(packed, size, 'zstd')
        return error === undefined && content === latin1(texts.join(''))
      },
    )
  },
)

// Frames are divided into pieces. Every byte of a frame is in one piece. Bytes outside frames are reported.

async function take(stored: Uint8Array, size: number) {
  const parts: Uint8Array[] = []
  const batches: number[] = []
  let error: unknown
  try {
    const room = (): ArrayBuffer => new ArrayBuffer(maxPiecesBytes)
    for await (const { bytes, lengths } of zstdPieces(pieces(stored, size), 'x.zst', room)) {
      parts.push(bytes)
      batches.push(lengths.length)
      if (lengths.reduce((sum, length) => sum + length, 0) !== bytes.length)
        throw new Error('lengths')
    }
  } catch (thrown) {
    error = thrown
  }
  return { bytes: Buffer.concat(parts), batches, error }
}

t.test('a truncated frame gives one error after its complete pieces', async t => {
  for (let length = 1; length < table.length; length += 7) {
    const { bytes, error } = await take(table.subarray(0, length), 100)
    t.match(error, { code: 'DDB_INPUT_READ', message: length < 4 ? /x\.zst/ : /x\.zst.*middle/ })
    t.ok(table.subarray(0, length).subarray(0, bytes.length).equals(bytes))
  }
})

t.test('other bytes after a frame, and frames that no decoder reads, are reported', async t => {
  const cases: [bytes: Buffer, message: RegExp][] = [
    [
      Buffer.concat([checked, Buffer.from('rest')]),
      /end after 28 bytes, and something else follows/,
    ],
    [Buffer.concat([checked, Buffer.alloc(8)]), /end after 28 bytes/],
    [Buffer.from('a,b\n1,2\n'), /not compressed with zstd/],
    [Buffer.from('28b52ffd01580a', 'hex'), /dictionary/],
    [Buffer.from('28b52ffd00f8', 'hex'), /128 MiB/],
    [Buffer.from('28b52ffda001000008', 'hex'), /128 MiB/],
    [Buffer.from('28b52ffde00000000001000000', 'hex'), /128 MiB/],
    [Buffer.from('28b52ffd0058ffffff', 'hex'), /damaged/],
  ]
  for (const [bytes, message] of cases) {
    t.match((await take(bytes, 5)).error, { code: 'DDB_INPUT_READ', message }, String(message))
  }
})

t.test('a frame of one segment may be as large as the largest window', async t => {
  const heads = [
    '28b52ffd2000',
    '28b52ffd60ffff',
    '28b52ffda000000008',
    '28b52ffde00000000800000000',
  ]
  for (const head of heads) {
    const frame = Buffer.from(`${head}010000`, 'hex')
    const { bytes, error } = await take(frame, 5)
    t.equal(error, undefined, head)
    t.ok(bytes.equals(frame))
  }
})

t.test('no batch of pieces can have much content, however small it is', async t => {
  const { batches } = await take(bombFrame(0x61, 50), 1000)
  const areSmall = batches.every(count => count <= 6)
  t.ok(areSmall, String(batches))
})

t.test('batches of the largest blocks fit into their limit', async t => {
  const block = randomBytes(131_072)
  const frames = Buffer.concat(Array.from({ length: 9 }, () => rawFrame(block)))
  const { bytes, batches, error } = await take(frames, frames.length)
  t.equal(error, undefined)
  t.ok(bytes.equals(frames))
  t.strictSame(batches, [8, 8, 2])
})

// The content of damaged archives, compared with the content that zlib returns for the longest beginning that it accepts.

const ways = {
  gzip: {
    pack: (bytes: Buffer) => gzipSync(bytes),
    unpack: (bytes: Buffer) => gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }),
  },
  brotli: {
    pack: (bytes: Buffer) =>
      brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
    unpack: (bytes: Buffer) =>
      brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  },
}
type Way = keyof typeof ways

/** The longest beginning of `bytes` that zlib accepts, and the content that zlib returns for it. */
function expected(way: Way, bytes: Buffer): { content: Buffer; goodBytes: number } {
  let content = Buffer.alloc(0)
  let low = 0
  let high = bytes.length + 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    try {
      content = ways[way].unpack(bytes.subarray(0, middle))
      low = middle
    } catch {
      high = middle
    }
  }
  return { content, goodBytes: low }
}

/** Lines with a given share of random bytes. The share decides how long blocks are. */
const texts = fc
  .record({
    lines: fc.oneof(fc.nat(20), fc.nat(3_000), fc.nat(40_000)),
    seed: fc.nat(),
    digits: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ lines, seed, digits }) => {
    let state = seed
    const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31)
    return Buffer.from(
      Array.from({ length: lines }, (_, i) => `${i},${next() % 10 ** digits}\n`).join(''),
    )
  })

/** Positions are given as shares of the archive, because its length is not known yet. */
const damages = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'overwrite', 'insert', 'append', 'cut'),
    place: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.999, 1)),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
  }),
  { minLength: 0, maxLength: 2 },
)

function damaged(
  whole: Buffer,
  list: readonly { kind: string; place: number; bytes: Uint8Array }[],
) {
  let archive = Buffer.from(whole)
  for (const { kind, place, bytes } of list) {
    const at = Math.floor(place * archive.length)
    if (kind === 'append') archive = Buffer.concat([archive, bytes])
    else if (kind === 'cut') archive = archive.subarray(0, at)
    else if (kind === 'insert') {
      archive = Buffer.concat([archive.subarray(0, at), bytes, archive.subarray(at)])
    } else if (kind === 'overwrite') archive.set(bytes.subarray(0, archive.length - at), at)
    else if (at < archive.length) archive[at]! ^= 1 << (bytes[0]! & 7)
  }
  return archive
}

t.test('content before the damaged chunk is returned, and nothing wrong', async () => {
  for (const way of ['gzip', 'brotli'] as const) {
    // Brotli has no members, so nothing can follow the first one.
    const members = fc.array(texts, { minLength: 1, maxLength: way === 'gzip' ? 3 : 1 })
    const sizes = fc.oneof(
      fc.constantFrom(1 << 16, 1 << 19, 1 << 22),
      fc.integer({ min: 500, max: 5_000 }),
    )
    await forAllAsync(40)(members, damages, sizes, async (contents, list, size) => {
      const archive = damaged(Buffer.concat(contents.map(content => ways[way].pack(content))), list)
      const { content, error } = await contentOf(decompressed(pieces(archive, size), 'x', way))
      const { content: known, goodBytes } = expected(way, archive)
      const before = archive.subarray(0, goodBytes - (goodBytes % size))
      const sure = before.length === 0 ? before : ways[way].unpack(before)
      assert.ok(content.length >= sure.length, `${content.length} of ${sure.length}`)
      assert.ok(content.equals(known.subarray(0, content.length)))
      if (goodBytes < archive.length)
        assert.equal((error as { code?: string }).code, 'DDB_INPUT_READ')
      else assert.equal(content.length, known.length)
      if (list.length === 0)
        assert.ok(error === undefined && content.equals(Buffer.concat(contents)))
    })
  }
})

deepTest(t, 'very large content comes in chunks of limited size', async t => {
  const bytes = 64 * 1024 * 1024
  const bomb = gzipSync(Buffer.alloc(bytes, 'x'))
  let largest = 0
  let sum = 0
  for await (const chunk of decompressed(pieces(bomb, 1 << 19), 'x', 'gzip')) {
    largest = Math.max(largest, chunk.length)
    sum += chunk.length
  }
  t.equal(sum, bytes)
  t.ok(largest <= 1024 * 1024)
})
