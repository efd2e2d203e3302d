/*
  Whole numbers in any spelling, against exact fractions of BigInt.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readInteger, readWhole, wholeParts } from '../../../src/parse/cells/read-whole.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

/** The number that was read, or what reading gave instead. */
function read(text: string): bigint | number {
  const { bytes, start, end } = cellOf(text)
  const sign = readWhole(bytes, start, end)
  if (sign !== 1 && sign !== -1) return sign
  return BigInt(sign) * (BigInt(wholeParts[0]!) * 1_000_000_000n + BigInt(wholeParts[1]!))
}

/** `digits × 10^exponent` where that is whole and has at most 19 digits. */
function exact(digits: bigint, exponent: number): bigint | number {
  if (exponent < 0 && digits % 10n ** BigInt(-exponent) !== 0n) return NaN
  const value = exponent < 0 ? digits / 10n ** BigInt(-exponent) : digits * 10n ** BigInt(exponent)
  return value < 10n ** 19n ? value : Infinity
}

t.test('a number is whole exactly when its fraction is', async t => {
  const digits = fc.stringMatching(/^\d{0,12}0{0,12}$/)
  const number = fc
    .record({
      sign: fc.constantFrom('', '-', '+'),
      whole: digits,
      point: fc.constantFrom('', '.'),
      fraction: fc.oneof(digits, fc.stringMatching(/^0{0,9}$/)),
      exponent: fc.option(fc.integer({ min: -25, max: 25 })),
    })
    .filter(({ whole, point, fraction }) => whole + (point === '' ? '' : fraction) !== '')
  fc.assert(
    fc.property(number, ({ sign, whole, point, fraction, exponent }) => {
      const behind = point === '' ? '' : fraction
      const text = `${sign}${whole}${point}${behind}${exponent === null ? '' : `e${exponent}`}`
      const size = exact(BigInt(whole + behind), (exponent ?? 0) - behind.length)
      const expected = typeof size === 'bigint' ? (sign === '-' ? -size : size) : size
      const found = read(text)
      if (expected === Infinity) strictEqual(Math.abs(found as number), Infinity, text)
      else strictEqual(found, expected, text)
    }),
    { numRuns: runs(1000) },
  )
  t.pass()
})

t.test('what is not a number is not a whole one', async t => {
  for (const text of [
    '',
    '.',
    '-',
    '+.',
    'e1',
    '.e1',
    '1e',
    '1e+',
    '1e1.0',
    '1.2.3',
    '0x1',
    '1 2',
  ]) {
    t.ok(Number.isNaN(read(text)), JSON.stringify(text))
  }
})

t.test('exponents beyond all reason do not take time or memory', async t => {
  t.equal(read('1e999999999999999999'), Infinity)
  t.equal(read('-1e999999999999999999'), -Infinity)
  t.equal(read('0e999999999999999999'), 0n)
  t.ok(Number.isNaN(read('1e-999999999999999999')))
})

t.test('a number is exact up to 2^53', async t => {
  const integer = (text: string): number => {
    const { bytes, start, end } = cellOf(text)
    return readInteger(bytes, start, end)
  }
  t.equal(integer(' 9007199254740991 '), 9_007_199_254_740_991)
  t.equal(integer('9007199254740992'), Infinity)
  t.equal(integer('-9007199254740992'), -Infinity)
  t.equal(integer('1.20e2'), 120)
})
