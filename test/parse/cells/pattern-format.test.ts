/*
  Dates and times by patterns, against Date.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parsePattern, PatternFormat } from '../../../src/parse/cells/pattern-format.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

function formatOf(pattern: string): PatternFormat {
  const parts = parsePattern(pattern)
  if (typeof parts === 'string') throw new Error(parts)
  return new PatternFormat(parts)
}

/** Nanoseconds since 1970, or what reading gave instead. */
function read(pattern: string, text: string): bigint | number {
  const format = formatOf(pattern)
  const { bytes, start, end } = cellOf(text)
  const outcome = format.read(bytes, start, end)
  if (outcome !== 0) return outcome
  const seconds = BigInt(format.days) * 86_400n + BigInt(format.secondOfDay)
  return seconds * 1_000_000_000n + BigInt(format.nanos)
}

const nanosOf = (isoText: string): bigint => BigInt(Date.parse(isoText)) * 1_000_000n

t.test('a pattern reads what Date reads', async t => {
  for (const [pattern, text, isoText] of [
    ['dd/MM/yyyy', '09/08/2024', '2024-08-09T00:00:00Z'],
    ['d/M/yyyy', '9/8/2024', '2024-08-09T00:00:00Z'],
    ['d/M/yyyy', '19/12/2024', '2024-12-19T00:00:00Z'],
    ['yyyyMMdd', '20240809', '2024-08-09T00:00:00Z'],
    ['yyyyMMdd', '00010101', '0001-01-01T00:00:00Z'],
    ['yyyyMMdd', '99991231', '9999-12-31T00:00:00Z'],
    ['yy-MM-dd', '39-01-02', '2039-01-02T00:00:00Z'],
    ['yy-MM-dd', '40-01-02', '1940-01-02T00:00:00Z'],
    ['y-M-d', '2024-1-2', '2024-01-02T00:00:00Z'],
    ['y-M-d', '24-1-2', '2024-01-02T00:00:00Z'],
    ['dd MMM yyyy', '09 aUg 2024', '2024-08-09T00:00:00Z'],
    ['yyyyMMMd', '2024aug9', '2024-08-09T00:00:00Z'],
    ['yyyy年MM月dd日', '2024年08月09日', '2024-08-09T00:00:00Z'],
    ['yyyy-MM-dd HH:mm:ss.SSS', '2024-08-09 23:59:58.007', '2024-08-09T23:59:58.007Z'],
    ['yyyy-MM-dd HH:mm:ss.SSS', ' 2024-02-29 00:00:00.000\t', '2024-02-29T00:00:00Z'],
    ['yyyy-MM-dd hh:mm aa', '2024-08-09 12:05 AM', '2024-08-09T00:05:00Z'],
    ['yyyy-MM-dd hh:mm aa', '2024-08-09 12:05 pm', '2024-08-09T12:05:00Z'],
    ['yyyy-MM-dd hh:mm aa', '2024-08-09 11:05 Pm', '2024-08-09T23:05:00Z'],
    ['yyyy-MM-dd HH:mm aa', '2024-08-09 13:05 PM', '2024-08-09T13:05:00Z'],
    ['yyyy-MM-dd HH:mm aa', '2024-08-09 12:05 AM', '2024-08-09T00:05:00Z'],
    ['M/d/yyyy h:mm:ss aa', '8/9/2024 1:05:07 PM', '2024-08-09T13:05:07Z'],
    ['YYYY-MM-DD', '2024-08-09', '2024-08-09T00:00:00Z'],
    ['DD/MM/YY', '09/08/24', '2024-08-09T00:00:00Z'],
    ['YYYYMMDD', '20240809', '2024-08-09T00:00:00Z'],
  ] as const) {
    t.equal(read(pattern, text), nanosOf(isoText), `${pattern}: ${text}`)
  }
  t.equal(read('yyyy.MM.dd nnnnnnnnn', '1970.01.01 000000009'), 9n)
  t.equal(read('yyyy.MM.dd nnnnnn', '1970.01.01 000009'), 9000n)
  t.equal(read('HH:mm', '01:02'), 3_720_000_000_000n, 'without a date it is the first day')
})

t.test('every moment comes back from its own text', async t => {
  const moment = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(moment, date => {
      const iso = date.toISOString()
      const expected = BigInt(date.getTime()) * 1_000_000n
      strictEqual(read('yyyy-MM-ddTHH:mm:ss.SSSZ', iso), expected)
      strictEqual(read('yyyyMMddHHmmssSSS', iso.replace(/\D/g, '')), expected)
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('a text that does not follow the pattern is not read', async t => {
  for (const [pattern, text] of [
    ['dd/MM/yyyy', ''],
    ['dd/MM/yyyy', '31/02/2024'],
    ['dd/MM/yyyy', '29/02/2023'],
    ['dd/MM/yyyy', '00/01/2024'],
    ['dd/MM/yyyy', '01/00/2024'],
    ['dd/MM/yyyy', '01/13/2024'],
    ['dd/MM/yyyy', '1/2/24x'],
    ['dd/MM/yyyy', '01/02/2024x'],
    ['dd/MM/yyyy', '01/02/202'],
    ['dd/MM/yyyy', '01/02/'],
    ['dd/MM/yyyy', '01-02-2024'],
    ['yyyyMMdd', '202489'],
    ['yyyyMMdd', '2024123'],
    ['yyyyMMddHHmmss', '2024020310304'],
    ['HHmmss', '09305'],
    ['yyyy-MM-dd HHmm', '2024-01-01 093'],
    ['dd/MM/yyyyHH', '01/02/20249'],
    ['yyyy-MM-dd HH', '2024-01-01 24'],
    ['yyyy-MM-dd hh', '2024-01-01 13'],
    ['yyyy-MM-dd HH:mm', '2024-01-01 00:60'],
    ['yyyy-MM-dd HH:mm:ss', '2024-01-01 00:00:60'],
    ['yyyy-MM-dd HH:mm:ss.SSS', '2024-01-01 00:00:00.00'],
    ['yyyy-MM-dd hh aa', '2024-01-01 01 xm'],
    ['yyyy-MM-dd hh aa', '2024-01-01 13 PM'],
    ['yyyy-MM-dd HH aa', '2024-01-01 13 AM'],
    ['yyyy-MM-dd hh aa', '2024-01-01 01 a'],
    ['dd MMM yyyy', '09 xyz 2024'],
    ['yyyy MMM', '2024 ja'],
    ['y-M-d', '123-1-1'],
    ['y-M-d', '1-1-1'],
  ] as const) {
    t.ok(Number.isNaN(read(pattern, text)), `${pattern}: ${text}`)
  }
})

t.test('months count from year 0', async t => {
  const format = formatOf('yyyy.MM')
  for (const [text, months] of [
    ['0000.01', 0],
    ['2012.06', 24_149],
    ['9999.12', 119_999],
  ] as const) {
    const { bytes, start, end } = cellOf(text)
    t.equal(format.read(bytes, start, end), 0)
    t.equal(format.months, months, text)
  }
})

t.test('what one text said is not kept for the next', async t => {
  const format = formatOf('yyyy-MM-dd hh aa')
  for (const [text, hour] of [
    ['2024-01-01 01 PM', 13],
    ['2024-01-01 01 AM', 1],
  ] as const) {
    const { bytes, start, end } = cellOf(text)
    format.read(bytes, start, end)
    t.equal(format.secondOfDay, hour * 3600, text)
  }
})

t.test('what is not a pattern is told why', async t => {
  for (const [text, why] of [
    ['yyy', 'yyy has 3 letters, but y takes 1 or 2 or 4'],
    ['MMMM', 'MMMM has 4 letters, but M takes 1 or 2 or 3'],
    ['ddd', 'ddd has 3 letters, but d takes 1 or 2'],
    ['SS', 'SS has 2 letters, but S takes 3'],
    ['nnn', 'nnn has 3 letters, but n takes 6 or 9'],
    ['a', 'a has 1 letters, but a takes 2'],
    ['HH:HH', 'H stands there twice'],
  ] as const) {
    t.equal(parsePattern(text), why)
  }
})
