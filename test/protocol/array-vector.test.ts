import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { vectorOf } from '../../src/protocol/element.js'
import type { ArrayVector } from '../../src/protocol/value.js'
import { arbitraryArrayVector, decoded, encoded, hex } from '../helpers/codec.js'
import { runs } from '../helpers/runs.js'

const ints = (...rows: (number | null)[][]): ArrayVector =>
  vectorOf({ type: 'INT', array: true }, rows) as ArrayVector

/** Row counts and count widths of the blocks, read by the description alone. */
function blocksOf(
  bytes: Buffer,
  cellBytes: number,
): { rows: number; countBytes: number; bytes: number }[] {
  const blocks = []
  for (let at = 10; at < bytes.length;) {
    const start = at
    const rows = bytes.readUInt16LE(at)
    const countBytes = bytes[at + 2]!
    at += 4
    let cells = 0
    for (let row = 0; row < rows; row++, at += countBytes) cells += bytes.readUIntLE(at, countBytes)
    at += cells * cellBytes
    blocks.push({ rows, countBytes, bytes: at - start })
  }
  return blocks
}

t.test('an empty row travels as one null cell, as both official clients send it', async t => {
  const bytes = hex(
    '44 01 02000000 04000000 | 0200 01 00 | 03 01 | 01000000 02000000 03000000 00000080',
  )
  t.ok(encoded(ints([1, 2, 3], [])).equals(bytes))
  t.strictSame(decoded(bytes), ints([1, 2, 3], [null]))
})

t.test('every type has its own null for an empty row', async t => {
  const types = [
    'BOOL',
    'SHORT',
    'DATE',
    'LONG',
    'FLOAT',
    'DOUBLE',
    'UUID',
    'COMPLEX',
    'DURATION',
  ] as const
  for (const type of types) {
    const empty = vectorOf({ type, array: true }, [[], [null]])
    t.strictSame(decoded(encoded(empty)), vectorOf({ type, array: true }, [[null], [null]]), type)
  }
  for (const type of ['DECIMAL32', 'DECIMAL64', 'DECIMAL128'] as const) {
    const empty = vectorOf({ type, scale: 2, array: true }, [[]])
    t.strictSame(decoded(encoded(empty)), vectorOf({ type, scale: 2, array: true }, [[null]]), type)
  }
})

t.test('a count of zero is read as an empty row', async t => {
  const bytes = hex('44 01 03000000 01000000 | 0300 01 00 | 00 01 00 | 05000000')
  t.strictSame(decoded(bytes), { ...ints([], [5], []), offsets: Uint32Array.of(0, 0, 1, 1) })
})

t.test('blocks fill 4096 bytes, the first one with the header of the vector', async t => {
  const bytes = encoded(ints(...Array.from({ length: 3000 }, (_, row) => [row])))
  const blocks = blocksOf(bytes, 4)
  t.equal(blocks[0]!.rows, Math.floor((4096 - 10 - 4) / 5))
  t.equal(blocks[1]!.rows, Math.floor((4096 - 4) / 5))
  t.equal(
    blocks.reduce((sum, { rows }) => sum + rows, 0),
    3000,
  )
})

t.test('the longest row of a block decides how its lengths are written', async t => {
  const row = (length: number): number[] => Array<number>(length).fill(1)
  const widths = (...lengths: number[]): number[] =>
    blocksOf(encoded(ints(...lengths.map(row))), 4).map(({ countBytes }) => countBytes)
  t.same(widths(255), [1])
  t.same(widths(256), [2])
  t.same(widths(1, 256, 1), [2])
  t.same(widths(65_535), [2])
  t.same(widths(65_536, 1), [4, 1])
})

t.test('a row longer than a block has one to itself', async t => {
  const rows = [[1], Array<number>(5000).fill(7), [2]]
  const bytes = encoded(ints(...rows))
  t.same(
    blocksOf(bytes, 4).map(({ rows }) => rows),
    [1, 1, 1],
  )
  t.strictSame(decoded(bytes), ints(...rows))
})

t.test('a slice of rows does not begin with the first cell', async t => {
  const whole = ints([1], [2, 3], [], [4])
  const slice: ArrayVector = { ...whole, length: 2, offsets: whole.offsets.subarray(1, 4) }
  t.strictSame(decoded(encoded(slice)), ints([2, 3], [null]))
})

t.test('array vectors of every fixed type come back, in blocks of any kind', async t => {
  fc.assert(
    fc.property(fc.nat(60).chain(arbitraryArrayVector), vector =>
      isDeepStrictEqual(decoded(encoded(vector)), vector),
    ),
    { numRuns: runs(50) },
  )
  t.pass()
})

t.test('what cannot be an array vector is refused', async t => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['52 01 00000000 00000000', /no array vectors of STRING/],
    ['51 01 00000000 00000000', /no array vectors of SYMBOL/],
    ['44 01 02000000 02000000 | 0000 01 00', /block of 0 rows/],
    ['44 01 02000000 02000000 | 0300 01 00', /block of 3 rows/],
    ['44 01 02000000 02000000 | 0200 03 00', /3 bytes are impossible/],
    ['44 01 01000000 02000000 | 0100 01 00 | 01 | 05000000', /announced 2 cells but has 1/],
    ['65 01 00000000 00000000 0a000000', /scale 10/],
    ['44 01 01000000 01000000 | 0100 04 00 | ffffffff', /larger than its own count/],
  ]
  for (const [bytes, message] of refused) {
    t.throws(() => decoded(hex(bytes)), { name: 'ProtocolError', message }, bytes)
  }
  const text = vectorOf({ type: 'STRING' }, ['a'])
  t.throws(
    () =>
      encoded({
        form: 'arrayVector',
        length: 1,
        offsets: Uint32Array.of(0, 1),
        cells: text as never,
      }),
    { name: 'ValueError', message: /no array vectors of STRING/ },
  )
  const column = ints([1], [2])
  t.throws(() => encoded({ ...column, length: 5 }), { code: 'DDB_USAGE' })
  t.throws(() => encoded({ ...column, offsets: Uint32Array.of(0, 1, 9) }), { code: 'DDB_USAGE' })
  t.throws(() => encoded({ ...column, offsets: Uint32Array.of(2, 0, 2) }), {
    message: /ends before it starts/,
  })
})
