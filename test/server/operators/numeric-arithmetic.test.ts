/*
  Arithmetic against exact integers: BigInt knows neither overflow nor nulls, so the rules are written down here a
  second time.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { dataTypes, type DataType } from '../../../src/protocol/data-type.js'
import type { ElementValue } from '../../../src/protocol/element.js'
import { nullColumn } from '../../../src/server/columns/column-layout.js'
import {
  computeInt32,
  computeInt64,
  numericArithmetic,
  refused,
  type ArithmeticOperator,
} from '../../../src/server/operators/numeric-arithmetic.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { runs } from '../../helpers/runs.js'
import { int } from '../../helpers/values.js'
import { valuesOf } from '../columns/columns.js'
import { paired, scalar, shown, vector } from './values.js'

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

type Exact = (a: bigint, b: bigint, width: 32 | 64) => bigint | null

/** `>>` fills with zeros, and as many bits are moved as fit into the width. */
const oracle: Readonly<Partial<Record<ArithmeticOperator, Exact>>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? null : floorDivide(a, b)),
  '%': (a, b) => (b === 0n ? null : a - b * floorDivide(a, b)),
  '|': (a, b) => a | b,
  '&': (a, b) => a & b,
  '^': (a, b) => a ^ b,
  '<<': (a, b, width) => a << BigInt.asUintN(width === 32 ? 5 : 6, b),
  '>>': (a, b, width) => BigInt.asUintN(width, a) >> BigInt.asUintN(width === 32 ? 5 : 6, b),
}
const operators = Object.keys(oracle) as ArithmeticOperator[]

/** What an operator must give for two integers of a width, null being the smallest of them. */
function expected(
  operator: ArithmeticOperator,
  a: bigint | null,
  b: bigint | null,
  width: 32 | 64,
): bigint | null {
  if (a === null || b === null) return null
  const exact = oracle[operator]!(a, b, width)
  if (exact === null) return null
  const wrapped = BigInt.asIntN(width, exact)
  return wrapped === -(2n ** BigInt(width - 1)) ? null : wrapped
}

const whole = (width: bigint): fc.Arbitrary<bigint | null> => {
  const max = 2n ** (width - 1n) - 1n
  return fc.option(fc.oneof(fc.bigInt({ min: -50n, max: 50n }), fc.bigInt({ min: -max, max })))
}
const narrow = (value: bigint | null): number | null => (value === null ? null : Number(value))
const wide = (value: ElementValue): bigint | null =>
  value === null ? null : BigInt(value as number)

function calculated(
  operator: ArithmeticOperator,
  left: ServerValue,
  right: ServerValue,
): (bigint | null)[] {
  return valuesOf(numericArithmetic(operator, paired(left, right))).map(wide)
}

t.test('integers wrap at their width, and are null beside a null', async t => {
  for (const operator of operators) {
    const rows = fc.array(fc.tuple(whole(32n), whole(32n), whole(64n)), { maxLength: 12 })
    fc.assert(
      fc.property(rows, whole(64n), (row, one) => {
        const [a, b, c] = [0, 1, 2].map(at => row.map(values => values[at]!))
        const ints = vector('INT', ...a!.map(narrow))
        const longs = vector('LONG', ...c!)
        assert.deepEqual(
          calculated(operator, ints, vector('INT', ...b!.map(narrow))),
          row.map(([x, y]) => expected(operator, x, y, 32)),
        )
        assert.deepEqual(
          calculated(operator, ints, longs),
          row.map(([x, , z]) => expected(operator, x, z, 64)),
        )
        assert.deepEqual(
          calculated(operator, scalar('LONG', one), longs),
          c!.map(z => expected(operator, one, z, 64)),
        )
      }),
      { numRuns: runs(40) },
    )
    t.pass(operator)
  }
})

t.test('doubles compute as doubles, a zero divisor gives null', async () => {
  const few = fc.constantFrom(0, -0, 1, -1, 2.5)
  const value = fc.option(fc.oneof(few, fc.double({ noNaN: true, min: -1e100, max: 1e100 })))
  const exact: Readonly<Record<string, (a: number, b: number) => number | null>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => (b === 0 ? null : a / b),
    '\\': (a, b) => (b === 0 ? null : a / b),
    '%': (a, b) => (b === 0 ? null : a - b * Math.floor(a / b)),
  }
  fc.assert(
    fc.property(value, value, whole(32n), (a, b, c) => {
      for (const [operator, compute] of Object.entries(exact)) {
        const of = (x: number | null, y: number | null): number | null =>
          x === null || y === null ? null : compute(x, y)
        const sides = paired(vector('DOUBLE', a, narrow(c)), vector('DOUBLE', b, b))
        const made = valuesOf(numericArithmetic(operator as ArithmeticOperator, sides))
        assert.deepEqual(made, [of(a, b), of(narrow(c), b)])
      }
      const ratio = numericArithmetic('\\', paired(vector('INT', narrow(c)), vector('INT', 3)))
      assert.deepEqual(valuesOf(ratio), [c === null ? null : Number(c) / 3])
    }),
    { numRuns: runs(100) },
  )
})

t.test('the result has the type that both sides need', async t => {
  const examples: [ServerValue, ArithmeticOperator, ServerValue, string][] = [
    [scalar('CHAR', 100), '+', scalar('CHAR', 100), 'INT 200'],
    [scalar('BOOL', true), '+', scalar('BOOL', true), 'INT 2'],
    [scalar('SHORT', 7), '*', scalar('LONG', 2n), 'LONG 14'],
    [int(7), '\\', scalar('LONG', 2n), 'DOUBLE 3.5'],
    [scalar('FLOAT', 0.5), '+', int(1), 'FLOAT 1.5'],
    [scalar('FLOAT', 0.5), '+', scalar('DOUBLE', 1), 'DOUBLE 1.5'],
    [scalar('FLOAT', 3e38), '*', scalar('FLOAT', 2), 'FLOAT '],
    [scalar('FLOAT', 1), '\\', int(0), 'FLOAT '],
    [scalar('VOID', null), '+', int(1), 'INT '],
    [int(1), '-', scalar('VOID', null), 'INT '],
    [scalar('LONG', 1n), '-', scalar('VOID', null), 'LONG '],
    [scalar('DOUBLE', 1), '-', scalar('VOID', null), 'DOUBLE '],
    [scalar('VOID', null), '+', scalar('VOID', null), 'VOID '],
    [scalar('TIME', 5), '%', int(3), 'INT 2'],
    [vector('INT'), '+', int(1), 'INT '],
  ]
  for (const [left, operator, right, wanted] of examples) {
    t.equal(shown(numericArithmetic(operator, paired(left, right))), wanted)
  }
})

t.test('types without arithmetic are named by the function of the operator', async t => {
  t.match(refused('>>', 'x'), {
    category: 'SYSTEM_Operator',
    message: 'Arguments for rshift method can not be x.',
  })
  const without = (Object.keys(dataTypes) as DataType[]).filter(type =>
    ['literal', 'binary', 'mixed'].includes(dataTypes[type].category),
  )
  for (const type of without) {
    const one = nullColumn({ type }, 1) as ServerValue
    const message = `Arguments for mul method can not be ${type.toLowerCase()}.`
    t.throws(() => numericArithmetic('*', paired(one, int(1))), { message })
    t.throws(() => numericArithmetic('*', paired(int(1), one)), { message })
  }
  for (const [operator, name] of [
    ['&', 'bitAnd'],
    ['|', 'bitOr'],
    ['^', 'bitXor'],
  ] as const) {
    t.throws(() => numericArithmetic(operator, paired(scalar('DOUBLE', 1), int(1))), {
      message: `Arguments for ${name} method can not be double.`,
    })
  }
})

t.test('an operation is not asked about nulls', async t => {
  const asked: unknown[] = []
  const note = <T>(a: T): T => {
    asked.push(a)
    return a
  }
  const sides = paired(vector('INT', 1, null, 3), vector('INT', null, 2, 4))
  t.same([...computeInt32(note<number>, sides)], [-(2 ** 31), -(2 ** 31), 3])
  t.same([...computeInt64(note<bigint>, sides)], [-(2n ** 63n), -(2n ** 63n), 3n])
  t.same(asked, [3, 3n])
})
