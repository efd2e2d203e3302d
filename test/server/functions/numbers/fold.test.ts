import fc from 'fast-check'
import t from 'tap'
import { parseColumnType } from '../../../../src/protocol/data-type.js'
import { sliceColumn, vectorOf, type ElementValue } from '../../../../src/protocol/element.js'
import type { Scalar, Vector } from '../../../../src/protocol/value.js'
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
import { runs } from '../../../helpers/runs.js'

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
