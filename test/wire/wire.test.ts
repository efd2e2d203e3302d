/* Readers and writers of bytes. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { ArrayPool, StringCollector } from '../../src/wire/string-collector.js'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { GrowableBytes } from '../../src/wire/growable-bytes.js'
import { runDecoder, readerOf } from '../helpers/decoding.js'
import { deepTest, forAll, forAllAsync } from '../helpers/runs.js'

const all = Uint8Array.from({ length: 40 }, (_, at) => at + 1)

const pieces = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, at * size + size),
  )

/** Runs `decode`. Pushes a piece whenever `decode` waits. Returns its result, and how often it waited. */
function feed<T>(
  reader: ByteReader,
  decode: Generator<void, T, void>,
  chunks: readonly Uint8Array[],
): { value: T; waits: number } {
  let waits = 0
  for (;;) {
    const step = decode.next()
    if (step.done) return { value: step.value, waits }
    reader.push(chunks[waits++]!)
  }
}

const joined = (writer: ByteWriter): Buffer => Buffer.concat(writer.take())

deepTest(t, 'reading without `need` is an error', async t => {
  const reader = readerOf(all.subarray(0, 3))
  t.throws(() => reader.u8(), RangeError)
  t.ok(reader.has(2))
  t.throws(() => reader.i32(), RangeError)
  t.throws(() => reader.bytes(4), RangeError)
  t.throws(() => reader.take(4), RangeError)
})

t.test('a payload of any size is returned complete, aligned for every element type', async t => {
  for (const byteLength of [0, 1, 9, 800, 2048, 2049, 9000, 100_000]) {
    const bytes = Uint8Array.from({ length: byteLength }, (_, at) => at * 7)
    for (const size of [1000, 1_000_000]) {
      const late = new ByteReader()
      const { value } = feed(late, late.payload(byteLength), pieces(bytes, size))
      t.ok(Buffer.from(value).equals(bytes), `${byteLength} bytes in pieces of ${size}`)
      t.equal(value.byteOffset % 8, 0)
      const there = readerOf(...pieces(bytes, size))
      t.ok(Buffer.from(runDecoder(there.payload(byteLength))).equals(bytes))
      t.equal(there.available, 0)
    }
  }
})

t.test('invalid UTF-8 keeps its length in replacement characters', async t => {
  t.equal(runDecoder(readerOf(Uint8Array.of(0x61, 0xff, 0x62, 0)).str0(100)), 'a\uFFFDb')
})

t.test('a line or string longer than allowed gives a limit error at its start', async t => {
  const reader = new ByteReader(1000)
  reader.push(Buffer.from('0123456789'))
  const error = { name: 'ProtocolError', code: 'DDB_LIMIT', offsetBytes: 1000 }
  t.throws(() => reader.line(9).next(), error)
  t.throws(() => runDecoder(readerOf(Buffer.from('0123456789\n')).line(9)), { code: 'DDB_LIMIT' })
  t.throws(() => runDecoder(readerOf(Buffer.from('0123456789012345\0')).str0(12)), {
    code: 'DDB_LIMIT',
  })
  t.equal(runDecoder(readerOf(Buffer.from('0123456789\n')).line(10)), '0123456789')
})

t.test('any mixture of reads over any pieces reads the stream once, in order', async () => {
  const read = fc.oneof(fc.constantFrom('u8', 'u16', 'i32', 'take', 'bytes', 'payload'))
  forAll(100)(
    fc.uint8Array({ minLength: 50, maxLength: 300 }),
    fc.integer({ min: 1, max: 40 }),
    fc.array(read, { maxLength: 40 }),
    (bytes, size, reads) => {
      const reader = readerOf(...pieces(bytes, size))
      const seen: number[] = []
      for (const [index, kind] of reads.entries()) {
        const byteLength = { u8: 1, u16: 2, i32: 4, take: index, bytes: index, payload: index }[
          kind
        ]
        if (!reader.has(byteLength)) break
        if (kind === 'u8') seen.push(reader.u8())
        else if (kind === 'u16') seen.push(...Uint8Array.of(reader.peekU16(), reader.u16() >> 8))
        else if (kind === 'i32') seen.push(...new Uint8Array(Int32Array.of(reader.i32()).buffer))
        else if (kind === 'take') seen.push(...reader.take(byteLength))
        else if (kind === 'bytes') seen.push(...reader.bytes(byteLength))
        else seen.push(...runDecoder(reader.payload(byteLength)))
      }
      return (
        seen.length === reader.offsetBytes &&
        seen.length + reader.available === bytes.length &&
        seen.every((byte, at) => byte === bytes[at])
      )
    },
  )
})

t.test('small pieces share buffers, views are passed on unchanged', async t => {
  const writer = new ByteWriter()
  const column = new Uint8Array(100_000).fill(7)
  for (let at = 0; at < 100; at++) writer.i32(at)
  writer.view(column)
  writer.view(new Uint8Array(0))
  writer.utf8('end')
  t.equal(writer.byteLength, 100_403)
  const chunks = writer.take()
  t.equal(chunks.length, 3)
  t.equal(chunks[1], column, 'the very array')
  t.equal(chunks[0]!.length, 400)
  t.equal(Buffer.from(chunks[2]!).toString(), 'end')
})

t.test('a small payload is copied, a large payload is passed on', async t => {
  const writer = new ByteWriter()
  const small = new Uint8Array(16_383)
  const large = new Uint8Array(16_384)
  writer.payload(small)
  writer.payload(large)
  const chunks = writer.take()
  t.equal(chunks.length, 2)
  t.not(chunks[0]!.buffer, small.buffer)
  t.equal(chunks[1], large)
})

t.test('bytes are copied, so later changes to them change nothing', async t => {
  const writer = new ByteWriter()
  const source = Uint8Array.of(1, 2, 3)
  writer.bytes(source)
  source.fill(9)
  t.same([...joined(writer)], [1, 2, 3])
})

t.test('taken chunks are not overwritten by later writes', async t => {
  const writer = new ByteWriter()
  writer.utf8('first')
  const first = writer.take()
  t.equal(writer.byteLength, 0)
  writer.utf8('second')
  t.equal(Buffer.concat(first).toString(), 'first')
  t.equal(joined(writer).toString(), 'second')
  t.same(writer.take(), [])
})

t.test('a string with U+0000 is refused and shown', async t => {
  const writer = new ByteWriter()
  const error = { name: 'ValueError', code: 'DDB_STRING_HAS_NUL', message: /"a\\u0000b"/ }
  t.throws(() => writer.str0('a\0b'), error)
  t.throws(() => writer.str0(`${'x'.repeat(100)}\0`), { message: /x…"/ })
  t.throws(() => writer.str0('\0'), { code: 'DDB_STRING_HAS_NUL' })
})

t.test('rollback discards the bytes written since the mark', async t => {
  for (const before of [0, 10, 5000, 70_000]) {
    for (const after of [0, 1, 5000, 70_000]) {
      const writer = new ByteWriter()
      const kept = Buffer.alloc(before, 'k')
      if (before > 0) writer.bytes(kept)
      writer.mark()
      writer.bytes(Buffer.alloc(after, 'x'))
      writer.view(Buffer.alloc(100, 'y'))
      writer.utf8('lost')
      writer.rollback()
      t.equal(writer.byteLength, before)
      writer.utf8('tail')
      t.ok(joined(writer).equals(Buffer.concat([kept, Buffer.from('tail')])), `${before}, ${after}`)
    }
  }
})

t.test('rollback after take discards only later bytes', async t => {
  const writer = new ByteWriter()
  writer.utf8('old')
  writer.mark()
  writer.utf8('more')
  const taken = writer.take()
  writer.utf8('lost')
  writer.rollback()
  t.equal(Buffer.concat(taken).toString(), 'oldmore')
  t.equal(joined(writer).toString(), '')
})

t.test('any mixture of writes gives the bytes in order', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }).map(bytes => ({ kind: 'bytes' as const, bytes })),
    fc.uint8Array({ maxLength: 3000 }).map(bytes => ({ kind: 'view' as const, bytes })),
    fc
      .string({ unit: 'binary', maxLength: 50 })
      .map(text => ({ kind: 'utf8' as const, bytes: Buffer.from(text), text })),
  )
  forAll(30)(fc.array(piece, { maxLength: 60 }), pieces => {
    const writer = new ByteWriter()
    for (const next of pieces) {
      if (next.kind === 'bytes') writer.bytes(next.bytes)
      else if (next.kind === 'view') writer.view(next.bytes)
      else writer.utf8(next.text)
    }
    const expected = Buffer.concat(pieces.map(({ bytes }) => bytes))
    return writer.byteLength === expected.length && joined(writer).equals(expected)
  })
})

t.test('arrays of any size are complete, aligned and separate', async t => {
  const pool = new ArrayPool()
  const sizes = [
    ...[0, 1, 7, 8, 0, 100, 2048, 2049, 500, 511, 2048, 3, 10_000, 0],
    ...Array<number>(50).fill(301),
  ]
  const arrays = sizes.map((size, value) => pool.allocate(size).fill(value))
  for (const [value, array] of arrays.entries()) {
    t.equal(array.length, sizes[value])
    t.equal(array.byteOffset % 8, 0)
    t.ok(array.every(byte => byte === value))
  }
})

t.test('a small array keeps little memory alive, a large array only its own', async t => {
  const pool = new ArrayPool()
  t.equal(pool.allocate(16).buffer.byteLength, 512)
  for (let at = 0; at < 100; at++) t.ok(pool.allocate(1000).buffer.byteLength <= 8192)
  t.equal(pool.allocate(5000).buffer.byteLength, 5000)
})

t.test('a result that fills less than half of its memory is copied', async t => {
  const bytes = new GrowableBytes(10_000)
  bytes.extend(5).set([1, 2, 3, 4, 5])
  const finished = bytes.finish()
  t.same([...finished], [1, 2, 3, 4, 5])
  t.equal(finished.buffer.byteLength, 5)
})

t.test('memory never grows beyond its bound', async t => {
  const bytes = new GrowableBytes(100)
  bytes.extend(60)
  bytes.extend(40)
  t.equal(bytes.finish().buffer.byteLength, 100)
  t.throws(() => bytes.extend(1), RangeError)
})

// Texts collected from blocks of strings, compared with the original texts.

/** Collects all texts, at most `step` strings per call. Strings longer than a block are added by hand. */
function collected(texts: readonly string[], availableBytes: number, step: number): string[] {
  const bytes = Buffer.from(texts.map(text => `${text}\0`).join(''))
  const collector = new StringCollector(texts.length, availableBytes)
  let position = 0
  while (collector.length < texts.length) {
    const count = Math.min(step, texts.length - collector.length)
    const next = collector.collect(bytes, position, count)
    if (next > position) {
      position = next
    } else {
      const end = bytes.indexOf(0, position)
      collector.add(bytes.toString('utf8', position, end))
      position = end + 1
    }
  }
  if (position !== bytes.length) throw new Error(`it ended at ${position} of ${bytes.length}`)
  return collector.texts
}

const anyText = fc.string({ unit: 'binary' }).filter(text => !text.includes('\0'))

t.test('any texts come out unchanged', async () => {
  // Without lone surrogates, which are not text: UTF-8 has no bytes for them.
  const text = anyText.filter(text => Buffer.from(text).toString() === text)
  const texts = fc.array(text, { maxLength: 400, size: 'max' })
  await forAllAsync(50)(
    texts,
    fc.integer({ min: 1, max: 500 }),
    async (texts, step) =>
      isDeepStrictEqual(collected(texts, 0, step), texts) &&
      isDeepStrictEqual(collected(texts, 1e6, step), texts),
  )
})

const manyOf = (make: (row: number) => string, rows = 10_000): string[] =>
  Array.from({ length: rows }, (_, row) => make(row))

const columns: Readonly<Record<string, readonly string[]>> = {
  'few short texts': manyOf(row => `S${row % 7}`),
  'texts of one length that differ at one place': manyOf(row => `SH60${row % 1000}`.padEnd(8, 'x')),
  'more texts than are remembered': manyOf(row => `${row}`, 50_000),
  'as many, twice': manyOf(row => `${row % 5000}`),
  'empty texts': manyOf(() => ''),
  'short and long texts': manyOf(row => (row % 3 === 0 ? 'x' : 'order '.repeat(1 + (row % 5)))),
  'Chinese among others': manyOf(row => (row % 100 === 99 ? `订单 ${row % 9}` : `a${row % 9}`)),
  'Chinese after many others': manyOf(row => (row < 9000 ? `a${row % 9}` : `单${row % 9}`)),
  'texts longer than a block': manyOf(row => (row % 50 === 0 ? 'y'.repeat(20_000) : 'z'), 300),
}

for (const [title, texts] of Object.entries(columns)) {
  t.test(`${title} come out unchanged`, async t => {
    t.ok(isDeepStrictEqual(collected(texts, 0, texts.length), texts))
    t.ok(isDeepStrictEqual(collected(texts, texts.length, 1000), texts))
  })
}

t.test('an announced count allocates no array before that many bytes have arrived', async t => {
  t.equal(new StringCollector(1e6, 999_999).texts.length, 0)
  t.equal(new StringCollector(1e6, 1e6).texts.length, 1e6)
  t.equal(new StringCollector(2 ** 31 - 1, 2 ** 31).texts.length, 0)
})
