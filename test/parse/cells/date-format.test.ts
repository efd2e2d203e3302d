/*
  `cells.dateFormats`: which formats suit which types, and what they read.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { UsageError } from '../../../src/errors.js'
import { parseDateFormat, type DateFormat } from '../../../src/parse/cells/date-format.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

const format = (text: string, needs = 'yMd'): DateFormat => parseDateFormat('c', 'T', needs, text)

/** Nanoseconds since 1970, or what reading gave instead. */
function read(dateFormat: DateFormat, text: string): bigint | number {
  const { bytes, start, end } = cellOf(text)
  const outcome = dateFormat.read(bytes, start, end)
  if (outcome !== 0) return outcome
  const seconds = BigInt(dateFormat.days) * 86_400n + BigInt(dateFormat.secondOfDay)
  return seconds * 1_000_000_000n + BigInt(dateFormat.nanos)
}

const nanosOf = (isoText: string): bigint => BigInt(Date.parse(isoText)) * 1_000_000n

t.test('a pattern reads what Date reads', async t => {
  for (const [pattern, text, isoText] of [
    ['dd/MM/yyyy', '09/08/2024', '2024-08-09T00:00:00Z'],
    ['d/M/yyyy', '9/8/2024', '2024-08-09T00:00:00Z'],
    ['yyyyMMdd', '20240809', '2024-08-09T00:00:00Z'],
    ['yy-MM-dd', '39-01-02', '2039-01-02T00:00:00Z'],
    ['yy-MM-dd', '40-01-02', '1940-01-02T00:00:00Z'],
    ['dd MMM yyyy', '09 aUg 2024', '2024-08-09T00:00:00Z'],
    ['yyyy-MM-dd HH:mm:ss.SSS', '2024-08-09 23:59:58.007', '2024-08-09T23:59:58.007Z'],
    ['yyyy-MM-dd hh:mm aa', '2024-08-09 12:05 AM', '2024-08-09T00:05:00Z'],
    ['yyyy-MM-dd hh:mm aa', '2024-08-09 12:05 pm', '2024-08-09T12:05:00Z'],
  ] as const) {
    t.equal(read(format(pattern), text), nanosOf(isoText), `${pattern}: ${text}`)
  }
  t.equal(read(format('yyyy.MM.dd nnnnnnnnn'), '1970.01.01 000000009'), 9n)
})

t.test('a text that does not follow the pattern is not read', async t => {
  for (const [pattern, text] of [
    ['dd/MM/yyyy', '31/02/2024'],
    ['dd/MM/yyyy', '1/2/24x'],
    ['dd/MM/yyyy', '01-02-2024'],
    ['yyyyMMdd', '202489'],
    ['yyyy-MM-dd HH', '2024-01-01 24'],
    ['dd MMM yyyy', '09 xyz 2024'],
    ['y-M-d', '123-1-1'],
  ] as const) {
    t.ok(Number.isNaN(read(format(pattern), text)), `${pattern}: ${text}`)
  }
})

t.test('a count since 1970 is read to the nanosecond', async t => {
  const units = { s: 0, ms: 3, us: 6, ns: 9 } as const
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
      (nanos, unit) => {
        const places = 9 - units[unit]
        const digits = String(nanos < 0n ? -nanos : nanos).padStart(places + 1, '0')
        const whole = digits.slice(0, digits.length - places)
        const fraction = places === 0 ? '' : `.${digits.slice(-places)}`
        strictEqual(
          read(format(`epoch:${unit}`), `${nanos < 0n ? '-' : ''}${whole}${fraction}`),
          nanos,
        )
      },
    ),
    { numRuns: runs(300) },
  )
  t.equal(read(format('epoch:ns'), '1.5'), Infinity, 'finer than a nanosecond')
  t.equal(read(format('epoch:s'), '999999999999999'), Infinity, 'beyond every type')
  for (const text of ['', '-', '.5', '1e3', '1.2.3']) {
    t.ok(Number.isNaN(read(format('epoch:s'), text)), text)
  }
})

t.test('a month is the first midnight of one', async t => {
  const epoch = format('epoch:s', 'yM')
  t.equal(read(epoch, String(Date.UTC(2024, 1) / 1000)), nanosOf('2024-02-01'))
  t.equal(epoch.months, 2024 * 12 + 1)
  read(epoch, '1')
  t.equal(epoch.months, Infinity)
})

t.test('a format that does not suit is refused with the reason', async t => {
  for (const [text, needs, reason] of [
    ['epoch:m', 'yMd', /unit is s, ms, us or ns/],
    ['epoch:ms', 'H', /does not count from 1970/],
    ['yyyy-MM', 'yMd', /needs the day/],
    ['mm:ss', 'H', /needs the hour/],
    ['yyyyy', 'yMd', /has 5 letters/],
    ['dd.dd.yyyy', 'yMd', /twice/],
  ] as const) {
    try {
      format(text, needs)
      t.fail(text)
    } catch (error) {
      t.ok(error instanceof UsageError && reason.test(error.message), String(error))
    }
  }
})
