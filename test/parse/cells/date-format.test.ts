/*
  `cells.dateFormats`: which formats suit which types.
*/
import t from 'tap'
import { UsageError } from '../../../src/errors.js'
import {
  dateFormatFor,
  dateFormatText,
  parseDateFormat,
} from '../../../src/parse/cells/date-format.js'
import { TimeZone } from '../../../src/parse/cells/time-zone.js'
import { cellOf } from './cell.js'

const timestamp = { columnName: 'c', typeName: 'TIMESTAMP', needs: 'yMd' }

t.test('a format that does not suit is refused with the reason', async t => {
  for (const [text, needs, reason] of [
    ['epoch:m', 'yMd', /unit is s, ms, us or ns/],
    ['epoch:', 'yMd', /unit is s, ms, us or ns/],
    ['epoch:ms', 'H', /does not count from 1970/],
    ['yyyy-MM', 'yMd', /needs the day \(dd\)/],
    ['yyyy-dd', 'yM', /needs the month \(MM\)/],
    ['MM-dd', 'yMd', /needs the year \(yyyy\)/],
    ['mm:ss', 'H', /needs the hour \(HH\)/],
    ['yyyyy', 'yMd', /yyyyy has 5 letters, but y takes 1 or 2 or 4/],
    ['dd.dd.yyyy', 'yMd', /d stands there twice/],
    ['', 'yMd', /needs the year/],
  ] as const) {
    try {
      parseDateFormat({ columnName: 'c', typeName: 'T', needs }, text)
      t.fail(text)
    } catch (error) {
      t.ok(error instanceof UsageError && reason.test(error.message), String(error))
      t.match(error, { message: `\`cells.dateFormats\` c=${text}: ` })
    }
  }
})

t.test('an hour of either clock is an hour', async t => {
  for (const text of ['HH:mm', 'hh:mm aa']) {
    t.doesNotThrow(
      () => parseDateFormat({ columnName: 'c', typeName: 'MINUTE', needs: 'H' }, text),
      text,
    )
  }
})

t.test('each unit counts what it says', async t => {
  for (const [unit, nanos] of [
    ['s', 0],
    ['ms', 1_000_000],
    ['us', 1000],
    ['ns', 1],
  ] as const) {
    const format = parseDateFormat(timestamp, `epoch:${unit}`)
    const { bytes, start, end } = cellOf('1')
    t.equal(format.read(bytes, start, end), 0)
    t.strictSame(
      [format.days, format.secondOfDay, format.nanos],
      [0, unit === 's' ? 1 : 0, nanos],
      unit,
    )
  }
})

t.test('a column has its own format, or the one for all where that suits', async t => {
  const time = { columnName: 't', typeName: 'TIME', needs: 'H' }
  const has = (place: typeof time, formats: Record<string, string>): boolean =>
    dateFormatFor(place, formats) !== undefined
  t.equal(has(timestamp, {}), false)
  t.equal(has(timestamp, { d: 'yyyy-MM-dd' }), false)
  t.equal(has(timestamp, { c: 'yyyy-MM-dd' }), true)
  t.equal(has(timestamp, { '*': 'yyyy-MM-dd' }), true)
  t.equal(has(time, { '*': 'yyyy-MM-dd' }), false, 'it has no hour')
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

t.test('in a zone counts are converted, other times checked, days left alone', async t => {
  const zone = new TimeZone('America/New_York')
  const seconds = (text: string, format: string, keepsTime = true): number => {
    const parsed = parseDateFormat({ ...timestamp, zone, keepsTime }, format)
    const { bytes, start, end } = cellOf(text)
    const outcome = parsed.read(bytes, start, end)
    return outcome === 0 ? parsed.days * 86_400 + parsed.secondOfDay : outcome
  }
  const at = (iso: string): number => Date.parse(iso) / 1000
  t.equal(seconds('0', 'epoch:s'), -5 * 3600)
  t.equal(seconds('0', 'epoch:s', false), -5 * 3600)
  t.equal(seconds('2024-03-10 01:59', 'yyyy-MM-dd HH:mm'), at('2024-03-10T01:59:00Z'))
  t.ok(Number.isNaN(seconds('2024-03-10 02:00', 'yyyy-MM-dd HH:mm')))
  t.equal(seconds('2024-03-10 02:00', 'yyyy-MM-dd HH:mm', false), at('2024-03-10T02:00:00Z'))
})
