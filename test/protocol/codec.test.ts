/* Encodes and decodes values: recorded examples, every type and form, and limits on the sizes that a sender may claim. */
import { deepStrictEqual } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { decodeValue, encodeValue } from '../../src/protocol/codec.js'
import { defaultDecodeLimits } from '../../src/protocol/decode-context.js'
import {
  columnTypeText,
  dataTypeOf,
  dataTypes,
  parseColumnType,
} from '../../src/protocol/data-type.js'
import {
  concatColumns,
  elementAt,
  emptyVector,
  formatElement,
  formatValue,
  sliceColumn,
  takeRows,
  vectorOf,
} from '../../src/protocol/element.js'
import {
  type ArrayVector,
  type Column,
  type Matrix,
  type Table,
  type Value,
  type Vector,
} from '../../src/protocol/value.js'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import {
  arbitraryArrayVector,
  arbitraryColumn,
  arbitraryValue,
  decoded,
  encoded,
  hex,
  scalar,
} from '../helpers/codec.js'
import { forAll } from '../helpers/runs.js'
import { tableOf } from '../helpers/values.js'
import { tupleOf } from '../../src/protocol/types/tuples.js'
import { runDecoder } from '../helpers/decoding.js'

const vector = (
  type: 'BOOL' | 'INT' | 'STRING' | 'SYMBOL',
  ...values: (string | number | boolean | null)[]
): Vector => vectorOf({ type }, values) as Vector

const tuple = (...data: Value[]): Vector => tupleOf(data)

/** Examples recorded from official clients (docs/protocol.md#objects). */
const golden: readonly (readonly [string, string, Value])[] = [
  ['an INT scalar', '04 00 | 01000000', scalar('INT', 1)],
  ['MONTH 2024.01', '07 00 | e05e0000', scalar('MONTH', 24288)],
  ['a null FLOAT', '0f 00 | ffff7fff', scalar('FLOAT', null)],
  ['a null DOUBLE', '10 00 | ffffffffffffefff', scalar('DOUBLE', null)],
  ['a null BOOL', '01 00 | 80', scalar('BOOL', null)],
  ['DECIMAL128 −1.50', `27 00 | 02000000 | 6a${'ff'.repeat(15)}`, scalar('DECIMAL128', -150n, 2)],
  [
    'a UUID is its text reversed as a whole',
    '13 00 | ffeeddccbbaa99887766554433221100',
    scalar('UUID', hex('ffeeddccbbaa99887766554433221100')),
  ],
  ['BOOL [true,null]', '01 01 02000000 01000000 01 80', vector('BOOL', true, null)],
  [
    'DECIMAL64(4) [1.5,null]',
    '26 01 02000000 01000000 04000000 983a000000000000 0000000000000080',
    vectorOf({ type: 'DECIMAL64', scale: 4 }, [15000n, null]),
  ],
  [
    'PAIR 1:2',
    '04 02 02000000 01000000 01000000 02000000',
    { form: 'pair', elements: vector('INT', 1, 2) },
  ],
  [
    'the tuple (1,"x")',
    '19 01 02000000 01000000 | 04 00 01000000 | 12 00 78 00',
    tuple(scalar('INT', 1), scalar('STRING', 'x')),
  ],
  [
    'SYMBOL ["a","b","a",""]',
    '91 01 04000000 01000000 | 00000000 03000000 | 00 61 00 62 00 | 01000000 02000000 01000000 00000000',
    vector('SYMBOL', 'a', 'b', 'a', ''),
  ],
  [
    'DECIMAL32(2)[] [[1.25]]',
    '65 01 01000000 01000000 02000000 | 0100 01 00 | 01 | 7d000000',
    vectorOf({ type: 'DECIMAL32', scale: 2, array: true }, [[125n]]),
  ],
  [
    'a 2×2 matrix',
    '04 03 00 04 03 02000000 02000000 01000000 02000000 03000000 04000000',
    { form: 'matrix', rows: 2, columns: 2, elements: vector('INT', 1, 2, 3, 4) },
  ],
  [
    'a matrix with labels, between its two flags',
    `04 03 03 | 12 01 02000000 01000000 6100 6200 | 04 01 01000000 01000000 09000000
     04 03 02000000 01000000 05000000 06000000`,
    {
      form: 'matrix',
      rows: 2,
      columns: 1,
      elements: vector('INT', 5, 6),
      rowLabels: vector('STRING', 'a', 'b'),
      columnLabels: vector('INT', 9),
    },
  ],
  [
    'a matrix of DECIMAL32(2), whose scale comes after rows and columns',
    '25 03 00 25 03 01000000 01000000 02000000 7d000000',
    {
      form: 'matrix',
      rows: 1,
      columns: 1,
      elements: vectorOf({ type: 'DECIMAL32', scale: 2 }, [125n]) as Vector,
    },
  ],
  [
    'a set',
    '04 04 | 04 01 01000000 01000000 09000000',
    { form: 'set', elements: vector('INT', 9) },
  ],
  [
    'the dictionary {k:5}',
    '04 05 | 12 01 01000000 01000000 6b 00 | 04 01 01000000 01000000 05000000',
    { form: 'dictionary', keys: vector('STRING', 'k'), values: vector('INT', 5) },
  ],
  [
    'a table with two SYMBOL columns',
    `00 06 01000000 03000000 00 61 00 62 00 63 00
     91 01 01000000 01000000 00000000 02000000 00 71 00 01000000
     04 01 01000000 01000000 07000000
     91 01 01000000 01000000 01000000 02000000 00 72 00 01000000`,
    tableOf({ a: vector('SYMBOL', 'q'), b: vector('INT', 7), c: vector('SYMBOL', 'r') }),
  ],
]

t.test('recorded examples, both ways', async t => {
  for (const [name, bytes, value] of golden) {
    t.equal(encoded(value).toString('hex'), hex(bytes).toString('hex'), `${name} is written`)
    t.ok(isDeepStrictEqual(plainBytes(decoded(hex(bytes))), plainBytes(value)), `${name} is read`)
  }
})

/** Turns Buffers into Uint8Arrays, because a Buffer and a Uint8Array with the same bytes are not deeply equal. */
function plainBytes(value: Value): Value {
  return value.form === 'scalar' && value.value instanceof Uint8Array
    ? ({ ...value, value: new Uint8Array(value.value) } as Value)
    : value
}

t.test('every type and form is read back unchanged, for any chunks', async () => {
  forAll(200)(arbitraryValue, fc.array(fc.nat(2000), { maxLength: 6 }), (value, cuts) => {
    const bytes = encoded(value)
    const reader = new ByteReader()
    const decoder = decodeValue(reader)
    let step = decoder.next()
    let start = 0
    for (const cut of [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort(
      (a, b) => a - b,
    )) {
      reader.push(bytes.subarray(start, cut))
      start = cut
      if (!step.done) step = decoder.next()
    }
    return step.done === true && reader.available === 0 && isDeepStrictEqual(step.value, value)
  })
})

t.test('a set of SYMBOL is sent as plain strings, so that inner and outer type agree', async t => {
  const bytes = encoded({ form: 'set', elements: vector('SYMBOL', 'x', '') })
  t.equal(bytes.toString('hex'), hex('11 04 | 11 01 02000000 01000000 7800 00').toString('hex'))
})

t.test('forms that cannot be written are refused', async t => {
  const refused: readonly (readonly [Value, RegExp])[] = [
    [{ form: 'pair', elements: vector('INT', 1) }, /two elements/],
    [{ form: 'set', elements: tuple() }, /elements of one type/],
    [{ ...tuple(scalar('INT', 1)), length: 2 }, /length 2 has only 1/],
    [{ form: 'dictionary', keys: vector('INT', 1), values: vector('INT') }, /1 keys and 0 values/],
    ['abc' as unknown as Value, /has a form/],
  ]
  for (const [value, message] of refused) {
    t.throws(() => encoded(value), { name: 'ValueError', code: 'DDB_USAGE', message })
  }
})

t.test('bytes that are not a value are refused with their position in the stream', async t => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['a form nobody sends', '04 0a', /Form 10/],
    ['a type nobody sends', '63 00 01', /Type 99/],
    ['a scalar of type ANY', '19 00', /cannot be of type ANY/],
    ['a vector of HANDLE', '15 01 01000000 01000000', /no vectors of HANDLE/],
    ['fewer than no rows', '04 01 ffffffff 01000000', /-1 rows/],
    ['a vector of two columns', '04 01 01000000 02000000 00000000', /2 columns/],
    [
      'a dictionary with too few values',
      '04 05 | 04 01 01000000 01000000 09000000 | 04 01 00000000 01000000',
      /1 keys but 0 values/,
    ],
    ['a set of a scalar', '04 04 | 04 00 01000000', /Expected a vector, got a scalar/],
    ['a pair of three', '04 02 03000000 01000000 01000000 02000000 03000000', /3 elements/],
    ['an end in the middle', '04 01 02000000 01000000 00', /ended in the middle/],
  ]
  for (const [name, bytes, message] of refused) {
    const error = { name: 'ProtocolError', code: 'DDB_PROTOCOL', message }
    t.throws(() => decoded(hex(bytes)), error, name)
  }
  try {
    decoded(hex('19 01 02000000 01000000 | 04 00 01000000 | 04 0a'))
    t.fail('form 10 was read')
  } catch (error) {
    t.match(error, { offsetBytes: 17 })
  }
})

t.test('a claimed size over the limit is refused before the bytes arrive', async t => {
  const limits = { maxValueBytes: 1000, maxDepth: 3 }
  const claims: readonly (readonly [string, string])[] = [
    ['elements', '05 01 00010000 01000000'],
    ['strings', '12 01 00040000 01000000'],
    ['blobs', '20 01 00010000 01000000'],
    ['one blob', '20 00 00040000'],
    ['null rows without bytes', '00 01 00000040 01000000'],
    ['symbol codes', '91 01 00040000 01000000 00000000 01000000 00'],
    ['tuple elements', '19 01 00040000 01000000'],
    ['tuple rows and columns', '19 01 ffffff7f ffffff7f'],
    ['matrix elements', '04 03 00 04 03 ffff0000 ffff0000'],
    ['table columns', '00 06 00000000 ffffff7f'],
    ['array cells', '44 01 01000000 ffff0000'],
  ]
  for (const [name, bytes] of claims) {
    const reader = new ByteReader()
    reader.push(hex(bytes))
    t.throws(() => decodeValue(reader, limits).next(), { code: 'DDB_LIMIT' }, name)
  }
})

t.test('a string without an end is refused at the limit', async t => {
  const reader = new ByteReader()
  reader.push(hex('12 00'))
  const decoder = decodeValue(reader, { maxValueBytes: 1000, maxDepth: 3 })
  const error = { name: 'ProtocolError', code: 'DDB_LIMIT' }
  t.throws(() => {
    for (let chunk = 0; chunk < 20; chunk++) {
      reader.push(new Uint8Array(100).fill(0x61))
      decoder.next()
    }
  }, error)
})

t.test('the limit applies to many strings in one chunk together', async t => {
  const value = vector('STRING', ...Array.from({ length: 50 }, () => 'x'.repeat(40)))
  for (const keepsEncoded of [false, true]) {
    t.throws(() => decoded(encoded(value), { maxValueBytes: 1000, maxDepth: 3, keepsEncoded }), {
      code: 'DDB_LIMIT',
    })
  }
})

t.test('strings that stay in wire form are those that were sent, whatever the chunks', async () => {
  forAll(200)(
    fc.array(fc.string({ unit: 'grapheme' }).filter(text => !text.includes('\0'))),
    fc.integer({ min: 1, max: 40 }),
    (texts, size) => {
      const bytes = encoded(tuple(vector('STRING', ...texts), scalar('INT', 7)))
      const reader = new ByteReader()
      for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
      const limits = { ...defaultDecodeLimits, keepsEncoded: true }
      const value = runDecoder(decodeValue(reader, limits)) as { data: readonly Value[] }
      const wire = Buffer.from(texts.map(text => `${text}\0`).join(''))
      const kept = { form: 'vector', type: 'STRING', length: texts.length, encoded: wire }
      const [strings, after] = value.data as [{ encoded: Uint8Array }, Value]
      deepStrictEqual({ ...strings, encoded: Buffer.from(strings.encoded) }, kept)
      deepStrictEqual(after, scalar('INT', 7))
    },
  )
})

t.test('values nested deeper than the limit are refused', async t => {
  const nested = (depth: number): Buffer =>
    Buffer.concat([...Array<Buffer>(depth).fill(hex('19 01 01000000 01000000')), hex('00 00 00')])
  t.equal(decoded(nested(64)).form, 'vector')
  t.throws(() => decoded(nested(65)), { code: 'DDB_LIMIT', message: /64 levels/ })
  t.equal(defaultDecodeLimits.maxDepth, 64)
})

t.test('successive values are not nested', async t => {
  const many = Array.from({ length: 100 }, (_, at): Value => {
    if (at % 3 === 0) return tuple(scalar('INT', at))
    if (at % 3 === 1) return { form: 'set', elements: vector('INT', at) }
    return tableOf({ a: vector('INT', at) })
  })
  t.strictSame(decoded(encoded(tuple(...many))), tuple(...many))
})

const ints = (...rows: (number | null)[][]): ArrayVector =>
  vectorOf({ type: 'INT', array: true }, rows) as ArrayVector

/** The row counts and count widths of the blocks, read by code that follows only the description of the protocol. */
function blocksOf(bytes: Buffer, cellBytes: number) {
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

t.test('an empty row is sent as one null cell, as both official clients send it', async t => {
  const bytes = hex(
    '44 01 02000000 04000000 | 0200 01 00 | 03 01 | 01000000 02000000 03000000 00000080',
  )
  t.ok(encoded(ints([1, 2, 3], [])).equals(bytes))
  t.strictSame(decoded(bytes), ints([1, 2, 3], [null]))
})

t.test('every type has its own null for an empty row', async t => {
  for (const text of [
    ...['BOOL[]', 'SHORT[]', 'DATE[]', 'LONG[]', 'FLOAT[]', 'DOUBLE[]', 'UUID[]', 'COMPLEX[]'],
    ...['DURATION[]', 'DECIMAL32(2)[]', 'DECIMAL64(2)[]', 'DECIMAL128(2)[]'],
  ]) {
    const type = parseColumnType(text)!
    t.strictSame(decoded(encoded(vectorOf(type, [[], [null]]))), vectorOf(type, [[null], [null]]))
  }
})

t.test('a count of zero is read as an empty row', async t => {
  const bytes = hex('44 01 03000000 01000000 | 0300 01 00 | 00 01 00 | 05000000')
  t.strictSame(decoded(bytes), { ...ints([], [5], []), offsets: Uint32Array.of(0, 0, 1, 1) })
})

t.test('blocks fill 4096 bytes; the first block includes the header of the vector', async t => {
  const bytes = encoded(ints(...Array.from({ length: 3000 }, (_, row) => [row])))
  const blocks = blocksOf(bytes, 4)
  t.equal(blocks[0]!.rows, Math.floor((4096 - 10 - 4) / 5))
  t.equal(blocks[1]!.rows, Math.floor((4096 - 4) / 5))
  const rowCount = blocks.reduce((sum, { rows }) => sum + rows, 0)
  t.equal(rowCount, 3000)
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

t.test('a row longer than a block gets its own block', async t => {
  const rows = [[1], Array<number>(5000).fill(7), [2]]
  const bytes = encoded(ints(...rows))
  const rowCounts = blocksOf(bytes, 4).map(({ rows }) => rows)
  t.same(rowCounts, [1, 1, 1])
  t.strictSame(decoded(bytes), ints(...rows))
})

t.test('a slice of rows need not begin with the first cell', async t => {
  const whole = ints([1], [2, 3], [], [4])
  const slice: ArrayVector = { ...whole, length: 2, offsets: whole.offsets.subarray(1, 4) }
  t.strictSame(decoded(encoded(slice)), ints([2, 3], [null]))
})

t.test('array vectors of every fixed type are read back, in blocks of any kind', async () => {
  forAll(50)(fc.nat(60).chain(arbitraryArrayVector), vector =>
    isDeepStrictEqual(decoded(encoded(vector)), vector),
  )
})

t.test('invalid array vectors are refused', async t => {
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
  const column = ints([1], [2])
  const cells = vectorOf({ type: 'STRING' }, ['a']) as never
  const error = { name: 'ValueError', message: /no array vectors of STRING/ }
  t.throws(() => encoded({ ...column, length: 1, offsets: Uint32Array.of(0, 1), cells }), error)
  t.throws(() => encoded({ ...column, length: 5 }), { code: 'DDB_USAGE' })
  t.throws(() => encoded({ ...column, offsets: Uint32Array.of(0, 1, 9) }), { code: 'DDB_USAGE' })
  t.throws(() => encoded({ ...column, offsets: Uint32Array.of(2, 0, 2) }), /ends before it starts/)
})

/** The rows of a column, encoded one by one. Two columns have the same meaning exactly if these texts are equal. */
const rows = (column: Column): string[] =>
  Array.from({ length: column.length }, (_, row) => encoded(elementAt(column, row)).toString('hex'))

/** Any column, and two positions in the column with `start` ≤ `end`. */
const columnAndCuts = fc
  .nat(12)
  .chain(length => fc.tuple(arbitraryColumn(length), fc.nat(length), fc.nat(length)))
  .map(([column, first, second]) => ({
    column,
    start: Math.min(first, second),
    end: Math.max(first, second),
  }))

t.test('rows are cut, joined and picked in any order, also from slices', async () => {
  const picked = fc.array(fc.nat(100), { maxLength: 20 })
  forAll(100)(columnAndCuts, picked, ({ column, start, end }, picks) => {
    const slice = sliceColumn(column, start, end)
    const expected = rows(column).slice(start, end)
    deepStrictEqual([slice.length, rows(slice)], [end - start, expected])
    const parts = [sliceColumn(column, 0, start), sliceColumn(column, start, column.length)]
    deepStrictEqual(rows(concatColumns(parts)), rows(column))
    const indexes = slice.length === 0 ? [] : picks.map(pick => pick % slice.length)
    deepStrictEqual(
      rows(takeRows(slice, Int32Array.from(indexes))),
      indexes.map(index => expected[index]),
    )
  })
})

t.test('a slice shares memory, a join does not', async t => {
  const data = Int32Array.of(1, 2, 3)
  const column: Column = { form: 'vector', type: 'INT', length: 3, data }
  const slice = sliceColumn(column, 1, 3)
  const join = concatColumns([column, slice])
  data[1] = 9
  t.strictSame(elementAt(slice, 0), scalar('INT', 9))
  t.strictSame(elementAt(join, 1), scalar('INT', 2))
  t.equal(sliceColumn(column, 0, 3), column)
})

t.test('only the rows of columns with spare capacity count', async t => {
  const full = { form: 'vector', type: 'STRING', length: 2, data: ['a', 'b', 'spare'] } as const
  const arrays = [Uint8Array.of(1), Uint8Array.of(2)]
  const blobs: Column = { form: 'vector', type: 'BLOB', length: 1, data: arrays }
  const scalars = [scalar('INT', 1), scalar('INT', 2)]
  const tuple: Column = { form: 'vector', type: 'ANY', length: 1, data: scalars }
  t.strictSame(concatColumns([full, full]), vectorOf({ type: 'STRING' }, ['a', 'b', 'a', 'b']))
  t.equal(concatColumns([blobs, blobs]).length, 2)
  const expected = rows(vectorOf({ type: 'ANY' }, [scalar('INT', 1), scalar('INT', 1)]))
  t.strictSame(rows(concatColumns([tuple, tuple])), expected)
  const ints: Column = { form: 'vector', type: 'INT', length: 1, data: Int32Array.of(5, 6) }
  t.strictSame(concatColumns([ints, ints]), vectorOf({ type: 'INT' }, [5, 5]))
})

t.test('joined symbols of two bases have one base', async t => {
  const first = vectorOf({ type: 'SYMBOL' }, ['a', 'b'])
  const second = vectorOf({ type: 'SYMBOL' }, ['b', 'c', ''])
  const expected = vectorOf({ type: 'SYMBOL' }, ['a', 'b', 'b', 'c', ''])
  t.strictSame(concatColumns([first, second]), expected)
  const doubled = concatColumns([first, first])
  t.strictSame(doubled, vectorOf({ type: 'SYMBOL' }, ['a', 'b', 'a', 'b']))
})

t.test('columns of different types are not joined', async t => {
  const columns: readonly Column[] = [
    vectorOf({ type: 'INT' }, [1]),
    vectorOf({ type: 'DATE' }, [1]),
    vectorOf({ type: 'DECIMAL32', scale: 1 }, [1n]),
    vectorOf({ type: 'DECIMAL32', scale: 2 }, [1n]),
    vectorOf({ type: 'STRING' }, ['']),
    vectorOf({ type: 'SYMBOL' }, ['']),
    vectorOf({ type: 'ANY' }, [null]),
    vectorOf({ type: 'INT', array: true }, [[1]]),
    vectorOf({ type: 'LONG', array: true }, [[1n]]),
  ]
  for (const [index, first] of columns.entries()) {
    for (const second of columns.slice(index + 1)) {
      const error = { name: 'ValueError', code: 'DDB_USAGE', message: /cannot follow/ }
      t.throws(() => concatColumns([first, second]), error)
      t.throws(() => concatColumns([second, first]), { code: 'DDB_USAGE' })
    }
  }
  t.throws(() => concatColumns([columns[7]!, columns[3]!]), {
    message: 'A DECIMAL32(2) column cannot follow a INT[] column',
  })
})

t.test('every type is found by its number; other numbers name no type', async t => {
  for (const [name, { id }] of Object.entries(dataTypes)) t.equal(dataTypeOf(id), name)
  for (const id of [26, 27, 33, 40, 41, 64, 145, 255])
    t.equal(dataTypeOf(id), undefined, String(id))
})

t.test('types are read and written in the spelling of schema()', async t => {
  const cases = [
    ['INT', { type: 'INT' }],
    ['DOUBLE[]', { type: 'DOUBLE', array: true }],
    ['DECIMAL64(4)', { type: 'DECIMAL64', scale: 4 }],
    ['DECIMAL32(0)[]', { type: 'DECIMAL32', scale: 0, array: true }],
  ] as const
  for (const [text, type] of cases) {
    t.strictSame(parseColumnType(text), type)
    t.equal(columnTypeText(type), text)
  }
  const expected = { type: 'DECIMAL128', scale: 38, array: true }
  t.strictSame(parseColumnType(' decimal128 ( 38 ) [] '), expected)
})

t.test('invalid types are refused', async t => {
  for (const text of 'FOO|INT(2)|DECIMAL32|DECIMAL32(10)|DECIMAL64(19)|INT[|toString|INT DOUBLE'.split(
    '|',
  )) {
    t.equal(parseColumnType(text), undefined, text)
  }
})

t.test('SYMBOL is sent as plain strings and can also be read with a base', async t => {
  const elements = vectorOf({ type: 'SYMBOL' }, ['x', 'x']) as Vector
  const matrix: Matrix = { form: 'matrix', rows: 1, columns: 2, elements }
  t.strictSame(decoded(encoded(matrix)), matrix)
  t.strictSame(
    decoded(hex('91 03 00 91 03 01000000 02000000 00000000 02000000 00 7800 01000000 01000000')),
    matrix,
  )
})

t.test('shapes that do not fit are refused', async t => {
  const base: Matrix = { form: 'matrix', rows: 2, columns: 2, elements: vector('INT', 1, 2, 3, 4) }
  const anything: Value[] = [scalar('INT', 1)]
  for (const matrix of [
    { ...base, rows: 3 },
    { ...base, rowLabels: vector('INT', 1) },
    { ...base, columnLabels: vector('INT', 1, 2, 3) },
    {
      ...base,
      rows: 1,
      columns: 1,
      elements: { form: 'vector', type: 'ANY', length: 1, data: anything } as Vector,
    },
  ]) {
    t.throws(() => encoded(matrix), { name: 'ValueError', code: 'DDB_USAGE' })
  }
  const label = '04 01 01000000 01000000 09000000'
  t.throws(() => decoded(hex(`04 03 01 ${label} 04 03 02000000 01000000 05000000 06000000`)), {
    name: 'ProtocolError',
    message: /2 rows have 1 labels/,
  })
  const error = { name: 'ProtocolError', message: /2 columns have 1 labels/ }
  t.throws(() => decoded(hex(`04 03 02 ${label} 04 03 01000000 02000000 05000000 06000000`)), error)
})

t.test('scales that do not exist are refused', async t => {
  for (const bytes of ['25 00 0a000000 00000000', '26 00 ffffffff 0000000000000000']) {
    t.throws(() => decoded(hex(bytes)), { name: 'ProtocolError', message: /scale/ })
  }
  t.throws(() => decoded(hex('25 01 00000000 01000000 0a000000')), { message: /scale 10/ })
})

const table = (columnNames: string[], rows: number, ...columns: Column[]): Table => ({
  form: 'table',
  name: '',
  rows,
  columnNames,
  columns,
})

t.test('the low byte of the flag is not a type: clients write different bytes there', async t => {
  for (const low of ['00', '08', '0f', '1b']) {
    const bytes = hex(`${low} 06 01000000 01000000 7400 6100 04 01 01000000 01000000 05000000`)
    t.strictSame(decoded(bytes), { ...table(['a'], 1, vector('INT', 5)), name: 't' })
  }
})

t.test('a table can have tuples and array vectors as columns', async t => {
  const value = table(
    ['tuple', 'array'],
    2,
    vectorOf({ type: 'ANY' }, [scalar('INT', 1), vectorOf({ type: 'LONG' }, [1n, null])]),
    vectorOf({ type: 'DOUBLE', array: true }, [[1.5], [null, 2]]),
  )
  t.strictSame(decoded(encoded(value)), value)
})

t.test('tables that do not fit together are refused', async t => {
  const refused: readonly (readonly [Table, RegExp])[] = [
    [table([], 0), /needs columns/],
    [table(['a', 'b'], 1, vector('INT', 1)), /2 names/],
    [table(['a'], 2, vector('INT', 1)), /"a" has 1 values in a table of 2 rows/],
  ]
  for (const [value, message] of refused) {
    t.throws(() => encoded(value), { name: 'ValueError', code: 'DDB_USAGE', message })
  }
  const arrived: readonly (readonly [string, RegExp])[] = [
    ['00 06 01000000 00000000 00', /no columns/],
    [
      '00 06 02000000 01000000 00 6100 04 01 01000000 01000000 05000000',
      /"a" of a table of 2 rows is a vector of 1 values/,
    ],
    ['00 06 01000000 01000000 00 6100 04 00 05000000', /is a scalar/],
    ['00 06 ffffffff 01000000 00', /-1 rows/],
  ]
  for (const [bytes, message] of arrived) {
    t.throws(() => decoded(hex(bytes)), { name: 'ProtocolError', message })
  }
})

t.test('a large column is sent from its own memory, a small one is copied', async t => {
  const data = new Float64Array(10_000).fill(1.5)
  const writer = new ByteWriter()
  encodeValue(writer, { form: 'vector', type: 'DOUBLE', length: 9000, data })
  const chunks = writer.take()
  t.equal(chunks.length, 2)
  t.equal(chunks[1]!.buffer, data.buffer)
  t.equal(chunks[1]!.length, 72_000)
  encodeValue(writer, { form: 'vector', type: 'DOUBLE', length: 100, data })
  t.equal(writer.take().length, 1)
})

t.test('encoding 10,000 numeric rows makes a handful of buffers', async t => {
  const rows = Array.from({ length: 10_000 }, (_, row) => row)
  const types = ['TIMESTAMP', 'DOUBLE', 'INT', 'LONG'] as const
  const writer = new ByteWriter()
  encodeValue(
    writer,
    tableOf(Object.fromEntries(types.map(type => [type, vectorOf({ type }, rows)]))),
  )
  t.equal(writer.take().length, 8)
})

t.test('only the first `length` elements are sent', async t => {
  const data = Int32Array.of(1, 2, 3, 4)
  t.ok(
    encoded({ form: 'vector', type: 'INT', length: 2, data }).equals(
      hex('04 01 02000000 01000000 01000000 02000000'),
    ),
  )
  const part = new Int16Array(Int16Array.of(9, 8, 7).buffer, 2, 2)
  t.ok(
    encoded({ form: 'vector', type: 'SHORT', length: 2, data: part }).equals(
      hex('03 01 02000000 01000000 0800 0700'),
    ),
  )
})

t.test('a column with fewer elements than rows is refused', async t => {
  const short: readonly Vector[] = [
    { form: 'vector', type: 'INT', length: 3, data: Int32Array.of(1, 2) },
    { form: 'vector', type: 'STRING', length: 3, data: ['a'] },
    { form: 'vector', type: 'BLOB', length: 1, data: [] },
    { form: 'vector', type: 'SYMBOL', length: 2, codes: Int32Array.of(0), base: [''] },
    { form: 'vector', type: 'STRING', length: 1, encoded: new Uint8Array(0) },
    { form: 'vector', type: 'STRING', length: 1, encoded: Buffer.from('a') },
  ]
  for (const vector of short) {
    t.throws(() => encoded(vector), { name: 'ValueError', code: 'DDB_USAGE' }, vector.type)
  }
})

t.test('a vector without rows may have any number of columns', async t => {
  t.match(decoded(hex('04 01 00000000 00000000')), { length: 0 })
})

t.test('a string with U+0000 is refused at any position', async t => {
  const nul = 'a\0b'
  const places = [
    scalar('STRING', nul),
    scalar('SYMBOL', nul),
    vectorOf({ type: 'STRING' }, ['x', nul]),
    vectorOf({ type: 'SYMBOL' }, ['x', nul]),
    { form: 'pair', elements: vectorOf({ type: 'STRING' }, [nul, '']) as Vector } as const,
  ]
  for (const value of places) t.throws(() => encoded(value), { code: 'DDB_STRING_HAS_NUL' })
})

t.test('a column contains the values in the form in which they are sent', async t => {
  t.strictSame(vectorOf({ type: 'DECIMAL32', scale: 2 }, [125, null]), {
    form: 'vector',
    type: 'DECIMAL32',
    length: 2,
    scale: 2,
    data: Int32Array.of(125, -2_147_483_648),
  })
  const expected = { form: 'vector', type: 'LONG', length: 2, data: BigInt64Array.of(5n, 5n) }
  t.strictSame(vectorOf({ type: 'LONG' }, [5, 5n]), expected)
  t.strictSame(vectorOf({ type: 'INT', array: true }, [[1, 2], null, []]), {
    form: 'arrayVector',
    length: 3,
    offsets: Uint32Array.of(0, 2, 3, 3),
    cells: vectorOf({ type: 'INT' }, [1, 2, null]),
  })
})

t.test('an empty vector has capacity and no rows', async t => {
  const expected = { form: 'vector', type: 'DOUBLE', length: 0, data: new Float64Array(3) }
  t.strictSame(emptyVector({ type: 'DOUBLE' }, 3), expected)
  t.strictSame(emptyVector({ type: 'DECIMAL64', scale: 3, array: true }, 1), {
    form: 'arrayVector',
    length: 0,
    offsets: new Uint32Array(2),
    cells: { form: 'vector', type: 'DECIMAL64', length: 0, scale: 3, data: new BigInt64Array(1) },
  })
  t.throws(() => emptyVector({ type: 'FUNCTIONDEF' }, 5), { message: /FUNCTIONDEF/ })
})

t.test('elements of columns, rows of arrays, tuples and pairs', async t => {
  t.equal(formatElement(vectorOf({ type: 'SYMBOL' }, ['x', null]), 1), '')
  const text = formatElement(vectorOf({ type: 'DATE', array: true }, [[0, null, 1]]), 0)
  t.equal(text, '[1970.01.01,,1970.01.02]')
  const tuple = vectorOf({ type: 'ANY' }, [scalar('INT', 1), vectorOf({ type: 'INT' }, [2, 3])])
  t.equal(formatValue(tuple), '[1,[2,3]]')
  const elements = vectorOf({ type: 'MINUTE' }, [810, 811]) as Vector
  t.equal(formatValue({ form: 'pair', elements }), '13:30m:13:31m')
  t.equal(formatValue({ form: 'set', elements }), 'set')
})
