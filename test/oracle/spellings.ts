/*
  Texts and the values that result when they are loaded, by the type of the column. Also texts that are not a value of
  the type. docs/values.md shows this list; load.test.ts checks it with the loader and the official client.
*/
import type { CellOptions } from '../../src/load/options.js'
import type { Element } from './elements.js'

export interface Spellings {
  readonly accepted: readonly (readonly [text: string, element: Element])[]
  readonly refused: readonly string[]
}

/** Each text with the element that it means. */
const each = (
  ...groups: readonly (readonly [element: Element, ...texts: string[]])[]
): Spellings['accepted'] =>
  groups.flatMap(([element, ...texts]) => texts.map(text => [text, element] as const))

const day = 15_504
const hour = day * 24 + 13
const second = hour * 3600 + 30 * 60 + 10
const milli = BigInt(second) * 1000n
const nano = milli * 1_000_000n
const timeOfDay = (13 * 60 + 30) * 60 + 10

const decimals = (scale: number): Spellings['accepted'] => {
  const one = 10n ** BigInt(scale)
  return each(
    [(one * 3n) / 2n, '1.5'],
    [(one * -3n) / 2n, '-1.50'],
    [one * 2n, '2'],
    [one / 2n, '.5'],
    [(one * 5n) / 4n, '1.2500000000000'],
  )
}

export const spellings: Readonly<Record<string, Spellings>> = {
  BOOL: {
    accepted: each([true, 'true', 'TRUE', '1'], [false, 'False', '0']),
    refused: ['yes', '2', 't'],
  },
  CHAR: {
    accepted: each([97, 'a', "'a'", '97'], [7, '7'], [127, '127'], [-127, '-127']),
    refused: ['128', '-128', 'ab', 'é', '1.5'],
  },
  SHORT: {
    accepted: each([32_767, '32767'], [-32_767, '-32767'], [0, '0'], [7, '7.0'], [1000, '1e3']),
    refused: ['32768', '-32768', '1.5', '0x10', '1,000'],
  },
  INT: {
    accepted: each(
      [2_147_483_647, '2147483647'],
      [-2_147_483_647, '-2147483647'],
      [7, '007'],
      [1, '1.0'],
      [100, '1e2'],
    ),
    refused: ['2147483648', '-2147483648', '1.5', '12 3'],
  },
  LONG: {
    accepted: each(
      [2n ** 63n - 1n, '9223372036854775807'],
      [-(2n ** 63n) + 1n, '-9223372036854775807'],
      [9_007_199_254_740_993n, '9007199254740993', '9.007199254740993e15'],
      [1n, '1.0'],
    ),
    refused: ['9223372036854775808', '-9223372036854775808', '1.5'],
  },
  DATE: {
    accepted: each(
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
    refused: '2024.02.30 2023-02-29 13/06/2012 2012.6.131 15504 2012-06-13T00:00:01'.split(' '),
  },
  MONTH: {
    accepted: each([24_149, '2012.06M', '2012.06', '2012-06'], [23_639, '1969.12M']),
    refused: ['2012.13M', '2012', '2012.06.13'],
  },
  TIME: {
    accepted: each(
      [timeOfDay * 1000 + 8, '13:30:10.008'],
      [timeOfDay * 1000, '13:30:10'],
      [0, '00:00:00.000'],
      [86_399_999, '23:59:59.999'],
    ),
    refused: ['24:00:00', '13:60:00', '13:30:10.0085', '1:30 PM'],
  },
  MINUTE: { accepted: each([810, '13:30m', '13:30']), refused: ['24:00m', '13:60', '810'] },
  SECOND: {
    accepted: each([timeOfDay, '13:30:10'], [86_399, '23:59:59']),
    refused: ['24:00:00', '13:30:60'],
  },
  DATETIME: {
    accepted: each(
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
    refused: ['2038.01.19T03:14:08', '2012.06.13T24:00:00', '20120613133010'],
  },
  TIMESTAMP: {
    accepted: each(
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
    refused: ['2012.06.13T13:30:10.0085', '2012.06.31T00:00:00', '1339594210008'],
  },
  NANOTIME: {
    accepted: each(
      [BigInt(timeOfDay) * 1_000_000_000n + 8_007_006n, '13:30:10.008007006'],
      [BigInt(timeOfDay) * 1_000_000_000n + 8_000_000n, '13:30:10.008'],
      [BigInt(timeOfDay) * 1_000_000_000n, '13:30:10'],
    ),
    refused: ['24:00:00', '13:30:10.0080070065'],
  },
  NANOTIMESTAMP: {
    accepted: each(
      [nano + 8_007_006n, '2012.06.13T13:30:10.008007006'],
      [nano + 8_000_000n, '2012-06-13 13:30:10.008'],
      [BigInt(day) * 86_400_000_000_000n, '2012.06.13'],
      [2n ** 63n - 1n, '2262.04.11T23:47:16.854775807'],
      [-(2n ** 63n) + 1n, '1677.09.21T00:12:43.145224193'],
    ),
    refused: ['2262.04.11T23:47:16.854775808', '1677.09.21T00:12:43.145224192'],
  },
  DATEHOUR: {
    accepted: each([hour, '2012.06.13T13', '2012-06-13T13:00:00'], [-1, '1969.12.31T23']),
    refused: ['2012.06.13T24', '2012.06.31T00', '2012.06.13T13:30'],
  },
  FLOAT: {
    accepted: each(
      [1.5, '1.5'],
      [Math.fround(-0.1), '-0.1'],
      [Math.fround(0.001), '1e-3'],
      [3.4028234663852886e38, '3.4028235e38'],
      [16_777_218, '16777217.0000000001'],
    ),
    refused: ['1e39', '-3.4028235e38', '1,5', '$2', 'NaN', '-inf'],
  },
  DOUBLE: {
    accepted: each(
      [1.5, '1.5'],
      [-0.1, '-0.1'],
      [1e-7, '1E-7'],
      [Number.MAX_VALUE, '1.7976931348623157e308'],
      [Number.MIN_VALUE, '5e-324'],
      [0.1, '0.1000000000000000055511151231257827'],
    ),
    refused: ['1e309', '-1.7976931348623157e308', '1.5.2', '$2,131', 'NaN', 'Infinity'],
  },
  SYMBOL: {
    accepted: each(['IBM', 'IBM'], ['数据 😀', '数据 😀'], ['a,"b"\nc', 'a,"b"\nc']),
    refused: [],
  },
  STRING: {
    accepted: each(
      ['text', 'text'],
      ['Ünïcödé 数据 😀', 'Ünïcödé 数据 😀'],
      ['a,"b"\nc', 'a,"b"\nc'],
      [' kept ', ' kept '],
    ),
    refused: [],
  },
  BLOB: { accepted: each(['616263', 'abc']), refused: [] },
  UUID: {
    accepted: each([
      '00112233445566778899aabbccddeeff',
      '00112233-4455-6677-8899-aabbccddeeff',
      '00112233-4455-6677-8899-AABBCCDDEEFF',
    ]),
    refused: [
      '00112233-4455-6677-8899-aabbccddeef',
      'g0112233-4455-6677-8899-aabbccddeeff',
      '00000000-0000-0000-0000-000000000000',
    ],
  },
  IPADDR: {
    accepted: each(
      ['00000000000000000000000001020304', '1.2.3.4'],
      ['20010db8000000000000000000000001', '2001:db8::1', '2001:0DB8:0:0:0:0:0:1'],
    ),
    refused: ['1.2.3', '1.2.3.256', '2001:db8:::1', '0.0.0.0', '::'],
  },
  INT128: {
    accepted: each(
      ['00112233445566778899aabbccddeeff', '00112233445566778899aabbccddeeff'],
      ['f'.repeat(32), 'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF'],
    ),
    refused: ['00112233445566778899aabbccddeef', '123'],
  },
  COMPLEX: {
    accepted: each([[2.5, -4], '2.5-4i'], [[2.5, 4], '2.5+4.0i']),
    refused: ['2.5+4', 'i+i'],
  },
  POINT: { accepted: each([[117.5, -38.6], '(117.5, -38.6)']), refused: ['(1)', '(1, 2, 3)'] },
  'DECIMAL32(2)': {
    accepted: [...decimals(2), ...each([-999_999_999n, '-9999999.99'])],
    refused: ['1.505', '1,5', 'NaN'],
  },
  'DECIMAL64(4)': {
    accepted: [...decimals(4), ...each([-999_999_999_999_999_999n, '-99999999999999.9999'])],
    refused: ['1.50505', '1e99'],
  },
  'DECIMAL128(10)': {
    accepted: [
      ...decimals(10),
      ...each([-(10n ** 38n) + 1n, '-9999999999999999999999999999.9999999999']),
    ],
    refused: ['1.00000000001', '1e99'],
  },
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
    accepted: each([
      milli,
      '2012-06-13T13:30:10',
      '2012-06-13T05:30:10Z',
      '2012-06-13T01:30:10-04:00',
    ]),
    refused: ['1940-06-01T00:30:00'],
  },
  {
    type: 'TIMESTAMP',
    flags: '--timezone none',
    cells: { timeZone: 'none' },
    accepted: each([
      milli,
      '2012-06-13T13:30:10+08:00',
      '2012-06-13T13:30:10Z',
      '2012-06-13T13:30:10',
    ]),
    refused: ['2012-06-13T13:30:10+25:00'],
  },
  {
    type: 'DATE',
    flags: '--date-format value=dd/MM/yyyy',
    cells: { dateFormats: { value: 'dd/MM/yyyy' } },
    accepted: each([day, '13/06/2012', '13/6/2012']),
    refused: ['06/13/2012', '13/06/12'],
  },
  {
    type: 'DATE',
    flags: '--date-format YYYYMMDD',
    cells: { dateFormats: { '*': 'YYYYMMDD' } },
    accepted: each([day, '20120613']),
    refused: ['2012-06-13', '2012613'],
  },
  {
    type: 'TIMESTAMP',
    flags: "--date-format 'MM/dd/yyyy hh:mm:ss aa'",
    cells: { dateFormats: { '*': 'MM/dd/yyyy hh:mm:ss aa' } },
    accepted: each([milli, '06/13/2012 01:30:10 PM'], [noon, '06/13/2012 12:00:00 pm']),
    refused: ['06/13/2012 13:30:10 PM', '06/13/2012 01:30:10'],
  },
  {
    type: 'TIMESTAMP',
    flags: '--date-format value=epoch:ms',
    cells: { dateFormats: { value: 'epoch:ms' } },
    accepted: each([milli + 8n, String(milli + 8n)], [-1n, '-1'], [0n, '0.0']),
    refused: ['0.5', '2012-06-13'],
  },
  {
    type: 'DATETIME',
    flags: '--date-format value=excel',
    cells: { dateFormats: { value: 'excel' } },
    accepted: each([day * 86_400 + 43_200, '41073.5'], [day * 86_400, '41073']),
    refused: ['60', '41073,5', '2012-06-13'],
  },
  {
    type: 'INT',
    flags: '--thousands ,',
    cells: { thousands: ',' },
    accepted: each([2_147_483_647, '2,147,483,647'], [-1000, '-1,000'], [1000, '1000']),
    refused: ['1,00', '2,147,483,648'],
  },
  {
    type: 'DOUBLE',
    flags: '--decimal-comma --thousands .',
    cells: { decimalComma: true, thousands: '.' },
    accepted: each([1234.5, '1.234,5'], [-0.25, '-0,25'], [1500, '1,5e3']),
    refused: ['1.5', '1,234.5'],
  },
  {
    type: 'DECIMAL64(4)',
    flags: '--percent value',
    cells: { percentColumns: ['value'] },
    accepted: each([1250n, '12.5%'], [-10_000n, '-100 %']),
    refused: ['12.5', '0.001%'],
  },
  {
    type: 'BOOL',
    flags: '--booleans Y/N',
    cells: { booleans: ['Y/N'] },
    accepted: each([true, 'Y'], [false, 'N'], [true, 'true']),
    refused: ['y', 'No'],
  },
]
