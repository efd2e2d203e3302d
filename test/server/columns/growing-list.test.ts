import t from 'tap'
import { type Column, type Value, explicitNull } from '../../../src/protocol/value.js'
import { GrowingList } from '../../../src/server/columns/growing-column.js'
import { int, ints } from '../../helpers/values.js'
import { textsOf } from '../../helpers/script.js'
import { column } from './columns.js'

const strings = (): GrowingList<string> =>
  new GrowingList('', (length, data) => ({ form: 'vector', type: 'STRING', length, data }))

const tuples = (): GrowingList<Value> =>
  new GrowingList<Value>(explicitNull, (length, data) => ({
    form: 'vector',
    type: 'ANY',
    length,
    data,
  }))

t.test('text is kept however it comes', async t => {
  const list = strings()
  t.same(textsOf(list.view()), [])
  list.append(column('STRING', 'a', ''))
  list.append(column('SYMBOL', 'b', 'a'))
  const encoded = new TextEncoder().encode('c\0\0')
  list.append({ form: 'vector', type: 'STRING', length: 2, encoded })
  t.same(textsOf(list.view()), ['a', '', 'b', 'a', 'c', ''])
})

t.test('only the rows of a source are taken, and what it lacks is null', async t => {
  const list = tuples()
  list.append({ form: 'vector', type: 'ANY', length: 1, data: [int(1), int(2)] })
  list.append({ form: 'vector', type: 'ANY', length: 2, data: [int(3)] })
  list.append({ form: 'vector', type: 'VOID', length: 1 })
  const view = list.view() as Extract<Column, { type: 'ANY' }>
  t.strictSame(view.data, [int(1), int(3), explicitNull, explicitNull])
  list.assign(Int32Array.of(0, 1), { form: 'vector', type: 'ANY', length: 2, data: [ints(4, 5)] })
  t.same(textsOf(list.view()), ['[4,5]', '', '', ''])
})

t.test('a view keeps its rows when rows are added behind it or changed', async t => {
  const list = strings()
  list.append(column('STRING', 'a', 'b'))
  const before = list.view()
  list.append(column('STRING', 'c'))
  list.assign(Int32Array.of(0, 0), column('STRING', 'x', 'y'))
  t.same(textsOf(before), ['a', 'b'])
  const after = list.view()
  t.same(textsOf(after), ['y', 'b', 'c'], 'of equal rows the last counts')
  list.assign(Int32Array.of(2), column('STRING', 'z'))
  t.same(textsOf(after), ['y', 'b', 'c'])
  t.same(textsOf(list.view()), ['y', 'b', 'z'])
})
