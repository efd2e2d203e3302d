import fc from 'fast-check'
import t from 'tap'
import { vectorOf, type ElementValue } from '../../../../src/protocol/element.js'
import type { DataType } from '../../../../src/protocol/data-type.js'
import type { Column, Scalar } from '../../../../src/protocol/value.js'
import { dictionaryOf, tableOfColumns } from '../../../../src/server/functions/result-table.js'
import { areEqual } from '../../../../src/server/functions/types/equality.js'
import type { FunctionValue, ServerValue } from '../../../../src/server/values/server-value.js'
import { testExamples } from '../../../helpers/examples.js'
import { runs } from '../../../helpers/runs.js'

testExamples(t, {
  'eqObj compares type and content': {
    'eqObj(2, 2.0)': 'false',
    'eqObj(symbol(`a`b), `a`b)': 'true',
    'eqObj(`a`b, symbol(`a`c))': 'false',
    'eqObj(table(symbol(`a`b) as s), table(`a`b as s))': 'true',
    'all(each(eqObj, values(table(1 2 as a, `x`y as b)), values(table(1 2 as a, `x`y as b))))':
      'true',
    'each(eqObj, values(table(1 2 as a, `x`y as b)), values(table(1 2 as a, `x`z as b)))':
      '[true,false]',
    'eqObj(1.1, 1.2, 0)': 'true',
    'eqObj(1.1, 1.2)': 'false',
    'eqObj(1 2 3, 1 2 3)': 'true',
    'eqObj(1 2 3, 1 2)': 'false',
    'eqObj(1 2, 1l 2l)': 'false',
    'eqObj(`a, `a)': 'true',
    'eqObj(NULL, NULL)': 'true',
    'eqObj(00i, 1)': 'false',
    'eqObj(1:2, 1:2)': 'true',
    'eqObj(1..4$2:2, 1..4$2:2)': 'true',
    'eqObj((1, `a), (1, `a))': 'true',
    'eqObj({a: 1}, {a: 1})': 'true',
    'eqObj({a: 1}, {a: 2})': 'false',
    'eqObj(table(1 as x), table(1 as x))': 'true',
    'eqObj(table(1 as x), table(1 as y))': 'false',
    'eqObj(sum, sum)': 'true',
    'eqObj((sum, 1), (sum, 1))': 'true',
    'eqObj(set(1 2), set(1 2))': 'true',
    'eqObj(arrayVector(2 3, 1 2 3), arrayVector(2 3, 1 2 3))': 'true',
    'eqObj(1.5P, 1.5P)': 'true',
    'eqObj(uuid(), uuid())': 'true',
    'eqObj(INT, INT)': 'true',
    'eqObj(1, 1 2)': 'false',
    'eqObj(3M, 3M)': 'true',
  },
})

const equal = (a: ServerValue, b: ServerValue, precision?: number): boolean =>
  areEqual(a, b, precision)

const scalar = (type: DataType, value: ElementValue): Scalar =>
  ({ form: 'scalar', type, value }) as Scalar
const decimal = (value: bigint | null, scale: number): Scalar => ({
  form: 'scalar',
  type: 'DECIMAL32',
  scale,
  value,
})
const column = (type: DataType, ...values: ElementValue[]): Column => vectorOf({ type }, values)
const vector = column as (...args: Parameters<typeof column>) => Extract<Column, { form: 'vector' }>
const fn = (kind: 'builtin' | 'user', name: string): FunctionValue =>
  ({ form: 'function', kind, name }) as FunctionValue
const partial: FunctionValue = {
  form: 'function',
  kind: 'partial',
  name: 'add',
  target: fn('builtin', 'add'),
  bound: [],
  keywords: new Map(),
}
const matrix = (rows: number, columns: number, ...values: number[]): ServerValue => ({
  form: 'matrix',
  rows,
  columns,
  elements: vector('INT', ...values),
})
const set = (type: DataType, ...values: ElementValue[]): ServerValue => ({
  form: 'set',
  elements: vector(type, ...values),
})
const one = dictionaryOf({ a: scalar('INT', 1) })
const database = {
  form: 'database',
  path: '',
  levels: [],
  engine: 'OLAP',
  atomic: 'TRANS',
} as const

t.test('two values are the same when types and contents are', async t => {
  const same: [ServerValue, ServerValue][] = [
    [scalar('INT', null), scalar('INT', null)],
    [scalar('COMPLEX', [1, 2]), scalar('COMPLEX', [1, 2])],
    [scalar('BLOB', Uint8Array.of(1)), scalar('BLOB', Uint8Array.of(1))],
    [decimal(15n, 1), decimal(15n, 1)],
    [vector('INT', 1, null), { ...vector('INT', 1, null, 3), length: 2 }],
    [vector('SYMBOL', 'a', '', 'b'), vector('STRING', 'a', '', 'b')],
    [vector('DOUBLE', 0.1, null), vector('DOUBLE', 0.1 + 1e-12, null)],
    [vector('BLOB', Uint8Array.of(1)), vector('BLOB', Uint8Array.of(1))],
    [matrix(2, 1, 1, 2), matrix(2, 1, 1, 2)],
    [set('INT', 1, 2, null), set('INT', null, 2, 1)],
    [one, dictionaryOf({ a: scalar('INT', 1) })],
    [tableOfColumns({ a: vector('INT', 1) }), tableOfColumns({ a: vector('INT', 1) })],
    [fn('builtin', 'sum'), fn('builtin', 'sum')],
    [partial, partial],
    [database, database],
    [
      { form: 'type', column: { type: 'INT', array: true } },
      { form: 'type', column: { type: 'INT', array: true } },
    ],
    [
      { form: 'list', elements: [one, database] },
      { form: 'list', elements: [one, database] },
    ],
  ]
  for (const [index, [a, b]] of same.entries()) t.ok(equal(a, b), `${index} ${a.form}`)
})

t.test('and else they are not', async t => {
  const different: [ServerValue, ServerValue][] = [
    [scalar('INT', 1), scalar('LONG', 1n)],
    [scalar('INT', 0), scalar('INT', null)],
    [scalar('INT', 1), vector('INT', 1)],
    [scalar('INT', 1), scalar('INT', 2)],
    [scalar('LONG', 1n), scalar('LONG', 2n)],
    [scalar('COMPLEX', [1, 2]), scalar('COMPLEX', [1, 3])],
    [scalar('DOUBLE', 1), scalar('DOUBLE', null)],
    [decimal(15n, 1), decimal(15n, 2)],
    [vector('INT', 1, 2), vector('INT', 1, 3)],
    [vector('INT', 1, 2), vector('INT', 1)],
    [vector('INT', 1), vector('DATE', 1)],
    [vector('STRING', 'a', 'b'), vector('SYMBOL', 'a', 'c')],
    [vector('STRING', 'a'), vector('BLOB', Uint8Array.of(97))],
    [vector('BLOB', Uint8Array.of(1)), vector('BLOB', Uint8Array.of(2))],
    [
      vectorOf({ type: 'DECIMAL32', scale: 1 }, [15n]),
      vectorOf({ type: 'DECIMAL32', scale: 2 }, [15n]),
    ],
    [vectorOf({ type: 'ANY' }, [decimal(15n, 1)]), vectorOf({ type: 'ANY' }, [decimal(15n, 2)])],
    [matrix(2, 1, 1, 2), matrix(1, 2, 1, 2)],
    [matrix(2, 1, 1, 2), matrix(2, 1, 1, 3)],
    [set('INT', 1, 2), set('INT', 1, 3)],
    [set('INT', 1), set('INT', 1, 2)],
    [set('INT', 1), set('LONG', 1n)],
    [one, dictionaryOf({ a: scalar('INT', 2) })],
    [one, dictionaryOf({ b: scalar('INT', 1) })],
    [one, dictionaryOf({ a: scalar('INT', 1), b: scalar('INT', 1) })],
    [one, { ...one, keyType: { type: 'SYMBOL' } }],
    [one, { ...one, valueType: { type: 'INT' } }],
    [
      { ...one, valueType: { type: 'LONG' } },
      { ...one, valueType: { type: 'INT' } },
    ],
    [tableOfColumns({ a: vector('INT', 1) }), tableOfColumns({ a: vector('INT', 2) })],
    [tableOfColumns({ a: vector('INT', 1) }), tableOfColumns({ a: vector('INT', 1, 1) })],
    [
      tableOfColumns({ a: vector('INT', 1) }),
      tableOfColumns({ a: vector('INT', 1), b: vector('INT', 1) }),
    ],
    [fn('builtin', 'sum'), fn('builtin', 'avg')],
    [fn('builtin', 'sum'), fn('user', 'sum')],
    [fn('user', ''), fn('user', '')],
    [partial, { ...partial }],
    [database, { ...database }],
    [
      { form: 'type', column: { type: 'INT' } },
      { form: 'type', column: { type: 'LONG' } },
    ],
    [
      { form: 'list', elements: [one] },
      { form: 'list', elements: [database] },
    ],
    [
      { form: 'list', elements: [one] },
      { form: 'list', elements: [one, one] },
    ],
  ]
  for (const [index, [a, b]] of different.entries()) t.notOk(equal(a, b), `${index} ${a.form}`)
})

t.test('floating numbers differ by at most 10 to the minus precision', async () => {
  const value = fc.double({ noNaN: true, min: -100, max: 100 })
  fc.assert(
    fc.property(value, value, fc.integer({ min: 0, max: 12 }), (a, b, precision) => {
      const wanted = Math.abs(a - b) <= 10 ** -precision
      return (
        equal(scalar('DOUBLE', a), scalar('DOUBLE', b), precision) === wanted &&
        equal(vector('DOUBLE', a), vector('DOUBLE', b), precision) === wanted &&
        equal(vector('INT', 1, 2), vector('INT', 1, 3), 0) === false
      )
    }),
    {
      numRuns: runs(100),
      examples: [
        [1, 2, 0],
        [1.5, 1.25, 2],
        [0.5, 0.5, 12],
      ],
    },
  )
})

t.test('ten digits behind the point count where nothing is said', async t => {
  t.ok(equal(scalar('DOUBLE', 0), scalar('DOUBLE', 5e-11)))
  t.notOk(equal(scalar('DOUBLE', 0), scalar('DOUBLE', 2e-10)))
})

t.test('a difference is found in every piece of a long vector', async t => {
  const pieceRows = 32_768
  const rows = 2 * pieceRows + 1
  for (const type of ['INT', 'STRING'] as const) {
    const value = type === 'INT' ? 1 : 'a'
    const values = Array<ElementValue>(rows).fill(value)
    t.ok(equal(vector(type, ...values), vector(type, ...values)))
    for (const row of [0, pieceRows - 1, pieceRows, rows - 1]) {
      const changed = values.with(row, null)
      t.notOk(equal(vector(type, ...values), vector(type, ...changed)), `${type} row ${row}`)
    }
  }
})
