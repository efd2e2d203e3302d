/* Dates and times in text: what columns make of the usual notations and of the formats of `cells.dateFormats`, compared with Date. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { UsageError } from '../../../src/errors.js'
import type { CellRules } from '../../../src/parse/cell-rules.js'
import { dateFormatFor, dateFormatText } from '../../../src/parse/times/date-format.js'
import { parsePattern } from '../../../src/parse/times/time-pattern.js'
import { forAll } from '../../helpers/runs.js'
import { read } from '../reading.js'
import { readText, readTexts, type Reading } from '../cells/cell.js'

const msPerDay = 86_400_000

/** What each type stores of a moment, in ms since 1970 and further nanoseconds. */
const raws: Readonly<Record<string, (ms: number, nanos: number) => Reading>> = {
  DATE: (ms, nanos) => whole(ms, nanos, msPerDay),
  DATEHOUR: (ms, nanos) => whole(ms, nanos, 3_600_000),
  DATEMINUTE: (ms, nanos) => whole(ms, nanos, 60_000),
  DATETIME: (ms, nanos) => whole(ms, nanos, 1000),
  TIMESTAMP: (ms, nanos) => (nanos === 0 ? BigInt(ms) : 'range'),
  NANOTIMESTAMP(ms, nanos) {
    const value = BigInt(ms) * 1_000_000n + BigInt(nanos)
    return BigInt.asIntN(64, value) === value ? value : 'range'
  },
  MINUTE: (ms, nanos) => whole(clockMs(ms), nanos, 60_000),
  SECOND: (ms, nanos) => whole(clockMs(ms), nanos, 1000),
  TIME: (ms, nanos) => whole(clockMs(ms), nanos, 1),
  NANOTIME: (ms, nanos) => BigInt(clockMs(ms)) * 1_000_000n + BigInt(nanos),
}

const clockMs = (ms: number): number => ms - Math.floor(ms / msPerDay) * msPerDay

function whole(ms: number, nanos: number, unitMs: number): Reading {
  if (nanos !== 0 || ms % unitMs !== 0 || Math.abs(ms / unitMs) > 2 ** 31 - 1) return 'range'
  return ms / unitMs + 0
}

const dayTypes = ['DATE', 'DATETIME', 'DATEMINUTE', 'TIMESTAMP', 'NANOTIMESTAMP'] as const

const moment = fc
  .tuple(
    fc.oneof(
      fc.date({
        min: new Date('0000-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59.999Z'),
        noInvalidDate: true,
      }),
      fc.date({
        min: new Date('1902-01-01T00:00:00Z'),
        max: new Date('2037-12-31T23:59:59.999Z'),
        noInvalidDate: true,
      }),
    ),
    fc.constantFrom(1, 1000, 60_000, 3_600_000, msPerDay),
  )
  .map(([date, unitMs]) => Math.floor(date.getTime() / unitMs) * unitMs)

const iso = (ms: number): string => new Date(ms).toISOString().slice(0, -1)

/** The spellings of a day. */
const daySpellings = [
  (day: string) => day,
  (day: string) => day.replaceAll('-', '.'),
  (day: string) => day.replaceAll('-', '/'),
  (day: string) => day.replaceAll('-', ''),
]

t.test('every moment is read back from each spelling, whatever came before', async () => {
  const cell = fc.tuple(
    moment,
    fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(999_999)),
    fc.constantFrom(...daySpellings),
    fc.constantFrom('T', 't', ' '),
    fc.constantFrom('.', ','),
    fc.nat(12),
  )
  forAll(100)(
    fc.array(cell, { minLength: 1, maxLength: 30 }),
    fc.constantFrom('', 'Z', 'z', ' UTC', '+08:00', '-0330', ' -11'),
    (cells, offset) => {
      for (const type of [...dayTypes, 'DATEHOUR']) {
        const list = cells.map(([ms, nanos, day, between, point, digits]) => {
          const [date = '', clock = ''] = iso(ms).split('T')
          const fraction = `${clock.slice(9)}${String(nanos).padStart(6, '0')}000`
          const length = Math.max(digits, fraction.replace(/0+$/, '').length)
          const written = `${clock.slice(0, 8)}${length > 0 ? point : ''}${fraction.slice(0, length)}`
          const isBasic = day(date) === date.replaceAll('-', '') && digits % 2 === 0
          return `${day(date)}${between}${isBasic ? written.replaceAll(':', '') : written}${offset}`
        })
        const expected = cells.map(([ms, nanos]) => raws[type]!(ms, nanos))
        deepStrictEqual(readTexts(type, list), expected, type)
      }
      for (const type of ['SECOND', 'TIME', 'NANOTIME']) {
        const list = cells.map(([ms, nanos]) => {
          return `${iso(ms).slice(11)}${String(nanos).padStart(6, '0')}${offset}`
        })
        const expected = cells.map(([ms, nanos]) => raws[type]!(ms, nanos))
        deepStrictEqual(readTexts(type, list), expected, type)
      }
    },
  )
})

t.test('a time may be shorter, or missing', async t => {
  for (const [type, text, ms] of [
    ['DATE', ' 1970-01-02\t', msPerDay],
    ['DATE', '1970-01-02T00:00:00.000', msPerDay],
    ['DATETIME', '19700102', msPerDay],
    ['TIMESTAMP', '1970/01/02', msPerDay],
    ['TIMESTAMP', '1970-01-02 01:02', msPerDay + 3_720_000],
    ['TIMESTAMP', '19700102T0102Z', msPerDay + 3_720_000],
    ['TIMESTAMP', '19700102 01:02', msPerDay + 3_720_000],
    ['DATEHOUR', '1970-01-01T03', 3 * 3_600_000],
    ['DATEHOUR', '19700101 03', 3 * 3_600_000],
    ['DATEHOUR', '1970-01-01T03:00', 3 * 3_600_000],
    ['DATEMINUTE', '1970-01-01T03:04', 184 * 60_000],
    ['MINUTE', '23:59', 1439 * 60_000],
    ['MINUTE', ' 00:01m ', 60_000],
    ['MINUTE', '00:01 m', 60_000],
  ] as const) {
    t.equal(readText(type, text), raws[type]!(ms, 0), `${type} ${text}`)
  }
  for (const [text, months] of [
    ['0000.01M', 0],
    ['2012.06M', 24_149],
    ['2012.06', 24_149],
    ['2012-06', 24_149],
    [' 9999.12M ', 119_999],
  ] as const) {
    t.equal(readText('MONTH', text), months, text)
  }
  t.equal(readText('DATETIME', ''), null)
})

t.test('what a type does not hold is out of its range', async t => {
  for (const [type, ...texts] of [
    ['DATE', '1970-01-02 03:00', '1970-01-02T00:00:00.1'],
    ['DATEHOUR', '1970-01-01T03:04'],
    ['DATETIME', '1901-12-13T20:45:52', '2038-01-19T03:14:08', '2024-02-29T00:00:00.001'],
    ['TIMESTAMP', '1970-01-01T00:00:00.0001', '1970-01-01T00:00:00.12345678901'],
    ['NANOTIMESTAMP', '1677-09-21T00:12:43.145224192', '2262-04-11T23:47:16.854775808'],
    ['NANOTIME', '00:00:00.0000000001'],
    ['SECOND', '00:00:00.5'],
    ['TIME', '00:00:00.0001'],
  ] as const) {
    const expected = texts.map(() => 'range')
    t.strictSame(readTexts(type, texts), expected, type)
  }
  t.equal(readText('NANOTIMESTAMP', '1677-09-21T00:12:43.145224193'), -(2n ** 63n) + 1n)
  t.equal(readText('NANOTIMESTAMP', '2262-04-11T23:47:16.8547758070'), 2n ** 63n - 1n)
  t.equal(readText('DATETIME', '1901-12-13T20:45:53'), 1 - 2 ** 31)
})

const none: readonly (readonly [type: string, ...texts: string[]])[] = [
  ['DATE', '2024', '2024-01', '2024-01-0', '2024-1-01', '2024-01/01', '2024_01_01', '2024-13-01'],
  ['DATE', '2024-00-01', '2024-01-00', '2024-02-30', '1900-02-29', '2024011', '202401011'],
  ['DATE', '20241301', '2024-01-01x', '2024-01-01T', 'x024-01-01', '24-01-01', '10000-01-01'],
  ['NANOTIME', '00:00', '0:00:00', '24:00:00', '00:60:00', '00:00:60', '00:00:00.', '00:00:00.x'],
  ['NANOTIME', '00:00:00,', '00-00-00', '000000', '00:00:00 AM', '00:00:00+1', '00:00:00+24:00'],
  ['NANOTIME', '00:00:0'],
  ['MINUTE', '00', '0:00', '24:00', '00:60', '00:00:00', '00:00M', '00:00mm', '00.00'],
  ['TIMESTAMP', '2024-01-01T', '2024-01-01T00', '2024-01-01T0:00', '2024-01-01 24:00'],
  ['TIMESTAMP', '2024-01-01 00:60', '2024-01-01  00:00', '2024-01-01x00:00', '2024-02-30T00:00:00'],
  ['TIMESTAMP', '2024-01-01T00:00:00+08:60', '2024-01-01T00:00:00-01:0', '2024-01-01+08:00'],
  ['TIMESTAMP', '2024-01-01T000000', '20240101T00:0000', '20240101T00000', '20240101T00'],
  ['TIMESTAMP', '2024-01-01T00:00:00.', '2024-01-01T00:00:00ZZ'],
  ['DATEHOUR', '2024-01-01', '2024-01-01T', '2024-01-01T0', '2024-01-01T24', '2024-01-01T00:0'],
  ['DATEHOUR', '2024-01-01x00', '2024-02-30T00'],
  ['MONTH', 'M', '2012.6', '2012.00', '2012.13', '2012/06', '201206', '2012.06m', '2012.06 M'],
  ['MONTH', 'x012.06'],
]

t.test('texts in other spellings are refused, also between times in usual ones', async t => {
  const usual: Readonly<Record<string, string>> = {
    DATE: '2024-01-01',
    NANOTIME: '00:00:00',
    MINUTE: '00:00',
    TIMESTAMP: '2024-01-01T00:00:00',
    DATEHOUR: '2024-01-01T00',
    MONTH: '2012.06M',
  }
  for (const [type, ...texts] of none) {
    const list = texts.flatMap(text => [usual[type]!, text])
    const found = readTexts(type, list).filter((_, i) => i % 2 === 1)
    const expected = texts.map(() => 'cell')
    t.strictSame(found, expected, type)
  }
})

t.test('one wrong byte at any position is noticed', async t => {
  const text = '2024-02-29T23:59:59.999'
  const wrong = [...text].flatMap((c, i) =>
    [...(/\d/.test(c) ? '/:' : '09x'), ...';\x10p\u00b0'].map(
      other => text.slice(0, i) + other + text.slice(i + other.length),
    ),
  )
  const found = readTexts(
    'TIMESTAMP',
    wrong.flatMap(one => [text, one]),
  )
  const ms = BigInt(Date.parse(`${text}Z`))
  const others = found.filter(one => one !== ms && one !== 'cell')
  t.strictSame(others, [])
  t.equal(found.filter(one => one === ms).length, wrong.length)
})

t.test('no date is taken for a different date, whatever came before', async () => {
  const part = (max: number): fc.Arbitrary<string> =>
    fc.nat(max).map(number => String(number).padStart(2, '0'))
  const year = fc.constantFrom('0000', '1899', '1900', '1969', '1970', '2000', '2023', '2024')
  const date = fc.tuple(year, part(13), part(39)).map(parts => parts.join('-'))
  const time = fc.constantFrom('00:00:00.000', '17:02:47.295', '23:59:59.999', '24:00:00.000')
  forAll(300)(fc.array(fc.tuple(date, time), { minLength: 1, maxLength: 60 }), cells => {
    const texts = cells.map(parts => parts.join('T'))
    // Date reads 30 February as a day in March.
    const expected = texts.map(text => {
      const ms = Date.parse(`${text}Z`)
      return !Number.isNaN(ms) && iso(ms) === text ? BigInt(ms) : 'cell'
    })
    deepStrictEqual(readTexts('TIMESTAMP', texts), expected)
  })
})

// Offsets and time zones.

t.test('without a zone an offset is ignored and reported once', async t => {
  for (const [offset, told] of [
    ['+00:00', 0],
    ['', 0],
    [' +0200', 1],
  ] as const) {
    let times = 0
    const rules = { onOffset: () => void times++ }
    const texts = Array.from({ length: 3 }, () => `1970-01-01T00:00:01${offset}`)
    t.strictSame(readTexts('TIMESTAMP', texts, rules), [1000n, 1000n, 1000n])
    t.equal(times, told, offset)
  }
})

t.test('an offset is read in each spelling', async t => {
  for (const [text, hours] of [
    ['Z', 0],
    [' z', 0],
    [' UTC', 0],
    ['+00', 0],
    ['-00:00', 0],
    ['+08', 8],
    ['+0530', 5.5],
    ['\t-03:30', -3.5],
    ['+23:59', 23 + 59 / 60],
  ] as const) {
    const found = readText('TIMESTAMP', `1970-01-01T10:00${text}`, { timeZone: 'UTC' })
    t.equal(found, BigInt(Math.round((10 - hours) * 3_600_000)), text)
  }
  for (const text of ['+8', '+24', '+08:60', '+08:0', ' utc', 'Z Z', '+08:00:00', ' ']) {
    const found = readText('TIMESTAMP', `1970-01-01T10:00${text}`)
    t.equal(found, text === ' ' ? 36_000_000n : 'cell', text)
  }
})

function intlWall(zone: string, utcMs: number): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(utcMs)
  const part = (type: string): string => parts.find(one => one.type === type)!.value
  const date = `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
  return `${date}T${part('hour')}:${part('minute')}:${part('second')}`
}

const zones = ['Asia/Shanghai', 'America/New_York', 'Europe/London', 'Australia/Lord_Howe']

const two = (value: number): string => String(value).padStart(2, '0')

t.test("with a zone, a time with an offset becomes the time on the zone's clocks", async () => {
  const seconds = fc.integer({ min: -2_000_000_000, max: 4_000_000_000 })
  const offset = fc.tuple(fc.constantFrom('+', '-'), fc.nat(23), fc.nat(59))
  forAll(100)(
    fc.array(seconds, { minLength: 1, maxLength: 10 }),
    offset,
    fc.constantFrom(...zones),
    (list, [sign, hours, minutes], timeZone) => {
      const ahead = (hours * 60 + minutes) * 60 * (sign === '-' ? -1 : 1)
      const texts = list.map(
        utc => `${iso((utc + ahead) * 1000).slice(0, 19)}${sign}${two(hours)}:${two(minutes)}`,
      )
      const expected = list.map(utc => BigInt(Date.parse(`${intlWall(timeZone, utc * 1000)}Z`)))
      deepStrictEqual(readTexts('TIMESTAMP', texts, { timeZone }), expected)
    },
  )
})

t.test('in a zone, a time that its clocks skipped is refused; days are not checked', async t => {
  const timeZone = 'America/New_York'
  const pattern = { timeZone, dateFormats: { c: 'yyyy-MM-dd HH:mm' } }
  for (const [text, exists] of [
    ['2024-03-10 01:59', true],
    ['2024-03-10 02:00', false],
    ['2024-03-10 02:59', false],
    ['2024-03-10 03:00', true],
    ['2024-11-03 01:30', true],
  ] as const) {
    for (const rules of [{ timeZone }, pattern]) {
      const expected = exists ? BigInt(Date.parse(`${text}Z`)) : 'cell'
      t.strictSame(readTexts('TIMESTAMP', [text, text], rules), [expected, expected], text)
    }
  }
  t.equal(readText('DATEHOUR', '2024-03-10T02', { timeZone }), 'cell')
  t.equal(readText('DATE', '2024-03-10T02:00', { timeZone }), 'range')
  const rules = { timeZone: 'America/Sao_Paulo' }
  t.equal(readText('TIMESTAMP', '2018-11-04', rules), 'cell')
  t.equal(readText('DATE', '2018-11-04', rules), Date.parse('2018-11-04') / msPerDay)
  t.equal(readText('TIMESTAMP', '43408', { ...rules, dateFormats: { c: 'excel' } }), 'cell')
  t.equal(readText('NANOTIME', '10:00:00', { timeZone }), 36_000_000_000_000n)
  t.equal(readText('NANOTIME', '10:00:00+01:00', { timeZone }), 'cell')
})

t.test('a count is read as the time that the clocks of the zone showed', async t => {
  const rules = { timeZone: 'Europe/Berlin', dateFormats: { c: 'epoch:ms' } }
  for (const [utc, wall] of [
    ['2024-03-31T00:59:59.999Z', '2024-03-31T01:59:59.999Z'],
    ['2024-03-31T01:00:00.000Z', '2024-03-31T03:00:00.000Z'],
    // Clocks that are set back show one hour twice.
    ['2024-10-27T00:30:00.000Z', '2024-10-27T02:30:00.000Z'],
    ['2024-10-27T01:30:00.000Z', '2024-10-27T02:30:00.000Z'],
  ] as const) {
    t.equal(readText('TIMESTAMP', String(Date.parse(utc)), rules), BigInt(Date.parse(wall)), utc)
  }
  t.equal(readText('DATE', String(Date.parse('2023-12-31T23:00:00Z')), rules), 19_723)
  t.equal(readText('MONTH', String(Date.parse('2023-12-31T23:00:00Z')), rules), 2024 * 12)
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
      dateFormatFor({ columnName: 'c', typeName: 'T', needs }, { c: text })
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
      () => dateFormatFor({ columnName: 'c', typeName: 'MINUTE', needs: 'H' }, { c: text }),
      text,
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

// Counts since 1970, compared with BigInt.

const unitDigits = { s: 0, ms: 3, us: 6, ns: 9 } as const
const asEpoch = (unit: string): CellRules => ({ dateFormats: { c: `epoch:${unit}` } })

t.test('a count since 1970 is read to the nanosecond', async t => {
  const limit = 2n ** 63n - 1n
  forAll(200)(
    fc.array(fc.bigInt({ min: -limit, max: limit }), { minLength: 1, maxLength: 20 }),
    fc.constantFrom('s', 'ms', 'us', 'ns' as const),
    (list, unit) => {
      const decimals = 9 - unitDigits[unit]
      const texts = list.map(value => {
        const digits = String(value < 0n ? -value : value).padStart(decimals + 1, '0')
        const [front, behind] = [
          digits.slice(0, digits.length - decimals),
          digits.slice(digits.length - decimals),
        ]
        return `${value < 0n ? '-' : ''}${front}${decimals > 0 ? '.' : ''}${behind}`
      })
      deepStrictEqual(readTexts('NANOTIMESTAMP', texts, asEpoch(unit)), list)
    },
  )
  forAll(100)(fc.array(moment, { minLength: 1, maxLength: 20 }), list => {
    deepStrictEqual(readTexts('TIMESTAMP', list.map(String), asEpoch('ms')), list.map(BigInt))
  })
  for (const text of [' ', '-', '+', '.', '.5', '1e', '1.2.3', '--1', '1 2', '0x1', '1-']) {
    t.equal(readText('TIMESTAMP', text, asEpoch('s')), 'cell', text)
  }
  for (const [unit, text, found] of [
    ['ns', '1.5', 'range'],
    ['s', '1.0000000001', 'range'],
    ['s', '1.', 1_000_000_000n],
    ['s', '1.5e3', 1_500_000_000_000n],
    ['s', '-2.5E-1', -250_000_000n],
    ['ms', '17e2', 1_700_000_000n],
    ['s', '+00000000000000000001', 1_000_000_000n],
    ['s', '1e999', 'range'],
    ['s', '99999999999999', 'range'],
    ['s', '999999999999999', 'range'],
  ] as const) {
    t.equal(readText('NANOTIMESTAMP', text, asEpoch(unit)), found, text)
  }
  for (const [year, month] of [
    [2024, 1],
    [1970, 0],
    [1969, 11],
    [1900, 2],
  ] as const) {
    const text = String(Date.UTC(year, month) / 1000)
    t.equal(readText('MONTH', text, asEpoch('s')), year * 12 + month, text)
  }
  for (const text of ['1', '0.000000001', '86400']) {
    t.equal(readText('MONTH', text, asEpoch('s')), 'range', text)
  }
})

t.test('times end with the year 9999, and the reason names the unit that would fit', async t => {
  const cases = [
    ['TIMESTAMP', 'ms', '253402300799999', '9999.12.31T23:59:59.999'],
    ['TIMESTAMP', 'us', '253402300799999000', '9999.12.31T23:59:59.999'],
    ['TIMESTAMP', 's', '-62167219200', '0000.01.01T00:00:00.000'],
    ['TIMESTAMP', 'ms', '253402300800000', 'epoch:us would be 1978-01-11'],
    ['TIMESTAMP', 'ms', '-62167219200001', undefined],
    ['TIMESTAMP', 'ms', '1700000000000000', 'epoch:us would be 2023-11-14'],
    ['TIMESTAMP', 'ms', '1700000000000000000', 'epoch:ns would be 2023-11-14'],
    ['TIMESTAMP', 'ms', '0001700000000000000.5', 'epoch:us would be 2023-11-14'],
    ['TIMESTAMP', 's', '1700000000000', 'epoch:ms would be 2023-11-14'],
    ['DATETIME', 's', '1700000000000', 'epoch:ms would be 2023-11-14'],
    ['DATE', 's', '1699920000000', 'epoch:ms would be 2023-11-14'],
    ['NANOTIMESTAMP', 'ms', '1700000000000000', 'epoch:us would be 2023-11-14'],
    ['NANOTIMESTAMP', 'ns', '9223372036854775807', '2262.04.11T23:47:16.854775807'],
    ['TIMESTAMP', 'ms', '12 h', undefined],
  ] as const
  for (const [type, unit, text, expected] of cases) {
    for (const timeZone of ['none', 'UTC']) {
      const reasons: string[] = []
      const { rows, rejects } = await read(`c\n${text}\n`, `c:${type}`, {
        header: 'yes',
        batch: { cells: { timeZone, dateFormats: { c: `epoch:${unit}` } } },
      })
      reasons.push(...rejects.map(({ message }) => message))
      if (expected !== undefined && !expected.startsWith('epoch')) {
        t.strictSame([rows, reasons], [[[expected]], []], `${type} ${unit} ${text}`)
      } else {
        const hint = expected === undefined ? '' : ` (${expected})`
        const reason = `${type} column "c": expected ${type} as epoch:${unit}${hint}, got "${text}"`
        t.strictSame([rows, reasons], [[], [reason]])
      }
    }
  }
})

// Day numbers of spreadsheets, compared with Date and with the days that Excel shows.

const asExcel: CellRules = { dateFormats: { c: 'excel' } }
const asExcel1904: CellRules = { dateFormats: { c: 'excel:1904' } }

t.test('days and times of spreadsheets', async t => {
  for (const [text, isoText] of [
    ['1', '1900-01-01T00:00:00Z'],
    ['59', '1900-02-28T00:00:00Z'],
    ['61', '1900-03-01T00:00:00Z'],
    ['25569', '1970-01-01T00:00:00Z'],
    ['45325.4375', '2024-02-03T10:30:00Z'],
    ['45325.520833333336', '2024-02-03T12:30:00Z'],
    ['45325.5208333333', '2024-02-03T12:30:00Z'],
    [' 4.5325E4 ', '2024-02-03T00:00:00Z'],
    ['2958465.99999999', '9999-12-31T23:59:59.999Z'],
  ] as const) {
    t.equal(readText('TIMESTAMP', text, asExcel), BigInt(Date.parse(isoText)), text)
  }
  t.equal(readText('DATE', '0', asExcel1904), Date.parse('1904-01-01') / msPerDay)
  t.equal(readText('DATE', '43863', asExcel1904), Date.parse('2024-02-03') / msPerDay)
  const limits = { min: Date.parse('1900-03-01'), max: Date.parse('2200-01-01') }
  forAll(100)(fc.array(fc.integer(limits), { minLength: 1, maxLength: 20 }), list => {
    const texts = list.map(ms => String(ms / msPerDay + 25_569))
    deepStrictEqual(readTexts('TIMESTAMP', texts, asExcel), list.map(BigInt))
  })
  const wrong = ['0', '60', '60.5', '-1', '0.5', '2958466', '1e12', '1e300', '1e400', 'NaN']
  const expected = wrong.map(() => 'range')
  t.strictSame(readTexts('TIMESTAMP', wrong, asExcel), expected)
  const others = ['x', '45325,5', '2024-02-03']
  t.strictSame(readTexts('TIMESTAMP', others, asExcel), ['cell', 'cell', 'cell'])
  const times = ['0.5', '0', '1', '45325.5']
  t.strictSame(readTexts('TIME', times, asExcel), [43_200_000, 0, 'range', 'range'])
  const months = ['45323', '45324', '45323.5']
  t.strictSame(readTexts('MONTH', months, asExcel), [2024 * 12 + 1, 'range', 'range'])
})

// Patterns.

/** Nanoseconds since 1970; since midnight if the pattern has no date. */
function byPattern(pattern: string, text: string): Reading {
  const hasDate = /[yY]/.test(pattern) && /[dD]/.test(pattern)
  const type = !hasDate ? (/[Hh]/.test(pattern) ? 'NANOTIME' : 'MONTH') : 'TIMESTAMP'
  const [first, second] = readTexts(type, [text, text], { dateFormats: { c: pattern } })
  strictEqual(first, second)
  return first!
}

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
    t.equal(byPattern(pattern, text), BigInt(Date.parse(isoText)), `${pattern}: ${text}`)
  }
  for (const [pattern, nanos] of [
    ['nnnnnnnnn', 9n],
    ['nnnnnn', 9000n],
  ] as const) {
    const text = `1970.01.01 ${'9'.padStart(pattern.length, '0')}`
    const rules = { dateFormats: { c: `yyyy.MM.dd ${pattern}` } }
    t.equal(readText('NANOTIMESTAMP', text, rules), nanos)
  }
  t.equal(readText('MONTH', '09 Aug 2012', { dateFormats: { c: 'dd MMM yyyy' } }), 24_151)
  t.equal(readText('MONTH', '31 Feb 2012', { dateFormats: { c: 'dd MMM yyyy' } }), 'cell')
  forAll(100)(fc.array(moment, { minLength: 1, maxLength: 20 }), list => {
    for (const [pattern, spell] of [
      ['yyyy-MM-ddTHH:mm:ss.SSS', iso],
      ['yyyyMMddHHmmssSSS', (ms: number) => iso(ms).replace(/\D/g, '')],
      [
        'd/M/yyyy H:m:s.SSS',
        (ms: number) =>
          iso(ms).replace(
            /^0*(\d+)-0?(\d+)-0?(\d+)T0?(\d+):0?(\d+):0?/,
            (_, y: string, ...rest: string[]) =>
              `${rest[1]}/${rest[0]}/${y.padStart(4, '0')} ${rest[2]}:${rest[3]}:`,
          ),
      ],
    ] as const) {
      const rules = { dateFormats: { c: pattern } }
      deepStrictEqual(readTexts('TIMESTAMP', list.map(spell), rules), list.map(BigInt), pattern)
    }
  })
})

t.test('a text that does not follow the pattern is not read', async t => {
  for (const [pattern, ...texts] of [
    ['dd/MM/yyyy', '31/02/2024', '29/02/2023', '00/01/2024', '01/00/2024', '01/13/2024'],
    ['dd/MM/yyyy', '1/2/24x', '01/02/2024x', '01/02/202', '01/02/', '01-02-2024'],
    ['yyyyMMdd', '202489', '2024123'],
    ['yyyyMMddHHmmss', '2024020310304'],
    ['HHmmss', '09305'],
    ['yyyy-MM-dd HHmm', '2024-01-01 093'],
    ['dd/MM/yyyyHH', '01/02/20249'],
    ['yyyy-MM-dd HH', '2024-01-01 24'],
    ['yyyy-MM-dd hh', '2024-01-01 13'],
    ['yyyy-MM-dd HH:mm', '2024-01-01 00:60'],
    ['yyyy-MM-dd HH:mm:ss', '2024-01-01 00:00:60'],
    ['yyyy-MM-dd HH:mm:ss.SSS', '2024-01-01 00:00:00.00'],
    ['yyyy-MM-dd hh aa', '2024-01-01 01 xm', '2024-01-01 13 PM', '2024-01-01 01 a'],
    ['yyyy-MM-dd HH aa', '2024-01-01 13 AM'],
    ['dd MMM yyyy', '09 xyz 2024'],
    ['yyyy MMM', '2024 ja'],
    ['y-M-d', '123-1-1', '1-1-1'],
  ] as const) {
    for (const text of texts) t.equal(byPattern(pattern, text), 'cell', `${pattern}: ${text}`)
  }
})

t.test('a time of day may lack leading zeros', async t => {
  forAll(300)(fc.integer({ min: 0, max: msPerDay - 1 }), fc.nat(8), (ms, left) => {
    const written = iso(ms).slice(11).replace(/\D/g, '')
    // The time as a number without leading zeros, or with only some of them.
    const short = String(Number(written)).padStart(left, '0')
    strictEqual(byPattern('HHmmssSSS', short), BigInt(ms) * 1_000_000n)
    const behind = byPattern("yyyyMMdd'T'HHmmssSSS", `19700102T${short}`)
    strictEqual(behind, BigInt(ms + msPerDay))
    const seconds = String(Number(written.slice(0, 6)))
    strictEqual(byPattern('HHmmss', seconds), BigInt(Math.floor(ms / 1000)) * 1_000_000_000n)
  })
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
    const ms = BigInt(Date.parse(isoText))
    const expected = /M/.test(pattern) ? 24_295 : ms * 1_000_000n
    t.equal(byPattern(pattern, text), expected, `${pattern}: ${text}`)
  }
  for (const [pattern, ...texts] of [
    ['HHmmssSSS', '240000000', '0093000000', '-93000000', '+93000000'],
    ['HHmmssSSS', '9300000'.padEnd(8, ' ') + '0', '93060000', '936000000', '9300000x'],
    ['HHmmss', '9300000'],
    ["yyyyMMdd'T'HHmmssSSS", '20240102T', '2024012T93000000'],
    ['HH:mm:ss.SSS', '09:30:00.5'],
  ] as const) {
    for (const text of texts) t.equal(byPattern(pattern, text), 'cell', `${pattern}: ${text}`)
  }
})

t.test('a format may have parts that are missing, dropped digits, and alternatives', async t => {
  const format = "yyyy-MM-dd[ HH:mm[:ss[.SSS*]]]|dd'|'MM'['yyyy"
  for (const [text, isoText] of [
    ['2024-01-02 03:04:05.678901', '2024-01-02T03:04:05.678Z'],
    ['2024-01-02 03:04:05.678', '2024-01-02T03:04:05.678Z'],
    ['2024-01-02 03:04:05', '2024-01-02T03:04:05Z'],
    ['2024-01-02 03:04', '2024-01-02T03:04:00Z'],
    ['2024-01-02', '2024-01-02T00:00:00Z'],
    ['02|01[2024', '2024-01-02T00:00:00Z'],
  ] as const) {
    t.equal(byPattern(format, text), BigInt(Date.parse(isoText)), text)
  }
  for (const text of ['2024-01-02 03', '2024-01-02 03:04:05.67']) {
    t.equal(byPattern(format, text), 'cell', text)
  }
  const rules = { dateFormats: { c: 'dd/MM/yyyy|MM/dd/yyyy' } }
  const texts = ['01/13/2024', '01/02/2024', '13/01/2024', '12/31/2024', '31/12/2024']
  t.strictSame(
    readTexts('DATE', texts, rules),
    ['2024-01-13', '2024-02-01', '2024-01-13', '2024-12-31', '2024-12-31'].map(
      day => Date.parse(day) / msPerDay,
    ),
    'the first alternative that fits reads a text, whatever fitted the text before',
  )
  const place = { columnName: 'c', typeName: 'T', needs: 'yMd' }
  t.throws(() => dateFormatFor(place, { c: '[yyyy-]MM-dd' }), { message: /needs the year/ })
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
