import t from 'tap'
import { vectorOf } from '../../../src/protocol/element.js'
import { decoded, encoded, hex } from '../../helpers/codec.js'
import { compressed } from '../../helpers/compression.js'

/** An LZ4 block of nothing but literals, up to 14. */
const literals = (text: string): Buffer => {
  const bytes = hex(text)
  return Buffer.concat([Buffer.of(bytes.length << 4), bytes])
}

t.test('delta-of-delta as C++ and Java send it', async t => {
  for (const extra of ['00000000', 'ffffffff']) {
    const bytes = hex(`1a 01 30000000 01000000 00 01 ff 02 04 04 0000 ${extra} 06000000 ffffffff
      18000000 050000400a000080 f767190600fcc41f f8ffffffffffffff`)
    t.strictSame(decoded(bytes), vectorOf({ type: 'INT' }, [10, 20, 30, null, 50, 100_000]))
  }
})

t.test('LZ4 strings as C++ sends them', async t => {
  const bytes = hex(`1a 01 24000000 01000000 00 01 ff 01 12 ff 0000 00000000 06000000 ffffffff
    0c000000 36 61 62 00 03 00 50 62 00 61 62 00`)
  t.strictSame(decoded(bytes), vectorOf({ type: 'STRING' }, Array<string>(6).fill('ab')))
})

t.test('blocks are one stream: values straddle their borders', async t => {
  const ints = compressed(
    { length: 3 },
    literals('01000000 02'),
    literals('0000'),
    literals('00 03000000'),
  )
  t.strictSame(decoded(ints), vectorOf({ type: 'INT' }, [1, 2, 3]))
  const texts = compressed(
    { type: 18, length: 2 },
    literals('6162'),
    literals('63 00 64'),
    literals('00'),
  )
  t.strictSame(decoded(texts), vectorOf({ type: 'STRING' }, ['abc', 'd']))
  const blobs = compressed(
    { type: 32, length: 2 },
    literals('02000000 61'),
    literals('62 0000'),
    literals('0000'),
  )
  t.strictSame(decoded(blobs), vectorOf({ type: 'BLOB' }, ['ab', null]))
})

t.test('the scale of a decimal stands in `reserved`', async t => {
  const bytes = compressed({ type: 37, reserved: 2, length: 1 }, literals('7d000000'))
  t.strictSame(decoded(bytes), vectorOf({ type: 'DECIMAL32', scale: 2 }, [125n]))
  t.throws(() => decoded(compressed({ type: 37, reserved: 10, length: 1 }, literals('7d000000'))), {
    message: /scale 10/,
  })
  // C++ writes 16 there for the types of 16 bytes.
  const uuid = compressed(
    { type: 19, reserved: 16, length: 1 },
    literals('0102'),
    literals('030405060708090a0b0c0d0e0f10'.slice(0, 28)),
  )
  t.match(decoded(uuid), { type: 'UUID', length: 1 })
})

t.test('array vectors and columns of no rows', async t => {
  const arrays = compressed(
    { type: 64 + 4, length: 2 },
    literals('0200 01 00 | 02 01'),
    literals('01000000 02000000 0300'),
    literals('0000'),
  )
  t.strictSame(decoded(arrays), vectorOf({ type: 'INT', array: true }, [[1, 2], [3]]))
  t.strictSame(decoded(compressed({ length: 0 })), vectorOf({ type: 'INT' }, []))
})

t.test('a compressed column inside a table', async t => {
  const column = compressed({ length: 1 }, literals('05000000'))
  const bytes = Buffer.concat([hex('08 06 01000000 01000000 00 61 00'), column])
  t.match(decoded(bytes), {
    form: 'table',
    columnNames: ['a'],
    columns: [{ type: 'INT', length: 1 }],
  })
})

t.test('what does not add up is refused', async t => {
  const refused: readonly (readonly [string, Buffer, RegExp])[] = [
    [
      'too few values',
      compressed({ length: 2 }, literals('01000000')),
      /does not end with its blocks/,
    ],
    [
      'half a value too many',
      compressed({ length: 1 }, literals('01000000 0200')),
      /does not end with its blocks/,
    ],
    [
      'a block too many',
      compressed({ length: 1 }, literals('01000000'), literals('02000000')),
      /does not end/,
    ],
    ['no blocks', compressed({ length: 1 }), /does not end/],
    ['a newer version', compressed({ length: 0, version: 1 }), /not one this end knows/],
    ['big-endian', compressed({ length: 0, flags: 0 }), /not one this end knows/],
    ['an unknown method', compressed({ length: 0, method: 3 }), /Method 3/],
    [
      'delta of text',
      compressed({ length: 0, method: 2, type: 18 }),
      /Method 2 does not compress STRING/,
    ],
    [
      'delta of single bytes',
      compressed({ length: 0, method: 2, type: 2 }),
      /does not compress CHAR/,
    ],
    ['delta of arrays', compressed({ length: 0, method: 2, type: 68 }), /does not compress INT/],
    [
      'delta of 16 bytes',
      compressed({ length: 0, method: 2, type: 39 }),
      /does not compress DECIMAL128/,
    ],
    ['arrays of text', compressed({ length: 1, type: 64 + 18 }), /no array vectors of STRING/],
    ['tuples', compressed({ length: 0, type: 25 }), /no vectors of ANY/],
    ['fewer than no rows', compressed({ length: -1 }), /-1 rows/],
    ['an unknown type', compressed({ length: 0, type: 60 }), /Type 60/],
  ]
  for (const [name, bytes, message] of refused) {
    t.throws(() => decoded(bytes), { name: 'ProtocolError', message }, name)
  }
  const tooLong = compressed({ length: 1 }, literals('01000000'))
  tooLong.writeInt32LE(100, 30)
  t.throws(() => decoded(tooLong), { message: /block of 100 bytes/ })
  tooLong.writeInt32LE(10, 2)
  t.throws(() => decoded(tooLong), { message: /not one this end knows/ })
})

t.test('decompressed bytes count against the limit', async t => {
  // One literal, then a match of 60,000: the block is small, its content is not.
  const rest = 60_000 - 19
  const block = Buffer.from([
    0x1f,
    0,
    1,
    0,
    ...Array<number>(Math.floor(rest / 255)).fill(255),
    rest % 255,
    0x50,
    0,
    0,
    0,
    0,
    0,
  ])
  const bytes = compressed({ type: 0x10, length: 7500 }, block)
  t.throws(() => decoded(bytes, { maxValueBytes: 20_000, maxDepth: 8 }), { code: 'DDB_LIMIT' })
  t.throws(() => decoded(bytes), { message: /does not end with its blocks/ })
})

t.test('values of every type that compresses survive as they would uncompressed', async t => {
  const samples = [
    vectorOf({ type: 'SHORT' }, [1, null, -3]),
    vectorOf({ type: 'BOOL' }, [true, null, false]),
    vectorOf({ type: 'FLOAT' }, [1.5, null]),
    vectorOf({ type: 'DATE' }, [19_724, null]),
  ]
  for (const column of samples) {
    const plain = encoded(column)
    const bytes = compressed(
      { type: plain[0]!, length: column.length },
      literals(plain.subarray(10).toString('hex')),
    )
    t.strictSame(decoded(bytes), column)
  }
})
