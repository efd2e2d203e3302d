/*
  Parts of dates, against Date.
*/
import t from 'tap'
import { civilDays, fourDigits, twoDigits, yearAt } from '../../../src/parse/cells/calendar.js'

t.test('a day exists exactly when Date keeps it as it is', async t => {
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

t.test('digits are read as a number, anything else as more than any part of a date', async t => {
  const bytes = Buffer.from('2024 1a')
  t.equal(fourDigits(bytes, 0), 2024)
  t.equal(twoDigits(bytes, 2), 24)
  for (const at of [3, 4, 5]) t.ok(twoDigits(bytes, at) > 9999, `at ${at}`)
  t.ok(fourDigits(bytes, 1) > 9999)
})
