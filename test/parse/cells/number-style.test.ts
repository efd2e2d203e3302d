/*
  Numbers in a style, against Intl.NumberFormat, which writes them.
*/
import type { CellOptions } from '../../../src/parse/cell-rules.js'
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  hasNumberStyle,
  numberStyle,
  plainNumberRoom,
  styleText,
  writePlainNumber,
} from '../../../src/parse/cells/number-style.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

/** The plain number of a text in column `c`; undefined when it does not keep to the style. */
function plain(rules: CellOptions, text: string): string | undefined {
  const style = numberStyle('c', rules)!
  const { bytes, start, end } = cellOf(text)
  const into = new Uint8Array(end - start + plainNumberRoom)
  const to = writePlainNumber(style, bytes, start, end, into, 0)
  return to < 0 ? undefined : Buffer.from(into.subarray(0, to)).toString()
}

const german = { thousands: '.', decimalComma: true }
const french = { thousands: '\u202f', decimalComma: true }
const english = { thousands: ',' }
/** An apostrophe, of one kind or the other. */
const swiss = {
  thousands: new Intl.NumberFormat('de-CH')
    .formatToParts(1000)
    .find(({ type }) => type === 'group')!.value,
}
const percentColumns = ['c']

t.test('what Intl writes for people is the number again', async t => {
  const number = fc.tuple(
    fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }),
    fc.nat(6),
  )
  for (const [locale, rules] of [
    ['de-DE', german],
    ['fr-FR', french],
    ['en-US', english],
    ['de-CH', swiss],
  ] as const) {
    fc.assert(
      fc.property(number, ([digits, places]) => {
        const value = digits / 10 ** places
        const text = new Intl.NumberFormat(locale, {
          minimumFractionDigits: places,
          maximumFractionDigits: places,
        }).format(value)
        strictEqual(Number(plain(rules, text)), value, text)
      }),
      { numRuns: runs(200) },
    )
  }
  t.pass()
})

t.test('a text that keeps to the style', async t => {
  for (const [rules, text, expected] of [
    [english, '1,234,567.5', '1234567.5'],
    [english, ' -1,234 ', '-1234'],
    [english, '1234567', '1234567'],
    [english, '+.5e-3', '+.5e-3'],
    [german, '1.234,5', '1234.5'],
    [{ decimalComma: true }, '-1,5E3', '-1.5E3'],
    [{ decimalComma: true }, '5', '5'],
    [{ thousands: ' ' }, '1 234', '1234'],
    [{ thousands: '\u00a0' }, '1\u00a0234', '1234'],
    [{ percentColumns }, '12.5%', '12.5e-2'],
    [{ percentColumns }, '-5 %', '-5e-2'],
    [{ percentColumns, ...german }, '1.234,5 %', '1234.5e-2'],
  ] as const) {
    t.equal(plain(rules, text), expected, text)
  }
})

t.test('a text that does not is no number', async t => {
  for (const [rules, text] of [
    [english, '1,23'],
    [english, '1,2345'],
    [english, '1234,567'],
    [english, ',123'],
    [english, '1,,234'],
    [english, '1,234,'],
    [english, '1.234,567'],
    [english, '12x'],
    [german, '1.5'],
    [german, '1,234.5'],
    [{ decimalComma: true }, '1.5'],
    [{ decimalComma: true }, '1,5,5'],
    [{ percentColumns }, '12.5'],
    [{ percentColumns }, '0.125'],
    [{ percentColumns }, '12%%'],
    [{ percentColumns }, '1e2%'],
  ] as const) {
    t.equal(plain(rules, text), undefined, text)
  }
})

t.test('one character has one meaning', async t => {
  for (const rules of [
    { thousands: '.' },
    { thousands: ',', decimalComma: true },
    { thousands: '5' },
    { thousands: '-' },
    { thousands: 'e' },
  ]) {
    t.throws(() => numberStyle('c', rules), { code: 'DDB_USAGE' }, JSON.stringify(rules))
  }
})

t.test('plain numbers have no style', async t => {
  for (const rules of [{}, { thousands: '' }, { decimalComma: false }, { percentColumns: [] }]) {
    t.equal(numberStyle('c', rules), undefined)
    t.equal(hasNumberStyle(rules), false)
  }
  t.equal(numberStyle('c', { percentColumns: ['d'] })?.isPercent, false)
  t.match(styleText(numberStyle('c', { ...german, percentColumns })!), /1\.234,5%/)
})
