import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Scalar, Value, Vector } from '../../../../src/protocol/value.js'
import { testExamples, testRefusals } from '../../../helpers/examples.js'
import { testSession } from '../../../helpers/script.js'
import { runs } from '../../../helpers/runs.js'
import { parseColumnType } from '../../../../src/protocol/data-type.js'
import { sliceColumn, vectorOf, type ElementValue } from '../../../../src/protocol/element.js'
import {
  allFold,
  countFold,
  extremeFold,
  meanFold,
  presentRows,
  sumFold,
  type Aggregate,
} from '../../../../src/server/functions/numbers/fold.js'
import { failureOf } from '../../../helpers/call-context.js'

testExamples(t, {
  'nulls are left out': {
    'sum(1 2 3 NULL 4)': '10',
    'avg(1 2 3 NULL)': '2',
    'count(3 NULL 5 6)': '3',
    'size(3 NULL 5 6)': '4',
    'min(3 NULL 1)': '1',
    'max(3 NULL 1)': '3',
  },
  'without a value the result is null': {
    'isNull(sum(array(INT, 0)))': 'true',
    'typestr(sum(array(INT, 0)))': 'LONG',
    'isNull(avg(00i 00i))': 'true',
    'isNull(max(array(DATE, 0)))': 'true',
    'isNull(first(array(INT, 0)))': 'true',
    'sum(NULL)': '',
  },
  'the type of the result': {
    'typestr(sum(1 2))': 'LONG',
    'typestr(sum(1.5 2))': 'DOUBLE',
    'typestr(avg(1 2))': 'DOUBLE',
    'typestr(count(1 2))': 'INT',
    'typestr(max(1h 2h))': 'SHORT',
    'max(2012.01.01 2013.01.01)': '2013.01.01',
    'min(`b`a)': 'a',
    'sum(1.25P 2.50P)': '3.75',
    'max(1.25P 2.50P)': '2.50',
  },
  'matrices column by column, pairs, sets, tuples and array vectors': {
    'sum(1..6$2:3)': '[3,7,11]',
    'avg(1..6$2:3)': '[1.5,3.5,5.5]',
    'sum(3:4)': '7',
    'sum(set(1 2 2))': '3',
    'sum((1, 2.5))': '3.5',
    'sum(array(INT[],0).append!([1 2, 3]))': '[3,3]',
    'count(1 2 3 NULL 4 5$2:3)': '5',
    'count(table(1 NULL 3 as id))': '3',
    'count((1, NULL))': '1',
  },
  edges: {
    'first(5 6 7)': '5',
    'last(5 6 7)': '7',
    'first(NULL 6)': '',
    'last((1, `a))': 'a',
    'first(5)': '5',
  },
  'truth of all': {
    'all(1 1 1)': 'true',
    'all(1 0 1)': 'false',
  },
  'two arguments compare element by element': {
    'max(1 5 3, 2)': '[2,5,3]',
    'min(1 5 3, 2 2 2)': '[1,2,2]',
    'max(3, 7)': '7',
  },
})

testRefusals(t, 'what has no sum is refused', {
  'sum(`a`b)': 'Arguments for sum method can not be string.',
  'sum(table(1 2 as x))': 'The function [sum] takes a vector.',
  'sum((1, `a))': 'The function [sum] takes a vector.',
})

t.test('sum, min and max agree with exact integers', async t => {
  const { run } = testSession()
  const value = fc.option(fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }))
  const whole = (scalar: Value | undefined): bigint | null => {
    const raw = (scalar as Scalar).value
    return raw === null ? null : BigInt(raw as number | bigint)
  }
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 30 }), async values => {
      const literal = `[${values.map(one => one ?? '00i').join(',')}]`
      const present = values.filter(one => one !== null)
      const total = present.reduce((sum, one) => sum + BigInt(one), 0n)
      const isEmpty = present.length === 0
      assert.equal(whole(await run(`sum(${literal})`)), isEmpty ? null : total)
      const sorted = [...present].sort((a, b) => a - b)
      assert.equal(whole(await run(`min(${literal})`)), isEmpty ? null : BigInt(sorted[0]!))
      assert.equal(whole(await run(`max(${literal})`)), isEmpty ? null : BigInt(sorted.at(-1)!))
      assert.equal(whole(await run(`count(${literal})`)), BigInt(present.length))
    }),
    { numRuns: runs(50) },
  )
  t.pass('150 vectors')
})

t.test('a long sum of large integers is exact', async t => {
  t.equal(await testSession().show('sum(take(2147483647, 3000001))'), '6442453088483647')
})

const vector = (type: string, values: readonly ElementValue[]): Vector =>
  vectorOf(parseColumnType(type)!, values) as Vector

const least: Aggregate = whole => extremeFold(whole, false)
const largest: Aggregate = whole => extremeFold(whole, true)

/** What comes of a vector that is gone through in pieces of so many rows. */
function folded(aggregate: Aggregate, whole: Vector, pieceRows = whole.length): Scalar {
  const fold = aggregate(whole)
  for (let from = 0; from < whole.length; from += pieceRows) {
    const to = Math.min(from + pieceRows, whole.length)
    fold.add(sliceColumn(whole, from, to) as Vector, from)
  }
  return fold.result() as Scalar
}

const max64 = 2n ** 63n - 1n

t.test('nulls are left out, and nothing at all is null', async t => {
  const scalar = (type: string, value: ElementValue, scale?: number): object => ({
    form: 'scalar',
    type,
    value,
    ...(scale === undefined ? {} : { scale }),
  })
  const cases: [aggregate: Aggregate, vector: Vector, wanted: object][] = [
    [sumFold, vector('INT', [1, null, 4]), scalar('LONG', 5n)],
    [sumFold, vector('BOOL', [true, null, true]), scalar('LONG', 2n)],
    [sumFold, vector('CHAR', [-127, null, -127]), scalar('LONG', -254n)],
    [sumFold, vector('SHORT', [32_767, null]), scalar('LONG', 32_767n)],
    [sumFold, vector('INT', [2_147_483_647, 2_147_483_647, -1]), scalar('LONG', 4_294_967_293n)],
    [sumFold, vector('LONG', [max64, null, -max64, 7n]), scalar('LONG', 7n)],
    [sumFold, vector('LONG', [2n ** 53n, 1n]), scalar('LONG', 2n ** 53n + 1n)],
    [sumFold, vector('INT', []), scalar('LONG', null)],
    [sumFold, vector('INT', [null]), scalar('LONG', null)],
    [sumFold, vector('LONG', [null]), scalar('LONG', null)],
    [sumFold, vector('DOUBLE', [0.5, null, 0.25]), scalar('DOUBLE', 0.75)],
    [sumFold, vector('FLOAT', [null, 0.5]), scalar('DOUBLE', 0.5)],
    [sumFold, vector('DOUBLE', []), scalar('DOUBLE', null)],
    [sumFold, vector('VOID', [null, null]), scalar('DOUBLE', null)],
    [sumFold, vector('DECIMAL32(2)', [125n, null, 250n]), scalar('DECIMAL64', 375n, 2)],
    [sumFold, vector('DECIMAL64(4)', [max64, max64]), scalar('DECIMAL128', 2n * max64, 4)],
    [sumFold, vector('DECIMAL128(0)', [null]), scalar('DECIMAL128', null, 0)],
    [meanFold, vector('INT', [1, 2, null]), scalar('DOUBLE', 1.5)],
    [meanFold, vector('DECIMAL32(2)', [125n, null, 250n]), scalar('DOUBLE', 1.875)],
    [meanFold, vector('LONG', [null]), scalar('DOUBLE', null)],
    [least, vector('INT', [3, null, -1]), scalar('INT', -1)],
    [largest, vector('INT', [null, -3, -1]), scalar('INT', -1)],
    [largest, vector('DATE', [null]), scalar('DATE', null)],
    [least, vector('STRING', ['b', '', 'a']), scalar('STRING', 'a')],
    [largest, vector('STRING', ['b', '', 'B']), scalar('STRING', 'b')],
    [largest, vector('DECIMAL64(1)', [-5n, null, 5n]), scalar('DECIMAL64', 5n, 1)],
    [largest, vector('DOUBLE', [-0.5, null, -0.25]), scalar('DOUBLE', -0.25)],
    [least, vector('VOID', [null]), scalar('VOID', null)],
    [countFold, vector('STRING', ['a', '', 'b']), scalar('INT', 2)],
    [countFold, vector('INT', []), scalar('INT', 0)],
    [allFold, vector('INT', [1, null, -1]), scalar('BOOL', true)],
    [allFold, vector('INT', [1, null, 0]), scalar('BOOL', false)],
    [allFold, vector('DOUBLE', [0]), scalar('BOOL', false)],
    [allFold, vector('BOOL', [null]), scalar('BOOL', true)],
    [allFold, vector('INT', []), scalar('BOOL', true)],
  ]
  for (const [aggregate, whole, wanted] of cases) {
    for (const pieceRows of [1, 2, Math.max(1, whole.length)]) {
      t.match(
        folded(aggregate, whole, pieceRows),
        wanted,
        `${whole.type} in pieces of ${pieceRows}`,
      )
    }
  }
})

t.test('what cannot be added up', async t => {
  t.match(
    failureOf(() => folded(sumFold, vector('STRING', ['a']))),
    /^Arguments for sum method can not be string\.$/,
  )
  t.match(
    failureOf(() => folded(meanFold, vector('UUID', [null]))),
    /^Arguments for avg method can not be uuid\.$/,
  )
  const most = 2n ** 127n - 1n
  for (const [left, right] of [
    [most, 1n],
    [-most, -1n],
  ] as const) {
    t.match(
      failureOf(() => folded(sumFold, vector('DECIMAL128(2)', [left, right]))),
      /DECIMAL math overflow RefId:S05003$/,
    )
  }
  t.match(folded(sumFold, vector('DECIMAL128(2)', [most, -1n])), { value: most - 1n })
})

t.test('of equal elements the first is taken', async t => {
  t.ok(Object.is(folded(largest, vector('DOUBLE', [-0, 0])).value, -0))
  t.ok(Object.is(folded(least, vector('DOUBLE', [0, -0])).value, 0))
})

t.test('positions of what is not null', async t => {
  t.strictSame([...presentRows(vector('INT', [null, 1, null, 2]))], [1, 3])
  t.strictSame([...presentRows(vector('INT', []))], [])
  t.strictSame([...presentRows(vectorOf({ type: 'INT', array: true }, [[null], [1], []]))], [1])
})

t.test('however a vector is divided, sums and extremes are those of exact numbers', async () => {
  const value = fc.option(fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }))
  const size = fc.integer({ min: 1, max: 40 })
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), size, (values, pieceRows) => {
      const whole = vector('LONG', values)
      const present = values.filter(one => one !== null)
      const sorted = [...present].sort((a, b) => (a < b ? -1 : 1))
      const sum = present.length === 0 ? null : present.reduce((total, one) => total + one, 0n)
      const answers = [sumFold, least, largest].map(one => folded(one, whole, pieceRows).value)
      return (
        answers[0] === sum &&
        answers[1] === (sorted[0] ?? null) &&
        answers[2] === (sorted.at(-1) ?? null) &&
        folded(countFold, whole, pieceRows).value === present.length &&
        folded(allFold, whole, pieceRows).value === !present.includes(0n)
      )
    }),
    {
      numRuns: runs(100),
      examples: [
        [[0n, null], 1],
        [[], 1],
      ],
    },
  )
})

testExamples(t, {
  'random values have the type and the range that was asked for': {
    'x=rand(10, 1000); min(x)>=0 && max(x)<10': 'true',
    'typestr(rand(10, 3))': 'FAST INT VECTOR',
    'typestr(rand(10l, 3))': 'FAST LONG VECTOR',
    'x=rand(10l, 1000); min(x)>=0l && max(x)<10l': 'true',
    'typestr(rand(9.8, 3))': 'FAST DOUBLE VECTOR',
    'x=rand(9.8, 1000); min(x)>=0 && max(x)<9.8': 'true',
    'typestr(rand(1f, 2))': 'FAST FLOAT VECTOR',
    'typestr(rand(5h, 2))': 'FAST SHORT VECTOR',
    'typestr(rand(true, 2))': 'FAST BOOL VECTOR',
    "typestr(rand('z', 2))": 'FAST CHAR VECTOR',
    'typestr(rand(uuid(), 2))': 'FAST UUID VECTOR',
    'x=rand(uuid(), 2); x[0]!=x[1]': 'true',
    'rand(2) in 0 1': 'true',
    'typestr(rand(2012.01M, 3))': 'FAST MONTH VECTOR',
    'all(rand(2012.01M..2012.12M, 50) in 2012.01M..2012.12M)': 'true',
    'all(rand(1 2 join [NULL, 3], 50) in [1, 2, NULL, 3])': 'true',
    'typestr(rand(10.0, 2:3))': 'FAST DOUBLE MATRIX',
    'm=rand(10.0, 2:3); size(m[2])': '2',
    'all(rand(`IBM`C, 50) in `IBM`C)': 'true',
    'typestr(rand(`IBM`C$SYMBOL, 2))': 'FAST SYMBOL VECTOR',
    'x=09:30:00+rand(60,5); size(x)': '5',
  },
})

testRefusals(t, 'rand refuses what it cannot make', {
  'rand(0, 5)': 'X must be greater than 0',
  'rand(`a, 5)': 'rand does not make values of type STRING',
  'rand(10, -1)': 'must be a non-negative integer',
  'rand(array(INT,0), 2)': 'there is nothing to choose from',
})
