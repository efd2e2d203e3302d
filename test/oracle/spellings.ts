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

const day = 15_504
const hour = day * 24 + 13
const second = hour * 3600 + 30 * 60 + 10
const milli = BigInt(second) * 1000n
const nano = milli * 1_000_000n
const timeOfDay = (13 * 60 + 30) * 60 + 10

const decimals = (scale: number): Spellings['accepted'] => {
  const one = 10n ** BigInt(scale)
  return [
    ['1.5', (one * 3n) / 2n],
    ['-1.50', (one * -3n) / 2n],
    ['2', one * 2n],
    ['.5', one / 2n],
    ['1.2500000000000', (one * 5n) / 4n],
  ]
}

export const spellings: Readonly<Record<string, Spellings>> = {
  BOOL: {
    accepted: [
      ['true', true],
      ['TRUE', true],
      ['1', true],
      ['False', false],
      ['0', false],
    ],
    refused: ['yes', '2', 't'],
  },
  CHAR: {
    accepted: [
      ['a', 97],
      ["'a'", 97],
      ['97', 97],
      ['7', 7],
      ['127', 127],
      ['-127', -127],
    ],
    refused: ['128', '-128', 'ab', 'é', '1.5'],
  },
  SHORT: {
    accepted: [
      ['32767', 32_767],
      ['-32767', -32_767],
      ['0', 0],
      ['7.0', 7],
      ['1e3', 1000],
    ],
    refused: ['32768', '-32768', '1.5', '0x10', '1,000'],
  },
  INT: {
    accepted: [
      ['2147483647', 2_147_483_647],
      ['-2147483647', -2_147_483_647],
      ['007', 7],
      ['1.0', 1],
      ['1e2', 100],
    ],
    refused: ['2147483648', '-2147483648', '1.5', '12 3'],
  },
  LONG: {
    accepted: [
      ['9223372036854775807', 2n ** 63n - 1n],
      ['-9223372036854775807', -(2n ** 63n) + 1n],
      ['9007199254740993', 9_007_199_254_740_993n],
      ['9.007199254740993e15', 9_007_199_254_740_993n],
      ['1.0', 1n],
    ],
    refused: ['9223372036854775808', '-9223372036854775808', '1.5'],
  },
  DATE: {
    accepted: [
      ['2012.06.13', day],
      ['2012-06-13', day],
      ['2012/06/13', day],
      ['20120613', day],
      ['2012-06-13T00:00:00', day],
      ['2012-06-13 00:00:00.000', day],
      ['1969.12.31', -1],
      ['2024.02.29', 19_782],
    ],
    refused: [
      '2024.02.30',
      '2023-02-29',
      '13/06/2012',
      '2012.6.131',
      '15504',
      '2012-06-13T00:00:01',
    ],
  },
  MONTH: {
    accepted: [
      ['2012.06M', 24_149],
      ['2012.06', 24_149],
      ['2012-06', 24_149],
      ['1969.12M', 23_639],
    ],
    refused: ['2012.13M', '2012', '2012.06.13'],
  },
  TIME: {
    accepted: [
      ['13:30:10.008', timeOfDay * 1000 + 8],
      ['13:30:10', timeOfDay * 1000],
      ['00:00:00.000', 0],
      ['23:59:59.999', 86_399_999],
    ],
    refused: ['24:00:00', '13:60:00', '13:30:10.0085', '1:30 PM'],
  },
  MINUTE: {
    accepted: [
      ['13:30m', 810],
      ['13:30', 810],
    ],
    refused: ['24:00m', '13:60', '810'],
  },
  SECOND: {
    accepted: [
      ['13:30:10', timeOfDay],
      ['23:59:59', 86_399],
    ],
    refused: ['24:00:00', '13:30:60'],
  },
  DATETIME: {
    accepted: [
      ['2012.06.13T13:30:10', second],
      ['2012.06.13 13:30:10', second],
      ['2012-06-13T13:30:10', second],
      ['2012-06-13T13:30:10Z', second],
      ['2012-06-13T13:30:10+02:00', second],
      ['20120613T133010', second],
      ['2012.06.13', day * 86_400],
      ['1901.12.13T20:45:53', -2_147_483_647],
      ['2038.01.19T03:14:07', 2_147_483_647],
    ],
    refused: ['2038.01.19T03:14:08', '2012.06.13T24:00:00', '20120613133010'],
  },
  TIMESTAMP: {
    accepted: [
      ['2012.06.13T13:30:10.008', milli + 8n],
      ['2012-06-13 13:30:10.008', milli + 8n],
      ['2012-06-13T13:30:10.008Z', milli + 8n],
      ['2012-06-13T13:30:10.008 +0800', milli + 8n],
      ['2012-06-13 13:30:10 UTC', milli],
      ['20120613T133010.008', milli + 8n],
      ['2012-06-13T13:30:10,008', milli + 8n],
      ['2012.06.13T13:30:10', milli],
      ['2012.06.13T13:30:10.8', milli + 800n],
      ['2012.06.13T13:30:10.008000', milli + 8n],
      ['2012.06.13', BigInt(day) * 86_400_000n],
      ['1969.12.31T23:59:59.999', -1n],
      ['9999.12.31T23:59:59.999', 253_402_300_799_999n],
    ],
    refused: ['2012.06.13T13:30:10.0085', '2012.06.31T00:00:00', '1339594210008'],
  },
  NANOTIME: {
    accepted: [
      ['13:30:10.008007006', BigInt(timeOfDay) * 1_000_000_000n + 8_007_006n],
      ['13:30:10.008', BigInt(timeOfDay) * 1_000_000_000n + 8_000_000n],
      ['13:30:10', BigInt(timeOfDay) * 1_000_000_000n],
    ],
    refused: ['24:00:00', '13:30:10.0080070065'],
  },
  NANOTIMESTAMP: {
    accepted: [
      ['2012.06.13T13:30:10.008007006', nano + 8_007_006n],
      ['2012-06-13 13:30:10.008', nano + 8_000_000n],
      ['2012.06.13', BigInt(day) * 86_400_000_000_000n],
      ['2262.04.11T23:47:16.854775807', 2n ** 63n - 1n],
      ['1677.09.21T00:12:43.145224193', -(2n ** 63n) + 1n],
    ],
    refused: ['2262.04.11T23:47:16.854775808', '1677.09.21T00:12:43.145224192'],
  },
  DATEHOUR: {
    accepted: [
      ['2012.06.13T13', hour],
      ['2012-06-13T13:00:00', hour],
      ['1969.12.31T23', -1],
    ],
    refused: ['2012.06.13T24', '2012.06.31T00', '2012.06.13T13:30'],
  },
  FLOAT: {
    accepted: [
      ['1.5', 1.5],
      ['-0.1', Math.fround(-0.1)],
      ['1e-3', Math.fround(0.001)],
      ['3.4028235e38', 3.4028234663852886e38],
      ['16777217.0000000001', 16_777_218],
    ],
    refused: ['1e39', '-3.4028235e38', '1,5', '$2', 'NaN', '-inf'],
  },
  DOUBLE: {
    accepted: [
      ['1.5', 1.5],
      ['-0.1', -0.1],
      ['1E-7', 1e-7],
      ['1.7976931348623157e308', Number.MAX_VALUE],
      ['5e-324', Number.MIN_VALUE],
      ['0.1000000000000000055511151231257827', 0.1],
    ],
    refused: ['1e309', '-1.7976931348623157e308', '1.5.2', '$2,131', 'NaN', 'Infinity'],
  },
  SYMBOL: {
    accepted: [
      ['IBM', 'IBM'],
      ['数据 😀', '数据 😀'],
      ['a,"b"\nc', 'a,"b"\nc'],
    ],
    refused: [],
  },
  STRING: {
    accepted: [
      ['text', 'text'],
      ['Ünïcödé 数据 😀', 'Ünïcödé 数据 😀'],
      ['a,"b"\nc', 'a,"b"\nc'],
      [' kept ', ' kept '],
    ],
    refused: [],
  },
  BLOB: { accepted: [['abc', '616263']], refused: [] },
  UUID: {
    accepted: [
      ['00112233-4455-6677-8899-aabbccddeeff', '00112233445566778899aabbccddeeff'],
      ['00112233-4455-6677-8899-AABBCCDDEEFF', '00112233445566778899aabbccddeeff'],
    ],
    refused: [
      '00112233-4455-6677-8899-aabbccddeef',
      'g0112233-4455-6677-8899-aabbccddeeff',
      '00000000-0000-0000-0000-000000000000',
    ],
  },
  IPADDR: {
    accepted: [
      ['1.2.3.4', '00000000000000000000000001020304'],
      ['2001:db8::1', '20010db8000000000000000000000001'],
      ['2001:0DB8:0:0:0:0:0:1', '20010db8000000000000000000000001'],
    ],
    refused: ['1.2.3', '1.2.3.256', '2001:db8:::1', '0.0.0.0', '::'],
  },
  INT128: {
    accepted: [
      ['00112233445566778899aabbccddeeff', '00112233445566778899aabbccddeeff'],
      ['FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF', 'f'.repeat(32)],
    ],
    refused: ['00112233445566778899aabbccddeef', '123'],
  },
  COMPLEX: {
    accepted: [
      ['2.5-4i', [2.5, -4]],
      ['2.5+4.0i', [2.5, 4]],
    ],
    refused: ['2.5+4', 'i+i'],
  },
  POINT: { accepted: [['(117.5, -38.6)', [117.5, -38.6]]], refused: ['(1)', '(1, 2, 3)'] },
  'DECIMAL32(2)': {
    accepted: [...decimals(2), ['-9999999.99', -999_999_999n]],
    refused: ['1.505', '1,5', 'NaN'],
  },
  'DECIMAL64(4)': {
    accepted: [...decimals(4), ['-99999999999999.9999', -999_999_999_999_999_999n]],
    refused: ['1.50505', '1e99'],
  },
  'DECIMAL128(10)': {
    accepted: [...decimals(10), ['-9999999999999999999999999999.9999999999', -(10n ** 38n) + 1n]],
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
    accepted: [
      ['2012-06-13T13:30:10', milli],
      ['2012-06-13T05:30:10Z', milli],
      ['2012-06-13T01:30:10-04:00', milli],
    ],
    refused: ['1940-06-01T00:30:00'],
  },
  {
    type: 'TIMESTAMP',
    flags: '--timezone none',
    cells: { timeZone: 'none' },
    accepted: [
      ['2012-06-13T13:30:10+08:00', milli],
      ['2012-06-13T13:30:10Z', milli],
      ['2012-06-13T13:30:10', milli],
    ],
    refused: ['2012-06-13T13:30:10+25:00'],
  },
  {
    type: 'DATE',
    flags: '--date-format value=dd/MM/yyyy',
    cells: { dateFormats: { value: 'dd/MM/yyyy' } },
    accepted: [
      ['13/06/2012', day],
      ['13/6/2012', day],
    ],
    refused: ['06/13/2012', '13/06/12'],
  },
  {
    type: 'DATE',
    flags: '--date-format YYYYMMDD',
    cells: { dateFormats: { '*': 'YYYYMMDD' } },
    accepted: [['20120613', day]],
    refused: ['2012-06-13', '2012613'],
  },
  {
    type: 'TIMESTAMP',
    flags: "--date-format 'MM/dd/yyyy hh:mm:ss aa'",
    cells: { dateFormats: { '*': 'MM/dd/yyyy hh:mm:ss aa' } },
    accepted: [
      ['06/13/2012 01:30:10 PM', milli],
      ['06/13/2012 12:00:00 pm', noon],
    ],
    refused: ['06/13/2012 13:30:10 PM', '06/13/2012 01:30:10'],
  },
  {
    type: 'TIMESTAMP',
    flags: '--date-format value=epoch:ms',
    cells: { dateFormats: { value: 'epoch:ms' } },
    accepted: [
      [String(milli + 8n), milli + 8n],
      ['-1', -1n],
      ['0.0', 0n],
    ],
    refused: ['0.5', '2012-06-13'],
  },
  {
    type: 'DATETIME',
    flags: '--date-format value=excel',
    cells: { dateFormats: { value: 'excel' } },
    accepted: [
      ['41073.5', day * 86_400 + 43_200],
      ['41073', day * 86_400],
    ],
    refused: ['60', '41073,5', '2012-06-13'],
  },
  {
    type: 'INT',
    flags: '--thousands ,',
    cells: { thousands: ',' },
    accepted: [
      ['2,147,483,647', 2_147_483_647],
      ['-1,000', -1000],
      ['1000', 1000],
    ],
    refused: ['1,00', '2,147,483,648'],
  },
  {
    type: 'DOUBLE',
    flags: '--decimal-comma --thousands .',
    cells: { decimalComma: true, thousands: '.' },
    accepted: [
      ['1.234,5', 1234.5],
      ['-0,25', -0.25],
      ['1,5e3', 1500],
    ],
    refused: ['1.5', '1,234.5'],
  },
  {
    type: 'DECIMAL64(4)',
    flags: '--percent value',
    cells: { percentColumns: ['value'] },
    accepted: [
      ['12.5%', 1250n],
      ['-100 %', -10_000n],
    ],
    refused: ['12.5', '0.001%'],
  },
  {
    type: 'BOOL',
    flags: '--booleans Y/N',
    cells: { booleans: ['Y/N'] },
    accepted: [
      ['Y', true],
      ['N', false],
      ['true', true],
    ],
    refused: ['y', 'No'],
  },
]
