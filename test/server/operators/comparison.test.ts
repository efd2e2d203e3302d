import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Scalar, Vector } from '../../../src/protocol/value.js'
import { compare, type ComparisonOperator } from '../../../src/server/operators/comparison.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { runs } from '../../helpers/runs.js'
import { int, text } from '../../helpers/values.js'
import { fixed, valuesOf } from '../columns/columns.js'
import { decimal, paired, scalar, vector } from './values.js'

const operators: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  '<': order => order < 0,
  '<=': order => order <= 0,
  '==': order => order === 0,
  '!=': order => order !== 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
}
const names = Object.keys(operators) as ComparisonOperator[]

/** Checks the results of all comparison operators for two values whose order is known. */
function checkOrder(left: ServerValue, right: ServerValue, order: number): void {
  for (const operator of names) {
    const made = compare(operator, paired(left, right))
    const wanted = operators[operator](order)
    assert.deepEqual(made, { ...vector('BOOL', wanted), length: 1 }, `${operator}, order ${order}`)
  }
}

/** Null comes first, and is equal to null. */
function orderOf(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null)
  return a < b ? -1 : a > b ? 1 : 0
}

const int32 = fc.option(
  fc
    .oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }))
    .map(BigInt),
)
const int64 = fc.option(
  fc.oneof(
    fc.bigInt({ min: -5n, max: 5n }),
    fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }),
  ),
)

t.test('null is the smallest value in every type of numbers', async () => {
  const narrow = (value: bigint | null): number | null => (value === null ? null : Number(value))
  fc.assert(
    fc.property(int32, int32, int64, int64, (a, b, c, d) => {
      checkOrder(vector('INT', narrow(a)), vector('INT', narrow(b)), orderOf(a, b))
      checkOrder(scalar('LONG', c), scalar('LONG', d), orderOf(c, d))
      checkOrder(vector('INT', narrow(a)), scalar('LONG', d), orderOf(a, d))
      checkOrder(scalar('DOUBLE', narrow(a)), vector('INT', narrow(b)), orderOf(a, b))
      checkOrder(decimal(2, c), decimal(2, d), orderOf(c, d))
      if (c !== null)
        checkOrder(decimal(1, c), fixed({ type: 'DECIMAL128', scale: 3 }, c * 100n), 0)
    }),
    { numRuns: runs(50) },
  )
})

t.test('every other type has an order, too', async t => {
  const uuid = (...last: number[]): Scalar =>
    scalar(
      'UUID',
      Uint8Array.from({ length: 16 }, (_, at) => last.at(at - 16 + last.length) ?? 0),
    )
  const ordered: [ServerValue, ServerValue, number][] = [
    [scalar('BOOL', false), scalar('BOOL', true), -1],
    [scalar('BOOL', true), int(1), 0],
    [scalar('FLOAT', 0.5), scalar('DOUBLE', 0.5), 0],
    [text('a'), text('b'), -1],
    [text('B'), text('a'), -1],
    [text('é'), text('é'), 0],
    [text(''), scalar('VOID', null), 0],
    [scalar('VOID', null), text('a'), -1],
    [text('a'), scalar('CHAR', 97), 0],
    [scalar('CHAR', null), text('a'), -1],
    [vector('SYMBOL', 'b'), text('a'), 1],
    [text('a'), vector('SYMBOL', 'b'), -1],
    [vector('SYMBOL', ''), vector('SYMBOL', 'b'), -1],
    [scalar('DATE', 1), scalar('DATETIME', 86_400), 0],
    [scalar('DATE', null), scalar('TIMESTAMP', 0n), -1],
    [scalar('DATE', 1), int(1), 0],
    [scalar('VOID', null), scalar('VOID', null), 0],
    [decimal(2, 150n), scalar('DOUBLE', 1.5), 0],
    [decimal(2, 150n), int(2), -1],
    [decimal(2, null), int(-5), -1],
    [decimal(2, null), scalar('VOID', null), 0],
    [uuid(1, 0), uuid(0, 2), -1],
    [uuid(1), uuid(1), 0],
    [scalar('UUID', null), uuid(1), -1],
  ]
  for (const [left, right, order] of ordered) {
    checkOrder(left, right, order)
    checkOrder(right, left, -order)
    t.pass(`${order}`)
  }
})

t.test('vectors are compared row by row, and a scalar with each row', async t => {
  const of = (left: ServerValue, right: ServerValue): unknown[] =>
    valuesOf(compare('<', paired(left, right)))
  t.same(of(vector('INT', 1, null, 3), int(2)), [true, true, false])
  t.same(of(int(2), vector('INT', 1, null, 3)), [false, false, true])
  t.same(of(vector('STRING', 'a', 'c'), vector('STRING', 'b', 'b')), [true, false])
  t.same(of(vector('SYMBOL', 'a', 'c', 'a'), text('b')), [true, false, true])
  t.same(of(text('b'), vector('SYMBOL', 'a', 'c')), [false, true])
  const uuids = vector('UUID', null, new Uint8Array(16).fill(1))
  t.same(of(uuids, scalar('UUID', new Uint8Array(16).fill(1))), [true, false])
  t.same(of(fixed({ type: 'DECIMAL32', scale: 1 }, 15n, null), int(1)), [false, true])
  const behind = { ...vector('SYMBOL', 'a', 'c', 'a'), length: 2 } as Vector
  t.same(of(behind, text('b')), [true, false])
  t.same(of(vector('INT'), int(1)), [])
})

t.test('types that have nothing in common are refused', async t => {
  const refused: [ServerValue, ServerValue, string][] = [
    [int(1), text('a'), "Can't compare INT with STRING."],
    [text('a'), scalar('DATE', 1), "Can't compare DATE with STRING."],
    [vector('UUID', null), int(1), "Can't compare UUID with INT."],
    [vector('UUID', null), vector('INT128', null), "Can't compare UUID with INT128."],
    [vector('ANY', int(1)), int(1), "Can't compare ANY with INT."],
  ]
  for (const [left, right, message] of refused) {
    t.throws(() => compare('==', paired(left, right)), {
      name: 'ScriptError',
      category: 'SYSTEM_Operator',
      message,
    })
  }
})
