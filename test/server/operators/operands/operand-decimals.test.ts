import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Vector } from '../../../../src/protocol/value.js'
import {
  decimalAsDouble,
  rescale,
  unscaledOf,
} from '../../../../src/server/operators/operands/operands.js'
import { runs } from '../../../helpers/runs.js'
import { column, fixed, valuesOf } from '../../columns/columns.js'

t.test('decimals and whole numbers are integers of a scale', async t => {
  const decimals = fixed({ type: 'DECIMAL128', scale: 10 }, 10n ** 37n, -1n, null)
  t.strictSame(unscaledOf(decimals), { values: [10n ** 37n, -1n, null], scale: 10 })
  const longs = column('LONG', 2n ** 63n - 1n, null) as Vector
  t.strictSame(unscaledOf(longs), { values: [2n ** 63n - 1n, null], scale: 0 })
  const chars = { ...column('CHAR', -127, null, 9), length: 2 } as Vector
  t.strictSame(unscaledOf(chars), { values: [-127n, null], scale: 0 })
  t.strictSame(unscaledOf(column('BOOL', true) as Vector), { values: [1n], scale: 0 })
  const nothing: Vector = { form: 'vector', type: 'VOID', length: 1 }
  t.strictSame(unscaledOf(nothing), { values: [null], scale: 0 })
  for (const other of [column('DOUBLE', 1), column('FLOAT', 1), column('STRING', '1')]) {
    t.equal(unscaledOf(other as Vector), undefined)
  }
})

t.test('a decimal is the double nearest to it', async t => {
  const value = fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n })
  fc.assert(
    fc.property(value, fc.nat({ max: 38 }), (unscaled, scale) => {
      const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
      const point = digits.length - scale
      const text = `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
      const [double] = valuesOf(decimalAsDouble(fixed({ type: 'DECIMAL128', scale }, unscaled)))
      assert.equal(double, Number(text) || 0)
    }),
    { numRuns: runs(200) },
  )
  const prices = fixed({ type: 'DECIMAL32', scale: 2 }, 150n, null)
  t.match(decimalAsDouble(prices), { type: 'DOUBLE', length: 2 })
  t.strictSame(valuesOf(decimalAsDouble(prices)), [1.5, null])
  const ints = column('INT', 1) as Vector
  t.equal(decimalAsDouble(ints), ints, 'what is no decimal stays as it is')
})

t.test('digits behind a smaller scale are cut off towards zero', async t => {
  const examples: [bigint, number, number, bigint][] = [
    [199n, 2, 1, 19n],
    [-199n, 2, 1, -19n],
    [-199n, 2, 0, -1n],
    [9n, 1, 0, 0n],
    [15n, 1, 3, 1500n],
    [-15n, 0, 0, -15n],
  ]
  for (const [value, from, to, wanted] of examples) t.equal(rescale(value, from, to), wanted)
})
