/*
  What comes out of damaged archives, against what zlib makes at once of all that stands before the byte with which it
  fails, and against the gzip of the machine.
*/
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  gunzipSync,
  gzipSync,
} from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { KeptInput, lastContent } from '../../../src/source/compression/last-content.js'
import { gunzipped, unbrotlied } from '../../../src/source/compression/zlib-stream.js'
import { runs } from '../../helpers/runs.js'

const ways = {
  gzip: {
    pack: (bytes: Buffer) => gzipSync(bytes),
    unpack: (bytes: Buffer) => gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }),
    read: gunzipped,
  },
  brotli: {
    pack: (bytes: Buffer) =>
      brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
    unpack: (bytes: Buffer) =>
      brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
    read: unbrotlied,
  },
}
type Way = keyof typeof ways

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += size) {
    const piece = Buffer.from(bytes.subarray(at, at + size))
    yield piece
    // A chunk is only lent.
    piece.fill(0x23)
  }
}

async function read(
  way: Way,
  bytes: Uint8Array,
  size: number,
): Promise<{ content: Buffer; error: unknown; largest: number }> {
  const found: Buffer[] = []
  let error: unknown
  try {
    for await (const chunk of ways[way].read(pieces(bytes, size), 'x')) {
      found.push(Buffer.from(chunk))
    }
  } catch (thrown) {
    error = thrown
  }
  const largest = Math.max(0, ...found.map(chunk => chunk.length))
  return { content: Buffer.concat(found), error, largest }
}

/** What zlib makes of the most bytes that it takes. */
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

/** Lines with as much chance in them as is asked for, which decides how long blocks are. */
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

/** Places are shares of the archive, since nobody knows how long it is. */
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

t.test('all that zlib can make of what stands before the damage comes out', async t => {
  for (const way of ['gzip', 'brotli'] as const) {
    // Brotli has no members that could follow each other.
    const members = fc.array(texts, { minLength: 1, maxLength: way === 'gzip' ? 3 : 1 })
    const sizes = fc.oneof(
      fc.constantFrom(1 << 16, 1 << 19, 1 << 22),
      fc.integer({ min: 500, max: 5_000 }),
    )
    await fc.assert(
      fc.asyncProperty(members, damages, sizes, async (contents, list, size) => {
        const archive = damaged(
          Buffer.concat(contents.map(content => ways[way].pack(content))),
          list,
        )
        const { content, error } = await read(way, archive, size)
        const { content: known, goodBytes } = expected(way, archive)
        assert.equal(content.length, known.length)
        assert.ok(content.equals(known))
        if (goodBytes < archive.length)
          assert.equal((error as { code?: string }).code, 'DDB_INPUT_READ')
        if (list.length === 0)
          assert.ok(error === undefined && content.equals(Buffer.concat(contents)))
      }),
      { numRuns: runs(40) },
    )
  }
  t.pass()
})

const hasGzip = spawnSync('gzip', ['--version'], { stdio: 'ignore' }).status === 0

t.test(
  'nothing is missing that the gzip of the machine takes out',
  hasGzip ? {} : { skip: 'no gzip here' },
  async t => {
    await fc.assert(
      fc.asyncProperty(texts, damages, async (text, list) => {
        const archive = damaged(gzipSync(text), list)
        // What is no gzip at all is for others to tell.
        fc.pre(archive[0] === 0x1f && archive[1] === 0x8b)
        const { stdout } = spawnSync('gzip', ['-dc'], { input: archive, maxBuffer: 1 << 26 })
        const { content } = await read('gzip', archive, 1 << 19)
        assert.ok(content.subarray(0, stdout.length).equals(stdout))
      }),
      { numRuns: runs(15) },
    )
    t.pass()
  },
)

t.test('the rows of a small archive come out before its damage is told', async t => {
  const text = Buffer.from(Array.from({ length: 10_000 }, (_, i) => `${i},${i % 97}\n`).join(''))
  const whole = gzipSync(text)
  for (const rest of ['garbage', '\n', '\x1f\x8b\x08']) {
    const { content, error } = await read(
      'gzip',
      Buffer.concat([whole, Buffer.from(rest, 'latin1')]),
      1 << 19,
    )
    t.ok(content.equals(text), JSON.stringify(rest))
    t.match(error, { code: 'DDB_INPUT_READ' })
  }
  const late = Buffer.from(whole)
  const place = late.length - 1_000
  late.fill(0xff, place)
  const { content, error } = await read('gzip', late, 1 << 19)
  const before = ways.gzip.unpack(whole.subarray(0, place))
  // A little may come of what is damaged, before it makes no sense to zlib.
  t.ok(before.length > 0.9 * text.length, `${before.length} of ${text.length} bytes`)
  t.ok(content.subarray(0, before.length).equals(before))
  t.match(error, { code: 'DDB_INPUT_READ', message: /are damaged (?:between|before) byte/ })
})

t.test('what decompresses to very much comes in pieces that are no larger', async t => {
  const bytes = 64 * 1024 * 1024
  const bomb = gzipSync(Buffer.alloc(bytes, 'x'))
  let largest = 0
  let sum = 0
  const reading = async (): Promise<void> => {
    for await (const chunk of gunzipped(
      pieces(Buffer.concat([bomb, Buffer.from('garbage')]), 1 << 19),
      'x',
    )) {
      largest = Math.max(largest, chunk.length)
      sum += chunk.length
    }
  }
  await t.rejects(reading(), { code: 'DDB_INPUT_READ' })
  t.equal(sum, bytes)
  t.ok(largest <= 512 * 1024)
})

t.test('of an archive that is not kept whole little is missing', async t => {
  const text = Buffer.from(randomBytes(3_000_000).toString('hex'))
  const whole = Buffer.concat([gzipSync(text), Buffer.from('garbage')])
  t.ok(whole.length > 2 * 1024 * 1024)
  const { content, error } = await read('gzip', whole, 1 << 19)
  t.ok(content.equals(text.subarray(0, content.length)))
  t.ok(
    text.length - content.length <= 512 * 1024,
    `${text.length - content.length} bytes are missing`,
  )
  t.match(error, { message: /end between byte \d+ and byte \d+ of the file/ })
})

t.test('a reader may stop in what is decompressed once more', async t => {
  const whole = gzipSync(Buffer.alloc(300_000, 'x'))
  const content = gunzipped(pieces(Buffer.concat([whole, Buffer.from('garbage')]), 1 << 19), 'x')
  t.notOk((await content.next()).done)
  t.match(await content.return(), { done: true })
})

t.test('input is kept as it came, in pieces as they are asked for', async t => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(150_000), { maxLength: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 100, max: 100_000 }),
      (lengths, one, other, pieceBytes) => {
        const kept = new KeptInput()
        const chunks = lengths.map(length => randomBytes(length))
        for (const chunk of chunks) {
          const lent = Buffer.from(chunk)
          kept.add(lent)
          lent.fill(0)
        }
        const all = Buffer.concat(chunks)
        const [from, end] = [one, other]
          .map(share => Math.floor(share * all.length))
          .sort((a, b) => a - b)
        let position = 0
        const found: Buffer[] = []
        for (const piece of kept.pieces(from!, end!, pieceBytes)) {
          assert.ok(piece.length > 0)
          if (position >= from!) assert.ok(piece.length <= pieceBytes)
          else assert.ok(position + piece.length <= from!)
          position += piece.length
          found.push(Buffer.from(piece))
        }
        assert.ok(Buffer.concat(found).equals(all.subarray(0, end)))
      },
    ),
    { numRuns: runs(50) },
  )
  t.pass()
})

t.test('more than two megabytes are not kept', async t => {
  const kept = new KeptInput()
  const chunk = Buffer.alloc(1024 * 1024)
  for (let count = 0; count < 2; count++) kept.add(chunk)
  t.ok(kept.isWhole)
  kept.add(Buffer.alloc(1))
  t.notOk(kept.isWhole)
  kept.add(Buffer.alloc(1))
  t.notOk(kept.isWhole)
})

t.test('the place is narrowed to one byte', async t => {
  const whole = gzipSync(Buffer.from('content'))
  const kept = new KeptInput()
  kept.add(Buffer.concat([whole, Buffer.from('garbage')]))
  const content = lastContent('gzip', kept, { fromBytes: 0, toBytes: whole.length + 7 }, 3)
  const found: string[] = []
  let next = await content.next()
  for (; next.done !== true; next = await content.next())
    found.push(Buffer.from(next.value).toString())
  t.equal(found.join(''), 'tent', 'three bytes of it are known')
  t.strictSame(next.value, { fromBytes: whole.length + 1, toBytes: whole.length + 2 })
})
