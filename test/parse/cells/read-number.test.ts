/*
  Numbers from bytes, against Number and BigInt.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readLongDouble } from '../../../src/parse/cells/read-long-double.js'
import {
  numberRead,
  readDouble,
  readFloat,
  readShortDouble,
  readShortInteger,
  readShortLong,
} from '../../../src/parse/cells/read-number.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

const shortInteger = (text: string): number => {
  const { bytes, view, start, end } = cellOf(text)
  const value = readShortInteger(bytes, view, start, end)
  const isLong = readShortLong(bytes, view, start, end)
  strictEqual(isLong ? numberRead[0]! : NaN, value)
  return value
}
const shortDouble = (text: string): number => {
  const { bytes, view, start, end } = cellOf(text)
  return readShortDouble(bytes, view, start, end) ? numberRead[0]! : NaN
}
const longDouble = (text: string): number => {
  const { bytes, start, end } = cellOf(text)
  return readLongDouble(bytes, start, end) ? numberRead[0]! : NaN
}
t.test(
  'whole numbers of up to 15 digits are those of Number, all other texts are left',
  async t => {
    const digits = fc.stringMatching(/^[+-]?\d{1,15}$/)
    fc.assert(
      fc.property(digits, text => strictEqual(shortInteger(text), Number(text))),
      { numRuns: runs(300) },
    )
    for (const text of ['', '-', '+', '1.0', '1e3', ' 1', '12x4', '1234567890123456', '١']) {
      t.ok(Number.isNaN(shortInteger(text)), JSON.stringify(text))
    }
  },
)

t.test('decimal numbers are those of Number, or left to the next way', async t => {
  const text = fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      fc.stringMatching(/^\d{0,18}$/),
      fc.stringMatching(/^\d{0,18}$/),
    )
    .map(([sign, whole, fraction]) => `${sign}${whole}.${fraction}`)
    .filter(number => /\d/.test(number))
  let short = 0
  let long = 0
  fc.assert(
    fc.property(text, number => {
      const quick = shortDouble(number)
      const other = longDouble(number)
      if (!Number.isNaN(quick)) {
        short++
        strictEqual(quick, Number(number))
      }
      if (!Number.isNaN(other)) {
        long++
        strictEqual(other, Number(number))
      }
    }),
    { numRuns: runs(1000) },
  )
  t.ok(short > 0 && long > 0, `${short} were short, ${long} long`)
})

t.test('a number says whether it is one, and whether it fits', async t => {
  for (const [text, double, float] of [
    ['1e308', 1e308, 'range'],
    ['-1e309', 'range', 'range'],
    ['0x10', 'cell', 'cell'],
    ['.', 'cell', 'cell'],
    ['-INF', 'notFinite', 'notFinite'],
    ['NaN', 'notFinite', 'notFinite'],
    ['nano', 'cell', 'cell'],
    ['3.4028235e38', 3.4028235e38, Math.fround(3.4028235e38)],
    [' 5. ', 5, 5],
  ] as const) {
    const cell = cellOf(text)
    t.equal(readDouble(cell.bytes, cell.start, cell.end), double, text)
    t.equal(readFloat(cell.bytes, cell.start, cell.end), float, text)
  }
})
