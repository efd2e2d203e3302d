import t from 'tap'
import type { ArrayVector, Matrix, Vector } from '../../../../src/protocol/value.js'
import {
  operandOf,
  pairOperands,
  scalarAt,
} from '../../../../src/server/operators/operands/pairing.js'
import { createTable } from '../../../../src/server/tables/memory-table.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import { int, ints, text } from '../../../helpers/values.js'
import { column } from '../../columns/columns.js'

const vector = (...values: number[]): Vector => ints(...values) as Vector
const pair: ServerValue = { form: 'pair', elements: vector(1, 2) }
const matrix: Matrix = {
  form: 'matrix',
  rows: 2,
  columns: 1,
  elements: vector(1, 2),
  columnLabels: column('STRING', 'c') as Vector,
}
const arrays: ArrayVector = {
  form: 'arrayVector',
  length: 2,
  offsets: Uint32Array.of(0, 1, 2),
  cells: vector(1, 2),
}
const results = column('BOOL', true, false) as Vector

t.test('each form is seen as a vector, and results go back into it', async t => {
  const examples: [ServerValue, Vector, ServerValue][] = [
    [vector(1, 2), vector(1, 2), results],
    [pair, vector(1, 2), { form: 'pair', elements: results }],
    [matrix, vector(1, 2), { ...matrix, elements: results }],
    [arrays, vector(1, 2), { ...arrays, cells: results }],
    [int(7), vector(7), scalarAt(results, 0)],
    [{ form: 'type', column: { type: 'DOUBLE' } }, vector(16), scalarAt(results, 0)],
  ]
  for (const [value, seen, rebuilt] of examples) {
    const operand = operandOf(value, 'add')
    t.strictSame(operand.vector, seen, value.form)
    t.equal(operand.isScalar, value.form === 'scalar' || value.form === 'type')
    t.strictSame(operand.rebuild(results), rebuilt)
  }
  t.strictSame(scalarAt(vector(1, 2), 1), int(2))
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
    [{ form: 'set', elements: vector(1) }, 'set'],
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
    [int(1), vector(1, 2), 2, 0, 1, 'vector'],
    [vector(1, 2), int(1), 2, 1, 0, 'vector'],
    [vector(1, 2), vector(3, 4), 2, 1, 1, 'vector'],
    [vector(), int(1), 0, 1, 0, 'vector'],
    [pair, int(1), 2, 1, 0, 'pair'],
    [int(1), pair, 2, 0, 1, 'pair'],
    [pair, vector(1, 2), 2, 1, 1, 'vector'],
    [vector(1, 2), matrix, 2, 1, 1, 'matrix'],
    [matrix, arrays, 2, 1, 1, 'matrix'],
    [vector(1, 2), arrays, 2, 1, 1, 'arrayVector'],
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
  t.throws(() => pairOperands(vector(1, 2, 3), vector(1, 2), 'add'), refusal)
  t.throws(() => pairOperands(vector(1), vector(1, 2), 'add'), refusal)
  t.throws(() => pairOperands(pair, vector(1, 2, 3), 'add'), refusal)
})
