/*
  Time zones, against Intl read in another way (every field of a clock, not the offset), and known days of change.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { TimeZone } from '../../../src/parse/cells/time-zone.js'
import { runs } from '../../helpers/runs.js'

const fields = new Map<string, Intl.DateTimeFormat>()

/** Seconds that the clocks show more than UTC, out of year, month, day, hour, minute and second. */
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

t.test('at any moment the offset is that of Intl, however the moments come', async t => {
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

t.test('years far away are not those with rules of their own', async t => {
  // Taken for 2050, it would have the clocks of a Ramadan.
  t.equal(new TimeZone('Africa/Casablanca').offsetAt(204_500_685_600), 3600)
})

t.test('around each change the offset is right to the second', async t => {
  for (const name of names) {
    const zone = new TimeZone(name)
    const start = Date.UTC(2010, 0) / 1000
    let before = zone.offsetAt(start)
    for (let utc = start; utc < start + 3 * 366 * 86_400; utc += 1800) {
      const offset = zone.offsetAt(utc)
      if (offset === before) continue
      // All of these zones change on the half hour.
      strictEqual(offsetOf(name, utc - 1), before, `${name} before ${utc}`)
      strictEqual(offsetOf(name, utc), offset, `${name} at ${utc}`)
      strictEqual(zone.offsetAt(utc - 1), before)
      before = offset
    }
  }
  t.pass()
})

t.test('a time is skipped when no moment shows it', async t => {
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

t.test('an offset is a zone without changes', async t => {
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

t.test('moments that no calendar has are no trouble', async t => {
  const zone = new TimeZone('Europe/Berlin')
  for (const at of [-9e15, 9e15]) t.ok(Math.abs(zone.offsetAt(at)) <= 7200)
})

t.test('what is not a zone is told so, and the machine has none to offer', async t => {
  for (const name of ['Mars/Olympus', '+8', '+25:00', 'local', 'system', '', '8']) {
    t.throws(() => new TimeZone(name), { code: 'DDB_USAGE' }, name)
  }
})
