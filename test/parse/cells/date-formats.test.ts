/*
  Dates and times read with a format of `cells.dateFormats`.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { UsageError } from '../../../src/errors.js'
import { civilDays, fourDigits, twoDigits, yearAt } from '../../../src/parse/cells/calendar.js'
import {
  dateFormatFor,
  dateFormatText,
  parseDateFormat,
} from '../../../src/parse/cells/date-format.js'
import { EpochFormat } from '../../../src/parse/cells/epoch-format.js'
import { ExcelFormat } from '../../../src/parse/cells/excel-format.js'
import { parsePattern, PatternFormat } from '../../../src/parse/cells/pattern-format.js'
import { TimeZone } from '../../../src/parse/cells/time-zone.js'
import { ZonedFormat } from '../../../src/parse/cells/zoned-format.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

// Parts of dates, compared with Date.

t.test('a day exists exactly if Date keeps it unchanged', async t => {
  for (const year of [0, 4, 100, 1600, 1900, 1969, 2000, 2023, 2024, 9999]) {
    for (let month = 0; month <= 13; month++) {
      for (const day of [0, 1, 28, 29, 30, 31, 32]) {
        const date = new Date(0)
        date.setUTCFullYear(year, month - 1, day)
        const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
        const days = civilDays(year, month, day)
        t.ok(Object.is(days, isDay ? date.getTime() / 86_400_000 : NaN), `${year}-${month}-${day}`)
      }
    }
  }
  t.ok(Number.isNaN(civilDays(10_000, 1, 1)))
})

t.test('the year of a day is that of Date', async t => {
  const yearOf = (days: number): number => new Date(days * 86_400_000).getUTCFullYear()
  const wrong: number[] = []
  const look = (days: number): void => {
    if (yearAt(days) !== yearOf(days)) wrong.push(days)
  }
  for (let year = -800; year <= 3200; year++) {
    const first = new Date(0).setUTCFullYear(year, 0, 1) / 86_400_000
    for (const days of [first - 1, first, first + 1, first + 59, first + 200]) look(days)
  }
  for (let days = -100_000_000; days <= 100_000_000; days += 99_991) look(days)
  t.strictSame(wrong, [])
})

t.test('digits are read as a number; anything else is greater than any part of a date', async t => {
  const bytes = Buffer.from('2024 1a')
  t.equal(fourDigits(bytes, 0), 2024)
  t.equal(twoDigits(bytes, 2), 24)
  for (const at of [3, 4, 5]) t.ok(twoDigits(bytes, at) > 9999, `at ${at}`)
  t.ok(fourDigits(bytes, 1) > 9999)
})

// The formats of `cells.dateFormats` that each type allows.

const timestamp = { columnName: 'c', typeName: 'TIMESTAMP', needs: 'yMd' }

t.test('a format that does not fit the type is refused with the reason', async t => {
  for (const [text, needs, reason] of [
    ['epoch:m', 'yMd', /unit is s, ms, us or ns/],
    ['epoch:', 'yMd', /unit is s, ms, us or ns/],
    ['epoch:ms', 'H', /does not count from 1970/],
    ['yyyy-MM', 'yMd', /needs the day \(dd\)/],
    ['yyyy-dd', 'yM', /needs the month \(MM\)/],
    ['MM-dd', 'yMd', /needs the year \(yyyy\)/],
    ['mm:ss', 'H', /needs the hour \(HH\)/],
    ['yyyyy', 'yMd', /yyyyy has 5 letters, but y takes 1 or 2 or 4/],
    ['dd.dd.yyyy', 'yMd', /d occurs twice/],
    ['', 'yMd', /needs the year/],
  ] as const) {
    try {
      parseDateFormat({ columnName: 'c', typeName: 'T', needs }, text)
      t.fail(text)
    } catch (error) {
      t.ok(error instanceof UsageError && reason.test(error.message), String(error))
      t.match(error, { message: `\`cells.dateFormats\` c=${text}: ` })
    }
  }
})

t.test('an hour on a clock of 12 or 24 hours is an hour', async t => {
  for (const text of ['HH:mm', 'hh:mm aa']) {
    t.doesNotThrow(
      () => parseDateFormat({ columnName: 'c', typeName: 'MINUTE', needs: 'H' }, text),
      text,
    )
  }
})

t.test('each unit has its own number of nanoseconds', async t => {
  for (const [unit, nanos] of [
    ['s', 0],
    ['ms', 1_000_000],
    ['us', 1000],
    ['ns', 1],
  ] as const) {
    const format = parseDateFormat(timestamp, `epoch:${unit}`)
    const { bytes, start, end } = cellOf('1')
    t.equal(format.read(bytes, start, end), 0)
    t.strictSame(
      [format.days, format.secondOfDay, format.nanos],
      [0, unit === 's' ? 1 : 0, nanos],
      unit,
    )
  }
})

t.test('a column has its own format, or the general format if that fits', async t => {
  const time = { columnName: 't', typeName: 'TIME', needs: 'H' }
  const has = (place: typeof time, formats: Record<string, string>): boolean =>
    dateFormatFor(place, formats) !== undefined
  t.equal(has(timestamp, {}), false)
  t.equal(has(timestamp, { d: 'yyyy-MM-dd' }), false)
  t.equal(has(timestamp, { c: 'yyyy-MM-dd' }), true)
  t.equal(has(timestamp, { '*': 'yyyy-MM-dd' }), true)
  t.equal(has(time, { '*': 'yyyy-MM-dd' }), false, 'the column has no hour')
  t.equal(has(time, { '*': 'yyyy-MM-dd HH:mm' }), false, 'the date would be lost')
  t.equal(has(time, { '*': 'HH:mm' }), true)
  t.equal(has(timestamp, { '*': 'HH:mm' }), false)
  t.equal(has(time, { '*': 'epoch:ms' }), false)
  t.equal(has(time, { '*': 'excel' }), true)
  t.throws(() => dateFormatFor(time, { '*': 'ddd' }), { code: 'DDB_USAGE' })
  t.throws(() => dateFormatFor(time, { '*': 'epoch:x' }), { code: 'DDB_USAGE' })
  t.throws(() => dateFormatFor(time, { t: 'yyyy' }), { code: 'DDB_USAGE' })
  t.equal(dateFormatText('c', { '*': 'a', c: 'b' }), 'b')
  t.equal(dateFormatText('d', { '*': 'a', c: 'b' }), 'a')
})

t.test('in a zone, counts are converted, other times are checked, days are unchanged', async t => {
  const zone = new TimeZone('America/New_York')
  const seconds = (text: string, format: string, keepsTime = true): number => {
    const parsed = parseDateFormat({ ...timestamp, zone, keepsTime }, format)
    const { bytes, start, end } = cellOf(text)
    const outcome = parsed.read(bytes, start, end)
    return outcome === 0 ? parsed.days * 86_400 + parsed.secondOfDay : outcome
  }
  const at = (iso: string): number => Date.parse(iso) / 1000
  t.equal(seconds('0', 'epoch:s'), -5 * 3600)
  t.equal(seconds('0', 'epoch:s', false), -5 * 3600)
  t.equal(seconds('2024-03-10 01:59', 'yyyy-MM-dd HH:mm'), at('2024-03-10T01:59:00Z'))
  t.ok(Number.isNaN(seconds('2024-03-10 02:00', 'yyyy-MM-dd HH:mm')))
  t.equal(seconds('2024-03-10 02:00', 'yyyy-MM-dd HH:mm', false), at('2024-03-10T02:00:00Z'))
})

// Counts since 1970, compared with BigInt and Date.

const [seconds, ms, us, ns] = [0, 3, 6, 9]

/** Nanoseconds since 1970, or the result of a reading that fails. */
function read(unitDigits: number, text: string): bigint | number {
  const format = new EpochFormat(unitDigits)
  const { bytes, start, end } = cellOf(text)
  const outcome = format.read(bytes, start, end)
  if (outcome !== 0) return outcome
  const whole = BigInt(format.days) * 86_400n + BigInt(format.secondOfDay)
  return whole * 1_000_000_000n + BigInt(format.nanos)
}

t.test('a count since 1970 is read to the nanosecond', async t => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -62_167_219_200n * 10n ** 9n, max: 10n ** 20n }),
      fc.constantFrom(seconds, ms, us, ns),
      (nanos, unitDigits) => {
        const places = 9 - unitDigits
        const digits = String(nanos < 0n ? -nanos : nanos).padStart(places + 1, '0')
        const whole = digits.slice(0, digits.length - places)
        const fraction = places === 0 ? '' : `.${digits.slice(-places)}`
        strictEqual(read(unitDigits, `${nanos < 0n ? '-' : ''}${whole}${fraction}`), nanos)
      },
    ),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('days and seconds count forward, even before 1970', async t => {
  for (const [unitDigits, text, days, secondOfDay, nanos] of [
    [seconds, '0', 0, 0, 0],
    [seconds, '-1', -1, 86_399, 0],
    [seconds, '86399', 0, 86_399, 0],
    [seconds, '86400', 1, 0, 0],
    [seconds, '-86400', -1, 0, 0],
    [seconds, '+5.', 0, 5, 0],
    [seconds, ' \t-0.000000001 ', -1, 86_399, 999_999_999],
    [ms, '-1', -1, 86_399, 999_000_000],
    [ms, '7', 0, 0, 7_000_000],
    [us, '0.5', 0, 0, 500],
    [ns, '-1', -1, 86_399, 999_999_999],
    [ns, '1.000', 0, 0, 1],
  ] as const) {
    const format = new EpochFormat(unitDigits)
    const { bytes, start, end } = cellOf(text)
    t.equal(format.read(bytes, start, end), 0, text)
    // Adds 0 to turn −0 into 0.
    const parts = [format.days + 0, format.secondOfDay, format.nanos]
    t.strictSame(parts, [days, secondOfDay, nanos], text)
  }
})

t.test('more digits than nanoseconds, and times beyond the years of texts, do not fit', async t => {
  t.equal(read(ns, '1.5'), Infinity)
  t.equal(read(seconds, '1.0000000001'), Infinity)
  const [last, first] = [253_402_300_799n, -62_167_219_200n]
  t.equal(read(seconds, `${last}.999999999`), last * 10n ** 9n + 999_999_999n)
  t.equal(read(seconds, String(last + 1n)), Infinity, 'year 10000')
  t.equal(read(seconds, String(first)), first * 10n ** 9n)
  t.equal(read(seconds, `${first}.000000001`), Infinity, 'before year 0')
  for (const text of ['99999999999999', '999999999999999']) t.equal(read(seconds, text), Infinity)
})

t.test('a text that is not a number is distinguished from a number that does not fit', async t => {
  for (const text of ['', ' ', '-', '+', '.', '.5', '1e3', '1.2.3', '--1', '1 2', '0x1', '1-']) {
    t.ok(Number.isNaN(read(seconds, text)), JSON.stringify(text))
  }
})

t.test('a month is its first midnight', async t => {
  const format = new EpochFormat(seconds)
  for (const [year, month] of [
    [2024, 1],
    [1970, 0],
    [1969, 11],
    [1900, 2],
  ] as const) {
    const { bytes, start, end } = cellOf(String(Date.UTC(year, month) / 1000))
    format.read(bytes, start, end)
    t.equal(format.months, year * 12 + month, `${year}-${month + 1}`)
  }
  for (const text of ['1', '0.000000001', '86400']) {
    const { bytes, start, end } = cellOf(text)
    format.read(bytes, start, end)
    t.equal(format.months, Infinity, text)
  }
})

// Day numbers of spreadsheets, compared with Date and with the days that Excel shows.

/** Milliseconds since 1970, or the result of a reading that fails. */
function readExcelFormat(text: string, is1904 = false, isTimeOfDay = false): number {
  const format = new ExcelFormat(is1904, isTimeOfDay)
  const { bytes, start, end } = cellOf(text)
  const outcome = format.read(bytes, start, end)
  if (outcome !== 0) return outcome
  return (format.days * 86_400 + format.secondOfDay) * 1000 + format.nanos / 1_000_000
}

t.test('known dates of spreadsheets', async t => {
  for (const [text, iso] of [
    ['1', '1900-01-01T00:00:00Z'],
    ['59', '1900-02-28T00:00:00Z'],
    ['61', '1900-03-01T00:00:00Z'],
    ['25569', '1970-01-01T00:00:00Z'],
    ['45325', '2024-02-03T00:00:00Z'],
    ['45325.4375', '2024-02-03T10:30:00Z'],
    ['45325.520833333336', '2024-02-03T12:30:00Z'],
    ['45325.5208333333', '2024-02-03T12:30:00Z'],
    [' 4.5325E4 ', '2024-02-03T00:00:00Z'],
    ['2958465.99999999', '9999-12-31T23:59:59.999Z'],
  ] as const) {
    t.equal(readExcelFormat(text), Date.parse(iso), text)
  }
  t.equal(readExcelFormat('0', true), Date.parse('1904-01-01T00:00:00Z'))
  t.equal(readExcelFormat('43863', true), Date.parse('2024-02-03T00:00:00Z'))
})

t.test('every millisecond is read back from its number', async t => {
  const limits = {
    min: Date.parse('1900-03-01T00:00:00Z'),
    max: Date.parse('2200-01-01T00:00:00Z'),
  }
  fc.assert(
    fc.property(fc.integer(limits), ms => {
      strictEqual(readExcelFormat(String(ms / 86_400_000 + 25_569)), ms)
    }),
    { numRuns: runs(500) },
  )
  t.pass()
})

t.test('numbers that are not days do not fit', async t => {
  for (const text of [
    '0',
    '60',
    '60.5',
    '-1',
    '0.5',
    '137438953473',
    '1e30',
    '1e300',
    '1e400',
    'NaN',
  ]) {
    t.equal(readExcelFormat(text), Infinity, text)
  }
  for (const text of ['', 'x', '45325,5', '2024-02-03'])
    t.ok(Number.isNaN(readExcelFormat(text)), text)
})

t.test('a time of day is a fraction of a day', async t => {
  t.equal(readExcelFormat('0.5', false, true), 43_200_000)
  t.equal(readExcelFormat('0', false, true), 0)
  t.equal(readExcelFormat('1', false, true), Infinity)
  t.equal(readExcelFormat('45325.5', false, true), Infinity)
})

t.test('a month is its first midnight', async t => {
  const format = new ExcelFormat(false, false)
  for (const [text, months] of [
    ['45323', 2024 * 12 + 1],
    ['45324', Infinity],
    ['45323.5', Infinity],
  ] as const) {
    const { bytes, start, end } = cellOf(text)
    format.read(bytes, start, end)
    t.equal(format.months, months, text)
  }
})

// Dates and times read by patterns, compared with Date.

function formatOf(pattern: string): PatternFormat {
  const parts = parsePattern(pattern)
  if (typeof parts === 'string') throw new Error(parts)
  return new PatternFormat(parts)
}

/** Nanoseconds since 1970, or the result of a reading that fails. */
function readPatternFormat(pattern: string, text: string): bigint | number {
  const format = formatOf(pattern)
  const { bytes, start, end } = cellOf(text)
  const outcome = format.read(bytes, start, end)
  if (outcome !== 0) return outcome
  const seconds = BigInt(format.days) * 86_400n + BigInt(format.secondOfDay)
  return seconds * 1_000_000_000n + BigInt(format.nanos)
}

const nanosOf = (isoText: string): bigint => BigInt(Date.parse(isoText)) * 1_000_000n

t.test('a pattern reads the same time as Date', async t => {
  for (const [pattern, text, isoText] of [
    ['dd/MM/yyyy', '09/08/2024', '2024-08-09T00:00:00Z'],
    ['d/M/yyyy', '9/8/2024', '2024-08-09T00:00:00Z'],
    ['d/M/yyyy', '19/12/2024', '2024-12-19T00:00:00Z'],
    ['yyyyMMdd', '20240809', '2024-08-09T00:00:00Z'],
    ['yyyyMMdd', '00010101', '0001-01-01T00:00:00Z'],
    ['yyyyMMdd', '99991231', '9999-12-31T00:00:00Z'],
    ['yy-MM-dd', '39-01-02', '2039-01-02T00:00:00Z'],
    ['yy-MM-dd', '40-01-02', '1940-01-02T00:00:00Z'],
    ['y-M-d', '2024-1-2', '2024-01-02T00:00:00Z'],
    ['y-M-d', '24-1-2', '2024-01-02T00:00:00Z'],
    ['dd MMM yyyy', '09 aUg 2024', '2024-08-09T00:00:00Z'],
    ['yyyyMMMd', '2024aug9', '2024-08-09T00:00:00Z'],
    ['yyyy年MM月dd日', '2024年08月09日', '2024-08-09T00:00:00Z'],
    ['yyyy-MM-dd HH:mm:ss.SSS', '2024-08-09 23:59:58.007', '2024-08-09T23:59:58.007Z'],
    ['yyyy-MM-dd HH:mm:ss.SSS', ' 2024-02-29 00:00:00.000\t', '2024-02-29T00:00:00Z'],
    ['yyyy-MM-dd hh:mm aa', '2024-08-09 12:05 AM', '2024-08-09T00:05:00Z'],
    ['yyyy-MM-dd hh:mm aa', '2024-08-09 12:05 pm', '2024-08-09T12:05:00Z'],
    ['yyyy-MM-dd hh:mm aa', '2024-08-09 11:05 Pm', '2024-08-09T23:05:00Z'],
    ['yyyy-MM-dd HH:mm aa', '2024-08-09 13:05 PM', '2024-08-09T13:05:00Z'],
    ['yyyy-MM-dd HH:mm aa', '2024-08-09 12:05 AM', '2024-08-09T00:05:00Z'],
    ['M/d/yyyy h:mm:ss aa', '8/9/2024 1:05:07 PM', '2024-08-09T13:05:07Z'],
    ['YYYY-MM-DD', '2024-08-09', '2024-08-09T00:00:00Z'],
    ['DD/MM/YY', '09/08/24', '2024-08-09T00:00:00Z'],
    ['YYYYMMDD', '20240809', '2024-08-09T00:00:00Z'],
  ] as const) {
    t.equal(readPatternFormat(pattern, text), nanosOf(isoText), `${pattern}: ${text}`)
  }
  t.equal(readPatternFormat('yyyy.MM.dd nnnnnnnnn', '1970.01.01 000000009'), 9n)
  t.equal(readPatternFormat('yyyy.MM.dd nnnnnn', '1970.01.01 000009'), 9000n)
  t.equal(
    readPatternFormat('HH:mm', '01:02'),
    3_720_000_000_000n,
    'without a date it is the first day',
  )
})

t.test('every moment is read back from its text', async t => {
  const moment = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(moment, date => {
      const iso = date.toISOString()
      const expected = BigInt(date.getTime()) * 1_000_000n
      strictEqual(readPatternFormat('yyyy-MM-ddTHH:mm:ss.SSSZ', iso), expected)
      strictEqual(readPatternFormat('yyyyMMddHHmmssSSS', iso.replace(/\D/g, '')), expected)
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('a text that does not follow the pattern is not read', async t => {
  for (const [pattern, text] of [
    ['dd/MM/yyyy', ''],
    ['dd/MM/yyyy', '31/02/2024'],
    ['dd/MM/yyyy', '29/02/2023'],
    ['dd/MM/yyyy', '00/01/2024'],
    ['dd/MM/yyyy', '01/00/2024'],
    ['dd/MM/yyyy', '01/13/2024'],
    ['dd/MM/yyyy', '1/2/24x'],
    ['dd/MM/yyyy', '01/02/2024x'],
    ['dd/MM/yyyy', '01/02/202'],
    ['dd/MM/yyyy', '01/02/'],
    ['dd/MM/yyyy', '01-02-2024'],
    ['yyyyMMdd', '202489'],
    ['yyyyMMdd', '2024123'],
    ['yyyyMMddHHmmss', '2024020310304'],
    ['HHmmss', '09305'],
    ['yyyy-MM-dd HHmm', '2024-01-01 093'],
    ['dd/MM/yyyyHH', '01/02/20249'],
    ['yyyy-MM-dd HH', '2024-01-01 24'],
    ['yyyy-MM-dd hh', '2024-01-01 13'],
    ['yyyy-MM-dd HH:mm', '2024-01-01 00:60'],
    ['yyyy-MM-dd HH:mm:ss', '2024-01-01 00:00:60'],
    ['yyyy-MM-dd HH:mm:ss.SSS', '2024-01-01 00:00:00.00'],
    ['yyyy-MM-dd hh aa', '2024-01-01 01 xm'],
    ['yyyy-MM-dd hh aa', '2024-01-01 13 PM'],
    ['yyyy-MM-dd HH aa', '2024-01-01 13 AM'],
    ['yyyy-MM-dd hh aa', '2024-01-01 01 a'],
    ['dd MMM yyyy', '09 xyz 2024'],
    ['yyyy MMM', '2024 ja'],
    ['y-M-d', '123-1-1'],
    ['y-M-d', '1-1-1'],
  ] as const) {
    t.ok(Number.isNaN(readPatternFormat(pattern, text)), `${pattern}: ${text}`)
  }
})

t.test('a time of day may lack leading zeros', async t => {
  const day = 86_400_000
  fc.assert(
    fc.property(fc.integer({ min: 0, max: day - 1 }), fc.nat(8), (ms, left) => {
      const written = new Date(ms).toISOString().slice(11, 23).replace(/\D/g, '')
      const expected = BigInt(ms) * 1_000_000n
      // The time as a number without leading zeros, or with only some of them.
      const short = String(Number(written)).padStart(left, '0')
      strictEqual(readPatternFormat('HHmmssSSS', short), expected)
      const behind = readPatternFormat("yyyyMMdd'T'HHmmssSSS", `19700102T${short}`)
      strictEqual(behind, expected + BigInt(day) * 1_000_000n)
      const seconds = String(Number(written.slice(0, 6)))
      const whole = BigInt(Math.floor(ms / 1000)) * 1_000_000_000n
      strictEqual(readPatternFormat('HHmmss', seconds), whole)
      strictEqual(readPatternFormat('yyyy.MM.dd HHmmss', `1970.01.01 ${seconds}`), whole)
    }),
    { numRuns: runs(300) },
  )
  for (const [pattern, text, isoText] of [
    ['HHmmssSSS', '93000000', '1970-01-01T09:30:00Z'],
    ['HHmmssSSS', ' 0 ', '1970-01-01T00:00:00Z'],
    ['HHmmssSSS', '000000000', '1970-01-01T00:00:00Z'],
    ['HHmmssSSS', '235959999', '1970-01-01T23:59:59.999Z'],
    ['HHmmss', '1', '1970-01-01T00:00:01Z'],
    ['HHmm', '930', '1970-01-01T09:30:00Z'],
    ['HHmmss.SSS', '93000.007', '1970-01-01T09:30:00.007Z'],
    ['hhmmss aa', '93000 PM', '1970-01-01T21:30:00Z'],
    ["'at 'HHmm' o''clock'", "at 930 o'clock", '1970-01-01T09:30:00Z'],
    ["yyyy''MM", "2024'08", '2024-08-01T00:00:00Z'],
  ] as const) {
    t.equal(readPatternFormat(pattern, text), nanosOf(isoText), `${pattern}: ${text}`)
  }
  for (const [pattern, text] of [
    ['HHmmssSSS', '240000000'],
    ['HHmmssSSS', '0093000000'],
    ['HHmmssSSS', '-93000000'],
    ['HHmmssSSS', '+93000000'],
    ['HHmmssSSS', '9300000'.padEnd(8, ' ') + '0'],
    ['HHmmssSSS', '93060000'],
    ['HHmmssSSS', '936000000'],
    ['HHmmssSSS', ''],
    ['HHmmssSSS', '9300000x'],
    ['HHmmss', '9300000'],
    ["yyyyMMdd'T'HHmmssSSS", '20240102T'],
    ["yyyyMMdd'T'HHmmssSSS", '2024012T93000000'],
    ['mmss', '930'],
    ['HH:mm:ss.SSS', '09:30:00.5'],
  ] as const) {
    t.ok(Number.isNaN(readPatternFormat(pattern, text)), `${pattern}: ${text}`)
  }
})

t.test('months are counted from year 0', async t => {
  const format = formatOf('yyyy.MM')
  for (const [text, months] of [
    ['0000.01', 0],
    ['2012.06', 24_149],
    ['9999.12', 119_999],
  ] as const) {
    const { bytes, start, end } = cellOf(text)
    t.equal(format.read(bytes, start, end), 0)
    t.equal(format.months, months, text)
  }
})

t.test('values of one text do not affect the next text', async t => {
  const format = formatOf('yyyy-MM-dd hh aa')
  for (const [text, hour] of [
    ['2024-01-01 01 PM', 13],
    ['2024-01-01 01 AM', 1],
  ] as const) {
    const { bytes, start, end } = cellOf(text)
    format.read(bytes, start, end)
    t.equal(format.secondOfDay, hour * 3600, text)
  }
})

t.test('a text that is not a pattern is refused with the reason', async t => {
  for (const [text, why] of [
    ['yyy', 'yyy has 3 letters, but y takes 1 or 2 or 4'],
    ['MMMM', 'MMMM has 4 letters, but M takes 1 or 2 or 3'],
    ['ddd', 'ddd has 3 letters, but d takes 1 or 2'],
    ['SS', 'SS has 2 letters, but S takes 3'],
    ['nnn', 'nnn has 3 letters, but n takes 6 or 9'],
    ['a', 'a has 1 letters, but a takes 2'],
    ['HH:HH', 'H occurs twice'],
    ["yyyyMMdd'T", "a quote ' is not closed"],
  ] as const) {
    t.equal(parsePattern(text), why)
  }
})

// Formats in a time zone, tested around well-known changes of the clocks.

const zone = new TimeZone('Europe/Berlin')

function readZonedFormat(format: ZonedFormat, text: string): string | number {
  const { bytes, start, end } = cellOf(text)
  const outcome = format.read(bytes, start, end)
  if (outcome !== 0) return outcome
  const ms = (format.days * 86_400 + format.secondOfDay) * 1000 + format.nanos / 1_000_000
  return new Date(ms).toISOString().slice(0, -1)
}

t.test('a count is read as the time that the clocks of the zone showed', async t => {
  const format = new ZonedFormat(new EpochFormat(3), zone, 'convert')
  t.equal(format.isNumber, true)
  for (const [utc, wall] of [
    ['2024-03-31T00:59:59.999Z', '2024-03-31T01:59:59.999'],
    ['2024-03-31T01:00:00.000Z', '2024-03-31T03:00:00.000'],
    // Clocks that are set back show one hour twice.
    ['2024-10-27T00:30:00.000Z', '2024-10-27T02:30:00.000'],
    ['2024-10-27T01:30:00.000Z', '2024-10-27T02:30:00.000'],
  ] as const) {
    t.equal(readZonedFormat(format, String(Date.parse(utc))), wall, utc)
  }
  t.ok(Number.isNaN(readZonedFormat(format, 'x')))
  readZonedFormat(format, String(Date.parse('2023-12-31T23:00:00Z')))
  t.equal(format.months, 2024 * 12)
})

t.test('a time that the clocks never showed is refused', async t => {
  const parts = parsePattern('yyyy-MM-dd HH:mm')
  if (typeof parts === 'string') throw new Error(parts)
  const format = new ZonedFormat(new PatternFormat(parts), zone, 'check')
  t.equal(format.isNumber, false)
  t.equal(readZonedFormat(format, '2024-03-31 01:59'), '2024-03-31T01:59:00.000')
  t.ok(Number.isNaN(readZonedFormat(format, '2024-03-31 02:00')))
  t.equal(readZonedFormat(format, '2024-10-27 02:30'), '2024-10-27T02:30:00.000')
})

t.test('numbers outside any calendar need no clocks', async t => {
  const format = new ZonedFormat(new ExcelFormat(false, false), zone, 'check')
  t.equal(readZonedFormat(format, '45325.4375'), '2024-02-03T10:30:00.000')
  for (const text of ['1e12', '1e18', '1e30', '1e300'])
    t.equal(readZonedFormat(format, text), Infinity, text)
  t.equal(readZonedFormat(format, '2958465'), '9999-12-31T00:00:00.000', "Excel's last day")
  t.equal(readZonedFormat(format, '2958466'), Infinity)
})
