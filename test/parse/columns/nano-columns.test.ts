/*
  NANOTIMESTAMP and NANOTIME in their usual spelling, against BigInt; what is left to the general way is counted.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { NanotimeColumn, NanotimestampColumn } from '../../../src/parse/columns/time-columns.js'
import { runs } from '../../helpers/runs.js'
import { readTimes } from './time-reading.js'

t.test('every nanosecond of 64 bits is read, whatever the number of its digits', async t => {
  // The last millisecond of either end is left to the general way.
  const largest = 9_223_372_036_853_000_000n
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: -largest, max: largest }), { minLength: 1, maxLength: 20 }),
      fc.constantFrom(0, 3, 6, 9),
      (values, digits) => {
        const unit = 10n ** BigInt(9 - digits)
        const whole = values.map(value => (value / unit) * unit)
        const texts = whole.map(value => {
          const nanos = ((value % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
          const seconds = new Date(Number((value - nanos) / 1_000_000n)).toISOString().slice(0, 19)
          const fraction = String(nanos).padStart(9, '0').slice(0, digits)
          return `${seconds}${digits === 0 ? '' : '.'}${fraction}`
        })
        deepStrictEqual(readTimes(texts, NanotimestampColumn), {
          values: whole,
          others: [],
          refused: [],
        })
      },
    ),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('every nanosecond of a day is read, whatever the number of its digits', async t => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 0n, max: 86_400_000_000_000n - 1n }), { minLength: 1 }),
      fc.constantFrom(0, 3, 6, 9),
      (values, digits) => {
        const unit = 10n ** BigInt(9 - digits)
        const whole = values.map(value => (value / unit) * unit)
        const texts = whole.map(value => {
          const clock = new Date(Number(value / 1_000_000n)).toISOString().slice(11, 19)
          const fraction = String(value % 1_000_000_000n)
            .padStart(9, '0')
            .slice(0, digits)
          return `${clock}${digits === 0 ? '' : '.'}${fraction}`
        })
        const expected = { values: whole, others: [], refused: [] }
        deepStrictEqual(readTimes(texts, NanotimeColumn), expected)
      },
    ),
    { numRuns: runs(300) },
  )
  const others = [
    '24:00:00',
    '00:60:00',
    '00:00:60',
    '00:00:00.0',
    '00:00',
    '00:00:00Z',
    '0:00:000',
  ]
  t.strictSame(readTimes(others, NanotimeColumn).others, others)
})

t.test('nanoseconds beyond 64 bits, and close to their ends, are left', async t => {
  const others = [
    '1677-09-21T00:12:43.145224193',
    '1677-09-21T00:12:43.145224191',
    '2262-04-11T23:47:16.854775807',
    '2262-04-11T23:47:16.854775808',
    '0000-01-01T00:00:00',
    '9999-12-31T23:59:59.999999999',
  ]
  t.strictSame(readTimes(others, NanotimestampColumn).others, others)
})
