import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Vector } from '../../../src/protocol/value.js'
import { decimalArithmetic } from '../../../src/server/operators/decimal-arithmetic.js'
import type { ArithmeticOperator } from '../../../src/server/operators/numeric-arithmetic.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { runs } from '../../helpers/runs.js'
import { int } from '../../helpers/values.js'
import { fixed, valuesOf } from '../columns/columns.js'
import { decimal, paired, scalar, shown } from './values.js'

const decimals = (bits: 32 | 64 | 128, scale: number, ...values: (bigint | null)[]): Vector =>
  fixed({ type: `DECIMAL${bits}`, scale }, ...values)

function calculated(operator: ArithmeticOperator, left: ServerValue, right: ServerValue): string {
  return shown(decimalArithmetic(operator, paired(left, right)))
}

t.test('sums take the larger scale, products the sum of both, quotients the left one', async t => {
  const examples: [ServerValue, ArithmeticOperator, ServerValue, string][] = [
    [decimals(32, 2, 150n, null), '+', decimals(32, 1, 5n, 5n), 'DECIMAL32(2) 2.00,'],
    [decimals(32, 2, 150n), '-', decimals(64, 3, 1n), 'DECIMAL64(3) 1.499'],
    [decimals(32, 2, 150n), '*', decimals(32, 1, -5n), 'DECIMAL32(3) -0.750'],
    [decimals(32, 2, 700n, 700n), '/', decimals(32, 1, 30n, 0n), 'DECIMAL32(2) 2.33,'],
    [decimals(32, 2, -700n), '/', int(3), 'DECIMAL32(2) -2.33'],
    [decimals(32, 2, 150n), '+', int(1), 'DECIMAL32(2) 2.50'],
    [scalar('LONG', 1n), '-', decimals(32, 2, 150n), 'DECIMAL64(2) -0.50'],
    [decimals(128, 0, 7n), '+', decimals(64, 0, 1n), 'DECIMAL128(0) 8'],
    [decimals(32, 2, 150n), '+', scalar('VOID', null), 'DECIMAL32(2) '],
    [decimals(32, 2), '+', int(1), 'DECIMAL32(2) '],
    [decimals(32, 2, 150n, null), '+', scalar('DOUBLE', 0.25), 'DOUBLE 1.75,'],
    [decimals(32, 2, 150n, 150n), '\\', decimals(32, 0, 4n, 0n), 'DOUBLE 0.375,'],
  ]
  for (const [left, operator, right, wanted] of examples) {
    t.equal(calculated(operator, left, right), wanted)
  }
})

t.test('nothing is lost that the scale can hold', async () => {
  const value = fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n })
  const scale = fc.nat({ max: 9 })
  fc.assert(
    fc.property(value, scale, value, scale, (a, scaleA, b, scaleB) => {
      const pairing = paired(decimals(128, scaleA, a), decimals(128, scaleB, b))
      const of = (operator: ArithmeticOperator): unknown =>
        valuesOf(decimalArithmetic(operator, pairing))[0]
      const x = a * 10n ** BigInt(Math.max(0, scaleB - scaleA))
      const y = b * 10n ** BigInt(Math.max(0, scaleA - scaleB))
      assert.equal(of('+'), x + y)
      assert.equal(of('-'), x - y)
      assert.equal(of('*'), a * b)
      const ratio = b === 0n ? null : (a * 10n ** BigInt(scaleB)) / b
      assert.equal(of('/'), ratio)
    }),
    { numRuns: runs(100) },
  )
})

t.test('a product takes the type that holds it', async t => {
  const largest = 2n ** 31n - 1n
  const examples: [Vector, Vector, string][] = [
    [decimals(32, 0, largest), decimals(32, 0, 1n), `DECIMAL32(0) ${largest}`],
    [decimals(32, 0, largest), decimals(32, 0, 2n), `DECIMAL64(0) ${2n * largest}`],
    [decimals(32, 0, largest, 1n), decimals(32, 0, 2n, null), `DECIMAL64(0) ${2n * largest},`],
    [
      decimals(32, 8, 14_285_714n),
      decimals(32, 8, 16_666_666n),
      'DECIMAL64(16) 0.0238095223809524',
    ],
    [decimals(64, 0, -(2n ** 62n)), decimals(64, 0, 2n), `DECIMAL128(0) ${-(2n ** 63n)}`],
    [decimals(64, 18, 15n), decimals(64, 1, 15n), 'DECIMAL128(19) 0.0000000000000000225'],
  ]
  for (const [left, right, wanted] of examples) t.equal(calculated('*', left, right), wanted)
})

t.test('what no type holds is refused', async t => {
  const overflow = { name: 'ScriptError', message: 'Decimal math overflow' }
  const largest = 2n ** 31n - 1n
  t.equal(calculated('+', decimals(32, 0, largest), int(0)), `DECIMAL32(0) ${largest}`)
  t.throws(() => calculated('+', decimals(32, 0, largest), int(1)), overflow)
  t.throws(() => calculated('-', decimals(32, 0, -largest), int(1)), overflow)
  t.throws(() => calculated('*', decimals(128, 0, 2n ** 126n), decimals(128, 0, 2n)), overflow)
  t.throws(() => calculated('*', decimals(128, 35, 1n), decimals(128, 35, 1n)), {
    message: 'Scale out of bound (valid range: [0, 38], but get: 70)',
  })
  for (const [operator, name] of [
    ['%', 'mod'],
    ['&', 'bitAnd'],
    ['<<', 'lshift'],
  ] as const) {
    t.throws(() => calculated(operator, decimal(2, 1n), int(1)), {
      category: 'SYSTEM_Operator',
      message: `Arguments for ${name} method can not be decimal.`,
    })
  }
})
