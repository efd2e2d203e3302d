import t from 'tap'
import { columnTypeText, type ColumnType } from '../../../src/protocol/data-type.js'
import { columnTypeOf } from '../../../src/protocol/element.js'
import { explicitNull, type Scalar, type Vector } from '../../../src/protocol/value.js'
import { nullOf } from '../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import {
  commonScalarType,
  isWireValue,
  tupleElements,
  tupleOf,
  vectorOfElements,
  vectorOfLiterals,
  vectorOfScalars,
} from '../../../src/server/values/vector-literal.js'
import { textsOf } from '../../helpers/script.js'
import { int, ints, text, yes } from '../../helpers/values.js'
import { column } from '../columns/columns.js'

const scalar = (type: Scalar['type'], value: unknown): Scalar =>
  ({ form: 'scalar', type, value }) as Scalar
const decimal = (scale: number, value: bigint | null): Scalar => ({
  form: 'scalar',
  type: 'DECIMAL64',
  scale,
  value,
})
const typeName: ServerValue = { form: 'type', column: { type: 'INT' } }
const shown = (value: ServerValue | undefined): string => {
  if (value?.form !== 'vector') return value?.form ?? 'nothing'
  return `${columnTypeText(columnTypeOf(value))} ${textsOf(value).join()}`
}

t.test('numbers meet in the wider type, text in STRING, nulls in anything', async t => {
  const order: ColumnType['type'][] = ['CHAR', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE']
  for (const [a, narrow] of order.entries()) {
    for (const wide of order.slice(a)) {
      t.strictSame(commonScalarType({ type: narrow }, { type: wide }), { type: wide })
      t.strictSame(commonScalarType({ type: wide }, { type: narrow }), { type: wide })
    }
  }
  const examples: [ColumnType, ColumnType, ColumnType | undefined][] = [
    [{ type: 'SYMBOL' }, { type: 'STRING' }, { type: 'STRING' }],
    [{ type: 'BLOB' }, { type: 'SYMBOL' }, { type: 'STRING' }],
    [{ type: 'SYMBOL' }, { type: 'SYMBOL' }, { type: 'SYMBOL' }],
    [{ type: 'VOID' }, { type: 'UUID' }, { type: 'UUID' }],
    [{ type: 'BOOL' }, { type: 'INT' }, undefined],
    [{ type: 'INT' }, { type: 'DATE' }, undefined],
    [{ type: 'DATE' }, { type: 'MONTH' }, undefined],
    [{ type: 'INT' }, { type: 'STRING' }, undefined],
    [
      { type: 'DECIMAL32', scale: 2 },
      { type: 'DECIMAL32', scale: 2 },
      { type: 'DECIMAL32', scale: 2 },
    ],
    [{ type: 'DECIMAL32', scale: 2 }, { type: 'DECIMAL32', scale: 3 }, undefined],
  ]
  for (const [a, b, wanted] of examples) {
    t.strictSame(commonScalarType(a, b), wanted, `${a.type} ${b.type}`)
    t.strictSame(commonScalarType(b, a), wanted)
  }
})

t.test('scalars of one kind make a vector of it', async t => {
  const examples: [Scalar[], string][] = [
    [[], 'VOID '],
    [[explicitNull, explicitNull], 'VOID ,'],
    [[int(1), explicitNull, int(-2)], 'INT 1,,-2'],
    [[int(1), scalar('LONG', 2n), scalar('CHAR', null)], 'LONG 1,2,'],
    [[scalar('LONG', 2n), scalar('DOUBLE', 0.5)], 'DOUBLE 2,0.5'],
    [[scalar('LONG', 2n), scalar('FLOAT', 0.5), int(1)], 'FLOAT 2,0.5,1'],
    [[yes, explicitNull], 'BOOL true,'],
    [[text('a'), explicitNull, text('')], 'STRING a,,'],
    [[scalar('SYMBOL', 'a'), text('b')], 'STRING a,b'],
    [[scalar('BLOB', Uint8Array.of(97)), text('b')], 'STRING a,b'],
    [[decimal(2, 150n), explicitNull, decimal(2, null)], 'DECIMAL64(2) 1.50,,'],
    [[scalar('DATE', 0), nullOf('DATE')], 'DATE 1970.01.01,'],
  ]
  for (const [scalars, wanted] of examples) t.equal(shown(vectorOfScalars(scalars)), wanted)
  const refused: Scalar[][] = [
    [int(1), text('a')],
    [yes, int(1)],
    [decimal(2, 1n), decimal(3, 1n)],
    [scalar('DURATION', { count: 1, unit: 4 })],
    [scalar('HANDLE', 'dfs://db')],
  ]
  for (const scalars of refused) t.equal(vectorOfScalars(scalars), undefined)
})

t.test('constants beside each other are one vector, chains of symbols among them', async t => {
  const chain = column('SYMBOL', 'a', 'b') as Vector
  t.equal(shown(vectorOfLiterals([chain, text('c')])), 'STRING a,b,c')
  t.equal(shown(vectorOfLiterals([int(1), scalar('DOUBLE', 2.5)])), 'DOUBLE 1,2.5')
  t.equal(vectorOfLiterals([int(1), chain]), undefined)
})

t.test('what no vector holds is a tuple, and what no tuple holds a list', async t => {
  t.equal(shown(vectorOfElements([int(1), int(2)])), 'INT 1,2')
  t.equal(shown(vectorOfElements([])), 'ANY ')
  t.equal(shown(vectorOfElements([int(1), text('a')])), 'ANY 1,a')
  t.equal(shown(vectorOfElements([ints(1) as ServerValue])), 'ANY [1]')
  t.equal(shown(vectorOfElements([int(1), typeName])), 'list')
  t.equal(shown(tupleOf([int(1), int(2)])), 'ANY 1,2')
})

t.test('the elements of a tuple or list are read again', async t => {
  const tuple = tupleOf([int(1), text('a')])
  t.strictSame(tupleElements(tuple), [int(1), text('a')])
  t.strictSame(tupleElements({ ...tuple, length: 1 } as ServerValue), [int(1)])
  t.strictSame(tupleElements(tupleOf([typeName])), [typeName])
  for (const other of [int(1), ints(1) as ServerValue, typeName]) {
    t.equal(tupleElements(other), undefined)
  }
})

t.test('what lives on the server only does not travel as it is', async t => {
  const onServer: ServerValue[] = [
    typeName,
    { form: 'list', elements: [] },
    {
      form: 'serverDictionary',
      keyType: { type: 'INT' },
      valueType: undefined,
      entries: new Map(),
    },
    { form: 'database', path: '', levels: [], engine: 'OLAP', atomic: 'TRANS' },
  ]
  for (const value of onServer) t.equal(isWireValue(value), false, value.form)
  const pair: ServerValue = { form: 'pair', elements: ints(1, 2) as Vector }
  for (const value of [int(1), ints(1) as ServerValue, pair]) t.equal(isWireValue(value), true)
})
