import fc from 'fast-check'
import t from 'tap'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { runs } from '../helpers/runs.js'

const joined = (writer: ByteWriter): Buffer => Buffer.concat(writer.take())

t.test('numbers are little-endian', async t => {
  const writer = new ByteWriter()
  writer.u8(200)
  writer.i8(-2)
  writer.u16(65_000)
  writer.i16(-30_000)
  writer.i32(-2_000_000_000)
  writer.u32(4_000_000_000)
  writer.i64(-(2n ** 60n))
  writer.f32(1.5)
  writer.f64(Math.PI)
  t.equal(writer.byteLength, 34)
  const bytes = joined(writer)
  t.equal(bytes.readUInt8(0), 200)
  t.equal(bytes.readInt8(1), -2)
  t.equal(bytes.readUInt16LE(2), 65_000)
  t.equal(bytes.readInt16LE(4), -30_000)
  t.equal(bytes.readInt32LE(6), -2_000_000_000)
  t.equal(bytes.readUInt32LE(10), 4_000_000_000)
  t.equal(bytes.readBigInt64LE(14), -(2n ** 60n))
  t.equal(bytes.readFloatLE(22), 1.5)
  t.equal(bytes.readDoubleLE(26), Math.PI)
})

t.test('small pieces share buffers, views are handed on as they are', async t => {
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

t.test('a small payload is copied, a large one handed on', async t => {
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

t.test('bytes are copied: changing them afterwards changes nothing', async t => {
  const writer = new ByteWriter()
  const source = Uint8Array.of(1, 2, 3)
  writer.bytes(source)
  source.fill(9)
  t.same([...joined(writer)], [1, 2, 3])
})

t.test('what was taken is not written over by what comes next', async t => {
  const writer = new ByteWriter()
  writer.utf8('first')
  const first = writer.take()
  t.equal(writer.byteLength, 0)
  writer.utf8('second')
  t.equal(Buffer.concat(first).toString(), 'first')
  t.equal(joined(writer).toString(), 'second')
  t.same(writer.take(), [])
})

t.test('text of any length and script is UTF-8', async t => {
  const texts = ['', 'a', 'ß'.repeat(30), '数据'.repeat(5000), '𝛑', 'x'.repeat(200_000)]
  for (const text of texts) {
    const writer = new ByteWriter()
    writer.utf8(text)
    writer.str0(text)
    t.ok(joined(writer).equals(Buffer.from(`${text}${text}\0`)), `${text.length} units`)
  }
})

t.test('a string with U+0000 is refused and shown', async t => {
  const writer = new ByteWriter()
  t.throws(() => writer.str0('a\0b'), {
    name: 'ValueError',
    code: 'DDB_STRING_HAS_NUL',
    message: /"a\\u0000b"/,
  })
  t.throws(() => writer.str0(`${'x'.repeat(100)}\0`), { message: /x…"/ })
  t.throws(() => writer.str0('\0'), { code: 'DDB_STRING_HAS_NUL' })
})

t.test('rollback forgets what was written since the mark', async t => {
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

t.test('rollback after take forgets only what came later', async t => {
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

t.test('any mixture of writes gives the bytes in order', async t => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }).map(bytes => ({ kind: 'bytes' as const, bytes })),
    fc.uint8Array({ maxLength: 3000 }).map(bytes => ({ kind: 'view' as const, bytes })),
    fc
      .string({ unit: 'binary', maxLength: 50 })
      .map(text => ({ kind: 'utf8' as const, bytes: Buffer.from(text), text })),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
      const writer = new ByteWriter()
      for (const next of pieces) {
        if (next.kind === 'bytes') writer.bytes(next.bytes)
        else if (next.kind === 'view') writer.view(next.bytes)
        else writer.utf8(next.text)
      }
      const expected = Buffer.concat(pieces.map(({ bytes }) => bytes))
      return writer.byteLength === expected.length && joined(writer).equals(expected)
    }),
    { numRuns: runs(30) },
  )
  t.pass()
})
