/*
  64-bit integers in two halves, against BigInt.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Int64Parts } from '../../../src/parse/cells/int64-parts.js'
import { runs } from '../../helpers/runs.js'

const valueOf = ({ high, low }: Int64Parts): bigint =>
  BigInt.asIntN(64, (BigInt(high) << 32n) + BigInt(low))

t.test('a × b + c is that of BigInt, and is refused exactly when it does not fit', async t => {
  const factors = fc.nat(30).chain(bits => {
    const limit = Math.min(2 ** (68 - bits), Number.MAX_SAFE_INTEGER)
    return fc.tuple(fc.integer({ min: -limit, max: limit }), fc.nat(2 ** bits))
  })
  fc.assert(
    fc.property(factors, fc.nat(2 ** 30), ([a, b], c) => {
      const parts = new Int64Parts()
      const expected = BigInt(a) * BigInt(b) + BigInt(c)
      const fits = expected > -(2n ** 63n) && expected < 2n ** 63n
      strictEqual(parts.setProduct(a, b, c), fits)
      if (fits) strictEqual(valueOf(parts), expected)
    }),
    { numRuns: runs(500) },
  )
  t.pass()
})

t.test('whole doubles are stored exactly', async t => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), value => {
      const parts = new Int64Parts()
      parts.setExact(value)
      strictEqual(valueOf(parts), BigInt(value))
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('billions and the rest are one number, of either sign', async t => {
  const billion = 10n ** 9n
  fc.assert(
    fc.property(fc.boolean(), fc.nat(2 ** 31 - 1), fc.nat(31), fc.nat(999_999_999), (...drawn) => {
      const [negative, units, times, lower] = drawn
      const upper = units * times
      const value = BigInt(upper) * billion + BigInt(lower)
      const signed = negative ? -value : value
      const parts = new Int64Parts()
      const fits = signed > -(2n ** 63n) && signed < 2n ** 63n
      strictEqual(parts.setBillions(negative, upper, lower), fits)
      if (fits) strictEqual(valueOf(parts), signed)
    }),
    { numRuns: runs(500) },
  )
  t.pass()
})
