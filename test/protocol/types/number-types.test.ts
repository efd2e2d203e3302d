/* Types of numbers, and types stored as numbers: bytes, null values, ranges and texts. */
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  daysFromCivil,
  formatTemporal,
  isTemporal,
  parseTemporal,
  type TemporalType,
} from '../../../src/protocol/types/temporals.js'
import type { DataType } from '../../../src/protocol/data-type.js'
import { elementAt, isNullAt, scalarAt, vectorOf } from '../../../src/protocol/element.js'
import { formatDecimal, parseDecimal } from '../../../src/protocol/types/decimals.js'
import {
  durationUnits,
  formatNumber,
  shortestFloat,
} from '../../../src/protocol/types/fixed-types.js'
import type { FixedVector, TypedVector } from '../../../src/protocol/value.js'
import { decoded, hex } from '../../helpers/codec.js'
import { forAll } from '../../helpers/runs.js'
import { checkCases, checkRefused } from './fixed-cases.js'

// Signed integers and their bytes: both ends of each range, and the null value below the range.

t.test('CHAR is one byte, printed as its character', async t => {
  checkCases(t, 'CHAR', [
    [0, '00', '0'],
    [-1, 'ff', '-1'],
    [127, '7f', '127'],
    [-127, '81', '-127'],
    [31, '1f', '31'],
    [32, '20', "' '"],
    [97, '61', "'a'"],
    [126, '7e', "'~'"],
    [null, '80', ''],
  ])
})

// FLOAT and DOUBLE, by their bytes and by DataView.

const maxSingle = 3.4028234663852886e38
const smallestSingle = 2 ** -149

t.test('NaN and infinities are values, the most negative number is the null', async t => {
  checkCases(t, 'DOUBLE', [
    [1.5, '000000000000f83f', '1.5'],
    [-0, '0000000000000080', '-0'],
    [Number.MAX_VALUE, 'ffffffffffffef7f', '1.7976931348623157e+308'],
    [Number.MIN_VALUE, '0100000000000000', '5e-324'],
    [Infinity, '000000000000f07f', 'inf'],
    [-Infinity, '000000000000f0ff', '-inf'],
    [null, 'ffffffffffffefff', ''],
  ])
  checkCases(t, 'FLOAT', [
    [1.5, '0000c03f', '1.5'],
    [maxSingle, 'ffff7f7f', '3.4028235e+38'],
    [smallestSingle, '01000000', '1.4013e-45'],
    [-Infinity, '000080ff', '-inf'],
    [null, 'ffff7fff', ''],
  ])
})

t.test('single precision refuses values that it cannot hold, and other kinds', async t => {
  checkRefused(t, 'FLOAT', [
    [1e39, 'DDB_INPUT_RANGE'],
    [-1e39, 'DDB_INPUT_RANGE'],
    [-maxSingle, 'DDB_USAGE'],
    [2 ** 80 - maxSingle, 'DDB_USAGE'],
    ['1', 'DDB_USAGE'],
  ])
  checkRefused(t, 'DOUBLE', [
    [1n, 'DDB_USAGE'],
    [-Number.MAX_VALUE, 'DDB_USAGE'],
    [false, 'DDB_USAGE'],
  ])
})

t.test('the text of a number is read as the same number', async t => {
  forAll(200)(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
    strictEqual(Object.is(Number(formatNumber(value)), value), true)
  })
  t.strictSame([NaN, Infinity, -Infinity].map(formatNumber), ['NaN', 'inf', '-inf'])
})

t.test('the shortest double of a single gives the same single, in at most nine digits', async t => {
  const view = new DataView(new ArrayBuffer(4))
  const single = (value: number): number => {
    view.setFloat32(0, value)
    return view.getFloat32(0)
  }
  forAll(300)(fc.float({ noNaN: true, noDefaultInfinity: true }), value => {
    const short = shortestFloat(value)
    strictEqual(Object.is(single(short), value), true)
    strictEqual(short === Number(short.toPrecision(9)), true)
  })
  const shortest = [0.1, 16_777_216, -0].map(value => shortestFloat(Math.fround(value)))
  t.strictSame(shortest, [0.1, 16_777_216, -0])
})

t.test('decimals are read without losing a digit', async t => {
  const cases: readonly (readonly [string, number, bigint])[] = [
    ['1.5', 2, 150n],
    ['-0.0001', 4, -1n],
    ['+7', 0, 7n],
    ['.5', 1, 5n],
    ['5.', 1, 50n],
    ['-0', 3, 0n],
    ['1e3', 2, 100_000n],
    ['1.50E-1', 3, 150n],
    ['1200e-2', 0, 12n],
    ['0.10', 1, 1n],
    ['99999999999999999999999999999999999999', 0, 10n ** 38n - 1n],
  ]
  for (const [text, scale, unscaled] of cases) t.equal(parseDecimal(text, scale), unscaled, text)
  t.equal(parseDecimal('1.25', 1), undefined)
  t.equal(parseDecimal('1e101', 0), undefined)
  for (const text of '1e-3||.|-|1,5|1e|NaN| 1|0x10'.split('|'))
    t.equal(parseDecimal(text, 2), undefined, text)
})

t.test('decimals are written with all their places', async t => {
  t.equal(formatDecimal(1_234_567n, 4), '123.4567')
  t.equal(formatDecimal(-1n, 8), '-0.00000001')
  t.equal(formatDecimal(150n, 2), '1.50')
  t.equal(formatDecimal(-7n, 0), '-7')
  forAll(100)(
    fc.bigInt(),
    fc.nat(38),
    (unscaled, scale) => parseDecimal(formatDecimal(unscaled, scale), scale) === unscaled,
  )
})

// COMPLEX and POINT: two doubles.

const one = '000000000000f03f'
const minusTwo = '00000000000000c0'
const nullDouble = 'ffffffffffffefff'

t.test('the two numbers follow one another', async t => {
  checkCases(t, 'COMPLEX', [
    [[1, -2], one + minusTwo, '1-2i'],
    [[-2, 1], minusTwo + one, '-2+1i'],
    [[1, -0], `${one}0000000000000080`, '1-0i'],
    [null, nullDouble + nullDouble, ''],
  ])
  checkCases(t, 'POINT', [
    [[1, -2], one + minusTwo, '(1, -2)'],
    [null, nullDouble + nullDouble, ''],
  ])
})

t.test('a pair is null if one of its numbers is null', async t => {
  for (const pair of [nullDouble + one, one + nullDouble]) {
    const vector = decoded(hex(`22 01 01000000 01000000 ${pair}`)) as TypedVector
    t.ok(isNullAt(vector, 0))
    t.equal(scalarAt(vector, 0).value, null)
  }
})

t.test('anything but two numbers is refused', async t => {
  for (const type of ['COMPLEX', 'POINT'] as const) {
    checkRefused(t, type, [
      [1, 'DDB_USAGE'],
      [[1], 'DDB_USAGE'],
      [[1, 2, 3], 'DDB_USAGE'],
      [[1, -Number.MAX_VALUE], 'DDB_USAGE'],
      [[1, '2'], 'DDB_USAGE'],
      ['1+2i', 'DDB_USAGE'],
    ])
  }
})

// DURATION: a count and a unit.

t.test('a duration is two integers, count and unit; an exchange is its letters', async t => {
  checkCases(t, 'DURATION', [
    [{ count: 3, unit: 8 }, '0300000008000000', '3M'],
    [{ count: -1, unit: 0 }, 'ffffffff00000000', '-1ns'],
    [{ count: 2_147_483_647, unit: 10 }, 'ffffff7f0a000000', '2147483647B'],
    [{ count: 5, unit: 0x584e5953 }, '0500000053594e58', '5XNYS'],
    [null, '0000008000000000', ''],
  ])
  checkRefused(t, 'DURATION', [
    [{ count: -2_147_483_648, unit: 0 }, 'DDB_INPUT_RANGE'],
    [{ count: 2_147_483_648, unit: 0 }, 'DDB_INPUT_RANGE'],
    [{ count: 0.5, unit: 0 }, 'DDB_INPUT_RANGE'],
    [3, 'DDB_USAGE'],
    ['3M', 'DDB_USAGE'],
  ])
})

t.test("units have DolphinDB's numbers", async t => {
  const units = ['ns', 'us', 'ms', 's', 'm', 'H', 'd', 'w', 'M', 'y', 'B']
  const numbered = units.map((unit, number) => [unit, number])
  t.strictSame([...durationUnits], numbered)
})

// BOOL and its bytes.

t.test('any other byte is read as true', async t => {
  const vector = decoded(hex('01 01 03000000 01000000 | 02 ff 7f'))
  if (vector.form !== 'vector') throw new Error('not a vector')
  for (const row of [0, 1, 2]) t.match(elementAt(vector, row), { value: true })
})

t.test('the smallest integer is null, and is refused as a number', async t => {
  const ends: [DataType, number | bigint][] = [
    ['CHAR', 127],
    ['SHORT', 32_767],
    ['INT', 2_147_483_647],
    ['DATE', 2_147_483_647],
    ['LONG', 2n ** 63n - 1n],
    ['TIMESTAMP', 2n ** 63n - 1n],
  ]
  for (const [type, largest] of ends) {
    const one = typeof largest === 'bigint' ? 1n : 1
    const smallest = BigInt(-largest) - 1n
    const sentinel = one === 1 ? Number(smallest) : smallest
    const vector = vectorOf({ type }, [largest, -largest, null]) as FixedVector
    t.strictSame([...vector.data], [largest, -largest, sentinel], type)
    for (const value of [sentinel, one === 1 ? Number(largest) + 1 : BigInt(largest) + 1n]) {
      t.throws(() => vectorOf({ type }, [value]), {
        code: 'DDB_INPUT_RANGE',
        message: `${value} is not among the values of ${type}, -${largest} to ${largest}`,
      })
    }
  }
  for (const type of ['CHAR', 'SHORT', 'INT'] as const) {
    checkRefused(t, type, [
      [0.5, 'DDB_INPUT_RANGE'],
      [NaN, 'DDB_INPUT_RANGE'],
      [Infinity, 'DDB_INPUT_RANGE'],
      ['1', 'DDB_USAGE'],
      [true, 'DDB_USAGE'],
    ])
  }
})

const dayMs = 86_400_000

/** Type, raw value, and the text that DolphinDB prints. */
const texts: readonly (readonly [TemporalType, number | bigint, string])[] = [
  ['DATE', 15_504, '2012.06.13'],
  ['DATE', -1, '1969.12.31'],
  ['MONTH', 24_149, '2012.06M'],
  ['TIME', 48_610_008, '13:30:10.008'],
  ['MINUTE', 810, '13:30m'],
  ['SECOND', 48_610, '13:30:10'],
  ['DATETIME', 1_339_594_210, '2012.06.13T13:30:10'],
  ['DATETIME', -1, '1969.12.31T23:59:59'],
  ['TIMESTAMP', 1_339_594_210_008n, '2012.06.13T13:30:10.008'],
  ['TIMESTAMP', -1n, '1969.12.31T23:59:59.999'],
  ['NANOTIME', 48_610_008_007_006n, '13:30:10.008007006'],
  ['NANOTIMESTAMP', 1_339_594_210_008_007_006n, '2012.06.13T13:30:10.008007006'],
  ['NANOTIMESTAMP', -(2n ** 63n) + 1n, '1677.09.21T00:12:43.145224193'],
  ['DATEHOUR', 372_109, '2012.06.13T13'],
  ['DATEMINUTE', 22_326_570, '2012.06.13T13:30'],
]

t.test('values are written as DolphinDB writes them, and read back', async t => {
  for (const [type, raw, text] of texts) {
    t.equal(formatTemporal(type, raw), text)
    t.equal(parseTemporal(type, text), raw, `${type} ${text}`)
  }
})

t.test('every value between the years 0 and 9999 is read back from its text', async () => {
  const first = daysFromCivil(0, 1, 1)
  const last = daysFromCivil(9999, 12, 31)
  const int32 = (min: number, max: number): fc.Arbitrary<number> =>
    fc.integer({ min: Math.max(min, -(2 ** 31) + 1), max: Math.min(max, 2 ** 31 - 1) })
  const ranges: Record<TemporalType, fc.Arbitrary<number | bigint>> = {
    DATE: int32(first, last),
    MONTH: int32(0, 9999 * 12 + 11),
    TIME: int32(0, dayMs - 1),
    MINUTE: int32(0, 1439),
    SECOND: int32(0, 86_399),
    DATETIME: int32(first * 86_400, last * 86_400),
    DATEHOUR: int32(first * 24, last * 24),
    DATEMINUTE: int32(first * 1440, last * 1440),
    TIMESTAMP: fc.bigInt(BigInt(first) * 86_400_000n, BigInt(last) * 86_400_000n),
    NANOTIME: fc.bigInt(0n, 86_399_999_999_999n),
    NANOTIMESTAMP: fc.bigInt(-(2n ** 63n) + 1n, 2n ** 63n - 1n),
  }
  for (const [type, values] of Object.entries(ranges) as [
    TemporalType,
    fc.Arbitrary<number | bigint>,
  ][]) {
    forAll(50)(values, raw => parseTemporal(type, formatTemporal(type, raw)) === raw)
  }
})

/** Texts with the same meaning as DolphinDB's own spelling, with | between them. */
const accepted: readonly (readonly [TemporalType, number | bigint, texts: string])[] = [
  ['DATE', 15_504, '2012-06-13|2012/06/13|20120613'],
  ['DATE', 19_782, '2024.02.29'],
  ['DATE', 11_016, '2000.02.29'],
  ['MONTH', 24_149, '2012.06|2012-06'],
  ['TIME', 48_610_000, '13:30:10'],
  ['TIME', 48_610_500, '13:30:10.5'],
  ['TIME', 48_610_008, '13:30:10.008000'],
  ['MINUTE', 810, '13:30'],
  ['DATETIME', 1_339_594_210, '2012-06-13 13:30:10'],
  ['DATETIME', 1_339_594_200, '2012.06.13T13:30'],
  ['DATETIME', 1_339_545_600, '2012.06.13'],
  ['TIMESTAMP', 1_339_594_210_008n, '2012-06-13T13:30:10.008Z|2012-06-13T13:30:10.008000000'],
  ['TIMESTAMP', 1_339_594_210_000n, '2012-06-13T13:30:10+00:00|20120613T13:30:10'],
  ['NANOTIME', 48_610_000_000_000n, '13:30:10'],
  ['NANOTIME', 48_610_100_000_000n, '13:30:10.1'],
  ['NANOTIMESTAMP', 1_339_545_600_000_000_000n, '2012.06.13'],
  ['DATEHOUR', 372_109, '2012-06-13 13|2012.06.13T13:00:00'],
  ['DATEMINUTE', 22_326_570, '2012.06.13T13:30:00'],
]

t.test('ISO 8601 and shortened literals are read', async t => {
  for (const [type, raw, texts] of accepted)
    for (const text of texts.split('|')) t.equal(parseTemporal(type, text), raw, `${type} ${text}`)
})

/** With | between them. */
const refused: readonly (readonly [TemporalType, texts: string])[] = [
  ['DATE', '2024-02-30|2023.02.29|1900.02.29|2024.13.01|2024.00.01|2024.01.00'],
  ['DATE', '2024-01.02|24.01.02|2024.1.2|2024.01.02 |'],
  ['MONTH', '2012.13M|2012.00M|2012-06M'],
  ['TIME', '24:00:00|13:60:00|13:30:60|13:30|13:30:10.0081|1:30:10'],
  ['SECOND', '13:30:10.5|13:30m'],
  ['MINUTE', '13:30:10|13:30:10m'],
  ['DATETIME', '2012.06.13T13:30:10.5|2012.06.13T13:30m|2012.06.13T13|2012.06.13x13:30:10'],
  ['DATETIME', '2040.01.01T00:00:00|1901.12.13T20:45:52'],
  ['TIMESTAMP', '2012-06-13T13:30:10+08:00|2012-06-13T13:30:10.0085|2012-06-31T13:30:10'],
  ['NANOTIME', '13:30:10.0080070061'],
  ['NANOTIMESTAMP', '2262.04.11T23:47:16.854775808|1677.09.21T00:12:43.145224192'],
  ['DATEHOUR', '2012.06.13T13:30'],
  ['DATEMINUTE', '2012.06.13T13:30:10'],
]

t.test('impossible dates, lost digits, foreign zones and values too large are refused', async t => {
  for (const [type, texts] of refused)
    for (const text of texts.split('|'))
      t.equal(parseTemporal(type, text), undefined, `${type} ${text}`)
})

t.test('values outside a day or a calendar of four digits still have a text', async t => {
  t.equal(formatTemporal('DATE', daysFromCivil(12_345, 6, 7)), '12345.06.07')
  t.equal(formatTemporal('DATE', daysFromCivil(-1, 1, 1)), '-0001.01.01')
  t.equal(formatTemporal('MONTH', -1), '-0001.12M')
  t.equal(formatTemporal('SECOND', 90_000), '25:00:00')
  t.equal(formatTemporal('TIME', 2_000_000_000), '555:33:20.000')
})

t.test('temporal types are distinguished from all other types', async t => {
  t.ok(isTemporal('DATE') && isTemporal('MONTH') && isTemporal('DATEMINUTE'))
  t.notOk(isTemporal('INT') || isTemporal('DURATION'))
})
