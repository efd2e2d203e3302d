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
  const limit = 2 ** 36
  fc.assert(
    fc.property(
      fc.integer({ min: -limit, max: limit }),
      fc.nat(2 ** 30),
      fc.nat(2 ** 30),
      (a, b, c) => {
        const parts = new Int64Parts()
        const expected = BigInt(a) * BigInt(b) + BigInt(c)
        const fits = expected > -(2n ** 63n) && expected < 2n ** 63n
        strictEqual(parts.setProduct(a, b, c), fits)
        if (fits) strictEqual(valueOf(parts), expected)
      },
    ),
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
