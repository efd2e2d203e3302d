import t from 'tap'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import { formatValue } from '../../../src/protocol/value-text.js'
import { explicitNull, type Value, type Vector } from '../../../src/protocol/value.js'
import {
  checkDirectAccess,
  dictionaryFromWire,
  dictionaryKeys,
  dictionaryValues,
  emptyDictionary,
  entryOf,
  keyText,
  makeDictionary,
  memberOf,
  setEntry,
  tableColumn,
} from '../../../src/server/elements/dictionary.js'
import { createTable } from '../../../src/server/tables/memory-table.js'
import type { TableKind } from '../../../src/server/tables/server-table.js'
import { intScalar } from '../../../src/server/values/scalar.js'
import type { ServerDictionary, ServerValue } from '../../../src/server/values/server-value.js'
import { int, ints, text } from '../../helpers/values.js'
import { column, fixed } from '../columns/columns.js'

const double = (value: number): ServerValue => ({ form: 'scalar', type: 'DOUBLE', value })
const typeName: ServerValue = { form: 'type', column: { type: 'INT' } }

function shown(dictionary: ServerDictionary): string {
  const values = dictionaryValues(dictionary)
  return `${formatValue(dictionaryKeys(dictionary))}->${values.form === 'list' ? 'list' : formatValue(values as Value)}`
}

t.test('entries keep the order of their first setting', async t => {
  const dictionary = makeDictionary([text('b'), text('a')], [int(1), text('x')])
  setEntry(dictionary, text('c'), ints(1, 2) as ServerValue)
  setEntry(dictionary, text('b'), int(9))
  t.equal(shown(dictionary), '[b,a,c]->[9,x,[1,2]]')
  t.match(dictionary, { keyType: { type: 'STRING' }, valueType: undefined })
  t.match(dictionaryKeys(dictionary), { type: 'STRING', length: 3 })
})

t.test('keys have the type of all of them', async t => {
  t.match(makeDictionary([int(1), int(2)], [int(3), int(4)]).keyType, { type: 'INT' })
  t.match(makeDictionary([int(1), double(0.5)], []).keyType, { type: 'DOUBLE' })
  t.match(makeDictionary([int(1), text('a')], []).keyType, { type: 'ANY' })
  t.match(makeDictionary([], []).keyType, { type: 'STRING' })
  t.strictSame(
    entryOf(makeDictionary([text('a')], []), text('a')),
    explicitNull,
    'a value left out',
  )
})

t.test('keys and values are cast to the types of the dictionary', async t => {
  const dictionary = emptyDictionary({ type: 'LONG' }, { type: 'DOUBLE' })
  setEntry(dictionary, int(1), int(5))
  setEntry(dictionary, text('2'), text('0.5'))
  setEntry(dictionary, int(2), double(7))
  t.equal(shown(dictionary), '[1,2]->[5,7]')
  t.match(dictionaryKeys(dictionary), { type: 'LONG' })
  t.match(dictionaryValues(dictionary), { type: 'DOUBLE' })
  t.strictSame(entryOf(dictionary, text('1')), double(5))
  t.throws(() => setEntry(dictionary, int(1), { form: 'list', elements: [] }), {
    name: 'ScriptError',
    message: "The object can't be converted to DOUBLE.",
  })
  t.equal(shown(dictionary), '[1,2]->[5,7]', 'a refusal changes nothing')
})

t.test('a key without an entry has the null of the value type', async t => {
  const none = (valueType?: ColumnType): ServerValue =>
    entryOf(emptyDictionary({ type: 'INT' }, valueType), int(1))
  t.strictSame(none(), explicitNull)
  t.strictSame(none({ type: 'ANY' }), explicitNull)
  t.strictSame(none({ type: 'INT' }), intScalar(null))
  t.strictSame(none({ type: 'STRING' }), text(''))
  t.match(none({ type: 'DECIMAL64', scale: 4 }), { type: 'DECIMAL64', scale: 4, value: null })
})

t.test('an empty dictionary keeps its types', async t => {
  const typed = emptyDictionary({ type: 'DATE' }, { type: 'INT' })
  t.match(dictionaryKeys(typed), { type: 'DATE', length: 0 })
  t.match(dictionaryValues(typed), { form: 'vector', length: 0 })
})

t.test('values that no vector holds make a tuple or a list', async t => {
  t.match(dictionaryValues(makeDictionary([text('a')], [int(1)])), { type: 'ANY' })
  t.equal(dictionaryValues(makeDictionary([text('a')], [typeName])).form, 'list')
})

t.test('equal keys have equal texts, and only a scalar is a key', async t => {
  t.equal(keyText(double(0.1 + 0.2)), '0.30000000000000004')
  t.equal(keyText({ form: 'scalar', type: 'DATE', value: 0 }), '1970.01.01')
  t.equal(keyText(explicitNull), '')
  const message = 'A dictionary key must be a scalar.'
  t.throws(() => keyText(ints(1) as ServerValue), { name: 'ScriptError', message })
  t.throws(() => setEntry(emptyDictionary({ type: 'INT' }), ints(1) as ServerValue, int(1)), {
    message,
  })
})

t.test('a dictionary of the wire is read entry by entry', async t => {
  const keys = column('SYMBOL', 'b', 'a', 'b') as Vector
  const values = fixed({ type: 'DECIMAL32', scale: 2 }, 150n, null, 5n)
  const seen: Value[] = []
  const read = dictionaryFromWire({ form: 'dictionary', keys, values }, value => {
    seen.push(value)
    return value as ServerValue
  })
  t.match(read, { keyType: { type: 'SYMBOL' }, valueType: { type: 'DECIMAL32', scale: 2 } })
  t.equal(shown(read), '[b,a]->[0.05,]')
  t.equal(seen.length, 3)
})

const table = (kind: TableKind = 'basic'): ReturnType<typeof createTable> =>
  createTable(kind, ['a'], [{ type: 'INT' }], { columns: [ints(1, 2) as Vector] })

t.test('members are columns of tables and entries of dictionaries', async t => {
  t.strictSame(memberOf(table(), 'a'), ints(1, 2))
  t.strictSame(memberOf(makeDictionary([text('k')], [int(7)]), 'k'), int(7))
  t.strictSame(memberOf(makeDictionary([int(2)], [int(7)]), '2'), int(7))
  t.throws(() => memberOf(table(), 'b'), { message: 'Unrecognized column name [b].' })
  t.throws(() => memberOf(int(1), 'b'), { message: 'The object has no member [b].' })
})

t.test('columns of stream and DFS tables are read by SQL alone', async t => {
  for (const [kind, name, id] of [
    ['stream', 'stream', 'S02009'],
    ['keyedStream', 'stream', 'S02009'],
    ['dfs', 'DFS', 'S02008'],
  ] as const) {
    const refusal = {
      name: 'ScriptError',
      message: `Direct access using column names is not supported to retrieve data from a ${name} table. Please use a SQL query instead. RefId:${id}`,
    }
    t.throws(() => checkDirectAccess(table(kind)), refusal)
    t.throws(() => tableColumn(table(kind), 'a'), refusal)
    t.throws(() => tableColumn(table(kind), 'b'), { message: 'Unrecognized column name [b].' })
  }
  for (const kind of ['basic', 'keyed', 'indexed', 'partitioned'] as const) {
    t.doesNotThrow(() => checkDirectAccess(table(kind)), kind)
  }
})
