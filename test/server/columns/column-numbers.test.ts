import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { DataType } from '../../../src/protocol/data-type.js'
import type { ElementValue } from '../../../src/protocol/element.js'
import {
  columnOfNumbers,
  fillInt64,
  numbersOf,
  wordsOfInt64,
} from '../../../src/server/columns/column-numbers.js'
import { runs } from '../../helpers/runs.js'
import { fixed, valuesOf } from './columns.js'

const largestLong = 2n ** 63n - 1n
const largestFloat = 3.4028234663852886e38

t.test('every type is read as doubles from its first to its last value, null as NaN', async t => {
  const examples: [DataType, ElementValue[], number[]][] = [
    ['BOOL', [false, true, null], [0, 1, NaN]],
    ['CHAR', [-127, 127, null], [-127, 127, NaN]],
    ['SHORT', [-32767, 32767, null], [-32767, 32767, NaN]],
    ['INT', [-2147483647, 2147483647, null], [-2147483647, 2147483647, NaN]],
    ['DATE', [-1, 0, null], [-1, 0, NaN]],
    ['LONG', [-largestLong, largestLong, null], [-(2 ** 63), 2 ** 63, NaN]],
    ['NANOTIMESTAMP', [-1n, 2n ** 32n, null], [-1, 2 ** 32, NaN]],
    ['FLOAT', [-1.5, largestFloat, Infinity, null], [-1.5, largestFloat, Infinity, NaN]],
    ['DOUBLE', [-5e-324, Number.MAX_VALUE, null], [-5e-324, Number.MAX_VALUE, NaN]],
  ]
  for (const [type, values, numbers] of examples) {
    t.strictSame([...numbersOf(fixed({ type }, ...values))], numbers, type)
    t.equal(numbersOf(fixed({ type })).length, 0, type)
  }
})

t.test('only the rows of a column are read, not what lies behind them', async t => {
  const ints = { ...fixed({ type: 'INT' }, 1, 2, 3), length: 2 }
  t.strictSame([...numbersOf(ints)], [1, 2])
  const longs = { ...fixed({ type: 'LONG' }, 1n, 2n, 3n), length: 2 }
  t.strictSame([...numbersOf(longs)], [1, 2])
})

t.test('a 64-bit integer is read as the double nearest to it', async () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -largestLong, max: largestLong }), value => {
      assert.equal(numbersOf(fixed({ type: 'LONG' }, value))[0], Number(value))
    }),
    { numRuns: runs(200), examples: [[2n ** 53n + 1n], [-(2n ** 32n)], [-(2n ** 32n) - 1n]] },
  )
})

t.test('doubles become what the type holds, and null beyond that', async t => {
  const examples: [DataType, number[], ElementValue[]][] = [
    ['BOOL', [0, -0, 0.3, -7, NaN], [false, false, true, true, null]],
    ['CHAR', [127.4, 127.5, -127.4, -127.5, NaN], [127, null, -127, null, null]],
    ['SHORT', [32767, 32768, -32767, -32768, Infinity], [32767, null, -32767, null, null]],
    ['INT', [2.5, -2.5, 0.4, -0.4, 2147483647.4], [3, -3, 0, 0, 2147483647]],
    ['INT', [2147483647.5, -2147483648, NaN, -Infinity], [null, null, null, null]],
    ['DATE', [0.5, NaN], [1, null]],
    ['LONG', [2.5, -2.5, -1, 2 ** 53, NaN], [3n, -3n, -1n, 2n ** 53n, null]],
    ['LONG', [2 ** 63, -(2 ** 63), Infinity], [null, null, null]],
    ['LONG', [2 ** 63 - 1024, -(2 ** 63) + 1024], [2n ** 63n - 1024n, -(2n ** 63n) + 1024n]],
    ['TIMESTAMP', [-0.5, 2 ** 32], [-1n, 2n ** 32n]],
    ['FLOAT', [1.5, -0, largestFloat, Infinity], [1.5, -0, largestFloat, Infinity]],
    ['FLOAT', [1e39, -1e39, NaN], [null, null, null]],
    ['DOUBLE', [1e300, -Infinity, NaN], [1e300, -Infinity, null]],
  ]
  for (const [type, numbers, values] of examples) {
    const made = columnOfNumbers({ type }, Float64Array.from(numbers))
    t.equal(made.type, type)
    t.strictSame(valuesOf(made), values, `${type} of ${numbers}`)
  }
  t.equal(columnOfNumbers({ type: 'LONG' }, new Float64Array(0)).length, 0)
})

t.test('what a column was made of is read from it again', async () => {
  const widths: [DataType, number][] = [
    ['CHAR', 127],
    ['SHORT', 32767],
    ['INT', 2147483647],
    ['LONG', Number.MAX_SAFE_INTEGER],
  ]
  for (const [type, max] of widths) {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: -max, max }), fc.constant(NaN))), given => {
        const numbers = Float64Array.from(given)
        assert.deepEqual(numbersOf(columnOfNumbers({ type }, numbers)), numbers)
      }),
      { numRuns: runs(50) },
    )
  }
})

t.test('64-bit integers are written as exactly the whole number a double is', async t => {
  fc.assert(
    fc.property(
      fc.double({
        min: -(2 ** 63),
        max: 2 ** 63,
        minExcluded: true,
        maxExcluded: true,
        noNaN: true,
      }),
      value => {
        const target = new BigInt64Array(1)
        fillInt64(target, Float64Array.of(value))
        const rounded = BigInt(Math.sign(value) * Math.round(Math.abs(value)))
        assert.equal(target[0], rounded)
      },
    ),
    { numRuns: runs(200) },
  )
  const shared = BigInt64Array.of(7n, -2n, 2n ** 32n)
  t.strictSame([...wordsOfInt64(shared.subarray(1))], [-2, -1, 0, 1], 'low word before high word')
})
