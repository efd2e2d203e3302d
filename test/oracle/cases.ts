/* Elements of every type, written by hand from DolphinDB's documentation: a script, the value in the form of elements.ts, and the text.
   Tests compare them with the results of the server and the clients. */
import type { Element } from './elements.js'

export interface Sample {
  readonly script: string
  readonly element: Element
  /** The result of `string()`; undefined if the documentation does not mention it. */
  readonly text?: string
}

export interface TypeCase {
  /** In the spelling of `schema()`. */
  readonly type: string
  readonly samples: readonly Sample[]
  /** Elements that no script can create: ends of the range, times before zero and other special values. */
  readonly extremes: readonly Element[]
}

const sample = (script: string, element: Element, text?: string): Sample => ({
  script,
  element,
  ...(text !== undefined && { text }),
})

/** A literal that equals its own text. */
const literal = (script: string, element: Element): Sample => sample(script, element, script)

const int32Ends = [-2_147_483_647, 2_147_483_647]
const int64Ends = [-(2n ** 63n) + 1n, 2n ** 63n - 1n]
const int128Ends = [-(2n ** 127n) + 1n, 2n ** 127n - 1n]

const year1 = -62_135_596_800_000n
const year9999 = 253_402_300_799_999n

type Samples = Pick<TypeCase, 'samples' | 'extremes'>

const sampled = (extremes: readonly Element[], ...samples: readonly Sample[]): Samples => ({
  samples,
  extremes,
})

const casesByType: Readonly<Record<string, Samples>> = {
  BOOL: sampled([], literal('true', true), literal('false', false)),
  CHAR: sampled(
    [],
    sample("'a'", 97, 'a'),
    sample("' '", 32, ' '),
    sample('127c', 127),
    sample('-127c', -127),
    sample('0c', 0),
  ),
  SHORT: sampled([0], sample('32767h', 32_767, '32767'), sample('-32767h', -32_767, '-32767')),
  INT: sampled([0], literal('2147483647', 2_147_483_647), literal('-2147483647', -2_147_483_647)),
  LONG: sampled(
    [0n, -9_007_199_254_740_993n],
    sample('9223372036854775807l', 9_223_372_036_854_775_807n, '9223372036854775807'),
    sample('-9223372036854775807l', -9_223_372_036_854_775_807n, '-9223372036854775807'),
    sample('9007199254740993l', 9_007_199_254_740_993n, '9007199254740993'),
  ),
  DATE: sampled(
    [-719_162, ...int32Ends],
    literal('1970.01.01', 0),
    literal('1969.12.31', -1),
    literal('2024.02.29', 19_782),
    literal('1900.03.01', -25_508),
    literal('9999.12.31', 2_932_896),
  ),
  MONTH: sampled(
    [-1, ...int32Ends],
    literal('1970.01M', 23_640),
    literal('1969.12M', 23_639),
    literal('0000.01M', 0),
    literal('9999.12M', 119_999),
  ),
  TIME: sampled(
    [-1, ...int32Ends],
    literal('00:00:00.000', 0),
    literal('23:59:59.999', 86_399_999),
    literal('13:30:10.008', 48_610_008),
  ),
  MINUTE: sampled([-1, ...int32Ends], literal('00:00m', 0), literal('23:59m', 1439)),
  SECOND: sampled([-1, ...int32Ends], literal('00:00:00', 0), literal('23:59:59', 86_399)),
  DATETIME: sampled(
    [],
    literal('1970.01.01T00:00:00', 0),
    literal('1969.12.31T23:59:59', -1),
    literal('1901.12.13T20:45:53', -2_147_483_647),
    literal('2038.01.19T03:14:07', 2_147_483_647),
  ),
  TIMESTAMP: sampled(
    [year1, ...int64Ends],
    literal('1970.01.01T00:00:00.000', 0n),
    literal('1969.12.31T23:59:59.999', -1n),
    literal('2012.06.13T13:30:10.008', 1_339_594_210_008n),
    literal('9999.12.31T23:59:59.999', year9999),
  ),
  NANOTIME: sampled(
    [-1n, ...int64Ends],
    literal('00:00:00.000000000', 0n),
    literal('23:59:59.999999999', 86_399_999_999_999n),
    literal('13:30:10.008007006', 48_610_008_007_006n),
  ),
  NANOTIMESTAMP: sampled(
    [],
    literal('1970.01.01T00:00:00.000000000', 0n),
    literal('1969.12.31T23:59:59.999999999', -1n),
    literal('2012.06.13T13:30:10.008007006', 1_339_594_210_008_007_006n),
    literal('2262.04.11T23:47:16.854775807', 2n ** 63n - 1n),
    literal('1677.09.21T00:12:43.145224193', -(2n ** 63n) + 1n),
  ),
  DATEHOUR: sampled(
    int32Ends,
    sample('datehour(1970.01.01T00:59:59)', 0, '1970.01.01T00'),
    sample('datehour(1969.12.31T23:00:00)', -1, '1969.12.31T23'),
    sample('datehour(2012.06.13T13:30:10)', 372_109, '2012.06.13T13'),
  ),
  FLOAT: sampled(
    [2 ** -149, NaN, Infinity, -Infinity],
    sample('1.5f', 1.5, '1.5'),
    sample('0.1f', Math.fround(0.1), '0.1'),
    sample('3.4028235e38f', 3.4028234663852886e38),
    sample('-3.4028233e38f', -3.4028232635611926e38),
    sample('-0.0f', -0),
  ),
  DOUBLE: sampled(
    [NaN, Infinity, -Infinity, 2 ** 53 + 2],
    literal('1.5', 1.5),
    literal('0.1', 0.1),
    sample('1.7976931348623157e308', Number.MAX_VALUE),
    sample('-1.7976931348623155e308', -1.7976931348623155e308),
    sample('5e-324', Number.MIN_VALUE),
    sample('-0.0', -0),
  ),
  SYMBOL: sampled(
    ['', ' ', 'IBM', '\n', '\u{10ffff}'],
    sample('symbol(["IBM"])[0]', 'IBM', 'IBM'),
    sample('symbol(["数据 😀"])[0]', '数据 😀', '数据 😀'),
  ),
  STRING: sampled(
    ['\u0001', '\r\n', '\u{10ffff}', 'x'.repeat(5000)],
    sample('"text"', 'text', 'text'),
    sample('""', '', ''),
    sample('" "', ' ', ' '),
    sample('"Ünïcödé 数据 😀"', 'Ünïcödé 数据 😀', 'Ünïcödé 数据 😀'),
    sample('"tab\\tline\\nquote\\""', 'tab\tline\nquote"', 'tab\tline\nquote"'),
  ),
  BLOB: sampled(
    ['00', 'ff00fe', '0a'],
    sample('blob("abc")', '616263', 'abc'),
    sample('blob("")', '', ''),
  ),
  UUID: sampled(
    ['00000000000000000000000000000001', '80000000000000000000000000000000'],
    sample(
      'uuid("00112233-4455-6677-8899-aabbccddeeff")',
      '00112233445566778899aabbccddeeff',
      '00112233-4455-6677-8899-aabbccddeeff',
    ),
    sample(
      'uuid("ffffffff-ffff-ffff-ffff-ffffffffffff")',
      'f'.repeat(32),
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
    ),
  ),
  IPADDR: sampled(
    ['fe800000000000000202b3fffe1e8329', 'f'.repeat(32)],
    sample('ipaddr("1.2.3.4")', '00000000000000000000000001020304', '1.2.3.4'),
    sample('ipaddr("255.255.255.255")', '000000000000000000000000ffffffff', '255.255.255.255'),
    sample('ipaddr("2001:db8::1")', '20010db8000000000000000000000001', '2001:db8::1'),
  ),
  INT128: sampled(
    ['00000000000000000000000000000001', '7fffffffffffffffffffffffffffffff'],
    sample(
      'int128("00112233445566778899aabbccddeeff")',
      '00112233445566778899aabbccddeeff',
      '00112233445566778899aabbccddeeff',
    ),
    sample('int128("ffffffffffffffffffffffffffffffff")', 'f'.repeat(32), 'f'.repeat(32)),
  ),
  COMPLEX: sampled(
    [
      [Number.MAX_VALUE, Number.MIN_VALUE],
      [NaN, Infinity],
    ],
    sample('complex(2.5,-4)', [2.5, -4]),
    sample('complex(0,1)', [0, 1]),
  ),
  POINT: sampled(
    [[Number.MAX_VALUE, -5e-324]],
    sample('point(117.5,-38.6)', [117.5, -38.6]),
    sample('point(0,0)', [0, 0]),
  ),
  DURATION: sampled(
    // A duration in trading days has the four letters of its calendar (here XNYS) instead of a unit number.
    [
      { count: 2_147_483_647, unit: 0 },
      { count: 3, unit: 0x584e_5953 },
    ],
    sample('3M', { count: 3, unit: 8 }, '3M'),
    sample('200ms', { count: 200, unit: 2 }, '200ms'),
    sample('-1y', { count: -1, unit: 9 }, '-1y'),
    sample('10ns', { count: 10, unit: 0 }, '10ns'),
    sample('1us', { count: 1, unit: 1 }, '1us'),
    sample('2s', { count: 2, unit: 3 }, '2s'),
    sample('15m', { count: 15, unit: 4 }, '15m'),
    sample('4H', { count: 4, unit: 5 }, '4H'),
    sample('5d', { count: 5, unit: 6 }, '5d'),
    sample('6w', { count: 6, unit: 7 }, '6w'),
    sample('7B', { count: 7, unit: 10 }, '7B'),
  ),
  'DECIMAL32(2)': sampled(
    [0n, 2_147_483_647n, -2_147_483_647n],
    sample('decimal32("1.5",2)', 150n, '1.50'),
    sample('decimal32("-9999999.99",2)', -999_999_999n, '-9999999.99'),
    sample('decimal32("-0.05",2)', -5n, '-0.05'),
  ),
  'DECIMAL64(4)': sampled(
    [0n, ...int64Ends],
    sample('decimal64("1.5",4)', 15_000n, '1.5000'),
    sample(
      'decimal64("-99999999999999.9999",4)',
      -999_999_999_999_999_999n,
      '-99999999999999.9999',
    ),
  ),
  'DECIMAL128(10)': sampled(
    [0n, -(2n ** 64n), ...int128Ends],
    sample('decimal128("1.5",10)', 15_000_000_000n, '1.5000000000'),
    sample(
      'decimal128("-9999999999999999999999999999.9999999999",10)',
      -(10n ** 38n) + 1n,
      '-9999999999999999999999999999.9999999999',
    ),
  ),
}

export const typeCases: readonly TypeCase[] = Object.entries(casesByType).map(
  ([type, samples]) => ({ type, ...samples }),
)

/** The samples, the ends of the range and null. */
export function elementsOfCase({ type, samples, extremes }: TypeCase): Element[] {
  const hasEmptyNull = ['SYMBOL', 'STRING', 'BLOB'].includes(type)
  return [...samples.map(each => each.element), hasEmptyNull ? '' : null, ...extremes]
}

/** Types that have arrays. The rows: all elements of the case, one cell, a cell between nulls, and a single null. */
export const arrayCases: readonly { type: string; rows: readonly (readonly Element[])[] }[] =
  typeCases
    .filter(({ type }) => !['SYMBOL', 'STRING', 'BLOB', 'DURATION'].includes(type))
    .map(typeCase => {
      const elements = elementsOfCase(typeCase)
      return {
        type: `${typeCase.type}[]`,
        rows: [elements, [elements[0]!], [null, elements[1]!, null], [null]],
      }
    })
