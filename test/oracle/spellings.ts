/* Texts and the values that result when they are loaded, by the type of the column. Also texts that are not a value of the type.
   docs/values.md shows this list; load.test.ts checks it with the loader and the official client. */
import type { CellOptions } from '../../src/load/options.js'
import type { Element } from './elements.js'

export interface Spellings {
  readonly accepted: readonly (readonly [text: string, element: Element])[]
  readonly refused: readonly string[]
}

type Meaning = readonly [element: Element, ...texts: string[]]

/** Texts that are no value, then elements, each with the texts that mean it. */
const spelled = (refused: readonly string[], ...meanings: readonly Meaning[]): Spellings => ({
  accepted: meanings.flatMap(([element, ...texts]) => texts.map(text => [text, element] as const)),
  refused,
})

const day = 15_504
const hour = day * 24 + 13
const second = hour * 3600 + 30 * 60 + 10
const milli = BigInt(second) * 1000n
const nano = milli * 1_000_000n
const timeOfDay = (13 * 60 + 30) * 60 + 10

const decimals = (scale: number): readonly Meaning[] => {
  const one = 10n ** BigInt(scale)
  return [
    [(one * 3n) / 2n, '1.5'],
    [(one * -3n) / 2n, '-1.50'],
    [one * 2n, '2'],
    [one / 2n, '.5'],
    [(one * 5n) / 4n, '1.2500000000000'],
  ]
}

export const spellings: Readonly<Record<string, Spellings>> = {
  BOOL: spelled(['yes', '2', 't'], [true, 'true', 'TRUE', '1'], [false, 'False', '0']),
  CHAR: spelled(
    ['128', '-128', 'ab', 'é', '1.5'],
    [97, 'a', "'a'", '97'],
    [7, '7'],
    [127, '127'],
    [-127, '-127'],
  ),
  SHORT: spelled(
    ['32768', '-32768', '1.5', '0x10', '1,000'],
    [32_767, '32767'],
    [-32_767, '-32767'],
    [0, '0'],
    [7, '7.0'],
    [1000, '1e3'],
  ),
  INT: spelled(
    ['2147483648', '-2147483648', '1.5', '12 3'],
    [2_147_483_647, '2147483647'],
    [-2_147_483_647, '-2147483647'],
    [7, '007'],
    [1, '1.0'],
    [100, '1e2'],
  ),
  LONG: spelled(
    ['9223372036854775808', '-9223372036854775808', '1.5'],
    [2n ** 63n - 1n, '9223372036854775807'],
    [-(2n ** 63n) + 1n, '-9223372036854775807'],
    [9_007_199_254_740_993n, '9007199254740993', '9.007199254740993e15'],
    [1n, '1.0'],
  ),
  DATE: spelled(
    '2024.02.30 2023-02-29 13/06/2012 2012.6.131 15504 2012-06-13T00:00:01'.split(' '),
    [
      day,
      '2012.06.13',
      '2012-06-13',
      '2012/06/13',
      '20120613',
      '2012-06-13T00:00:00',
      '2012-06-13 00:00:00.000',
    ],
    [-1, '1969.12.31'],
    [19_782, '2024.02.29'],
  ),
  MONTH: spelled(
    ['2012.13M', '2012', '2012.06.13'],
    [24_149, '2012.06M', '2012.06', '2012-06'],
    [23_639, '1969.12M'],
  ),
  TIME: spelled(
    ['24:00:00', '13:60:00', '13:30:10.0085', '1:30 PM'],
    [timeOfDay * 1000 + 8, '13:30:10.008'],
    [timeOfDay * 1000, '13:30:10'],
    [0, '00:00:00.000'],
    [86_399_999, '23:59:59.999'],
  ),
  MINUTE: spelled(['24:00m', '13:60', '810'], [810, '13:30m', '13:30']),
  SECOND: spelled(['24:00:00', '13:30:60'], [timeOfDay, '13:30:10'], [86_399, '23:59:59']),
  DATETIME: spelled(
    ['2038.01.19T03:14:08', '2012.06.13T24:00:00', '20120613133010'],
    [
      second,
      '2012.06.13T13:30:10',
      '2012.06.13 13:30:10',
      '2012-06-13T13:30:10',
      '2012-06-13T13:30:10Z',
      '2012-06-13T13:30:10+02:00',
      '20120613T133010',
    ],
    [day * 86_400, '2012.06.13'],
    [-2_147_483_647, '1901.12.13T20:45:53'],
    [2_147_483_647, '2038.01.19T03:14:07'],
  ),
  TIMESTAMP: spelled(
    ['2012.06.13T13:30:10.0085', '2012.06.31T00:00:00', '1339594210008'],
    [
      milli + 8n,
      '2012.06.13T13:30:10.008',
      '2012-06-13 13:30:10.008',
      '2012-06-13T13:30:10.008Z',
      '2012-06-13T13:30:10.008 +0800',
    ],
    [milli, '2012-06-13 13:30:10 UTC'],
    [milli + 8n, '20120613T133010.008', '2012-06-13T13:30:10,008'],
    [milli, '2012.06.13T13:30:10'],
    [milli + 800n, '2012.06.13T13:30:10.8'],
    [milli + 8n, '2012.06.13T13:30:10.008000'],
    [BigInt(day) * 86_400_000n, '2012.06.13'],
    [-1n, '1969.12.31T23:59:59.999'],
    [253_402_300_799_999n, '9999.12.31T23:59:59.999'],
  ),
  NANOTIME: spelled(
    ['24:00:00', '13:30:10.0080070065'],
    [BigInt(timeOfDay) * 1_000_000_000n + 8_007_006n, '13:30:10.008007006'],
    [BigInt(timeOfDay) * 1_000_000_000n + 8_000_000n, '13:30:10.008'],
    [BigInt(timeOfDay) * 1_000_000_000n, '13:30:10'],
  ),
  NANOTIMESTAMP: spelled(
    ['2262.04.11T23:47:16.854775808', '1677.09.21T00:12:43.145224192'],
    [nano + 8_007_006n, '2012.06.13T13:30:10.008007006'],
    [nano + 8_000_000n, '2012-06-13 13:30:10.008'],
    [BigInt(day) * 86_400_000_000_000n, '2012.06.13'],
    [2n ** 63n - 1n, '2262.04.11T23:47:16.854775807'],
    [-(2n ** 63n) + 1n, '1677.09.21T00:12:43.145224193'],
  ),
  DATEHOUR: spelled(
    ['2012.06.13T24', '2012.06.31T00', '2012.06.13T13:30'],
    [hour, '2012.06.13T13', '2012-06-13T13:00:00'],
    [-1, '1969.12.31T23'],
  ),
  FLOAT: spelled(
    ['1e39', '-3.4028235e38', '1,5', '$2', 'NaN', '-inf'],
    [1.5, '1.5'],
    [Math.fround(-0.1), '-0.1'],
    [Math.fround(0.001), '1e-3'],
    [3.4028234663852886e38, '3.4028235e38'],
    [16_777_218, '16777217.0000000001'],
  ),
  DOUBLE: spelled(
    ['1e309', '-1.7976931348623157e308', '1.5.2', '$2,131', 'NaN', 'Infinity'],
    [1.5, '1.5'],
    [-0.1, '-0.1'],
    [1e-7, '1E-7'],
    [Number.MAX_VALUE, '1.7976931348623157e308'],
    [Number.MIN_VALUE, '5e-324'],
    [0.1, '0.1000000000000000055511151231257827'],
  ),
  SYMBOL: spelled([], ['IBM', 'IBM'], ['数据 😀', '数据 😀'], ['a,"b"\nc', 'a,"b"\nc']),
  STRING: spelled(
    [],
    ['text', 'text'],
    ['Ünïcödé 数据 😀', 'Ünïcödé 数据 😀'],
    ['a,"b"\nc', 'a,"b"\nc'],
    [' kept ', ' kept '],
  ),
  BLOB: spelled([], ['616263', 'abc']),
  UUID: spelled(
    [
      '00112233-4455-6677-8899-aabbccddeef',
      'g0112233-4455-6677-8899-aabbccddeeff',
      '00000000-0000-0000-0000-000000000000',
    ],
    [
      '00112233445566778899aabbccddeeff',
      '00112233-4455-6677-8899-aabbccddeeff',
      '00112233-4455-6677-8899-AABBCCDDEEFF',
    ],
  ),
  IPADDR: spelled(
    ['1.2.3', '1.2.3.256', '2001:db8:::1', '0.0.0.0', '::'],
    ['00000000000000000000000001020304', '1.2.3.4'],
    ['20010db8000000000000000000000001', '2001:db8::1', '2001:0DB8:0:0:0:0:0:1'],
  ),
  INT128: spelled(
    ['00112233445566778899aabbccddeef', '123'],
    ['00112233445566778899aabbccddeeff', '00112233445566778899aabbccddeeff'],
    ['f'.repeat(32), 'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF'],
  ),
  COMPLEX: spelled(['2.5+4', 'i+i'], [[2.5, -4], '2.5-4i'], [[2.5, 4], '2.5+4.0i']),
  POINT: spelled(['(1)', '(1, 2, 3)'], [[117.5, -38.6], '(117.5, -38.6)']),
  'DECIMAL32(2)': spelled(['1.505', '1,5', 'NaN'], ...decimals(2), [-999_999_999n, '-9999999.99']),
  'DECIMAL64(4)': spelled(['1.50505', '1e99'], ...decimals(4), [
    -999_999_999_999_999_999n,
    '-99999999999999.9999',
  ]),
  'DECIMAL128(10)': spelled(['1.00000000001', '1e99'], ...decimals(10), [
    -(10n ** 38n) + 1n,
    '-9999999999999999999999999999.9999999999',
  ]),
}

/** Texts whose values depend on options. The column is named `value`. */
export interface OptionSpellings extends Spellings {
  readonly type: string
  /** The options in the spelling of the command line. */
  readonly flags: string
  readonly cells: CellOptions
}

const noon = BigInt(day) * 86_400_000n + 43_200_000n

export const optionSpellings: readonly OptionSpellings[] = [
  {
    type: 'TIMESTAMP',
    flags: '--timezone Asia/Shanghai',
    cells: { timeZone: 'Asia/Shanghai' },
    ...spelled(
      ['1940-06-01T00:30:00'],
      [milli, '2012-06-13T13:30:10', '2012-06-13T05:30:10Z', '2012-06-13T01:30:10-04:00'],
    ),
  },
  {
    type: 'TIMESTAMP',
    flags: '--timezone none',
    cells: { timeZone: 'none' },
    ...spelled(
      ['2012-06-13T13:30:10+25:00'],
      [milli, '2012-06-13T13:30:10+08:00', '2012-06-13T13:30:10Z', '2012-06-13T13:30:10'],
    ),
  },
  {
    type: 'DATE',
    flags: '--date-format value=dd/MM/yyyy',
    cells: { dateFormats: { value: 'dd/MM/yyyy' } },
    ...spelled(['06/13/2012', '13/06/12'], [day, '13/06/2012', '13/6/2012']),
  },
  {
    type: 'DATE',
    flags: '--date-format YYYYMMDD',
    cells: { dateFormats: { '*': 'YYYYMMDD' } },
    ...spelled(['2012-06-13', '2012613'], [day, '20120613']),
  },
  {
    type: 'TIMESTAMP',
    flags: "--date-format 'MM/dd/yyyy hh:mm:ss aa'",
    cells: { dateFormats: { '*': 'MM/dd/yyyy hh:mm:ss aa' } },
    ...spelled(
      ['06/13/2012 13:30:10 PM', '06/13/2012 01:30:10'],
      [milli, '06/13/2012 01:30:10 PM'],
      [noon, '06/13/2012 12:00:00 pm'],
    ),
  },
  {
    type: 'TIMESTAMP',
    flags: '--date-format value=epoch:ms',
    cells: { dateFormats: { value: 'epoch:ms' } },
    ...spelled(['0.5', '2012-06-13'], [milli + 8n, String(milli + 8n)], [-1n, '-1'], [0n, '0.0']),
  },
  {
    type: 'DATETIME',
    flags: '--date-format value=excel',
    cells: { dateFormats: { value: 'excel' } },
    ...spelled(
      ['60', '41073,5', '2012-06-13'],
      [day * 86_400 + 43_200, '41073.5'],
      [day * 86_400, '41073'],
    ),
  },
  {
    type: 'INT',
    flags: '--thousands ,',
    cells: { thousands: ',' },
    ...spelled(
      ['1,00', '2,147,483,648'],
      [2_147_483_647, '2,147,483,647'],
      [-1000, '-1,000'],
      [1000, '1000'],
    ),
  },
  {
    type: 'DOUBLE',
    flags: '--decimal-comma --thousands .',
    cells: { decimalComma: true, thousands: '.' },
    ...spelled(['1.5', '1,234.5'], [1234.5, '1.234,5'], [-0.25, '-0,25'], [1500, '1,5e3']),
  },
  {
    type: 'DECIMAL64(4)',
    flags: '--percent value',
    cells: { percentColumns: ['value'] },
    ...spelled(['12.5', '0.001%'], [1250n, '12.5%'], [-10_000n, '-100 %']),
  },
  {
    type: 'BOOL',
    flags: '--booleans Y/N',
    cells: { booleans: ['Y/N'] },
    ...spelled(['y', 'No'], [true, 'Y'], [false, 'N'], [true, 'true']),
  },
]
