/*
  `cells.dateFormats`: which formats suit which types.
*/
import t from 'tap'
import { UsageError } from '../../../src/errors.js'
import { isEpochFormat, parseDateFormat } from '../../../src/parse/cells/date-format.js'
import { cellOf } from './cell.js'

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
      parseDateFormat('c', 'T', needs, text)
      t.fail(text)
    } catch (error) {
      t.ok(error instanceof UsageError && reason.test(error.message), String(error))
      t.match(error, { message: `\`cells.dateFormats\` c=${text}: ` })
    }
  }
})

t.test('an hour of either clock is an hour', async t => {
  for (const text of ['HH:mm', 'hh:mm aa']) {
    t.doesNotThrow(() => parseDateFormat('c', 'MINUTE', 'H', text), text)
  }
})

t.test('each unit counts what it says', async t => {
  for (const [unit, nanos] of [
    ['s', 0],
    ['ms', 1_000_000],
    ['us', 1000],
    ['ns', 1],
  ] as const) {
    const format = parseDateFormat('c', 'TIMESTAMP', 'yMd', `epoch:${unit}`)
    const { bytes, start, end } = cellOf('1')
    t.equal(format.read(bytes, start, end), 0)
    t.strictSame(
      [format.days, format.secondOfDay, format.nanos],
      [0, unit === 's' ? 1 : 0, nanos],
      unit,
    )
  }
})

t.test('a text that begins like a count is one, whatever its unit', async t => {
  t.strictSame(['epoch:ms', 'epoch:x', 'epoch', 'yyyy'].map(isEpochFormat), [
    true,
    true,
    false,
    false,
  ])
})
