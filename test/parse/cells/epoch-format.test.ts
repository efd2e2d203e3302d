/*
  Numbers that count from 1970, against BigInt and Date.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { EpochFormat } from '../../../src/parse/cells/epoch-format.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

const [seconds, ms, us, ns] = [0, 3, 6, 9]

/** Nanoseconds since 1970, or what reading gave instead. */
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
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
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

t.test('days and seconds count forward, before 1970 too', async t => {
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
    // Without the sign of zero.
    const parts = [format.days + 0, format.secondOfDay, format.nanos]
    t.strictSame(parts, [days, secondOfDay, nanos], text)
  }
})

t.test('more than nanoseconds, and more seconds than any type has, do not fit', async t => {
  t.equal(read(ns, '1.5'), Infinity)
  t.equal(read(seconds, '1.0000000001'), Infinity)
  t.equal(read(seconds, '99999999999999'), 99_999_999_999_999n * 10n ** 9n, '14 digits')
  t.equal(read(seconds, '999999999999999'), Infinity, '15 digits')
})

t.test('what is not a number is told from one', async t => {
  for (const text of ['', ' ', '-', '+', '.', '.5', '1e3', '1.2.3', '--1', '1 2', '0x1', '1-']) {
    t.ok(Number.isNaN(read(seconds, text)), JSON.stringify(text))
  }
})

t.test('a month is the first midnight of one', async t => {
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
