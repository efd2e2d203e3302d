/* Compression and decompression of columns. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { decompressBlock } from 'lz4js'
import t from 'tap'
import { encodeValue } from '../../../src/protocol/codec.js'
import { encodeCompressed } from '../../../src/protocol/compression/compressed-column.js'
import {
  compressLz4,
  decompressLz4,
  lz4Bound,
  maxBlockBytes,
} from '../../../src/protocol/compression/lz4.js'
import {
  decodeDeltaOfDelta,
  encodeDelta,
} from '../../../src/protocol/compression/delta-of-delta.js'
import type { DataType } from '../../../src/protocol/data-type.js'
import { type ElementValue, vectorOf } from '../../../src/protocol/element.js'
import type { Column, Value } from '../../../src/protocol/value.js'
import { ByteWriter } from '../../../src/wire/byte-writer.js'
import { arbitraryFixedVector, decoded, fixedTypes, hex } from '../../helpers/codec.js'
import { compressed, deltaOfDelta, type DeltaWidth } from '../../helpers/compression.js'
import { bytesBy } from '../../helpers/decoding.js'
import { recordings } from '../../helpers/recordings.js'
import { forAll } from '../../helpers/runs.js'
import { tableOf } from '../../helpers/values.js'

/** A column in LZ4 blocks. A text gives the literals, at most 14, of which its block consists. */
const blocks = (head: Parameters<typeof compressed>[0], ...texts: readonly (string | Buffer)[]) => {
  const literals = (bytes: Buffer): Buffer => Buffer.concat([Buffer.of(bytes.length << 4), bytes])
  const made = texts.map(text => (typeof text === 'string' ? literals(hex(text)) : text))
  return compressed(head, ...made)
}

t.test('delta-of-delta in the form of C++ and Java', async t => {
  for (const extra of ['00000000', 'ffffffff']) {
    const bytes = hex(`1a 01 30000000 01000000 00 01 ff 02 04 04 0000 ${extra} 06000000 ffffffff
      18000000 050000400a000080 f767190600fcc41f f8ffffffffffffff`)
    t.strictSame(decoded(bytes), vectorOf({ type: 'INT' }, [10, 20, 30, null, 50, 100_000]))
  }
})

t.test('LZ4 strings in the form of C++', async t => {
  const bytes = hex(`1a 01 24000000 01000000 00 01 ff 01 12 ff 0000 00000000 06000000 ffffffff
    0c000000 36 61 62 00 03 00 50 62 00 61 62 00`)
  t.strictSame(decoded(bytes), vectorOf({ type: 'STRING' }, Array<string>(6).fill('ab')))
})

t.test('blocks form one stream, and values may cross their boundaries', async t => {
  const ints = blocks({ length: 3 }, '01000000 02', '0000', '00 03000000')
  t.strictSame(decoded(ints), vectorOf({ type: 'INT' }, [1, 2, 3]))
  const texts = blocks({ type: 18, length: 2 }, '6162', '63 00 64', '00')
  t.strictSame(decoded(texts), vectorOf({ type: 'STRING' }, ['abc', 'd']))
  const blobs = blocks({ type: 32, length: 2 }, '02000000 61', '62 0000', '0000')
  t.strictSame(decoded(blobs), vectorOf({ type: 'BLOB' }, ['ab', null]))
})

t.test('the scale of a decimal is in `reserved`', async t => {
  const bytes = blocks({ type: 37, reserved: 2, length: 1 }, '7d000000')
  t.strictSame(decoded(bytes), vectorOf({ type: 'DECIMAL32', scale: 2 }, [125n]))
  t.throws(() => decoded(blocks({ type: 37, reserved: 10, length: 1 }, '7d000000')), {
    message: /scale 10/,
  })
  // For types of 16 bytes, the C++ client writes 16 into this field.
  const uuid = blocks(
    { type: 19, reserved: 16, length: 1 },
    '0102',
    '030405060708090a0b0c0d0e0f10'.slice(0, 28),
  )
  t.match(decoded(uuid), { type: 'UUID', length: 1 })
})

t.test('array vectors and columns without rows', async t => {
  const arrays = blocks(
    { type: 64 + 4, length: 2 },
    '0200 01 00 | 02 01',
    '01000000 02000000 0300',
    '0000',
  )
  t.strictSame(decoded(arrays), vectorOf({ type: 'INT', array: true }, [[1, 2], [3]]))
  t.strictSame(decoded(blocks({ length: 0 })), vectorOf({ type: 'INT' }, []))
})

t.test('inconsistent columns are refused', async t => {
  const end = /does not end with its blocks/
  const refused: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
    'too few values': [blocks({ length: 2 }, '01000000'), end],
    'half a value too many': [blocks({ length: 1 }, '01000000 0200'), end],
    'a block too many': [blocks({ length: 1 }, '01000000', '02000000'), end],
    'no blocks': [blocks({ length: 1 }), end],
    'a newer version': [blocks({ length: 0, version: 1 }), /not one this end knows/],
    'big-endian': [blocks({ length: 0, flags: 0 }), /not one this end knows/],
    'an unknown method': [blocks({ length: 0, method: 3 }), /Method 3/],
    'delta of text': [blocks({ length: 0, method: 2, type: 18 }), /2 does not compress STRING/],
    'delta of single bytes': [blocks({ length: 0, method: 2, type: 2 }), /not compress CHAR/],
    'delta of arrays': [blocks({ length: 0, method: 2, type: 68 }), /does not compress INT/],
    'delta of 16 bytes': [blocks({ length: 0, method: 2, type: 39 }), /not compress DECIMAL128/],
    'arrays of text': [blocks({ length: 1, type: 64 + 18 }), /no array vectors of STRING/],
    tuples: [blocks({ length: 0, type: 25 }), /no vectors of ANY/],
    'fewer than no rows': [blocks({ length: -1 }), /-1 rows/],
    'an unknown type': [blocks({ length: 0, type: 60 }), /Type 60/],
  }
  for (const [name, [bytes, message]] of Object.entries(refused)) {
    t.throws(() => decoded(bytes), { name: 'ProtocolError', message }, name)
  }
  const tooLong = blocks({ length: 1 }, '01000000')
  tooLong.writeInt32LE(100, 30)
  t.throws(() => decoded(tooLong), { message: /block of 100 bytes/ })
  tooLong.writeInt32LE(10, 2)
  t.throws(() => decoded(tooLong), { message: /not one this end knows/ })
})

t.test('decompressed bytes count against the limit', async t => {
  // A literal and a match of 60,000 bytes, so the block is small but its content is large.
  const rest = 60_000 - 19
  const length = [...Array<number>(Math.floor(rest / 255)).fill(255), rest % 255]
  const block = Buffer.from([0x1f, 0, 1, 0, ...length, 0x50, 0, 0, 0, 0, 0])
  const bytes = blocks({ type: 0x10, length: 7500 }, block)
  t.throws(() => decoded(bytes, { maxValueBytes: 20_000, maxDepth: 8 }), { code: 'DDB_LIMIT' })
  t.throws(() => decoded(bytes), { message: /does not end with its blocks/ })
})

// Compressed columns are read back unchanged. If a method allows only one form, the recorded columns of official
// clients, decoded and compressed again, give the recorded blocks.

const bytesOf = (value: Value): Buffer => bytesBy(writer => encodeValue(writer, value, true))

const tableWith = (...columns: Column[]): Value => tableOf(Object.fromEntries(columns.entries()))

t.test('tables with columns of any type are read back', async () => {
  for (const type of fixedTypes) {
    forAll(10)(arbitraryFixedVector(type, 11), fc.nat(400), (vector, times) => {
      // Repeated, so that compression saves something.
      const repeated = repeat(vector, times)
      const sent = tableWith(repeated)
      deepStrictEqual(elementsOf(decoded(bytesOf(sent))), elementsOf(sent))
    })
  }
})

function repeat(column: Column, times: number): Column {
  if (!('data' in column) || !ArrayBuffer.isView(column.data)) throw new Error('not fixed')
  const bytes = new Uint8Array(column.data.buffer, column.data.byteOffset, column.data.byteLength)
  const all = new Uint8Array(bytes.length * times)
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length)
  const Data = column.data.constructor as new (buffer: ArrayBuffer) => ArrayBufferView
  const made: unknown = { ...column, length: column.length * times, data: new Data(all.buffer) }
  return made as Column
}

function elementsOf(value: Value): Buffer[] {
  if (value.form !== 'table') throw new Error('not a table')
  return value.columns.map(column => {
    if (!('data' in column) || !ArrayBuffer.isView(column.data)) throw new Error('not fixed')
    const { buffer, byteOffset, byteLength } = column.data
    return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
  })
}

const compressedFlag = Buffer.from([0x1a, 0x01])
const count = 10_000
/** A column of `count` rows. */
const columnOf = (type: DataType, element: (row: number) => ElementValue): Column =>
  vectorOf(
    { type },
    Array.from({ length: count }, (_, row) => element(row)),
  )

t.test('each column uses the method that fits its type', async t => {
  const far = (row: number): number => (row < 5000 ? row : row % 2 === 0 ? 9e18 : -9e18)
  for (const [what, column, method] of [
    ['steps', columnOf('TIMESTAMP', row => 1_700_000_000_000 + row * 1000), 2],
    ['counting', columnOf('INT', row => row), 2],
    ['jumps', columnOf('INT', row => (row % 7 === 0 ? 1e9 : 3)), 1],
    ['repeated numbers', columnOf('DOUBLE', row => row % 100), 1],
    ['repeated texts', columnOf('STRING', row => String(row % 100)), 1],
    ['differences beyond 64 bits', columnOf('LONG', row => BigInt(far(row))), 1],
    ['too small', vectorOf({ type: 'INT' }, [1, 2, 3]), undefined],
    ['no gain', columnOf('DOUBLE', () => Math.random()), undefined],
    ['SYMBOL', columnOf('SYMBOL', row => String(row % 9)), undefined],
  ] as const) {
    const writer = new ByteWriter()
    t.equal(encodeCompressed(writer, column), method !== undefined, what)
    t.equal(Buffer.concat(writer.take())[13], method, what)
  }
})

t.test('a table is written as by official clients: type 8, SYMBOL plain', async t => {
  const table = tableWith(
    columnOf('TIMESTAMP', row => 1_700_000_000_000 + row),
    columnOf('SYMBOL', row => String(row % 3)),
    columnOf('STRING', row => `text ${row % 3}`),
  )
  const bytes = bytesOf(table)
  t.strictSame([...bytes.subarray(0, 2)], [8, 6])
  t.ok(bytes.includes(Buffer.from([0x91, 1])), 'a base of symbols')
  t.strictSame(decoded(bytes), table)
})

t.test('delta-of-delta blocks of official clients are written in the same way', async t => {
  let blocks = 0
  for (const { name, bytes } of recordings.filter(({ name }) => name === 'big_delta')) {
    for (
      let at = bytes.indexOf(compressedFlag);
      at >= 0;
      at = bytes.indexOf(compressedFlag, at + 1)
    ) {
      const [method, unit] = [bytes[at + 13], bytes[at + 15]]
      if (bytes.readInt32LE(at + 6) !== 1 || method !== 2) continue
      if (unit !== 2 && unit !== 4 && unit !== 8) continue
      const end = at + 10 + bytes.readInt32LE(at + 2)
      for (let start = at + 30; start < end;) {
        const length = bytes.readInt32LE(start)
        const block = bytes.subarray(start + 4, start + 4 + length)
        const elements = decodeDeltaOfDelta(block, unit, 0)
        const target = new Uint8Array(length + 64)
        const written = encodeDelta(elements, unit, new DataView(target.buffer), 0, target.length)
        t.ok(Buffer.from(target.subarray(0, written)).equals(block), `${name} at ${start}`)
        blocks++
        start += 4 + length
      }
    }
  }
  t.ok(blocks > 5, `${blocks} blocks`)
})

// The project's own decoder reads the blocks, and so does lz4js, an independent decoder.

function compress(source: Uint8Array): Uint8Array {
  const target = new Uint8Array(lz4Bound(source.length) + 8)
  const end = compressLz4(source, target, 3)
  deepStrictEqual(target.subarray(0, 3), new Uint8Array(3))
  deepStrictEqual(target.subarray(3 + lz4Bound(source.length)), new Uint8Array(5))
  return target.slice(3, end)
}

function check(source: Uint8Array): Uint8Array {
  const block = compress(source)
  deepStrictEqual(decompressLz4(block, maxBlockBytes, 0), source)
  const theirs = new Uint8Array(source.length)
  deepStrictEqual(decompressBlock(block, theirs, 0, block.length, 0), source.length)
  deepStrictEqual(theirs, source)
  return block
}

t.test('compressed bytes are read back, also by another decoder', async () => {
  const pieces = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(700))
        .map(([bytes, times]) =>
          Uint8Array.from({ length: bytes.length * times }, (_, i) => bytes[i % bytes.length]!),
        ),
    ),
    { minLength: 1, maxLength: 8 },
  )
  forAll(300)(
    pieces,
    parts => void check(Uint8Array.from(Buffer.concat(parts)).slice(0, maxBlockBytes)),
  )
})

t.test('lengths around every limit of the format', async t => {
  const limits = [1, 4, 5, 11, 12, 13, 14, 15, 16, 18, 19, 20, 269, 270, 271, 525]
  for (const length of [...limits, maxBlockBytes - 1, maxBlockBytes]) {
    check(new Uint8Array(length))
    check(Uint8Array.from({ length }, (_, i) => Math.imul(i, 0x9e37_79b1) >>> 24))
    check(Uint8Array.from({ length }, (_, i) => (i % 251) ^ (i >> 9)))
  }
  t.equal(compress(new Uint8Array(maxBlockBytes)).length < 300, true)
})

t.test('broken blocks are refused with their position', async t => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /without its last literals/],
    ['f0', /inside a length/],
    ['f0 ff', /inside a length/],
    ['30 61 62', /inside its literals/],
    ['10 61 01', /inside an offset/],
    ['10 61 0000', /before its start/],
    ['10 61 0200', /before its start/],
    ['1f 61 0100', /inside a length/],
    ['1f 61 0100 ff', /inside a length/],
    ['10 61 0100', /without its last literals/],
    ['60 616263646566', /more than 5 bytes/],
    ['12 61 0100 00', /more than 5 bytes/],
  ]
  for (const [block, message] of refused) {
    const error = { name: 'ProtocolError', offsetBytes: 77, message }
    t.throws(() => decompressLz4(hex(block), 5, 77), error, block)
  }
})

/** The values of a decoded block; null for the null value. */
function decode(block: Uint8Array, width: DeltaWidth): (bigint | null)[] {
  const bytes = decodeDeltaOfDelta(block, width, 0).slice()
  const data = { 2: Int16Array, 4: Int32Array, 8: BigInt64Array }[width]
  return Array.from(new data(bytes.buffer) as ArrayLike<number | bigint>, value =>
    BigInt(value) === -(2n ** BigInt(width * 8 - 1)) ? null : BigInt(value),
  )
}

t.test('regular times, jumps of every code length, only nulls, a single value', async t => {
  const clock = Array.from({ length: 500 }, (_, at) => 1_704_187_800_000n + BigInt(at) * 250n)
  const jumps = [0n, 0n, 1n, 100n, 1000n, 100_000n, 10n ** 10n, -(10n ** 14n), 2n ** 61n]
  // The jump is coded as 32 ones. The decoder adds one, and the carry goes into the upper half.
  const carry = [0n, 0n, 2n ** 31n, 2n ** 32n]
  for (const values of [clock, jumps, carry, [null, null, null], [5n], [null, 7n, null], []]) {
    t.strictSame(decode(deltaOfDelta(values, 8), 8), values)
  }
})

t.test('broken blocks are refused with their position', async t => {
  const refuse = (block: Uint8Array, width: DeltaWidth, message: RegExp): void => {
    const error = { name: 'ProtocolError', offsetBytes: 42, message }
    t.throws(() => decodeDeltaOfDelta(block, width, 42), error)
  }
  refuse(new Uint8Array(7), 8, /8-byte words/)
  refuse(new Uint8Array(0), 8, /end mark/)
  refuse(deltaOfDelta([1n, 2n, 3n], 8).subarray(0, 8), 8, /end mark/)
  refuse(new Uint8Array(512), 8, /end mark/)
  refuse(deltaOfDelta(Array<bigint>(8193).fill(5n), 8), 8, /more than 8192 values/)
})

t.test('any bytes give bytes within the limit or a ProtocolError', async () => {
  const width = fc.constantFrom<DeltaWidth>(2, 4, 8)
  forAll(200)(fc.uint8Array({ maxLength: 200 }), fc.nat(5000), width, (block, most, width) => {
    for (const [decode, mostBytes] of [
      [() => decompressLz4(block, most, 0), most],
      [() => decodeDeltaOfDelta(block, width, 0), block.length * 8 * width],
    ] as const) {
      try {
        ok(decode().length <= mostBytes)
      } catch (error) {
        strictEqual((error as Error).name, 'ProtocolError')
      }
    }
  })
})

// The blocks are compared with recordings, and with an encoder that uses text for bits and bigint for numbers.

const arrays = { 2: Int16Array, 4: Int32Array, 8: BigInt64Array } as const

function bytesOfEncodeDelta(values: readonly (bigint | null)[], width: DeltaWidth): Uint8Array {
  const nullValue = -(1n << BigInt(width * 8 - 1))
  const numbers = values.map(value => value ?? nullValue)
  const array = width === 8 ? BigInt64Array.from(numbers) : arrays[width].from(numbers.map(Number))
  return new Uint8Array(array.buffer)
}

/** @returns undefined if the values cannot be written */
function encode(bytes: Uint8Array, width: DeltaWidth, room = bytes.length * 10 + 200) {
  const target = new Uint8Array(room + 4)
  const end = encodeDelta(bytes, width, new DataView(target.buffer), 4, room + 4)
  return end < 0 ? undefined : target.slice(4, end)
}

function valuesOf(width: DeltaWidth): fc.Arbitrary<readonly (bigint | null)[]> {
  const max = (1n << BigInt(width * 8 - 1)) - 1n
  const whole = fc.bigInt({ min: -max, max })
  const small = fc.bigInt({ min: -300n, max: 300n })
  return fc.oneof(
    fc.array(fc.option(whole, { freq: 5 }), { maxLength: 60 }),
    fc.array(fc.option(small, { freq: 5 }), { maxLength: 60 }),
    fc
      .tuple(small, fc.bigInt({ min: 0n, max: 50n }), fc.nat(200))
      .map(([first, step, count]) =>
        Array.from({ length: count }, (_, i) => first + step * BigInt(i)),
      ),
  )
}

/** Whether the first difference exceeds the width, or any later difference exceeds int64. */
function isTooWide(values: readonly (bigint | null)[], width: DeltaWidth): boolean {
  const known = values.filter(value => value !== null)
  const deltas = known.slice(1).map((value, i) => value - known[i]!)
  const changes = deltas.slice(1).map((delta, i) => delta - deltas[i]!)
  const fits = (value: bigint, bits: number): boolean => BigInt.asIntN(bits, value) === value
  const [first = 0n] = deltas
  return !fits(first, width * 8) || [...deltas, ...changes].some(value => !fits(value, 64))
}

for (const width of [2, 4, 8] as const) {
  t.test(`columns of ${width} bytes are written bit for bit as the format defines`, async () => {
    forAll(500)(valuesOf(width), values => {
      const bytes = bytesOfEncodeDelta(values, width)
      const block = encode(bytes, width)
      deepStrictEqual(block === undefined, isTooWide(values, width))
      if (block === undefined) return
      deepStrictEqual(Buffer.from(block), Buffer.from(deltaOfDelta(values, width)))
      deepStrictEqual(Buffer.from(decodeDeltaOfDelta(block, width, 0)), Buffer.from(bytes))
    })
  })
}

t.test('a block that does not fit into its space is not written', async t => {
  const bytes = bytesOfEncodeDelta(
    Array.from({ length: 100 }, (_, i) => BigInt(i * i * 7919)),
    4,
  )
  t.ok(encode(bytes, 4, 400))
  for (const room of [0, 40, 100]) t.equal(encode(bytes, 4, room), undefined)
})
