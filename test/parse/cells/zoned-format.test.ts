/*
  Formats in a time zone, against days of change that everybody knows.
*/
import t from 'tap'
import { EpochFormat } from '../../../src/parse/cells/epoch-format.js'
import { ExcelFormat } from '../../../src/parse/cells/excel-format.js'
import { parsePattern, PatternFormat } from '../../../src/parse/cells/pattern-format.js'
import { TimeZone } from '../../../src/parse/cells/time-zone.js'
import { ZonedFormat } from '../../../src/parse/cells/zoned-format.js'
import { cellOf } from './cell.js'

const zone = new TimeZone('Europe/Berlin')

function read(format: ZonedFormat, text: string): string | number {
  const { bytes, start, end } = cellOf(text)
  const outcome = format.read(bytes, start, end)
  if (outcome !== 0) return outcome
  const ms = (format.days * 86_400 + format.secondOfDay) * 1000 + format.nanos / 1_000_000
  return new Date(ms).toISOString().slice(0, -1)
}

t.test('a count is what the clocks showed at that moment', async t => {
  const format = new ZonedFormat(new EpochFormat(3), zone, 'convert')
  t.equal(format.isNumber, true)
  for (const [utc, wall] of [
    ['2024-03-31T00:59:59.999Z', '2024-03-31T01:59:59.999'],
    ['2024-03-31T01:00:00.000Z', '2024-03-31T03:00:00.000'],
    // Put back, the clocks show an hour twice.
    ['2024-10-27T00:30:00.000Z', '2024-10-27T02:30:00.000'],
    ['2024-10-27T01:30:00.000Z', '2024-10-27T02:30:00.000'],
  ] as const) {
    t.equal(read(format, String(Date.parse(utc))), wall, utc)
  }
  t.ok(Number.isNaN(read(format, 'x')))
  read(format, String(Date.parse('2023-12-31T23:00:00Z')))
  t.equal(format.months, 2024 * 12)
})

t.test('what the clocks never showed is refused', async t => {
  const parts = parsePattern('yyyy-MM-dd HH:mm')
  if (typeof parts === 'string') throw new Error(parts)
  const format = new ZonedFormat(new PatternFormat(parts), zone, 'check')
  t.equal(format.isNumber, false)
  t.equal(read(format, '2024-03-31 01:59'), '2024-03-31T01:59:00.000')
  t.ok(Number.isNaN(read(format, '2024-03-31 02:00')))
  t.equal(read(format, '2024-10-27 02:30'), '2024-10-27T02:30:00.000')
})

t.test('numbers that are days of no calendar have no clocks to look at', async t => {
  const format = new ZonedFormat(new ExcelFormat(false, false), zone, 'check')
  t.equal(read(format, '45325.4375'), '2024-02-03T10:30:00.000')
  for (const text of ['1e12', '1e18', '1e30', '1e300']) t.equal(read(format, text), Infinity, text)
  const { bytes, start, end } = cellOf('137438953472')
  t.equal(format.read(bytes, start, end), 0)
})
