import fc from 'fast-check'
import t from 'tap'
import { ByteReader, drive, readerOf } from '../../src/wire/byte-reader.js'
import { StringCollector } from '../../src/wire/string-collector.js'

const all = Uint8Array.from({ length: 40 }, (_, at) => at + 1)

/** The same bytes in pieces of `size`. */
const pieces = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, at * size + size),
  )

/** Steps `decode`, pushing one piece whenever it waits; returns its result and how often it waited. */
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

t.test('numbers are little-endian, whichever pieces they arrive in', async t => {
  const bytes = Buffer.alloc(42)
  bytes.writeUInt8(200, 0)
  bytes.writeInt8(-2, 1)
  bytes.writeUInt16LE(65_000, 2)
  bytes.writeInt16LE(-30_000, 4)
  bytes.writeInt32LE(-2_000_000_000, 6)
  bytes.writeUInt32LE(4_000_000_000, 10)
  bytes.writeBigInt64LE(-(2n ** 60n), 14)
  bytes.writeFloatLE(1.5, 22)
  bytes.writeDoubleLE(Math.PI, 26)
  bytes.writeUInt16LE(12_345, 34)
  for (const size of [1, 2, 3, 7, 42]) {
    const reader = readerOf(...pieces(bytes, size))
    const read: unknown[] = []
    const next = (byteLength: number, take: () => unknown): void => {
      t.ok(reader.has(byteLength))
      read.push(take())
    }
    next(1, () => reader.u8())
    next(1, () => reader.i8())
    next(2, () => reader.u16())
    next(2, () => reader.i16())
    next(4, () => reader.i32())
    next(4, () => reader.u32())
    next(8, () => reader.i64())
    next(4, () => reader.f32())
    next(8, () => reader.f64())
    next(2, () => [reader.peekU16(), reader.u16()])
    t.same(read, [
      200,
      -2,
      65_000,
      -30_000,
      -2_000_000_000,
      4_000_000_000,
      -(2n ** 60n),
      1.5,
      Math.PI,
      [12_345, 12_345],
    ])
    t.equal(reader.offsetBytes, 36)
    t.equal(reader.available, 6)
  }
})

t.test('need waits until the bytes are there and then gives them in one piece', async t => {
  const reader = new ByteReader()
  const { waits } = feed(reader, reader.need(10), pieces(all, 4))
  t.equal(waits, 3)
  t.same([...reader.bytes(10)], [...all.subarray(0, 10)])
  t.equal(reader.available, 2)
  t.equal(reader.offsetBytes, 10)
})

t.test('what is read without need is refused, not made up', async t => {
  const reader = readerOf(all.subarray(0, 3))
  t.throws(() => reader.u8(), RangeError)
  t.ok(reader.has(2))
  t.throws(() => reader.i32(), RangeError)
  t.throws(() => reader.bytes(4), RangeError)
  t.throws(() => reader.take(4), RangeError)
})

t.test('fill copies from as many chunks as it takes', async t => {
  const reader = new ByteReader()
  const target = new Uint8Array(33)
  const { waits } = feed(reader, reader.fill(target), pieces(all, 5))
  t.equal(waits, 7)
  t.same(target, all.subarray(0, 33))
  t.equal(reader.available, 2)
})

t.test('a payload of any size comes back whole, aligned for every element type', async t => {
  for (const byteLength of [0, 1, 9, 800, 2048, 2049, 9000, 100_000]) {
    const bytes = Uint8Array.from({ length: byteLength }, (_, at) => at * 7)
    for (const size of [1000, 1_000_000]) {
      const late = new ByteReader()
      const { value } = feed(late, late.payload(byteLength), pieces(bytes, size))
      t.ok(Buffer.from(value).equals(bytes), `${byteLength} bytes in pieces of ${size}`)
      t.equal(value.byteOffset % 8, 0)
      const there = readerOf(...pieces(bytes, size))
      t.ok(Buffer.from(drive(there.payload(byteLength))).equals(bytes))
      t.equal(there.available, 0)
    }
  }
})

t.test('arrays handed out do not overlap', async t => {
  const bytes = Uint8Array.from({ length: 3000 }, (_, at) => at % 251)
  const reader = readerOf(...Array<Uint8Array>(20).fill(bytes))
  const taken = Array.from({ length: 60 }, () => reader.take(1000))
  for (const [index, array] of taken.entries()) {
    const start = (index % 3) * 1000
    t.ok(Buffer.from(array).equals(bytes.subarray(start, start + 1000)))
  }
})

t.test('a hostile length allocates no more than what arrived', async t => {
  const reader = new ByteReader()
  const decode = reader.payload(2 ** 40)
  reader.push(all)
  t.notOk(decode.next().done)
  t.equal(reader.available, 0, 'the bytes were taken over')
})

t.test('lines and strings end at their mark, wherever chunks end', async t => {
  const text =
    'first line\r\n\nß ünïcode 数据 line with some length\nshort\0\0a longer string: 数据数据数据\0tail'
  const bytes = Buffer.from(text)
  for (let size = 1; size <= bytes.length; size++) {
    const reader = readerOf(...pieces(bytes, size))
    t.same(
      [
        drive(reader.line(100)),
        drive(reader.line(100)),
        drive(reader.line(100)),
        drive(reader.str0(100)),
        drive(reader.str0(100)),
        drive(reader.str0(100)),
      ],
      [
        'first line\r',
        '',
        'ß ünïcode 数据 line with some length',
        'short',
        '',
        'a longer string: 数据数据数据',
      ],
      `chunks of ${size}`,
    )
    t.equal(reader.offsetBytes, bytes.length - 4)
  }
})

t.test('a byte order mark is text like any other', async t => {
  t.equal(drive(readerOf(Buffer.from('\uFEFFabc\0')).str0(100)), '\uFEFFabc')
  t.equal(drive(readerOf(Buffer.from('\uFEFFabcdefghijklmn\n')).line(100)), '\uFEFFabcdefghijklmn')
})

t.test('text that is not UTF-8 keeps its length in replacement characters', async t => {
  t.equal(drive(readerOf(Uint8Array.of(0x61, 0xff, 0x62, 0)).str0(100)), 'a\uFFFDb')
})

t.test('tryLine and tryStr0 read nothing when the end is not at hand', async t => {
  const reader = new ByteReader()
  reader.push(Buffer.from('not yet'))
  t.equal(reader.tryLine(100), undefined)
  t.equal(reader.tryStr0(100), undefined)
  t.equal(reader.available, 7)
  reader.push(Buffer.from(' there\n'))
  t.equal(drive(reader.line(100)), 'not yet there')
})

t.test('a longer line or string than allowed is a limit error at its start', async t => {
  const reader = new ByteReader(1000)
  reader.push(Buffer.from('0123456789'))
  t.throws(() => reader.line(9).next(), {
    name: 'ProtocolError',
    code: 'DDB_LIMIT',
    offsetBytes: 1000,
  })
  t.throws(() => drive(readerOf(Buffer.from('0123456789\n')).line(9)), { code: 'DDB_LIMIT' })
  t.throws(() => drive(readerOf(Buffer.from('0123456789012345\0')).str0(12)), { code: 'DDB_LIMIT' })
  t.equal(drive(readerOf(Buffer.from('0123456789\n')).line(10)), '0123456789')
})

t.test('strings takes whole strings only, and no more than asked for', async t => {
  const reader = readerOf(Buffer.from('a\0\0ccc\0dd'))
  const target = new StringCollector(1000, 0)
  t.equal(reader.strings(2, target), true)
  t.same(target.texts, ['a', ''])
  t.equal(reader.strings(5, target), true)
  t.same(target.texts, ['a', '', 'ccc'])
  t.equal(reader.strings(5, target), false)
  t.equal(reader.available, 2)
})

t.test('utf8 reads a counted text', async t => {
  const bytes = Buffer.from('数据 and more')
  t.equal(drive(readerOf(bytes).utf8(6)), '数据')
  t.equal(drive(readerOf(...pieces(bytes, 1)).utf8(bytes.length)), '数据 and more')
  const reader = readerOf(bytes)
  t.equal(reader.tryUtf8(6), undefined, 'nothing is at hand before the first read')
  t.ok(reader.has(1))
  t.equal(reader.tryUtf8(6), '数据')
  t.equal(reader.tryUtf8(100), undefined)
})

t.test('waiting for bytes that will not come is an error at the end of the stream', async t => {
  const message = /ended in the middle/
  t.throws(() => drive(readerOf(all).need(41)), { name: 'ProtocolError', offsetBytes: 40, message })
  t.throws(() => drive(readerOf(all).payload(41)), { message })
  t.throws(() => drive(readerOf(all).fill(new Uint8Array(41))), { message })
  t.throws(() => drive(readerOf(all.subarray(20)).line(100)), { message })
  t.throws(() => drive(readerOf(all).str0(100)), { message })
})

t.test('empty chunks change nothing', async t => {
  const reader = readerOf(
    new Uint8Array(0),
    all.subarray(0, 1),
    new Uint8Array(0),
    all.subarray(1, 2),
  )
  t.ok(reader.has(2))
  t.equal(reader.u16(), 0x0201)
  t.notOk(reader.has(1))
})

t.test('any mixture of reads over any pieces sees the stream once, in order', async t => {
  const read = fc.oneof(fc.constantFrom('u8', 'u16', 'i32', 'take', 'bytes', 'fill'))
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 50, maxLength: 300 }),
      fc.integer({ min: 1, max: 40 }),
      fc.array(read, { maxLength: 40 }),
      (bytes, size, reads) => {
        const reader = readerOf(...pieces(bytes, size))
        const seen: number[] = []
        for (const [index, kind] of reads.entries()) {
          const byteLength = { u8: 1, u16: 2, i32: 4, take: index, bytes: index, fill: index }[kind]
          if (!reader.has(byteLength)) break
          if (kind === 'u8') seen.push(reader.u8())
          else if (kind === 'u16') seen.push(...Uint8Array.of(reader.peekU16(), reader.u16() >> 8))
          else if (kind === 'i32') seen.push(...new Uint8Array(Int32Array.of(reader.i32()).buffer))
          else if (kind === 'take') seen.push(...reader.take(byteLength))
          else if (kind === 'bytes') seen.push(...reader.bytes(byteLength))
          else {
            const target = new Uint8Array(byteLength)
            drive(reader.fill(target))
            seen.push(...target)
          }
        }
        return (
          seen.length === reader.offsetBytes &&
          seen.length + reader.available === bytes.length &&
          seen.every((byte, at) => byte === bytes[at])
        )
      },
    ),
  )
  t.pass()
})
