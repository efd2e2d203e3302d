/*
  Decimal numbers of up to 17 digits, against Number.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readLongDouble } from '../../../src/parse/cells/read-long-double.js'
import { numberRead } from '../../../src/parse/cells/read-number.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

const longDouble = (text: string): number => {
  const { bytes, start, end } = cellOf(text)
  return readLongDouble(bytes, start, end) ? numberRead[0]! : NaN
}

t.test('a number is that of Number, or left to the next way', async t => {
  const digits = fc
    .tuple(fc.bigInt({ min: 10n ** 15n, max: 10n ** 17n - 1n }), fc.nat(22), fc.boolean())
    .map(([unscaled, scale, negative]) => {
      const text = String(unscaled).padStart(scale + 1, '0')
      const whole = text.slice(0, text.length - scale)
      return `${negative ? '-' : ''}${whole}${scale === 0 ? '' : `.${text.slice(-scale)}`}`
    })
  let read = 0
  fc.assert(
    fc.property(digits, text => {
      const value = longDouble(text)
      if (Number.isNaN(value)) return
      read++
      strictEqual(value, Number(text), text)
    }),
    { numRuns: runs(2000) },
  )
  t.ok(read > runs(2000) / 2, `${read} were read`)
})

t.test('an exponent, and zeros behind the digits, change nothing', async t => {
  const written = fc
    .tuple(
      fc.bigInt({ min: 0n, max: 10n ** 17n - 1n }),
      fc.nat(24),
      fc.integer({ min: -40, max: 40 }),
      fc.constantFrom('', '-', '+'),
      fc.constantFrom('e', 'E', 'e+'),
      fc.nat(30),
    )
    .map(([unscaled, scale, exponent, sign, letter, zeros]) => {
      const text = String(unscaled).padStart(scale + 1, '0')
      const whole = text.slice(0, text.length - scale)
      const fraction = scale === 0 ? '' : `.${text.slice(text.length - scale)}${'0'.repeat(zeros)}`
      const power = letter === 'e+' && exponent < 0 ? `e${exponent}` : `${letter}${exponent}`
      return `${sign}${whole}${fraction}${exponent === 0 ? '' : power}`
    })
  let read = 0
  fc.assert(
    fc.property(written, text => {
      const value = longDouble(text)
      if (Number.isNaN(value)) return
      read++
      strictEqual(value, Number(text), text)
    }),
    { numRuns: runs(3000) },
  )
  t.ok(read > runs(3000) / 5, `${read} were read`)
  const doubles = fc.double({ min: 1e-5, max: 1e30, noNaN: true })
  fc.assert(
    fc.property(doubles, double => {
      const value = longDouble(double.toExponential())
      if (!Number.isNaN(value)) strictEqual(value, double)
    }),
    { numRuns: runs(2000) },
  )
})

t.test('a point may stand anywhere, also between and behind zeros', async t => {
  const text = fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.nat(5),
      fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 19 }),
      fc.nat(6),
      fc.nat(30),
      fc.constantFrom('', 'e0', 'E-7'),
    )
    .map(([sign, front, digits, behind, at, exponent]) => {
      const all = `${'0'.repeat(front)}${digits}${'0'.repeat(behind)}`
      const point = Math.min(at, all.length)
      return `${sign}${all.slice(0, point)}.${all.slice(point)}${exponent}`
    })
  let read = 0
  fc.assert(
    fc.property(text, text => {
      const value = longDouble(text)
      if (Number.isNaN(value)) return
      read++
      strictEqual(value, Number(text), text)
    }),
    { numRuns: runs(3000) },
  )
  t.ok(read > runs(3000) / 3, `${read} were read`)
})

t.test('doubles written in full are read', async t => {
  for (const text of [
    '0.1234567890123456',
    '-0.12345678901234567',
    '1.7976931348623157',
    '9007199254740991',
    '12345678901234568',
    '0.00000012345678901234',
    '+3.141592653589793',
    '00000000000000000000003.141592653589793',
    '1e5',
    '12.5e-2',
    '-1.2345678901234567e-5',
    '1.2345678901234567E+22',
    '123.450000000000000000000000',
    '0.00',
  ]) {
    t.equal(longDouble(text), Number(text), text)
  }
})

t.test('a text half way between two doubles is rounded to the even one, or left', async t => {
  for (const text of [
    '9007199254740993',
    '9007199254740995',
    '12345678901234567',
    '4503599627370496.5',
  ]) {
    const value = longDouble(text)
    t.ok(Number.isNaN(value) || value === Number(text), `${text}: ${value}`)
  }
})

t.test('other texts are left', async t => {
  for (const text of [
    '',
    '-',
    '.',
    '1e',
    'e5',
    '.e5',
    '1e5.5',
    '1e+-5',
    '1x5',
    '1.2.3',
    ' 1.5',
    '1.5 ',
    'NaN',
    '1e-23',
    '1e23',
    '1e99999999999',
    '123456789012345678',
    '100000000000000000000',
    '1.000000000000000001',
    '0.00000000000000000000001',
  ]) {
    t.ok(Number.isNaN(longDouble(text)), JSON.stringify(text))
  }
})
