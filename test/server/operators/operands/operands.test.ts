import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { dataTypes, type DataType } from '../../../../src/protocol/data-type.js'
import { nullDouble, nullFloat, nullInt32, nullInt64 } from '../../../../src/protocol/null-value.js'
import type { Vector, ArrayVector, Matrix } from '../../../../src/protocol/value.js'
import { nullColumn } from '../../../../src/server/columns/column-layout.js'
import {
  doubleOf,
  floatVector,
  int32Of,
  int64Of,
  numberKindOf,
  decimalAsDouble,
  rescale,
  unscaledOf,
  isLiteral,
  textsOfVector,
} from '../../../../src/server/operators/operands/operands.js'
import { runs } from '../../../helpers/runs.js'
import { column, fixed, valuesOf } from '../../columns/columns.js'
import { int, ints, text } from '../../../helpers/values.js'
import {
  operandOf,
  pairOperands,
  scalarAt,
} from '../../../../src/server/operators/operands/pairing.js'
import { createTable } from '../../../../src/server/tables/memory-table.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'

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

t.test('decimals and whole numbers are integers of a scale', async t => {
  const decimals = fixed({ type: 'DECIMAL128', scale: 10 }, 10n ** 37n, -1n, null)
  t.strictSame(unscaledOf(decimals), { values: [10n ** 37n, -1n, null], scale: 10 })
  const longs = column('LONG', 2n ** 63n - 1n, null) as Vector
  t.strictSame(unscaledOf(longs), { values: [2n ** 63n - 1n, null], scale: 0 })
  const chars = { ...column('CHAR', -127, null, 9), length: 2 } as Vector
  t.strictSame(unscaledOf(chars), { values: [-127n, null], scale: 0 })
  t.strictSame(unscaledOf(column('BOOL', true) as Vector), { values: [1n], scale: 0 })
  const nothing: Vector = { form: 'vector', type: 'VOID', length: 1 }
  t.strictSame(unscaledOf(nothing), { values: [null], scale: 0 })
  for (const other of [column('DOUBLE', 1), column('FLOAT', 1), column('STRING', '1')]) {
    t.equal(unscaledOf(other as Vector), undefined)
  }
})

t.test('a decimal is the double nearest to it', async t => {
  const value = fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n })
  fc.assert(
    fc.property(value, fc.nat({ max: 38 }), (unscaled, scale) => {
      const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
      const point = digits.length - scale
      const text = `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
      const [double] = valuesOf(decimalAsDouble(fixed({ type: 'DECIMAL128', scale }, unscaled)))
      assert.equal(double, Number(text) || 0)
    }),
    { numRuns: runs(200) },
  )
  const prices = fixed({ type: 'DECIMAL32', scale: 2 }, 150n, null)
  t.match(decimalAsDouble(prices), { type: 'DOUBLE', length: 2 })
  t.strictSame(valuesOf(decimalAsDouble(prices)), [1.5, null])
  const ints = column('INT', 1) as Vector
  t.equal(decimalAsDouble(ints), ints, 'what is no decimal stays as it is')
})

t.test('digits behind a smaller scale are cut off towards zero', async t => {
  const examples: [bigint, number, number, bigint][] = [
    [199n, 2, 1, 19n],
    [-199n, 2, 1, -19n],
    [-199n, 2, 0, -1n],
    [9n, 1, 0, 0n],
    [15n, 1, 3, 1500n],
    [-15n, 0, 0, -15n],
  ]
  for (const [value, from, to, wanted] of examples) t.equal(rescale(value, from, to), wanted)
})

t.test('three types hold text', async t => {
  const names = (Object.keys(dataTypes) as DataType[]).filter(isLiteral)
  t.same(names.sort(), ['BLOB', 'STRING', 'SYMBOL'])
})

t.test('every element is the text that string(x) makes of it; null is none', async t => {
  const utf8 = new TextEncoder().encode('é')
  const examples: [Vector, string[]][] = [
    [column('STRING', 'a', '') as Vector, ['a', '']],
    [{ ...column('STRING', 'a', 'b'), length: 1 } as Vector, ['a']],
    [column('SYMBOL', 'b', '', 'b') as Vector, ['b', '', 'b']],
    [column('BLOB', utf8, new Uint8Array(0)) as Vector, ['é', '']],
    [column('CHAR', 32, 97, 126, null) as Vector, [' ', 'a', '~', '']],
    [column('CHAR', 31, 127, 0, -127) as Vector, ['31', '127', '0', '-127']],
    [column('BOOL', true, null) as Vector, ['true', '']],
    [column('LONG', 2n ** 63n - 1n, null) as Vector, ['9223372036854775807', '']],
    [column('DOUBLE', 0.5, null) as Vector, ['0.5', '']],
    [column('DATE', 0, null) as Vector, ['1970.01.01', '']],
    [fixed({ type: 'DECIMAL32', scale: 2 }, -5n, null), ['-0.05', '']],
    [column('ANY', int(1), column('INT', 2, 3)) as Vector, ['1', '[2,3]']],
    [{ form: 'vector', type: 'VOID', length: 2 }, ['', '']],
    [column('INT') as Vector, []],
  ]
  for (const [vector, texts] of examples) t.strictSame([...textsOfVector(vector)], texts)
  const encoded = new TextEncoder().encode('a\0\0')
  t.same(textsOfVector({ form: 'vector', type: 'STRING', length: 2, encoded }), ['a', ''])
})

const vectorPairing = (...values: number[]): Vector => ints(...values) as Vector
const pair: ServerValue = { form: 'pair', elements: vectorPairing(1, 2) }
const matrix: Matrix = {
  form: 'matrix',
  rows: 2,
  columns: 1,
  elements: vectorPairing(1, 2),
  columnLabels: column('STRING', 'c') as Vector,
}
const arrays: ArrayVector = {
  form: 'arrayVector',
  length: 2,
  offsets: Uint32Array.of(0, 1, 2),
  cells: vectorPairing(1, 2),
}
const results = column('BOOL', true, false) as Vector

t.test('each form is seen as a vector, and results go back into it', async t => {
  const examples: [ServerValue, Vector, ServerValue][] = [
    [vectorPairing(1, 2), vectorPairing(1, 2), results],
    [pair, vectorPairing(1, 2), { form: 'pair', elements: results }],
    [matrix, vectorPairing(1, 2), { ...matrix, elements: results }],
    [arrays, vectorPairing(1, 2), { ...arrays, cells: results }],
    [int(7), vectorPairing(7), scalarAt(results, 0)],
    [{ form: 'type', column: { type: 'DOUBLE' } }, vectorPairing(16), scalarAt(results, 0)],
  ]
  for (const [value, seen, rebuilt] of examples) {
    const operand = operandOf(value, 'add')
    t.strictSame(operand.vector, seen, value.form)
    t.equal(operand.isScalar, value.form === 'scalar' || value.form === 'type')
    t.strictSame(operand.rebuild(results), rebuilt)
  }
  t.strictSame(scalarAt(vectorPairing(1, 2), 1), int(2))
})

t.test('a form holds results of one type only, arrays of a fixed width only', async t => {
  const tuple = column('ANY', int(1), text('a')) as Vector
  t.throws(() => operandOf(pair, 'add').rebuild(tuple), {
    message: 'The elements of a pair must be of the same type.',
  })
  t.throws(() => operandOf(matrix, 'add').rebuild(tuple), {
    message: 'The elements of a matrix must be of the same type.',
  })
  t.throws(() => operandOf(arrays, 'add').rebuild(column('STRING', 'a', 'b') as Vector), {
    message: 'There are no array vectors of type STRING.',
  })
})

t.test('what no operator is defined for is named', async t => {
  const refused: [ServerValue, string][] = [
    [createTable('basic', ['a'], [{ type: 'INT' }]), 'table'],
    [
      {
        form: 'serverDictionary',
        keyType: { type: 'INT' },
        valueType: undefined,
        entries: new Map(),
      },
      'dictionary',
    ],
    [{ form: 'database', path: '', levels: [], engine: 'OLAP', atomic: 'TRANS' }, 'handle'],
    [{ form: 'list', elements: [] }, 'tuple'],
    [{ form: 'set', elements: vectorPairing(1) }, 'set'],
  ]
  for (const [value, name] of refused) {
    t.throws(() => operandOf(value, 'mul'), {
      name: 'ScriptError',
      category: 'SYSTEM_Operator',
      message: `Arguments for mul method can not be ${name}.`,
    })
  }
})

t.test('a scalar stands beside each element of the other side', async t => {
  const examples: [ServerValue, ServerValue, number, number, number, string][] = [
    [int(1), int(2), 1, 0, 0, 'scalar'],
    [int(1), vectorPairing(1, 2), 2, 0, 1, 'vector'],
    [vectorPairing(1, 2), int(1), 2, 1, 0, 'vector'],
    [vectorPairing(1, 2), vectorPairing(3, 4), 2, 1, 1, 'vector'],
    [vectorPairing(), int(1), 0, 1, 0, 'vector'],
    [pair, int(1), 2, 1, 0, 'pair'],
    [int(1), pair, 2, 0, 1, 'pair'],
    [pair, vectorPairing(1, 2), 2, 1, 1, 'vector'],
    [vectorPairing(1, 2), matrix, 2, 1, 1, 'matrix'],
    [matrix, arrays, 2, 1, 1, 'matrix'],
    [vectorPairing(1, 2), arrays, 2, 1, 1, 'arrayVector'],
  ]
  for (const [left, right, length, leftStep, rightStep, form] of examples) {
    const pairing = pairOperands(left, right, 'add')
    t.match(pairing, { length, leftStep, rightStep }, `${left.form} ${right.form}`)
    t.equal(pairing.rebuild(results).form, form)
  }
})

t.test('sides of different lengths do not go together', async t => {
  const refusal = {
    name: 'ScriptError',
    category: 'SYSTEM_Operator',
    message: 'Incompatible vector size',
  }
  t.throws(() => pairOperands(vectorPairing(1, 2, 3), vectorPairing(1, 2), 'add'), refusal)
  t.throws(() => pairOperands(vectorPairing(1), vectorPairing(1, 2), 'add'), refusal)
  t.throws(() => pairOperands(pair, vectorPairing(1, 2, 3), 'add'), refusal)
})
