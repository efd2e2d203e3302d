/*
  Dates and times of day in DolphinDB's spelling and ISO 8601, against Date.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { TimeZone } from '../../../src/parse/cells/time-zone.js'
import { readMonth, WallClock, type ClockRules } from '../../../src/parse/cells/wall-clock.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

type Reading = 'readDate' | 'readTime' | 'readMinute' | 'readDateTime' | 'readDateHour'

/** Nanoseconds since 1970 (of a time of day: since midnight), or what reading gave instead. */
function read(reading: Reading, text: string, rules: ClockRules = {}): bigint | number {
  const clock = new WallClock(rules)
  const { bytes, start, end } = cellOf(text)
  const outcome = clock[reading](bytes, start, end)
  if (outcome !== 0) return outcome
  const seconds = BigInt(clock.days) * 86_400n + BigInt(clock.secondOfDay)
  return seconds * 1_000_000_000n + BigInt(clock.nanos)
}

const nanosOf = (isoText: string): bigint => BigInt(Date.parse(isoText)) * 1_000_000n
const second = 1_000_000_000n

const moment = fc
  .date({
    min: new Date('0000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  .map(date => date.toISOString())

t.test('every moment comes back from its spellings', async t => {
  fc.assert(
    fc.property(moment, iso => {
      const nanos = nanosOf(iso)
      const midnight = nanosOf(`${iso.slice(0, 10)}T00:00:00Z`)
      const plain = iso.slice(0, -1)
      for (const date of [
        iso.slice(0, 10),
        iso.slice(0, 10).replaceAll('-', '.'),
        iso.slice(0, 10).replaceAll('-', '/'),
        iso.slice(0, 10).replaceAll('-', ''),
      ]) {
        strictEqual(read('readDate', date), midnight, date)
        strictEqual(read('readDateTime', date), midnight, date)
        for (const between of ['T', ' ']) {
          const text = `${date}${between}${plain.slice(11)}`
          for (const zone of ['', 'Z', 'z', '+00:00', '-0000', '+00']) {
            strictEqual(read('readDateTime', text + zone), nanos, text + zone)
          }
          const hour = `${date}${between}${plain.slice(11, 13)}`
          strictEqual(read('readDateHour', hour), nanosOf(`${iso.slice(0, 13)}:00Z`), hour)
        }
      }
      strictEqual(read('readTime', plain.slice(11)), nanos - midnight)
      const minute = nanosOf(`${iso.slice(0, 16)}Z`) - midnight
      strictEqual(read('readMinute', plain.slice(11, 16)), minute)
      strictEqual(read('readMinute', `${plain.slice(11, 16)}m`), minute)
    }),
    { numRuns: runs(100) },
  )
  t.pass()
})

t.test('a fraction has up to nine digits that count', async t => {
  for (const [fraction, nanos] of [
    ['', 0n],
    ['.0', 0n],
    ['.5', 500_000_000n],
    ['.000000001', 1n],
    ['.123456789', 123_456_789n],
    ['.999999999', 999_999_999n],
    ['.1234567890000', 123_456_789n],
  ] as const) {
    t.equal(read('readTime', `00:00:01${fraction}`), second + nanos, fraction)
    t.equal(read('readDateTime', `1970.01.01T00:00:01${fraction}`), second + nanos, fraction)
  }
  t.equal(read('readTime', '00:00:00.0000000001'), Infinity)
  t.equal(read('readDateTime', '1970-01-01T00:00:00.12345678901'), Infinity)
})

t.test('blanks and tabs around a text are left out', async t => {
  t.equal(read('readDate', '\t 1970-01-02 '), 86_400n * second)
  t.equal(read('readTime', ' 00:00:01\t'), second)
  t.equal(read('readMinute', ' 00:01m '), 60n * second)
  t.equal(read('readDateHour', ' 1970.01.01T01 '), 3600n * second)
  t.equal(read('readDateTime', ' 1970.01.01T00:00 '), 0n)
})

t.test('the ends of a day, a month, a year and the calendar', async t => {
  t.equal(read('readTime', '00:00:00'), 0n)
  t.equal(read('readTime', '23:59:59.999999999'), 86_400n * second - 1n)
  t.equal(read('readDate', '0000-01-01'), nanosOf('0000-01-01T00:00:00Z'))
  t.equal(read('readDate', '9999-12-31'), nanosOf('9999-12-31T00:00:00Z'))
  t.equal(read('readDate', '2000-02-29'), nanosOf('2000-02-29T00:00:00Z'))
})

const none: Readonly<Record<Reading, readonly string[]>> = {
  readDate: [
    '',
    '2024',
    '2024-01',
    '2024-01-0',
    '2024-1-01',
    '2024-01/01',
    '2024_01_01',
    '2024-13-01',
    '2024-00-01',
    '2024-01-00',
    '2024-02-30',
    '1900-02-29',
    '2024011',
    '202401011',
    '20241301',
    '2024-01-01x',
    '2024-01-01T',
    'x024-01-01',
    '24-01-01',
    '10000-01-01',
  ],
  readTime: [
    '',
    '00:00',
    '0:00:00',
    '24:00:00',
    '00:60:00',
    '00:00:60',
    '00:00:00.',
    '00:00:00.x',
    '00:00:00,',
    '00-00-00',
    '000000',
    '00:00:00 AM',
    '00:00:00+1',
    '00:00:00+24:00',
    '00:00:0',
  ],
  readMinute: ['', '00', '0:00', '24:00', '00:60', '00:00:00', '00:00M', '00:00mm', '00.00'],
  readDateTime: [
    '',
    '2024-01-01T',
    '2024-01-01T00',
    '2024-01-01T0:00',
    '2024-01-01 24:00',
    '2024-01-01 00:60',
    '2024-01-01  00:00',
    '2024-01-01x00:00',
    '2024-02-30T00:00:00',
    '2024-01-01T00:00:00+08:60',
    '2024-01-01T00:00:00-01:0',
    '2024-01-01+08:00',
    '2024-01-01T000000',
    '20240101T00:0000',
    '20240101T00000',
    '20240101T00',
    '2024-01-01T00:00:00.',
    '2024-01-01T00:00:00ZZ',
  ],
  readDateHour: [
    '',
    '2024-01-01',
    '2024-01-01T',
    '2024-01-01T0',
    '2024-01-01T24',
    '2024-01-01T00:0',
    '2024-01-01x00',
    '2024-02-30T00',
  ],
}

for (const [reading, texts] of Object.entries(none)) {
  t.test(`${reading} refuses what is not its value`, async t => {
    for (const text of texts) {
      t.ok(Number.isNaN(read(reading as Reading, text)), JSON.stringify(text))
    }
  })
}

t.test('a month counts from year 0', async t => {
  const month = (text: string): number => {
    const { bytes, start, end } = cellOf(text)
    return readMonth(bytes, start, end)
  }
  for (const [text, months] of [
    ['0000.01M', 0],
    ['2012.06M', 24_149],
    ['2012.06', 24_149],
    ['2012-06', 24_149],
    [' 9999.12M ', 119_999],
  ] as const) {
    t.equal(month(text), months, text)
  }
  for (const text of [
    '',
    'M',
    '2012.6',
    '2012.00',
    '2012.13',
    '2012/06',
    '201206',
    '2012.06m',
    'x012.06',
  ])
    t.ok(Number.isNaN(month(text)), JSON.stringify(text))
})

t.test('the basic form of ISO 8601 has no separators', async t => {
  fc.assert(
    fc.property(moment, iso => {
      const basic = iso.slice(0, -1).replaceAll('-', '').replaceAll(':', '')
      strictEqual(read('readDateTime', basic), nanosOf(iso), basic)
      strictEqual(read('readDateTime', `${basic.replace('.', ',')}Z`), nanosOf(iso))
      const minute = basic.slice(0, 13)
      strictEqual(read('readDateTime', minute), nanosOf(`${iso.slice(0, 16)}Z`), minute)
    }),
    { numRuns: runs(100) },
  )
  t.pass()
})

t.test('a date may have a time behind it, an hour minutes', async t => {
  t.equal(read('readDate', '1970-01-02T00:00:00.000'), 86_400n * second)
  t.equal(read('readDate', '1970-01-02 03:00'), (86_400n + 3n * 3600n) * second)
  t.equal(read('readDateHour', '1970-01-01T03:00:00'), 3n * 3600n * second)
})

const offsets = fc.tuple(fc.constantFrom('+', '-'), fc.nat(23), fc.nat(59))
const two = (value: number): string => String(value).padStart(2, '0')

t.test('without a zone an offset is passed over, and told once', async t => {
  fc.assert(
    fc.property(
      moment,
      offsets,
      fc.constantFrom(':', ''),
      (iso, [sign, hours, minutes], between) => {
        const offset = `${sign}${two(hours)}${between}${two(minutes)}`
        let told = 0
        const rules = { onOffset: () => void told++ }
        const text = `${iso.slice(0, -1)}${offset}`
        strictEqual(read('readDateTime', text, rules), nanosOf(iso), text)
        strictEqual(told, hours + minutes === 0 ? 0 : 1)
      },
    ),
    { numRuns: runs(100) },
  )
  const clock = new WallClock({ onOffset: () => t.pass('told') })
  t.plan(1)
  for (let i = 0; i < 3; i++) {
    const { bytes, start, end } = cellOf('2024-01-01T00:00:00 +0200')
    clock.readDateTime(bytes, start, end)
  }
})

/** The wall clock of a zone as Intl prints it. */
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

t.test('with a zone, a time with an offset is what its clocks showed', async t => {
  const zoneOf = new Map(zones.map(name => [name, new TimeZone(name)]))
  const seconds = fc.integer({ min: -2_000_000_000, max: 4_000_000_000 })
  fc.assert(
    fc.property(
      seconds,
      offsets,
      fc.constantFrom(...zones),
      (utc, [sign, hours, minutes], name) => {
        const ahead = (hours * 60 + minutes) * 60 * (sign === '-' ? -1 : 1)
        const text = `${new Date((utc + ahead) * 1000).toISOString().slice(0, 19)}${sign}${two(hours)}:${two(minutes)}`
        const found = read('readDateTime', text, { zone: zoneOf.get(name)! })
        strictEqual(found, nanosOf(`${intlWall(name, utc * 1000)}Z`), `${text} in ${name}`)
      },
    ),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test(
  'with a zone, a time without an offset is kept unless the clocks passed over it',
  async t => {
    const zone = new TimeZone('America/New_York')
    const clock = new WallClock({ zone })
    const fault = (text: string): string | undefined => {
      const { bytes, start, end } = cellOf(text)
      clock.readDateTime(bytes, start, end)
      return clock.zoneFault
    }
    for (const text of ['2024-03-10T01:59:59', '2024-03-10T03:00:00', '2024-11-03T01:30:00']) {
      t.equal(read('readDateTime', text, { zone }), nanosOf(`${text}Z`), text)
      t.equal(fault(text), undefined)
    }
    for (const text of ['2024-03-10T02:00:00', '2024-03-10T02:59:59.999']) {
      t.ok(Number.isNaN(read('readDateTime', text, { zone })), text)
      t.match(fault(text), /America\/New_York/)
    }
    t.ok(Number.isNaN(read('readDateHour', '2024-03-10T02', { zone })))
    t.equal(read('readDate', '2024-03-10T02:00', { zone }), nanosOf('2024-03-10T02:00:00Z'))
    t.equal(fault('x'), undefined, 'what is not a time is not the fault of the zone')
  },
)

t.test('a time of day with an offset has no date to be converted on', async t => {
  const zone = new TimeZone('+08:00')
  t.equal(read('readTime', '10:00:00+01:00'), 36_000n * second)
  t.equal(read('readTime', '10:00:00', { zone }), 36_000n * second)
  t.ok(Number.isNaN(read('readTime', '10:00:00+01:00', { zone })))
})
