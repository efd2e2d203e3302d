/*
  Arithmetic and comparison against exact integers: BigInt knows neither overflow nor nulls, so the rules are written
  down here a second time.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { nullDouble, nullInt32, nullInt64 } from '../../../src/protocol/null-value.js'
import type { Scalar, Vector } from '../../../src/protocol/value.js'
import { applyBinary } from '../../../src/server/operators/operators.js'
import type { BinaryOperator } from '../../../src/server/script/parse/syntax.js'
import { runs } from '../../helpers/runs.js'

const smallest = { 32: -(2n ** 31n), 64: -(2n ** 63n) } as const
type Width = keyof typeof smallest

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

const oracle: Readonly<Record<string, (a: bigint, b: bigint) => bigint | null>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? null : floorDivide(a, b)),
  '%': (a, b) => (b === 0n ? null : a - b * floorDivide(a, b)),
}

/** What an operator must give for two integers of a width, null being the smallest of them. */
function expected(
  operator: string,
  a: bigint | null,
  b: bigint | null,
  width: Width,
): bigint | null {
  if (a === null || b === null) return null
  const exact = oracle[operator]!(a, b)
  if (exact === null) return null
  const wrapped = BigInt.asIntN(width, exact)
  return wrapped === smallest[width] ? null : wrapped
}

const int32: fc.Arbitrary<bigint | null> = fc.option(
  fc
    .oneof(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }))
    .map(BigInt),
)
const int64: fc.Arbitrary<bigint | null> = fc.option(
  fc.oneof(
    fc.bigInt({ min: -50n, max: 50n }),
    fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }),
  ),
)

const intScalar = (value: bigint | null): Scalar => ({
  form: 'scalar',
  type: 'INT',
  value: value === null ? null : Number(value),
})
const longScalar = (value: bigint | null): Scalar => ({ form: 'scalar', type: 'LONG', value })
const intVector = (values: readonly (bigint | null)[]): Vector => ({
  form: 'vector',
  type: 'INT',
  length: values.length,
  data: Int32Array.from(values, value => (value === null ? nullInt32 : Number(value))),
})
const longVector = (values: readonly (bigint | null)[]): Vector => ({
  form: 'vector',
  type: 'LONG',
  length: values.length,
  data: BigInt64Array.from(values, value => value ?? nullInt64),
})

function wholeOf(value: unknown): bigint | null {
  const scalar = value as Scalar
  if (scalar.type === 'INT') return scalar.value === null ? null : BigInt(scalar.value)
  return scalar.value as bigint | null
}

function elementsOf(value: unknown): (bigint | null)[] {
  const vector = value as { data: Int32Array | BigInt64Array; length: number }
  return Array.from<number | bigint>(vector.data)
    .slice(0, vector.length)
    .map(one => (one === nullInt32 || one === nullInt64 ? null : BigInt(one)))
}

for (const operator of Object.keys(oracle) as BinaryOperator[]) {
  t.test(`INT ${operator} INT is INT, wraps, and is null beside a null`, t => {
    fc.assert(
      fc.property(int32, int32, (a, b) => {
        const result = applyBinary(operator, intScalar(a), intScalar(b))
        assert.strictEqual((result as Scalar).type, 'INT')
        assert.strictEqual(wholeOf(result), expected(operator, a, b, 32), `${a} ${operator} ${b}`)
      }),
      { numRuns: runs(50) },
    )
    t.end()
  })

  t.test(`LONG ${operator} LONG and INT ${operator} LONG are LONG`, t => {
    fc.assert(
      fc.property(int64, int64, int32, (a, b, narrow) => {
        const result = applyBinary(operator, longScalar(a), longScalar(b))
        assert.strictEqual(wholeOf(result), expected(operator, a, b, 64), `${a} ${operator} ${b}`)
        const mixed = applyBinary(operator, intScalar(narrow), longScalar(b))
        assert.strictEqual(
          wholeOf(mixed),
          expected(operator, narrow, b, 64),
          `${narrow} ${operator} ${b}`,
        )
      }),
      { numRuns: runs(50) },
    )
    t.end()
  })

  t.test(`vectors ${operator} element by element, scalars beside each`, t => {
    const rows = fc.array(fc.tuple(int32, int64), { maxLength: 20 })
    fc.assert(
      fc.property(rows, int32, (pairs, one) => {
        const left = pairs.map(([a]) => a)
        const right = pairs.map(([, b]) => b)
        const both = applyBinary(operator, intVector(left), longVector(right))
        assert.deepStrictEqual(
          elementsOf(both),
          pairs.map(([a, b]) => expected(operator, a, b, 64)),
        )
        const beside = applyBinary(operator, intScalar(one), longVector(right))
        assert.deepStrictEqual(
          elementsOf(beside),
          right.map(b => expected(operator, one, b, 64)),
        )
      }),
      { numRuns: runs(30) },
    )
    t.end()
  })
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '<': order => order < 0,
  '<=': order => order <= 0,
  '==': order => order === 0,
  '!=': order => order !== 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
}

/** Null comes first and equals null. */
function order(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null)
  return a < b ? -1 : a > b ? 1 : 0
}

for (const [operator, holds] of Object.entries(comparisons)) {
  t.test(`${operator} takes null as the smallest value, whatever the types`, t => {
    const double = (value: bigint | null): Scalar => ({
      form: 'scalar',
      type: 'DOUBLE',
      value: value === null ? null : Number(value),
    })
    const compare = (a: Scalar, b: Scalar): unknown =>
      (applyBinary(operator as BinaryOperator, a, b) as Scalar).value
    fc.assert(
      fc.property(int32, int32, int64, int64, (a, b, c, d) => {
        assert.strictEqual(compare(intScalar(a), intScalar(b)), holds(order(a, b)))
        assert.strictEqual(compare(longScalar(c), longScalar(d)), holds(order(c, d)))
        assert.strictEqual(compare(intScalar(a), longScalar(d)), holds(order(a, d)))
        assert.strictEqual(compare(double(a), intScalar(b)), holds(order(a, b)))
      }),
      { numRuns: runs(50) },
    )
    t.end()
  })
}

t.test('\\ of integers is their DOUBLE ratio, null for a zero divisor', t => {
  fc.assert(
    fc.property(int32, int32, (a, b) => {
      const result = applyBinary('\\', intScalar(a), intScalar(b)) as Scalar
      assert.strictEqual(result.type, 'DOUBLE')
      const isNull = a === null || b === null || b === 0n
      assert.strictEqual(result.value, isNull ? null : Number(a) / Number(b))
    }),
    { numRuns: runs(50) },
  )
  t.end()
})

t.test('doubles compute as doubles, their null beside a value stays null', t => {
  const value = fc.option(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 }),
  )
  const data = (one: number | null): Vector => ({
    form: 'vector',
    type: 'DOUBLE',
    length: 1,
    data: Float64Array.of(one ?? nullDouble),
  })
  const compute: Readonly<Record<string, (a: number, b: number) => number | null>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => (b === 0 ? null : a / b),
  }
  fc.assert(
    fc.property(value, value, (a, b) => {
      for (const [operator, exact] of Object.entries(compute)) {
        const result = applyBinary(operator as BinaryOperator, data(a), data(b)) as Vector
        const wanted = a === null || b === null ? nullDouble : (exact(a, b) ?? nullDouble)
        assert.strictEqual(
          (result as { data: Float64Array }).data[0],
          wanted,
          `${a} ${operator} ${b}`,
        )
      }
    }),
    { numRuns: runs(50) },
  )
  t.end()
})
