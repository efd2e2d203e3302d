/*
  Examples seen on the wire, both ways; every type and form there and back; limits on what a sender may claim.
*/
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { decodeValue, defaultDecodeLimits } from '../../src/protocol/codec.js'
import { vectorOf } from '../../src/protocol/element.js'
import type { Value, Vector } from '../../src/protocol/value.js'
import { ByteReader, readerOf, drive } from '../../src/wire/byte-reader.js'
import { arbitraryValue, decoded, encoded, hex, scalar } from '../helpers/codec.js'
import { runs } from '../helpers/runs.js'

const vector = (
  type: 'BOOL' | 'INT' | 'STRING' | 'SYMBOL',
  ...values: (string | number | boolean | null)[]
): Vector => vectorOf({ type }, values) as Vector

const tuple = (...data: Value[]): Vector => ({
  form: 'vector',
  type: 'ANY',
  length: data.length,
  data,
})

/** docs/protocol.md#objects: examples that official clients put on the wire. */
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
    {
      form: 'table',
      name: '',
      rows: 1,
      columnNames: ['a', 'b', 'c'],
      columns: [vector('SYMBOL', 'q'), vector('INT', 7), vector('SYMBOL', 'r')],
    },
  ],
]

t.test('examples from the wire, both ways', async t => {
  for (const [name, bytes, value] of golden) {
    t.equal(encoded(value).toString('hex'), hex(bytes).toString('hex'), `${name} is written`)
    t.ok(isDeepStrictEqual(plainBytes(decoded(hex(bytes))), plainBytes(value)), `${name} is read`)
  }
})

/** Buffer and Uint8Array hold the same bytes but are not deeply equal. */
function plainBytes(value: Value): Value {
  return value.form === 'scalar' && value.value instanceof Uint8Array
    ? ({ ...value, value: new Uint8Array(value.value) } as Value)
    : value
}

t.test('every type and form comes back as it was, however the bytes are cut', async t => {
  fc.assert(
    fc.property(arbitraryValue, fc.array(fc.nat(2000), { maxLength: 6 }), (value, cuts) => {
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
    }),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('a value behind a value begins where the first one ended', async t => {
  fc.assert(
    fc.property(arbitraryValue, arbitraryValue, (first, second) => {
      const reader = readerOf(encoded(first), encoded(second))
      return (
        isDeepStrictEqual(drive(decodeValue(reader)), first) &&
        isDeepStrictEqual(drive(decodeValue(reader)), second) &&
        reader.available === 0
      )
    }),
    { numRuns: runs(100) },
  )
  t.pass()
})

t.test('a set of SYMBOL travels as plain strings, so that inner and outer type agree', async t => {
  const bytes = encoded({ form: 'set', elements: vector('SYMBOL', 'x', '') })
  t.equal(bytes.toString('hex'), hex('11 04 | 11 01 02000000 01000000 7800 00').toString('hex'))
})

t.test('forms that cannot be written are refused', async t => {
  const refused: readonly (readonly [Value, RegExp])[] = [
    [{ form: 'pair', elements: vector('INT', 1) }, /two elements/],
    [{ form: 'set', elements: tuple() }, /elements of one type/],
    [{ ...tuple(scalar('INT', 1)), length: 2 }, /length 2 has 1/],
    [{ form: 'dictionary', keys: vector('INT', 1), values: vector('INT') }, /1 keys and 0 values/],
  ]
  for (const [value, message] of refused) {
    t.throws(() => encoded(value), { name: 'ValueError', code: 'DDB_USAGE', message })
  }
})

t.test('bytes that are not a value are refused with their place in the stream', async t => {
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
    t.throws(
      () => decoded(hex(bytes)),
      { name: 'ProtocolError', code: 'DDB_PROTOCOL', message },
      name,
    )
  }
  try {
    decoded(hex('19 01 02000000 01000000 | 04 00 01000000 | 04 0a'))
    t.fail('form 10 was read')
  } catch (error) {
    t.match(error, { offsetBytes: 17 })
  }
})

t.test('a claimed size beyond the limit is refused before its bytes arrive', async t => {
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

t.test('a string without an end is given up at the limit', async t => {
  const reader = new ByteReader()
  reader.push(hex('12 00'))
  const decoder = decodeValue(reader, { maxValueBytes: 1000, maxDepth: 3 })
  t.throws(
    () => {
      for (let chunk = 0; chunk < 20; chunk++) {
        reader.push(new Uint8Array(100).fill(0x61))
        decoder.next()
      }
    },
    { name: 'ProtocolError', code: 'DDB_LIMIT' },
  )
})

t.test('many strings in one chunk are counted together', async t => {
  const value = vector('STRING', ...Array.from({ length: 50 }, () => 'x'.repeat(40)))
  t.throws(() => decoded(encoded(value), { maxValueBytes: 1000, maxDepth: 3 }), {
    code: 'DDB_LIMIT',
  })
})

t.test('values nested deeper than the limit are refused', async t => {
  const nested = (depth: number): Buffer =>
    Buffer.concat([...Array<Buffer>(depth).fill(hex('19 01 01000000 01000000')), hex('00 00 00')])
  t.equal(decoded(nested(64)).form, 'vector')
  t.throws(() => decoded(nested(65)), { code: 'DDB_LIMIT', message: /64 levels/ })
  t.equal(defaultDecodeLimits.maxDepth, 64)
})

t.test('values side by side are not nested', async t => {
  const many = Array.from({ length: 100 }, (_, at): Value => {
    if (at % 3 === 0) return tuple(scalar('INT', at))
    if (at % 3 === 1) return { form: 'set', elements: vector('INT', at) }
    return { form: 'table', name: '', rows: 1, columnNames: ['a'], columns: [vector('INT', at)] }
  })
  t.strictSame(decoded(encoded(tuple(...many))), tuple(...many))
})
