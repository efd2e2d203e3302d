import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { ColumnType, DataType } from '../../../src/protocol/data-type.js'
import type { ElementValue } from '../../../src/protocol/element.js'
import {
  convertDecimal,
  decimalColumn,
  decimalOfNumbers,
} from '../../../src/server/columns/convert-decimal.js'
import { runs } from '../../helpers/runs.js'
import { fixed, valuesOf } from './columns.js'

const overflow = { name: 'ScriptError', message: 'DECIMAL math overflow RefId:S05003' }

function convert(scale: number, to: ColumnType, ...values: ElementValue[]): ElementValue[] {
  return valuesOf(convertDecimal(fixed({ type: 'DECIMAL128', scale }, ...values), to))
}

function decimals(from: DataType, to: ColumnType, ...values: ElementValue[]): ElementValue[] {
  return valuesOf(decimalOfNumbers(fixed({ type: from }, ...values), to))
}

t.test('a decimal column takes every value of its bits but the null', async t => {
  const limits: [ColumnType, bigint][] = [
    [{ type: 'DECIMAL32', scale: 2 }, 2n ** 31n],
    [{ type: 'DECIMAL64', scale: 0 }, 2n ** 63n],
    [{ type: 'DECIMAL128', scale: 38 }, 2n ** 127n],
  ]
  for (const [type, limit] of limits) {
    const made = decimalColumn(type, [limit - 1n, -limit + 1n, 0n, null])
    t.match(made, type)
    t.strictSame(valuesOf(made), [limit - 1n, -limit + 1n, 0n, null])
    t.throws(() => decimalColumn(type, [0n, limit]), overflow)
    t.throws(() => decimalColumn(type, [-limit]), overflow)
    t.equal(decimalColumn(type, []).length, 0)
  }
})

t.test('a smaller scale rounds to the nearest, halves away from zero', async () => {
  const value = fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n })
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 20 }), (unscaled, digits) => {
      const [rounded] = convert(20, { type: 'DECIMAL128', scale: 20 - digits }, unscaled)
      const unit = 10n ** BigInt(digits)
      const error = 2n * (unscaled - (rounded as bigint) * unit)
      assert.ok((error < unit && -error < unit) || error === (unscaled < 0n ? unit : -unit))
    }),
    {
      numRuns: runs(200),
      examples: [
        [15n, 1],
        [-15n, 1],
        [25n, 1],
        [-5n, 1],
        [4n, 1],
      ],
    },
  )
})

t.test('a larger scale keeps the value, or does not fit', async t => {
  t.strictSame(convert(2, { type: 'DECIMAL32', scale: 4 }, 123n, -1n, null), [12_300n, -100n, null])
  t.throws(() => convert(2, { type: 'DECIMAL32', scale: 9 }, 10_000n), overflow)
  t.strictSame(convert(0, { type: 'DECIMAL64', scale: 18 }, 9n), [9n * 10n ** 18n])
  t.throws(() => convert(0, { type: 'DECIMAL64', scale: 18 }, 10n), overflow)
})

t.test('decimals become numbers of their value, rounded once', async t => {
  const examples: [number, ColumnType, (bigint | null)[], ElementValue[]][] = [
    [4, { type: 'DOUBLE' }, [12_345n, -1n, null], [1.2345, -0.0001, null]],
    [1, { type: 'FLOAT' }, [15n, null], [1.5, null]],
    [1, { type: 'INT' }, [5n, -5n, 4n, 21_474_836_474n], [1, -1, 0, 2_147_483_647]],
    [1, { type: 'INT' }, [21_474_836_475n, null], [null, null]],
    [0, { type: 'CHAR' }, [127n, 128n, -128n], [127, null, null]],
    [1, { type: 'LONG' }, [5n, -5n, 14n, null], [1n, -1n, 1n, null]],
    [0, { type: 'LONG' }, [2n ** 63n - 1n, -(2n ** 63n) + 1n], [2n ** 63n - 1n, -(2n ** 63n) + 1n]],
    [0, { type: 'LONG' }, [2n ** 63n, -(2n ** 63n)], [null, null]],
    [2, { type: 'BOOL' }, [0n, 1n, null], [false, true, null]],
  ]
  for (const [scale, type, given, wanted] of examples) {
    t.strictSame(convert(scale, type, ...given), wanted, `${given} into ${type.type}`)
  }
  const nearlyHalf = 45n * 10n ** 19n - 1n
  for (const type of ['SHORT', 'INT', 'LONG'] as const) {
    const [value] = convert(20, { type }, nearlyHalf)
    t.equal(Number(value), 4, `4.49999999999999999999 as ${type}`)
  }
})

t.test('whole numbers become decimals digit by digit', async t => {
  t.strictSame(
    decimals('LONG', { type: 'DECIMAL128', scale: 10 }, 2n ** 62n, -(2n ** 63n) + 1n, null),
    [2n ** 62n * 10n ** 10n, (-(2n ** 63n) + 1n) * 10n ** 10n, null],
  )
  t.strictSame(decimals('CHAR', { type: 'DECIMAL32', scale: 2 }, 127, null), [12_700n, null])
  t.strictSame(decimals('BOOL', { type: 'DECIMAL32', scale: 1 }, true, false), [10n, 0n])
  t.throws(() => decimals('LONG', { type: 'DECIMAL64', scale: 1 }, 2n ** 62n), overflow)
  t.throws(() => decimals('INT', { type: 'DECIMAL32', scale: 2 }, 21_474_837), overflow)
})

t.test('a double counts by the digits it is written with', async t => {
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 13), max: 10 ** 13 }), cents => {
      assert.deepEqual(decimals('DOUBLE', { type: 'DECIMAL64', scale: 2 }, cents / 100), [
        BigInt(cents),
      ])
    }),
    { numRuns: runs(200), examples: [[29], [-29], [5]] },
  )
  const examples: [number | null, number, bigint | null][] = [
    [1.005, 2, 101n],
    [-1.005, 2, -101n],
    [0.004, 2, 0n],
    [5e-324, 9, 0n],
    [-0, 2, 0n],
    [1e22, 2, 10n ** 24n],
    [null, 2, null],
  ]
  for (const [value, scale, wanted] of examples) {
    t.strictSame(decimals('DOUBLE', { type: 'DECIMAL128', scale }, value), [wanted], `${value}`)
  }
  t.strictSame(decimals('FLOAT', { type: 'DECIMAL32', scale: 2 }, 1.5, null), [150n, null])
  for (const value of [1e300, Infinity, -Infinity]) {
    t.throws(() => decimals('DOUBLE', { type: 'DECIMAL128', scale: 2 }, value), overflow)
  }
})
