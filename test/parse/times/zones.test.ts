/* The calendar, time zones, and the offsets that columns have in common. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  ColumnOffset,
  columnOffsets,
  ColumnOffsets,
  noOffset,
} from '../../../src/parse/cell-rules.js'
import { TimeZone } from '../../../src/parse/times/time-zone.js'
import { deepTest, forAll, forAllAsync } from '../../helpers/runs.js'
import { read } from '../reading.js'
import { readText } from '../cells/cell.js'

// The calendar, compared with Date.

t.test('a day exists exactly if Date keeps it unchanged', async t => {
  for (const year of [0, 4, 100, 1600, 1900, 1969, 2000, 2023, 2024, 9999]) {
    for (let month = 0; month <= 13; month++) {
      for (const day of [0, 1, 28, 29, 30, 31, 32]) {
        const date = new Date(0)
        date.setUTCFullYear(year, month - 1, day)
        const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
        const two = (number: number): string => String(number).padStart(2, '0')
        const text = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
        t.equal(readText('DATE', text), isDay ? date.getTime() / 86_400_000 : 'cell', text)
      }
    }
  }
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

const names =
  'Asia/Shanghai America/New_York Europe/Berlin Australia/Lord_Howe Pacific/Apia Africa/Casablanca Asia/Kathmandu America/Sao_Paulo Africa/Monrovia UTC'.split(
    ' ',
  )

const seconds = fc.oneof(
  fc.integer({ min: -2_200_000_000, max: 4_100_000_000 }),
  fc.integer({ min: -55_000_000_000, max: 250_000_000_000 }),
)

t.test('at any moment the offset equals that of Intl, in any order of moments', async () => {
  const zones = new Map(names.map(name => [name, new TimeZone(name)]))
  forAll(30)(fc.constantFrom(...names), fc.array(seconds, { maxLength: 20 }), (name, list) => {
    for (const utc of list) {
      strictEqual(zones.get(name)!.offsetAt(utc), offsetOf(name, utc), `${name} at ${utc}`)
    }
  })
})

t.test('rules for single years do not apply to years far away', async t => {
  // This time is in the year 8450, which has the same calendar as 2050. With the rules for 2050, the time would be in
  // Ramadan, when the offset is 0.
  t.equal(new TimeZone('Africa/Casablanca').offsetAt(204_500_685_600), 3600)
})

t.test('around each change the offset is exact to the second', async () => {
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
})

deepTest(t, 'a time is skipped if the clocks never showed it', async () => {
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
      const what = `${name} ${new Date(wall * 1000).toISOString()}`
      strictEqual(zone.skips(wall), !shown(name, wall), what)
    }
  }
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

// One offset for all times of a column, for any column type and any blocks of rows.

t.test('the first time value decides, and its offset is reported as an option value', async t => {
  for (const [own, text, words] of [
    [noOffset, 'none', 'no offset'],
    [0, '+00:00', 'the offset +00:00'],
    [28_800, '+08:00', 'the offset +08:00'],
    [-12_600, '-03:30', 'the offset -03:30'],
    [-86_340, '-23:59', 'the offset -23:59'],
  ] as const) {
    let told = 0
    const offset = new ColumnOffset(undefined, () => told++)
    t.equal(offset.text, undefined)
    t.ok(offset.takes(own))
    t.ok(offset.takes(own))
    t.match(offset, { text, words, hasOthers: false })
    t.notOk(offset.takes(3600))
    t.match(offset, { text, hasOthers: true })
    t.equal(told, 1)
    t.strictSame(new ColumnOffsets({ a: text }).known, { a: text })
  }
})

t.test('given offsets override known offsets, and exclude a time zone', async t => {
  const found = columnOffsets({ offsets: { a: 'Z' } }, { a: '+01:00', b: 'none' })
  t.strictSame(found?.known, { a: '+00:00', b: 'none' })
  t.equal(Object.keys(found?.known ?? {}).length, 2)
  found?.of('c').takes(60)
  t.equal(Object.keys(found?.known ?? {}).length, 3)
  t.equal(columnOffsets({ timeZone: 'none' }, { a: 'Z' }), undefined)
  t.throws(() => columnOffsets({ timeZone: 'none', offsets: { a: 'Z' } }), { code: 'DDB_USAGE' })
  for (const text of ['', '8', '+8', '+24:00', 'UTC+8', 'Asia/Shanghai']) {
    const error = { code: 'DDB_USAGE', message: /`cells.offsets` a=/ }
    t.throws(() => new ColumnOffsets({ a: text }), error)
  }
})

/** Ways to write an offset. The spellings on one line mean the same offset. */
const spelledOffsets = [
  [''],
  ['Z', 'z', '+00:00', ' UTC', '-00'],
  ['+08:00', ' +0800', '+08'],
  ['-05:30', '-0530'],
]
const kindOf = (suffix: string): number => spelledOffsets.findIndex(ways => ways.includes(suffix))

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
      fc.constantFrom(...spelledOffsets.flat(), ...spelledOffsets.map(ways => ways[0]!)),
    )
    const cell = fc.oneof(
      { weight: 8, arbitrary: time },
      { weight: 1, arbitrary: fc.constantFrom('', '2024.01.02', 'x') },
    )
    await forAllAsync(60)(
      fc.array(cell, { maxLength: 60 }),
      fc.integer({ min: 1, max: 300 }),
      async (cells, chunkBytes) => {
        const first = cells.find(one => typeof one !== 'string')?.[2]
        const isRead = (one: (typeof cells)[number]): boolean =>
          typeof one === 'string' ? one !== 'x' : kindOf(one[2]) === kindOf(first!)
        const lines = cells.map((one, i) => `${i},${typeof one === 'string' ? one : one.join('')}`)
        const { rows, rejects } = await read(['i,c', ...lines, ''].join('\n'), `i:INT,c:${type}`, {
          header: 'yes',
          delimiter: ',',
          chunkBytes,
        })
        const expected = cells.flatMap((one, i) => (isRead(one) ? [String(i)] : []))
        const numbers = rows.map(([i]) => i)
        deepStrictEqual(numbers, expected)
        deepStrictEqual(rejects.length, cells.length - expected.length)
      },
    )
  }
})
