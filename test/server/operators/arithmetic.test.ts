/*
  Arithmetic compared with exact integers. This file states the rules a second time, because BigInt has neither overflow
  nor nulls.
*/
import t from 'tap'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  arithmetic,
  comparableTemporal,
  negate,
  type ArithmeticOperator,
} from '../../../src/server/operators/arithmetic.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { int, text } from '../../helpers/values.js'
import { decimal, paired, scalar, shown, vector } from './values.js'
import type { Vector } from '../../../src/protocol/value.js'
import { fixed, valuesOf } from '../columns/columns.js'
import { dataTypes, type DataType } from '../../../src/protocol/data-type.js'
import type { ElementValue } from '../../../src/protocol/element.js'
import { nullColumn } from '../../../src/server/columns/column-layout.js'
import { runs } from '../../helpers/runs.js'
import { nullDouble } from '../../../src/protocol/null-value.js'
import { doubleOf } from '../../../src/server/operators/operands.js'

t.test('the types decide how values are calculated', async t => {
  const examples: [ServerValue, '+' | '-', ServerValue, string][] = [
    [int(1), '+', int(2), 'INT 3'],
    [text('1'), '+', int(2), 'STRING 12'],
    [int(1), '+', vector('SYMBOL', '2'), 'STRING 12'],
    [scalar('BLOB', Uint8Array.of(97)), '+', text('b'), 'STRING ab'],
    [text('a'), '+', decimal(1, 15n), 'STRING a1.5'],
    [scalar('DATE', 0), '+', text('!'), 'STRING 1970.01.01!'],
    [decimal(1, 15n), '+', int(2), 'DECIMAL64(1) 3.5'],
    [int(2), '-', decimal(1, 15n), 'DECIMAL64(1) 0.5'],
    [scalar('DATE', 0), '+', int(1), 'DATE 1970.01.02'],
    [int(1), '+', scalar('DATE', 0), 'DATE 1970.01.02'],
    [scalar('DATE', 3), '-', scalar('DATE', 1), 'INT 2'],
  ]
  for (const [left, operator, right, wanted] of examples) {
    t.equal(shown(arithmetic(operator, paired(left, right))), wanted)
  }
})

t.test('text can only be added', async t => {
  for (const [operator, name] of [
    ['-', 'sub'],
    ['*', 'mul'],
    ['/', 'div'],
    ['%', 'mod'],
  ] as const) {
    const refusal = {
      category: 'SYSTEM_Operator',
      message: `Arguments for ${name} method can not be string.`,
    }
    t.throws(() => arithmetic(operator, paired(text('1'), int(2))), refusal)
    t.throws(() => arithmetic(operator, paired(int(1), text('2'))), refusal)
  }
})

t.test('no text grows beyond sixteen million characters', async t => {
  const half = 'a'.repeat(8_388_608)
  t.match(arithmetic('+', paired(text(half), text(half))), { length: 1 })
  t.throws(() => arithmetic('+', paired(text(half), text(`${half}b`))), {
    name: 'ScriptError',
    message: 'A text must not be longer than 16777216 characters.',
  })
})

t.test('negation keeps the type, from the first value to the last', async t => {
  const examples: Vector[] = [
    vector('CHAR', 127, -127, 0, null),
    vector('SHORT', 32767, -32767, 0, null),
    vector('INT', 2147483647, -2147483647, 0, null),
    vector('LONG', 2n ** 63n - 1n, -(2n ** 63n) + 1n, 0n, null),
    vector('FLOAT', 0.5, -1.5, Infinity, null),
    vector('DOUBLE', 5e-324, -1e300, 0, null),
    fixed({ type: 'DECIMAL32', scale: 2 }, 2n ** 31n - 1n, -5n, 0n, null),
    fixed({ type: 'DECIMAL128', scale: 4 }, 2n ** 127n - 1n, null),
  ]
  for (const given of examples) {
    const made = negate(given) as Vector
    t.equal(made.type, given.type)
    const wanted = valuesOf(given).map(value => (value === null ? null : -(value as number)))
    const isWhole = given.type !== 'DOUBLE'
    t.strictSame(
      valuesOf(made),
      wanted.map(value => (isWhole && value === 0 ? 0 : value)),
      given.type,
    )
  }
})

t.test('types without arithmetic are refused', async t => {
  for (const value of [text('a'), scalar('DATE', 1), scalar('UUID', null)]) {
    t.throws(() => negate(value), { category: 'SYSTEM_Operator', message: /method can not be/ })
  }
  t.throws(() => negate({ form: 'list', elements: [] }), {
    message: 'Arguments for neg method can not be tuple.',
  })
})

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

type Exact = (a: bigint, b: bigint, width: 32 | 64) => bigint | null

/** `>>` fills with zeros. The width of the type limits the number of bits that are shifted. */
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

/** The expected result of an operator for two integers of a width. The least value is null. */
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
  return valuesOf(arithmetic(operator, paired(left, right))).map(wide)
}

t.test('integers wrap at their width, and an operation with null gives null', async t => {
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

t.test('doubles are calculated as doubles, and a zero divisor gives null', async () => {
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
        const made = valuesOf(arithmetic(operator as ArithmeticOperator, sides))
        assert.deepEqual(made, [of(a, b), of(narrow(c), b)])
      }
      const ratio = arithmetic('\\', paired(vector('INT', narrow(c)), vector('INT', 3)))
      assert.deepEqual(valuesOf(ratio), [c === null ? null : Number(c) / 3])
    }),
    { numRuns: runs(100) },
  )
})

t.test('the result has the type that both operands need', async t => {
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
    t.equal(shown(arithmetic(operator, paired(left, right))), wanted)
  }
})

t.test("errors about types without arithmetic name the operator's function", async t => {
  const without = (Object.keys(dataTypes) as DataType[]).filter(type =>
    ['binary', 'mixed'].includes(dataTypes[type].category),
  )
  for (const type of without) {
    const one = nullColumn({ type }, 1) as ServerValue
    const message = `Arguments for mul method can not be ${type.toLowerCase()}.`
    t.throws(() => arithmetic('*', paired(one, int(1))), { message })
    t.throws(() => arithmetic('*', paired(int(1), one)), { message })
  }
  for (const [operator, name] of [
    ['&', 'bitAnd'],
    ['|', 'bitOr'],
    ['^', 'bitXor'],
  ] as const) {
    t.throws(() => arithmetic(operator, paired(scalar('DOUBLE', 1), int(1))), {
      message: `Arguments for ${name} method can not be double.`,
    })
  }
})

const decimals = (bits: 32 | 64 | 128, scale: number, ...values: (bigint | null)[]): Vector =>
  fixed({ type: `DECIMAL${bits}`, scale }, ...values)

function calculatedDecimalArithmetic(
  operator: ArithmeticOperator,
  left: ServerValue,
  right: ServerValue,
): string {
  return shown(arithmetic(operator, paired(left, right)))
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
    t.equal(calculatedDecimalArithmetic(operator, left, right), wanted)
  }
})

t.test('nothing is lost within the scale', async () => {
  const value = fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n })
  const scale = fc.nat({ max: 9 })
  fc.assert(
    fc.property(value, scale, value, scale, (a, scaleA, b, scaleB) => {
      const pairing = paired(decimals(128, scaleA, a), decimals(128, scaleB, b))
      const of = (operator: ArithmeticOperator): unknown =>
        valuesOf(arithmetic(operator, pairing))[0]
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

t.test('a product has a type that can hold it', async t => {
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
  for (const [left, right, wanted] of examples)
    t.equal(calculatedDecimalArithmetic('*', left, right), wanted)
})

t.test('a result that no type can hold is refused', async t => {
  const overflow = { name: 'ScriptError', message: 'Decimal math overflow' }
  const largest = 2n ** 31n - 1n
  t.equal(
    calculatedDecimalArithmetic('+', decimals(32, 0, largest), int(0)),
    `DECIMAL32(0) ${largest}`,
  )
  t.throws(() => calculatedDecimalArithmetic('+', decimals(32, 0, largest), int(1)), overflow)
  t.throws(() => calculatedDecimalArithmetic('-', decimals(32, 0, -largest), int(1)), overflow)
  t.throws(
    () => calculatedDecimalArithmetic('*', decimals(128, 0, 2n ** 126n), decimals(128, 0, 2n)),
    overflow,
  )
  t.throws(() => calculatedDecimalArithmetic('*', decimals(128, 35, 1n), decimals(128, 35, 1n)), {
    message: 'Scale out of bound (valid range: [0, 38], but get: 70)',
  })
  for (const [operator, name] of [
    ['%', 'mod'],
    ['&', 'bitAnd'],
    ['<<', 'lshift'],
  ] as const) {
    t.throws(() => calculatedDecimalArithmetic(operator, decimal(2, 1n), int(1)), {
      category: 'SYSTEM_Operator',
      message: `Arguments for ${name} method can not be decimal.`,
    })
  }
})

const day = 86_400_000
const max64 = 2n ** 63n - 1n

function calculatedTemporalArithmetic(
  operator: '+' | '-' | '%',
  left: ServerValue,
  right: ServerValue,
): string {
  return shown(arithmetic(operator, paired(left, right)))
}

t.test('an integer moves a moment by the unit of its type', async t => {
  const examples: [ServerValue, '+' | '-', ServerValue, string][] = [
    [vector('DATE', 0, null), '+', int(31), 'DATE 1970.02.01,'],
    [vector('DATE', 0), '-', vector('LONG', 1n), 'DATE 1969.12.31'],
    [int(1), '+', vector('MONTH', 11), 'MONTH 0001.01M'],
    [vector('DATETIME', 0), '+', vector('SHORT', 61), 'DATETIME 1970.01.01T00:01:01'],
    [vector('TIMESTAMP', 0n, null), '-', int(1), 'TIMESTAMP 1969.12.31T23:59:59.999,'],
    [
      vector('NANOTIMESTAMP', 0n),
      '+',
      vector('CHAR', 7),
      'NANOTIMESTAMP 1970.01.01T00:00:00.000000007',
    ],
    [vector('DATE', 0, 1), '+', vector('INT', null, 1), 'DATE ,1970.01.03'],
    [vector('DATE', 0), '+', scalar('VOID', null), 'DATE '],
    [vector('DATE', 0), '+', scalar('LONG', 2n ** 31n), 'DATE '],
    [vector('DATE', 2147483647), '+', int(1), 'DATE '],
    [vector('TIMESTAMP', max64), '+', int(1), 'TIMESTAMP '],
  ]
  for (const [left, operator, right, wanted] of examples) {
    t.equal(calculatedTemporalArithmetic(operator, left, right), wanted)
  }
})

t.test('a time of day restarts at midnight', async () => {
  const perDay: [DataType, bigint][] = [
    ['MINUTE', 1440n],
    ['SECOND', 86_400n],
    ['TIME', BigInt(day)],
    ['NANOTIME', 86_400_000_000_000n],
  ]
  for (const [type, units] of perDay) {
    const wide = type === 'NANOTIME'
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: units - 1n }),
        fc.integer({ min: -9e8, max: 9e8 }),
        (at, moved) => {
          const time = vector(type, wide ? at : Number(at))
          for (const operator of ['+', '-'] as const) {
            const sum = operator === '+' ? at + BigInt(moved) : at - BigInt(moved)
            const [made] = valuesOf(arithmetic(operator, paired(time, int(moved))))
            assert.equal(BigInt(made as number | bigint), ((sum % units) + units) % units)
          }
        },
      ),
      {
        numRuns: runs(50),
        examples: [
          [units - 1n, 1],
          [0n, -1],
        ],
      },
    )
  }
})

t.test('the distance of two moments is in the finer unit', async t => {
  const examples: [ServerValue, ServerValue, string][] = [
    [vector('DATE', 5, null), vector('DATE', 2, 1), 'INT 3,'],
    [vector('MONTH', 0), vector('MONTH', 12), 'INT -12'],
    [vector('DATE', 1), vector('DATETIME', 1), 'INT 86399'],
    [vector('TIMESTAMP', 5n), vector('DATE', 0), 'LONG 5'],
    [vector('NANOTIME', 1_000_000n), vector('TIME', 0), 'LONG 1000000'],
    [vector('SECOND', 60), vector('MINUTE', 2), 'INT -60'],
  ]
  for (const [left, right, wanted] of examples)
    t.equal(calculatedTemporalArithmetic('-', left, right), wanted)
  t.equal(calculatedTemporalArithmetic('%', vector('TIME', 3_723_456), int(1000)), 'INT 456')
})

t.test('all other operations with times are refused', async t => {
  const date = vector('DATE', 0)
  const refused: [ServerValue, '+' | '-' | '%', ServerValue, string][] = [
    [date, '+', date, 'Arguments for add method can not be temporal.'],
    [date, '%', date, 'Arguments for mod method can not be temporal.'],
    [int(1), '-', date, 'Arguments for sub method can not be temporal.'],
    [date, '+', vector('DOUBLE', 1), 'Arguments for add method can not be double.'],
    [date, '-', vector('BOOL', true), 'Arguments for sub method can not be bool.'],
    [date, '-', vector('TIME', 0), 'Incompatible type. Expected: TIME, Actual: DATE'],
  ]
  for (const [left, operator, right, message] of refused) {
    t.throws(() => calculatedTemporalArithmetic(operator, left, right), {
      name: 'ScriptError',
      message,
    })
  }
})

t.test(
  'moments of different types are in the order of time, also at the limits of a type',
  async t => {
    const farDay = 100_000_000
    const examples: [ServerValue, ServerValue, number][] = [
      [vector('DATE', 0), vector('DATETIME', 0), 0],
      [vector('DATE', 0), vector('DATETIME', 1), -1],
      [vector('DATE', farDay), vector('DATETIME', 2147483647), 1],
      [vector('DATE', -farDay), vector('DATEMINUTE', -2147483647), -1],
      [vector('DATE', farDay), vector('DATEHOUR', 2147483647), 1],
      [vector('DATE', farDay), vector('TIMESTAMP', BigInt(farDay) * BigInt(day)), 0],
      [vector('DATE', farDay), vector('NANOTIMESTAMP', 0n), 1],
      [vector('DATE', -farDay), vector('NANOTIMESTAMP', 0n), -1],
      [vector('NANOTIMESTAMP', 1n), vector('TIMESTAMP', 0n), 1],
      [vector('DATE', null), vector('NANOTIMESTAMP', -max64), -1],
      [vector('DATE', null), vector('DATETIME', null), 0],
      [vector('TIME', 1), vector('NANOTIME', 1_000_000n), 0],
      [vector('DATE', 1), vector('DATE', 2), -1],
    ]
    for (const [a, b, wanted] of examples) {
      for (const [left, right, order] of [
        [a, b, wanted],
        [b, a, -wanted],
      ] as const) {
        const aligned = comparableTemporal(left as Vector, right as Vector)
        const [x, y] = [aligned.left, aligned.right].map(side => doubleOf(side)[0]!)
        t.equal(Math.sign(x! - y!) + 0, order + 0)
      }
    }
    const nothing = comparableTemporal(vector('DATE', 0), nullColumn({ type: 'VOID' }, 1) as Vector)
    t.equal(doubleOf(nothing.right)[0], nullDouble)
  },
)
