import fc from 'fast-check'
import t from 'tap'
import { civilFromDays, daysFromCivil, daysInMonth } from '../../src/protocol/civil-date.js'
import { runs } from '../helpers/runs.js'

const dayMs = 86_400_000

t.test('days and dates agree with JavaScript’s calendar', async t => {
  t.equal(daysFromCivil(2024, 1, 2), 19_724)
  t.equal(daysFromCivil(1970, 1, 1), 0)
  t.strictSame(civilFromDays(-1), { year: 1969, month: 12, day: 31 })
  fc.assert(
    fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), days => {
      const date = new Date(days * dayMs)
      const { year, month, day } = civilFromDays(days)
      return (
        year === date.getUTCFullYear() &&
        month === date.getUTCMonth() + 1 &&
        day === date.getUTCDate() &&
        daysFromCivil(year, month, day) === days &&
        daysInMonth(year, month) ===
          new Date(Date.UTC(2000 + (((year % 400) + 400) % 400), month, 0)).getUTCDate()
      )
    }),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('dates are exact as far as any temporal type reaches', async t => {
  fc.assert(
    fc.property(fc.integer({ min: -106_751_991_168, max: 106_751_991_168 }), days => {
      const { year, month, day } = civilFromDays(days)
      return daysFromCivil(year, month, day) === days && day >= 1 && day <= daysInMonth(year, month)
    }),
    { numRuns: runs(100) },
  )
  t.equal(daysInMonth(2024, 0), 0)
  t.equal(daysInMonth(2024, 13), 0)
})
