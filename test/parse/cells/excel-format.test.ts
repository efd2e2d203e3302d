/*
  Day numbers of spreadsheets, against Date and against what Excel itself shows.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { ExcelFormat } from '../../../src/parse/cells/excel-format.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

/** Milliseconds since 1970, or what reading gave instead. */
function read(text: string, is1904 = false, isTimeOfDay = false): number {
  const format = new ExcelFormat(is1904, isTimeOfDay)
  const { bytes, start, end } = cellOf(text)
  const outcome = format.read(bytes, start, end)
  if (outcome !== 0) return outcome
  return (format.days * 86_400 + format.secondOfDay) * 1000 + format.nanos / 1_000_000
}

t.test('known days', async t => {
  for (const [text, iso] of [
    ['1', '1900-01-01T00:00:00Z'],
    ['59', '1900-02-28T00:00:00Z'],
    ['61', '1900-03-01T00:00:00Z'],
    ['25569', '1970-01-01T00:00:00Z'],
    ['45325', '2024-02-03T00:00:00Z'],
    ['45325.4375', '2024-02-03T10:30:00Z'],
    ['45325.520833333336', '2024-02-03T12:30:00Z'],
    ['45325.5208333333', '2024-02-03T12:30:00Z'],
    [' 4.5325E4 ', '2024-02-03T00:00:00Z'],
    ['2958465.99999999', '9999-12-31T23:59:59.999Z'],
  ] as const) {
    t.equal(read(text), Date.parse(iso), text)
  }
  t.equal(read('0', true), Date.parse('1904-01-01T00:00:00Z'))
  t.equal(read('43863', true), Date.parse('2024-02-03T00:00:00Z'))
})

t.test('every millisecond comes back from its number', async t => {
  const limits = {
    min: Date.parse('1900-03-01T00:00:00Z'),
    max: Date.parse('2200-01-01T00:00:00Z'),
  }
  fc.assert(
    fc.property(fc.integer(limits), ms => {
      strictEqual(read(String(ms / 86_400_000 + 25_569)), ms)
    }),
    { numRuns: runs(500) },
  )
  t.pass()
})

t.test('numbers that are no days do not fit', async t => {
  for (const text of [
    '0',
    '60',
    '60.5',
    '-1',
    '0.5',
    '137438953473',
    '1e30',
    '1e300',
    '1e400',
    'NaN',
  ]) {
    t.equal(read(text), Infinity, text)
  }
  for (const text of ['', 'x', '45325,5', '2024-02-03']) t.ok(Number.isNaN(read(text)), text)
})

t.test('a time of day is a part of a day', async t => {
  t.equal(read('0.5', false, true), 43_200_000)
  t.equal(read('0', false, true), 0)
  t.equal(read('1', false, true), Infinity)
  t.equal(read('45325.5', false, true), Infinity)
})

t.test('a month is the first midnight of one', async t => {
  const format = new ExcelFormat(false, false)
  for (const [text, months] of [
    ['45323', 2024 * 12 + 1],
    ['45324', Infinity],
    ['45323.5', Infinity],
  ] as const) {
    const { bytes, start, end } = cellOf(text)
    format.read(bytes, start, end)
    t.equal(format.months, months, text)
  }
})
