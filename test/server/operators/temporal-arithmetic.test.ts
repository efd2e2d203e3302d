import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { DataType } from '../../../src/protocol/data-type.js'
import { nullDouble } from '../../../src/protocol/null-value.js'
import { doubleOf } from '../../../src/server/operators/operands/operands.js'
import {
  comparableTemporal,
  temporalArithmetic,
} from '../../../src/server/operators/temporal-arithmetic.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { runs } from '../../helpers/runs.js'
import { int } from '../../helpers/values.js'
import { valuesOf } from '../columns/columns.js'
import { paired, scalar, shown, vector } from './values.js'

const day = 86_400_000
const max64 = 2n ** 63n - 1n

function calculated(operator: '+' | '-' | '%', left: ServerValue, right: ServerValue): string {
  return shown(temporalArithmetic(operator, paired(left, right)))
}

t.test('a whole number moves a moment by the unit of its type', async t => {
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
    t.equal(calculated(operator, left, right), wanted)
  }
})

t.test('a time of day starts again at midnight', async () => {
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
            const [made] = valuesOf(temporalArithmetic(operator, paired(time, int(moved))))
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

t.test('the distance of two moments is told in the finer unit', async t => {
  const examples: [ServerValue, ServerValue, string][] = [
    [vector('DATE', 5, null), vector('DATE', 2, 1), 'INT 3,'],
    [vector('MONTH', 0), vector('MONTH', 12), 'INT -12'],
    [vector('DATE', 1), vector('DATETIME', 1), 'INT 86399'],
    [vector('TIMESTAMP', 5n), vector('DATE', 0), 'LONG 5'],
    [vector('NANOTIME', 1_000_000n), vector('TIME', 0), 'LONG 1000000'],
    [vector('SECOND', 60), vector('MINUTE', 2), 'INT -60'],
  ]
  for (const [left, right, wanted] of examples) t.equal(calculated('-', left, right), wanted)
  t.equal(calculated('%', vector('TIME', 3_723_456), int(1000)), 'INT 456')
})

t.test('all else is refused', async t => {
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
    t.throws(() => calculated(operator, left, right), { name: 'ScriptError', message })
  }
})

t.test('moments of different types are in the order of time, wherever a type ends', async t => {
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
      const aligned = comparableTemporal(paired(left, right))
      const [x, y] = [aligned.left, aligned.right].map(side => doubleOf(side)[0]!)
      t.equal(Math.sign(x! - y!) + 0, order + 0)
    }
  }
  const nothing = comparableTemporal(paired(vector('DATE', 0), scalar('VOID', null)))
  t.equal(doubleOf(nothing.right)[0], nullDouble)
})
