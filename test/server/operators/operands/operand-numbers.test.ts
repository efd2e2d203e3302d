import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { dataTypes, type DataType } from '../../../../src/protocol/data-type.js'
import { nullDouble, nullFloat, nullInt32, nullInt64 } from '../../../../src/protocol/null-value.js'
import type { Vector } from '../../../../src/protocol/value.js'
import { nullColumn } from '../../../../src/server/columns/column-layout.js'
import {
  doubleOf,
  floatVector,
  int32Of,
  int64Of,
  numberKindOf,
} from '../../../../src/server/operators/operands/operands.js'
import { runs } from '../../../helpers/runs.js'
import { column } from '../../columns/columns.js'

const kinds: Readonly<Record<string, readonly DataType[]>> = {
  int32: [
    ...(['BOOL', 'CHAR', 'SHORT', 'INT', 'DATE', 'MONTH', 'TIME', 'MINUTE'] as const),
    ...(['SECOND', 'DATETIME', 'DATEHOUR', 'DATEMINUTE'] as const),
  ],
  int64: ['LONG', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP'],
  double: ['FLOAT', 'DOUBLE'],
}
const kindOf = (type: DataType): string | undefined =>
  Object.keys(kinds).find(kind => kinds[kind]!.includes(type))
const vector = (type: DataType, ...values: Parameters<typeof column>[1][]): Vector =>
  column(type, ...values) as Vector

t.test('every type computes as one kind of number, or as none', async t => {
  for (const type of Object.keys(dataTypes) as DataType[]) {
    t.equal(numberKindOf(type), kindOf(type), type)
  }
})

t.test('a null is the null of the kind, whatever type it comes from', async t => {
  const nothing: Vector = { form: 'vector', type: 'VOID', length: 2 }
  for (const type of [
    ...kinds['int32']!,
    ...kinds['int64']!,
    ...kinds['double']!,
    'VOID',
  ] as const) {
    const nulls = type === 'VOID' ? nothing : (nullColumn({ type }, 2) as Vector)
    t.strictSame([...doubleOf(nulls)], [nullDouble, nullDouble], type)
    if (kindOf(type) === 'double') continue
    t.strictSame([...int64Of(nulls)], [nullInt64, nullInt64], type)
    if (kindOf(type) === 'int64') continue
    t.strictSame([...int32Of(nulls)], [nullInt32, nullInt32], type)
  }
})

t.test('values are widened from first to last', async t => {
  const examples: [DataType, number[]][] = [
    ['CHAR', [-127, 127]],
    ['SHORT', [-32767, 32767]],
    ['INT', [-2147483647, 2147483647]],
    ['DATETIME', [-2147483647, 2147483647]],
  ]
  for (const [type, values] of examples) {
    t.strictSame([...int32Of(vector(type, ...values))], values, type)
    t.strictSame([...int64Of(vector(type, ...values))], values.map(BigInt))
    t.strictSame([...doubleOf(vector(type, ...values))], values)
  }
  t.strictSame([...int32Of(vector('BOOL', true, false))], [1, 0])
  const largest = 3.4028234663852886e38
  t.strictSame([...doubleOf(vector('FLOAT', -0.5, largest))], [-0.5, largest])
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), value => {
      assert.equal(int64Of(vector('LONG', value))[0], value)
      assert.equal(doubleOf(vector('NANOTIME', value))[0], Number(value))
    }),
    { numRuns: runs(100) },
  )
})

t.test('only the rows of a narrow vector are read', async t => {
  const shorts = { ...vector('SHORT', 1, 2, 3), length: 2 } as Vector
  t.equal(int32Of(shorts).length, 2)
  t.equal(int64Of(shorts).length, 2)
  t.equal(doubleOf(shorts).length, 2)
})

t.test('numbers of the kind itself are not copied', async t => {
  const ints = vector('INT', 1)
  t.equal(int32Of(ints), (ints as { data: unknown }).data)
  const longs = vector('LONG', 1n)
  t.equal(int64Of(longs), (longs as { data: unknown }).data)
  const doubles = vector('DOUBLE', 1)
  t.equal(doubleOf(doubles), (doubles as { data: unknown }).data)
})

t.test('what holds no numbers of the kind is refused', async t => {
  const refusal = (type: string): { name: string; message: string } => ({
    name: 'ScriptError',
    message: `A vector of numbers is expected, but the actual type is ${type}.`,
  })
  for (const type of ['STRING', 'SYMBOL', 'UUID', 'ANY'] as const) {
    const values = nullColumn({ type }, 1) as Vector
    for (const read of [int32Of, int64Of, doubleOf]) t.throws(() => read(values), refusal(type))
  }
  t.throws(() => int32Of(vector('LONG', 1n)), refusal('LONG'))
  t.throws(() => int64Of(vector('DOUBLE', 1)), refusal('DOUBLE'))
})

t.test('doubles too large for FLOAT are null, infinities are not', async t => {
  const given = Float64Array.of(0.5, nullDouble, 1e39, -1e39, Infinity, -Infinity, NaN)
  const { type, data } = floatVector(given) as Extract<Vector, { type: 'FLOAT' }>
  t.equal(type, 'FLOAT')
  t.strictSame([...data], [0.5, nullFloat, nullFloat, nullFloat, Infinity, -Infinity, NaN])
})
