import t from 'tap'
import { formatValue } from '../../../src/protocol/value-text.js'
import type { ArrayVector, Value, Vector } from '../../../src/protocol/value.js'
import { makeDictionary } from '../../../src/server/elements/dictionary.js'
import { elementsOf, itemsAt, itemsOf, sequenceItems } from '../../../src/server/elements/items.js'
import { createTable } from '../../../src/server/tables/memory-table.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { int, ints, text } from '../../helpers/values.js'
import { column } from '../columns/columns.js'

const vector = (...values: number[]): Vector => ints(...values) as Vector
const arrays: ArrayVector = {
  form: 'arrayVector',
  length: 2,
  offsets: Uint32Array.of(0, 2, 3),
  cells: vector(1, 2, 3),
}
const typeName: ServerValue = { form: 'type', column: { type: 'INT' } }
const list: ServerValue = { form: 'list', elements: [int(1), typeName] }
const table = createTable('basic', ['a', 'b'], [{ type: 'INT' }, { type: 'STRING' }], {
  columns: [vector(1, 2), column('STRING', 'x', 'y')],
})
const pair = (from: number, to: number): ServerValue => ({
  form: 'pair',
  elements: vector(from, to),
})

/** Each item as text; a row of a table by its values. */
function shown(items: Iterable<ServerValue>): string {
  return Array.from(items, item =>
    item.form === 'serverDictionary'
      ? [...item.entries.values()].map(entry => formatValue(entry.value as Value)).join('')
      : formatValue(item as Value),
  ).join(' ')
}

const examples: readonly (readonly [string, ServerValue, string])[] = [
  ['elements of a vector', vector(1, 2), '1 2'],
  ['no elements', vector(), ''],
  ['elements of a tuple', column('ANY', int(1), vector(2, 3)), '1 [2,3]'],
  ['rows of arrays', arrays, '[1,2] [3]'],
  ['elements of a set', { form: 'set', elements: vector(3, 1) }, '3 1'],
  [
    'columns of a matrix',
    { form: 'matrix', rows: 2, columns: 2, elements: vector(1, 2, 3, 4) },
    '[1,2] [3,4]',
  ],
  ['rows of a table', table, '1x 2y'],
  ['keys of a dictionary', makeDictionary([text('k'), text('l')], []), 'k l'],
  ['numbers from the first of a pair', pair(2, 5), '2 3 4'],
  ['numbers down to the second of a pair', pair(5, 2), '4 3 2'],
  ['no number between equal ones', pair(2, 2), ''],
  ['a scalar itself', int(7), '7'],
]

t.test('a loop goes through the items of every form', async t => {
  for (const [title, value, wanted] of examples) t.equal(shown(itemsOf(value)), wanted, title)
  t.same([...itemsOf(list)], [int(1), typeName])
  t.throws(() => [...itemsOf(typeName)], {
    name: 'ScriptError',
    message: 'The object in a for statement must be a vector, matrix or table.',
  })
})

t.test('items by their position are the same', async t => {
  for (const [title, value, wanted] of examples) {
    const items = itemsAt(value)
    const all = Array.from({ length: items.length }, (_, at) => items.at(at))
    t.equal(shown(all), wanted, title)
  }
  t.strictSame(itemsAt(list).at(1), typeName)
  t.throws(() => itemsAt(typeName), { message: /^The object in a for statement/ })
})

t.test('a list of elements is made of vectors and tuples, and of a value itself', async t => {
  t.strictSame(elementsOf(vector(1, 2)), [int(1), int(2)])
  t.strictSame(elementsOf(column('ANY', int(1), text('a')) as ServerValue), [int(1), text('a')])
  t.strictSame(elementsOf(list), [int(1), typeName])
  t.equal(shown(elementsOf(arrays)), '[1,2] [3]')
  for (const value of [int(7), table, pair(1, 2)]) t.strictSame(elementsOf(value), [value])
})

t.test('a range is gone through without being made', async t => {
  t.same([...sequenceItems(int(3), int(1))], [int(3), int(2), int(1)])
  const many = [...sequenceItems(int(0), int(2100))]
  t.equal(many.length, 2101)
  t.ok(many.every((item, at) => item.form === 'scalar' && item.value === at))
  const endless = sequenceItems(int(1), int(2147483647))
  t.same([endless.next().value, endless.next().value], [int(1), int(2)])
  t.throws(() => [...sequenceItems(text('a'), int(1))], { message: /^Arguments for seq method/ })
})
