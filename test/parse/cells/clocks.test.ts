/*
  Dates and times in their usual spellings, with offsets and time zones.
*/
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  ColumnOffset,
  columnOffsets,
  ColumnOffsets,
} from '../../../src/parse/cells/column-offset.js'
import { TimeZone } from '../../../src/parse/cells/time-zone.js'
import { UtcOffset } from '../../../src/parse/cells/utc-offset.js'
import { type ClockRules, readMonth, WallClock } from '../../../src/parse/cells/wall-clock.js'
import { deepTest, runs } from '../../helpers/runs.js'
import { read } from '../reading.js'
import { cellOf } from './cell.js'

// Dates and times of day in DolphinDB's spelling and in ISO 8601, compared with Date.

type Reading = 'readDate' | 'readTime' | 'readMinute' | 'readDateTime' | 'readDateHour'

/** Nanoseconds since 1970 (for a time of day: since midnight), or the result of a reading that fails. */
function readWallClock(reading: Reading, text: string, rules: ClockRules = {}): bigint | number {
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

t.test('every moment is read back from its spellings', async t => {
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
        strictEqual(readWallClock('readDate', date), midnight, date)
        strictEqual(readWallClock('readDateTime', date), midnight, date)
        for (const between of ['T', ' ']) {
          const text = `${date}${between}${plain.slice(11)}`
          for (const zone of ['', 'Z', 'z', '+00:00', '-0000', '+00']) {
            strictEqual(readWallClock('readDateTime', text + zone), nanos, text + zone)
          }
          const hour = `${date}${between}${plain.slice(11, 13)}`
          strictEqual(readWallClock('readDateHour', hour), nanosOf(`${iso.slice(0, 13)}:00Z`), hour)
        }
      }
      strictEqual(readWallClock('readTime', plain.slice(11)), nanos - midnight)
      const minute = nanosOf(`${iso.slice(0, 16)}Z`) - midnight
      strictEqual(readWallClock('readMinute', plain.slice(11, 16)), minute)
      strictEqual(readWallClock('readMinute', `${plain.slice(11, 16)}m`), minute)
    }),
    { numRuns: runs(100) },
  )
  t.pass()
})

t.test('a fraction has up to nine significant digits', async t => {
  for (const [fraction, nanos] of [
    ['', 0n],
    ['.0', 0n],
    ['.5', 500_000_000n],
    ['.000000001', 1n],
    ['.123456789', 123_456_789n],
    ['.999999999', 999_999_999n],
    ['.1234567890000', 123_456_789n],
  ] as const) {
    t.equal(readWallClock('readTime', `00:00:01${fraction}`), second + nanos, fraction)
    t.equal(
      readWallClock('readDateTime', `1970.01.01T00:00:01${fraction}`),
      second + nanos,
      fraction,
    )
  }
  t.equal(readWallClock('readTime', '00:00:00.0000000001'), Infinity)
  t.equal(readWallClock('readDateTime', '1970-01-01T00:00:00.12345678901'), Infinity)
})

t.test('blanks and tabs around a text are ignored', async t => {
  t.equal(readWallClock('readDate', '\t 1970-01-02 '), 86_400n * second)
  t.equal(readWallClock('readTime', ' 00:00:01\t'), second)
  t.equal(readWallClock('readMinute', ' 00:01m '), 60n * second)
  t.equal(readWallClock('readDateHour', ' 1970.01.01T01 '), 3600n * second)
  t.equal(readWallClock('readDateTime', ' 1970.01.01T00:00 '), 0n)
})

t.test('the ends of a day, of a month, of a year and of the calendar', async t => {
  t.equal(readWallClock('readTime', '00:00:00'), 0n)
  t.equal(readWallClock('readTime', '23:59:59.999999999'), 86_400n * second - 1n)
  t.equal(readWallClock('readDate', '0000-01-01'), nanosOf('0000-01-01T00:00:00Z'))
  t.equal(readWallClock('readDate', '9999-12-31'), nanosOf('9999-12-31T00:00:00Z'))
  t.equal(readWallClock('readDate', '2000-02-29'), nanosOf('2000-02-29T00:00:00Z'))
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
  t.test(`${reading} refuses texts in other spellings`, async t => {
    for (const text of texts) {
      t.ok(Number.isNaN(readWallClock(reading as Reading, text)), JSON.stringify(text))
    }
  })
}

t.test('months are counted from year 0', async t => {
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
      strictEqual(readWallClock('readDateTime', basic), nanosOf(iso), basic)
      strictEqual(readWallClock('readDateTime', `${basic.replace('.', ',')}Z`), nanosOf(iso))
      const minute = basic.slice(0, 13)
      strictEqual(readWallClock('readDateTime', minute), nanosOf(`${iso.slice(0, 16)}Z`), minute)
    }),
    { numRuns: runs(100) },
  )
  t.pass()
})

t.test('a date may be followed by a time, an hour by minutes', async t => {
  t.equal(readWallClock('readDate', '1970-01-02T00:00:00.000'), 86_400n * second)
  t.equal(readWallClock('readDate', '1970-01-02 03:00'), (86_400n + 3n * 3600n) * second)
  t.equal(readWallClock('readDateHour', '1970-01-01T03:00:00'), 3n * 3600n * second)
})

const offsets = fc.tuple(fc.constantFrom('+', '-'), fc.nat(23), fc.nat(59))
const two = (value: number): string => String(value).padStart(2, '0')

t.test('without a zone an offset is ignored and reported once', async t => {
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
        strictEqual(readWallClock('readDateTime', text, rules), nanosOf(iso), text)
        strictEqual(told, hours + minutes === 0 ? 0 : 1)
      },
    ),
    { numRuns: runs(100) },
  )
  const clock = new WallClock({ onOffset: () => void t.pass('reported') })
  t.plan(1)
  for (let i = 0; i < 3; i++) {
    const { bytes, start, end } = cellOf('2024-01-01T00:00:00 +0200')
    clock.readDateTime(bytes, start, end)
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

t.test("with a zone, a time with an offset becomes the time on the zone's clocks", async t => {
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
        const found = readWallClock('readDateTime', text, { zone: zoneOf.get(name)! })
        strictEqual(found, nanosOf(`${intlWall(name, utc * 1000)}Z`), `${text} in ${name}`)
      },
    ),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test(
  "with a zone, a time without an offset is kept unless the zone's clocks skipped it",
  async t => {
    const zone = new TimeZone('America/New_York')
    const clock = new WallClock({ zone })
    const fault = (text: string): string | undefined => {
      const { bytes, start, end } = cellOf(text)
      clock.readDateTime(bytes, start, end)
      return clock.zoneFault
    }
    for (const text of ['2024-03-10T01:59:59', '2024-03-10T03:00:00', '2024-11-03T01:30:00']) {
      t.equal(readWallClock('readDateTime', text, { zone }), nanosOf(`${text}Z`), text)
      t.equal(fault(text), undefined)
    }
    for (const text of ['2024-03-10T02:00:00', '2024-03-10T02:59:59.999']) {
      t.ok(Number.isNaN(readWallClock('readDateTime', text, { zone })), text)
      t.match(fault(text), /America\/New_York/)
    }
    t.ok(Number.isNaN(readWallClock('readDateHour', '2024-03-10T02', { zone })))
    t.equal(
      readWallClock('readDate', '2024-03-10T02:00', { zone }),
      nanosOf('2024-03-10T02:00:00Z'),
    )
    t.equal(fault('x'), undefined, 'a text that is not a time is not blamed on the zone')
  },
)

t.test('a time of day with an offset cannot be converted, because it has no date', async t => {
  const zone = new TimeZone('+08:00')
  t.equal(readWallClock('readTime', '10:00:00+01:00'), 36_000n * second)
  t.equal(readWallClock('readTime', '10:00:00', { zone }), 36_000n * second)
  t.ok(Number.isNaN(readWallClock('readTime', '10:00:00+01:00', { zone })))
})

// Time zones, compared with all clock fields of Intl (the program uses only the offset), and with known changes.

const fields = new Map<string, Intl.DateTimeFormat>()

/** Seconds by which the clocks of the zone are ahead of UTC, computed from the fields of date and time. */
function offsetOf(zone: string, utcSeconds: number): number {
  const format =
    fields.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  fields.set(zone, format)
  const [month, day, year, hour, minute, second] = format
    .format(utcSeconds * 1000)
    .match(/\d+/g)!
    .map(Number)
  const shown = Date.UTC(2000, month! - 1, day, hour, minute, second)
  return new Date(shown).setUTCFullYear(year!, month! - 1, day) / 1000 - utcSeconds
}

const names = [
  'Asia/Shanghai',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Africa/Monrovia',
  'UTC',
]

const seconds = fc.oneof(
  fc.integer({ min: -2_200_000_000, max: 4_100_000_000 }),
  fc.integer({ min: -55_000_000_000, max: 250_000_000_000 }),
)

t.test('at any moment the offset equals that of Intl, in any order of moments', async t => {
  const zones = new Map(names.map(name => [name, new TimeZone(name)]))
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(seconds, { maxLength: 20 }), (name, list) => {
      for (const utc of list) {
        strictEqual(zones.get(name)!.offsetAt(utc), offsetOf(name, utc), `${name} at ${utc}`)
      }
    }),
    { numRuns: runs(30) },
  )
  t.pass()
})

t.test('rules for single years do not apply to years far away', async t => {
  // This time is in the year 8450, which has the same calendar as 2050. With the rules for 2050, the time would be in
  // Ramadan, when the offset is 0.
  t.equal(new TimeZone('Africa/Casablanca').offsetAt(204_500_685_600), 3600)
})

t.test('around each change the offset is exact to the second', async t => {
  for (const name of names) {
    const zone = new TimeZone(name)
    const start = Date.UTC(2010, 0) / 1000
    let before = zone.offsetAt(start)
    for (let utc = start; utc < start + 3 * 366 * 86_400; utc += 1800) {
      const offset = zone.offsetAt(utc)
      if (offset === before) continue
      // Steps of half an hour, because all these zones change their clocks on the half hour.
      strictEqual(offsetOf(name, utc - 1), before, `${name} before ${utc}`)
      strictEqual(offsetOf(name, utc), offset, `${name} at ${utc}`)
      strictEqual(zone.offsetAt(utc - 1), before)
      before = offset
    }
  }
  t.pass()
})

deepTest(t, 'a time is skipped if the clocks never showed it', async t => {
  const shown = (name: string, wall: number): boolean => {
    for (let offset = -16 * 3600; offset <= 16 * 3600; offset += 900) {
      if (offsetOf(name, wall - offset) === offset) return true
    }
    return false
  }
  for (const [name, around] of [
    ['America/New_York', '2024-03-10T02:00:00Z'],
    ['America/New_York', '2024-11-03T01:00:00Z'],
    ['Europe/Berlin', '2024-03-31T02:00:00Z'],
    ['Australia/Lord_Howe', '2024-10-06T02:00:00Z'],
    ['Pacific/Apia', '2011-12-30T12:00:00Z'],
    ['America/Sao_Paulo', '2018-11-04T00:00:00Z'],
    ['Asia/Shanghai', '1940-06-01T00:00:00Z'],
    ['Asia/Shanghai', '2024-03-10T02:00:00Z'],
  ] as const) {
    const zone = new TimeZone(name)
    const middle = Date.parse(around) / 1000
    for (let wall = middle - 2 * 86_400; wall <= middle + 2 * 86_400; wall += 900) {
      strictEqual(
        zone.skips(wall),
        !shown(name, wall),
        `${name} ${new Date(wall * 1000).toISOString()}`,
      )
    }
  }
  t.pass()
})

t.test('an offset is a zone whose clocks never change', async t => {
  for (const [name, offset] of [
    ['+08:00', 28_800],
    ['-0330', -12_600],
    ['Z', 0],
    ['utc', 0],
  ] as const) {
    const zone = new TimeZone(name)
    for (const at of [-1e12, 0, 1e12]) {
      t.equal(zone.offsetAt(at), offset, name)
      t.equal(zone.skips(at), false)
    }
  }
})

t.test('moments outside any calendar cause no error', async t => {
  const zone = new TimeZone('Europe/Berlin')
  for (const at of [-9e15, 9e15]) t.ok(Math.abs(zone.offsetAt(at)) <= 7200)
})

t.test("an unknown zone, and a name for the machine's zone, are refused", async t => {
  for (const name of ['Mars/Olympus', '+8', '+25:00', 'local', 'system', '', '8']) {
    t.throws(() => new TimeZone(name), { code: 'DDB_USAGE' }, name)
  }
})

// The UTC offset in the text of a time.

/** The text without its offset, and the offset in seconds. */
function taken(text: string): [rest: string, seconds: number | undefined] {
  const offset = new UtcOffset()
  const { bytes, start, end } = cellOf(text)
  const behind = offset.takeFrom(bytes, start, end)
  const rest = Buffer.from(bytes.subarray(start, behind)).toString()
  return [rest, offset.isGiven ? offset.seconds : undefined]
}

t.test('an offset is removed from the time before it', async t => {
  for (const [text, rest, seconds] of [
    ['10:00Z', '10:00', 0],
    ['10:00:00 z', '10:00:00', 0],
    ['10:00 UTC', '10:00', 0],
    ['10:00+00', '10:00', 0],
    ['10:00-00:00', '10:00', -0],
    ['10:00+08', '10:00', 28_800],
    ['10:00:00.5+0530', '10:00:00.5', 19_800],
    ['10:00 -03:30', '10:00', -12_600],
    ['100000+23:59', '100000', 86_340],
    ['1000-05', '1000', -18_000],
  ] as const) {
    const [left, found] = taken(text)
    t.equal(left, rest, text)
    t.equal(found! + 0, seconds + 0, text)
  }
})

t.test('other texts are left unchanged', async t => {
  for (const text of [
    '10:00',
    '10:00+8',
    '10:00+24',
    '10:00+08:60',
    '10:00+08:0',
    '10:00 utc',
    '+08',
  ]) {
    t.strictSame(taken(text), [text, undefined])
  }
})

// One offset for all times of a column, for any column type and any blocks of rows.

t.test('the first time value decides, and its offset is reported as an option value', async t => {
  for (const [isGiven, seconds, text, words] of [
    [false, 0, 'none', 'no offset'],
    [true, 0, '+00:00', 'the offset +00:00'],
    [true, 28_800, '+08:00', 'the offset +08:00'],
    [true, -12_600, '-03:30', 'the offset -03:30'],
    [true, -86_340, '-23:59', 'the offset -23:59'],
  ] as const) {
    let told = 0
    const offset = new ColumnOffset(undefined, () => told++)
    t.equal(offset.text, undefined)
    t.notOk(offset.takesPlain || offset.takesUtc)
    t.ok(offset.takes(isGiven, seconds))
    t.ok(offset.takes(isGiven, seconds))
    t.match(offset, { text, words, hasOthers: false })
    t.equal(offset.takesPlain, text === 'none')
    t.equal(offset.takesUtc, text === '+00:00')
    t.notOk(offset.takes(!isGiven, 3600))
    t.match(offset, { text, hasOthers: true })
    t.equal(told, 1)
    t.strictSame(new ColumnOffsets({ a: text }).known(), { a: text })
  }
})

t.test('given offsets override known offsets, and exclude a time zone', async t => {
  const found = columnOffsets({ offsets: { a: 'Z' } }, { a: '+01:00', b: 'none' })
  t.strictSame(found?.known(), { a: '+00:00', b: 'none' })
  t.equal(found?.knownCount, 2)
  found?.of('c').takes(true, 60)
  t.equal(found?.knownCount, 3)
  t.equal(columnOffsets({ timeZone: 'none' }, { a: 'Z' }), undefined)
  t.throws(() => columnOffsets({ timeZone: 'none', offsets: { a: 'Z' } }), { code: 'DDB_USAGE' })
  for (const text of ['', '8', '+8', '+24:00', 'UTC+8', 'Asia/Shanghai']) {
    t.throws(() => new ColumnOffsets({ a: text }), {
      code: 'DDB_USAGE',
      message: /`cells.offsets` a=/,
    })
  }
})

/** Ways to write an offset. The spellings on one line mean the same offset. */
const offsetsColumnOffset = [
  [''],
  ['Z', 'z', '+00:00', ' UTC', '-00'],
  ['+08:00', ' +0800', '+08'],
  ['-05:30', '-0530'],
]
const kindOf = (suffix: string): number =>
  offsetsColumnOffset.findIndex(ways => ways.includes(suffix))

const fractions: Record<string, readonly string[]> = {
  TIMESTAMP: ['', '.1', '.123'],
  NANOTIMESTAMP: ['', '.123', '.123456', '.123456789'],
  DATETIME: ['', '.000'],
  'TIMESTAMP[]': ['', '.123'],
}

t.test('rows with a different offset are rejected, all other rows are read', async () => {
  for (const [type, endings] of Object.entries(fractions)) {
    const time = fc.tuple(
      fc.constantFrom('2024-01-02T03:04:05', '2024.01.02 03:04:05'),
      fc.constantFrom(...endings),
      fc.constantFrom(...offsetsColumnOffset.flat(), ...offsetsColumnOffset.map(ways => ways[0]!)),
    )
    const cell = fc.oneof(
      { weight: 8, arbitrary: time },
      { weight: 1, arbitrary: fc.constantFrom('', '2024.01.02', 'x') },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(cell, { maxLength: 60 }),
        fc.integer({ min: 1, max: 300 }),
        async (cells, chunkBytes) => {
          const first = cells.find(one => typeof one !== 'string')?.[2]
          const isRead = (one: (typeof cells)[number]): boolean =>
            typeof one === 'string' ? one !== 'x' : kindOf(one[2]) === kindOf(first!)
          const lines = cells.map(
            (one, i) => `${i},${typeof one === 'string' ? one : one.join('')}`,
          )
          const { rows, rejects } = await read(
            ['i,c', ...lines, ''].join('\n'),
            `i:INT,c:${type}`,
            { header: 'yes', delimiter: ',', chunkBytes },
          )
          const expected = cells.flatMap((one, i) => (isRead(one) ? [String(i)] : []))
          deepStrictEqual(
            rows.map(([i]) => i),
            expected,
          )
          deepStrictEqual(rejects.length, cells.length - expected.length)
        },
      ),
      { numRuns: runs(60) },
    )
  }
})
