import fc from 'fast-check'
import t from 'tap'
import {
  formatTemporal,
  isTemporal,
  parseTemporal,
  type TemporalType,
} from '../../../src/protocol/types/temporals.js'
import { daysFromCivil } from '../../../src/protocol/civil-date.js'
import { runs } from '../../helpers/runs.js'

const dayMs = 86_400_000

/** Type, raw value, the text DolphinDB shows. */
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

t.test('every value between the years 0 and 9999 comes back from its text', async t => {
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
    fc.assert(
      fc.property(values, raw => parseTemporal(type, formatTemporal(type, raw)) === raw),
      { numRuns: runs(50) },
    )
  }
  t.pass()
})

/** Texts that mean the same as DolphinDB's own. */
const accepted: readonly (readonly [TemporalType, string, number | bigint])[] = [
  ['DATE', '2012-06-13', 15_504],
  ['DATE', '2012/06/13', 15_504],
  ['DATE', '20120613', 15_504],
  ['DATE', '2024.02.29', 19_782],
  ['DATE', '2000.02.29', 11_016],
  ['MONTH', '2012.06', 24_149],
  ['MONTH', '2012-06', 24_149],
  ['TIME', '13:30:10', 48_610_000],
  ['TIME', '13:30:10.5', 48_610_500],
  ['TIME', '13:30:10.008000', 48_610_008],
  ['MINUTE', '13:30', 810],
  ['DATETIME', '2012-06-13 13:30:10', 1_339_594_210],
  ['DATETIME', '2012.06.13T13:30', 1_339_594_200],
  ['DATETIME', '2012.06.13', 1_339_545_600],
  ['TIMESTAMP', '2012-06-13T13:30:10.008Z', 1_339_594_210_008n],
  ['TIMESTAMP', '2012-06-13T13:30:10+00:00', 1_339_594_210_000n],
  ['TIMESTAMP', '2012-06-13T13:30:10.008000000', 1_339_594_210_008n],
  ['TIMESTAMP', '20120613T13:30:10', 1_339_594_210_000n],
  ['NANOTIME', '13:30:10', 48_610_000_000_000n],
  ['NANOTIME', '13:30:10.1', 48_610_100_000_000n],
  ['NANOTIMESTAMP', '2012.06.13', 1_339_545_600_000_000_000n],
  ['DATEHOUR', '2012-06-13 13', 372_109],
  ['DATEHOUR', '2012.06.13T13:00:00', 372_109],
  ['DATEMINUTE', '2012.06.13T13:30:00', 22_326_570],
]

t.test('ISO 8601 and shortened literals are read', async t => {
  for (const [type, text, raw] of accepted)
    t.equal(parseTemporal(type, text), raw, `${type} ${text}`)
})

const refused: readonly (readonly [TemporalType, string])[] = [
  ['DATE', '2024-02-30'],
  ['DATE', '2023.02.29'],
  ['DATE', '1900.02.29'],
  ['DATE', '2024.13.01'],
  ['DATE', '2024.00.01'],
  ['DATE', '2024.01.00'],
  ['DATE', '2024-01.02'],
  ['DATE', '24.01.02'],
  ['DATE', '2024.1.2'],
  ['DATE', '2024.01.02 '],
  ['DATE', ''],
  ['MONTH', '2012.13M'],
  ['MONTH', '2012.00M'],
  ['MONTH', '2012-06M'],
  ['TIME', '24:00:00'],
  ['TIME', '13:60:00'],
  ['TIME', '13:30:60'],
  ['TIME', '13:30'],
  ['TIME', '13:30:10.0081'],
  ['TIME', '1:30:10'],
  ['SECOND', '13:30:10.5'],
  ['SECOND', '13:30m'],
  ['MINUTE', '13:30:10'],
  ['MINUTE', '13:30:10m'],
  ['DATETIME', '2012.06.13T13:30:10.5'],
  ['DATETIME', '2012.06.13T13:30m'],
  ['DATETIME', '2012.06.13T13'],
  ['DATETIME', '2012.06.13x13:30:10'],
  ['DATETIME', '2040.01.01T00:00:00'],
  ['DATETIME', '1901.12.13T20:45:52'],
  ['TIMESTAMP', '2012-06-13T13:30:10+08:00'],
  ['TIMESTAMP', '2012-06-13T13:30:10.0085'],
  ['TIMESTAMP', '2012-06-31T13:30:10'],
  ['NANOTIME', '13:30:10.0080070061'],
  ['NANOTIMESTAMP', '2262.04.11T23:47:16.854775808'],
  ['NANOTIMESTAMP', '1677.09.21T00:12:43.145224192'],
  ['DATEHOUR', '2012.06.13T13:30'],
  ['DATEMINUTE', '2012.06.13T13:30:10'],
]

t.test(
  'impossible dates, lost digits, foreign zones and values beyond the type are refused',
  async t => {
    for (const [type, text] of refused)
      t.equal(parseTemporal(type, text), undefined, `${type} ${text}`)
  },
)

t.test('values outside a day or a calendar of four digits are still written', async t => {
  t.equal(formatTemporal('DATE', daysFromCivil(12_345, 6, 7)), '12345.06.07')
  t.equal(formatTemporal('DATE', daysFromCivil(-1, 1, 1)), '-0001.01.01')
  t.equal(formatTemporal('MONTH', -1), '-0001.12M')
  t.equal(formatTemporal('SECOND', 90_000), '25:00:00')
  t.equal(formatTemporal('TIME', 2_000_000_000), '555:33:20.000')
})

t.test('temporal types are told from others', async t => {
  t.ok(isTemporal('DATE') && isTemporal('MONTH') && isTemporal('DATEMINUTE'))
  t.notOk(isTemporal('INT') || isTemporal('DURATION'))
})
