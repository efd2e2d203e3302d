import t from 'tap'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type Value,
  type ArrayVector,
  type Matrix,
  type Vector,
  explicitNull,
} from '../../../src/protocol/value.js'
import { testExamples, testRefusals } from '../../helpers/examples.js'
import { testSession, rowsText, textsOf } from '../../helpers/script.js'
import { columnTypeText, type ColumnType } from '../../../src/protocol/data-type.js'
import { columnTypeOf, vectorOf, concatColumns } from '../../../src/protocol/element.js'
import { formatValue } from '../../../src/protocol/value-text.js'
import { assignElements } from '../../../src/server/elements/assign-elements.js'
import {
  entryOf,
  makeDictionary,
  checkDirectAccess,
  dictionaryFromWire,
  dictionaryKeys,
  dictionaryValues,
  emptyDictionary,
  keyText,
  memberOf,
  setEntry,
  tableColumn,
} from '../../../src/server/elements/dictionary.js'
import type { IndexValue } from '../../../src/server/elements/indexing.js'
import { createTable, tableToWire } from '../../../src/server/tables/memory-table.js'
import { intScalar } from '../../../src/server/values/scalar.js'
import type { ServerValue, ServerDictionary } from '../../../src/server/values/server-value.js'
import { runs } from '../../helpers/runs.js'
import { int, ints, text } from '../../helpers/values.js'
import { column, elements, fixed, storedTypes } from '../columns/columns.js'
import { appendElements, ownStrings } from '../../../src/server/elements/append-elements.js'
import { ownsArray } from '../../../src/server/values/ownership.js'
import type { TableKind } from '../../../src/server/tables/server-table.js'
import { elementsOf, itemsAt, itemsOf, sequenceItems } from '../../../src/server/elements/items.js'

testExamples(t, {
  vectors: {
    'x=5 7 9; x[-1]': '',
    'x=5 7 9; x[3:1]': '[9,7]',
    'x=1..5; x[5:2]': '[5,4,3]',
    'x=1..5; x[2:2]': '[]',
    'x=(1, `a, 2 3); x[3:1]': '[[2,3],a]',
    'x=5 7 9; x[00i]': '',
    'x=5 7 9; x[0 5 1]': '[5,,7]',
    'x=5 7 9; x[true false true]': '[5,9]',
    'x=5 7 9; x[true]': '[5,7,9]',
    'x=5 7 9; x[false]': '[]',
    'x=5 7 9; x[1:]': '[7,9]',
    'x=5 7 9; x[5:9]': '[]',
    'x=`a`b; x[9]': '',
    'x=arrayVector(2 3, 1 2 3); x[0]': '[1,2]',
    'x=arrayVector(2 3, 1 2 3); x[0][1]': '2',
    'x=(1, `a, 2 3); x[2 0]': '[[2,3],1]',
    'x=(1, `a); typestr(x[9])': 'VOID',
    'x=(1 2, 3 4); x[0 1, 1]': '[2,4]',
    'x=5; x[0]': '5',
    'x=set(3); x[0]': '3',
  },
  'lists of what is not a value of the wire': {
    'l=(sum, 5, table(1 as x)); l[1]': '5',
    'l=(sum, 5, 6); l[1:]': '[5,6]',
    'l=(sum, 5, 6); l[2 1]': '[6,5]',
    'l=(sum, 5); typestr(l[9])': 'VOID',
    'l=(sum, max); l[1](1 5)': '5',
  },
  matrices: {
    'm=1..6$2:3; m[2]': '[5,6]',
    'm=1..6$2:3; (m[0 2])[1]': '[5,6]',
    'm=1..6$2:3; (m[1:3])[0]': '[3,4]',
    'm=1..6$2:3; (m[2:0])[0]': '[3,4]',
    'm=1..6$2:3; (m[2:0])[1]': '[1,2]',
    'm=1..6$2:3; m[0,1]': '3',
    'm=1..6$2:3; m[0:1,1]': '[3]',
    'm=1..6$2:3; m[:,2]': '[5,6]',
  },
  tables: {
    't=table(1 2 3 as a, `x`y`z as b); t[`b]': '[x,y,z]',
    't=table(1 2 3 as a, `x`y`z as b); t[`b`a]': 'x 1;y 2;z 3',
    't=table(1 2 3 as a, `x`y`z as b); t[1].b': 'y',
    't=table(1 2 3 as a, `x`y`z as b); t[0:2]': '1 x;2 y',
    't=table(1 2 3 as a, `x`y`z as b); t[1:]': '2 y;3 z',
    't=table(1 2 3 as a, `x`y`z as b); t[2 0]': '3 z;1 x',
    't=table(1 2 3 as a, `x`y`z as b); t[t.a>1]': '2 y;3 z',
    't=table(1 2 3 as a, `x`y`z as b); t[1, `b]': 'y',
    't=table(1 2 3 as a, `x`y`z as b); t[1, 0]': '2',
  },
  dictionaries: {
    'd=dict(`a`b, 1 2); d[`a`b`c]': '[1,2,]',
    'd=dict(`a`b, 1 2); d("b")': '2',
    'd={a: {b: 7}}; d.a.b': '7',
    'd={a: table(1 2 as x)}; size(values(d))': '1',
    'd=dict(1 2, 3 4); d.2': '4',
    'd=dict(1.5 2.5, 3 4); d[2.5]': '4',
    'd=dict(2012.01.01 2012.01.02, 3 4); d[2012.01.02]': '4',
  },
})

testRefusals(t, 'what cannot be indexed says so', {
  'x=1 2; x[`a]': 'An index must be an integer.',
  'x=1 2; x[1.5]': 'An index must be an integer.',
  'x=1 2; x[table(1 as x)]': 'An index must be a number or a vector.',
  'x=1 2; x[]': 'An index is expected.',
  'db=database("",VALUE,1 2); db[0]': 'The object can not be indexed.',
  'm=1..4$2:2; m[9]': 'The column index is out of range.',
  'm=1..4$2:2; m[0 2]': 'The column index is out of range.',
  'm=1..4$2:2; m[-1]': 'The column index is out of range.',
  'm=1..4$2:2; m[0, 0 1]': 'A cell of a matrix is chosen by a row and the number of one column.',
  'm=1..4$2:2; m[1:1]': 'A matrix needs at least one column.',
  'x=1..5; x[-2:3]': 'The bounds of an index range must not be negative: -2:3.',
  'x=1..5; x[0:(-1)]': 'The bounds of an index range must not be negative: 0:-1.',
  't=table(1 as a); t[`b]': 'Unrecognized column name [b].',
  't=table(1 as a); t[0, 9]': 'The column index is out of range.',
  'd={a: 1}; d[1:]': 'A dictionary can not be sliced.',
  'x=5; x.y': 'The object has no member [y].',
  'x=5; x(1,2)': 'The object is not a function.',
  '5{1}': 'Cannot recognize the token {',
  'x=5; x{1}': 'Only a function can be applied partially.',
  'for(x in sum){x}': 'The object in a for statement must be a vector, matrix or table.',
})

t.test('dictionaries come from the wire and go back', async t => {
  const { run, session, node, show } = testSession()
  const { setVariables } = await import('../../../src/server/script/session/session.js')
  const typed = (await run('dict(`a`b, 1 2)')) as Value
  t.match(typed, {
    form: 'dictionary',
    keys: { type: 'STRING' },
    values: { type: 'INT', length: 2 },
  })
  const mixed = (await run('dict(`a`b, (1, table(1 2 as x)))')) as Value
  t.match(mixed, { form: 'dictionary', values: { type: 'ANY' } })
  setVariables(session, node, ['d', 'e'], [typed, mixed])
  t.equal(await show('d.b + size(e.b)'), '4')
  t.match(await run('dict(STRING, INT)'), {
    keys: { type: 'STRING', length: 0 },
    values: { type: 'INT', length: 0 },
  })
  t.match(await run('dict(INT, ANY)'), {
    keys: { type: 'INT', length: 0 },
    values: { type: 'ANY', length: 0 },
  })
})

t.test('functions, types and handles travel by their names', async t => {
  const { show } = testSession()
  t.equal(await show('sum'), 'sum')
  t.equal(await show('def f(x){return x}\nf'), 'f')
  t.equal(await show('x->x+1'), 'x->x+1')
  t.equal(await show('add{1}'), 'add{…}')
  t.equal(await show('INT'), '4')
  t.equal(await show('database("dfs://wire", VALUE, 1 2)'), 'dfs://wire')
  t.equal(await show('(sum, INT)'), '[sum,4]')
})

const vector = (...values: (number | null)[]): Vector => column('INT', ...values) as Vector
const strings = (...values: string[]): Vector => column('STRING', ...values) as Vector
const symbols = (...values: string[]): Vector => column('SYMBOL', ...values) as Vector
const tuple = (...values: Value[]): ServerValue => column('ANY', ...values)
const slice = (from?: number, to?: number): IndexValue => ({ form: 'slice', from, to })
const pair = (from: number, to: number): IndexValue => ({
  form: 'pair',
  elements: vector(from, to),
})
const double = (value: number | null): ServerValue => ({ form: 'scalar', type: 'DOUBLE', value })
const yes: ServerValue = { form: 'scalar', type: 'BOOL', value: true }
const typeName: ServerValue = { form: 'type', column: { type: 'INT' } }

const shown = (value: ServerValue): string =>
  value.form === 'matrix' ? formatValue(value.elements) : formatValue(value as Value)

t.test('the elements that an index tells are changed, in the type of the whole', async t => {
  const examples: [ServerValue, IndexValue, ServerValue, string][] = [
    [vector(1, 2, 3), int(1), int(9), '[1,9,3]'],
    [vector(1, 2, 3), int(2), intScalar(null), '[1,2,]'],
    [vector(1, 2, 3), int(0), double(4.5), '[5,2,3]'],
    [vector(1, 2, 3), vector(2, 0), vector(7, 8), '[8,2,7]'],
    [vector(1, 2, 3), vector(1, 1), vector(7, 8), '[1,8,3]'],
    [vector(1, 2, 3), vector(2, 0), int(7), '[7,2,7]'],
    [vector(1, 2, 3), vector(), vector(), '[1,2,3]'],
    [vector(1, 2, 3), slice(1), vector(7, 8), '[1,7,8]'],
    [vector(1, 2, 3), slice(1, 2), int(7), '[1,7,3]'],
    [vector(1, 2, 3), slice(), int(7), '[7,7,7]'],
    [vector(1, 2, 3), pair(0, 2), vector(7, 8), '[7,8,3]'],
    [vector(1, 2, 3), pair(1, 3), int(7), '[1,7,7]'],
    [vector(1, 2, 3), column('BOOL', true, null, true), int(7), '[7,2,7]'],
    [vector(1, 2, 3), yes, int(7), '[7,7,7]'],
    [column('DOUBLE', 1, 2), int(0), double(0.5), '[0.5,2]'],
    [column('LONG', 1n, 2n), int(1), int(7), '[1,7]'],
    [column('BOOL', true, true), int(1), int(0), '[true,false]'],
    [fixed({ type: 'DECIMAL32', scale: 2 }, 1n, 2n), int(1), double(1.5), '[0.01,1.50]'],
    [strings('a', 'b'), int(1), text('z'), '[a,z]'],
    [strings('a', 'b'), slice(), strings('x', 'y'), '[x,y]'],
    [symbols('a', 'b', 'a'), int(0), text('b'), '[b,b,a]'],
    [symbols('a', 'b', 'a'), slice(), strings('c', '', 'c'), '[c,,c]'],
    [column('BLOB', Uint8Array.of(97), Uint8Array.of(98)), int(1), text('z'), '[a,z]'],
    [{ form: 'pair', elements: vector(1, 2) }, int(1), int(7), '1:7'],
    [tuple(int(1), text('a')), int(0), vector(7, 8), '[[7,8],a]'],
    [tuple(int(1), text('a')), vector(1, 0), vector(7, 8), '[8,7]'],
    [tuple(int(1), text('a')), slice(), int(7), '[7,7]'],
  ]
  for (const [target, index, value, wanted] of examples) {
    t.equal(assignElements(target, [index], value), true)
    t.equal(shown(target), wanted)
  }
})

t.test('a matrix is changed by column, or by row and column', async t => {
  const examples: [IndexValue[], ServerValue, string][] = [
    [[int(1)], vector(7, 8), '[1,2,7,8,5,6]'],
    [[vector(0, 2)], int(7), '[7,7,3,4,7,7]'],
    [[int(1), int(2)], int(7), '[1,2,3,4,5,7]'],
    [[slice(), int(0)], vector(7, 8), '[7,8,3,4,5,6]'],
    [[int(0), vector(0, 2)], vector(7, 8), '[7,2,3,4,8,6]'],
    [[pair(0, 1), int(1)], int(7), '[1,2,7,4,5,6]'],
  ]
  for (const [indexes, value, wanted] of examples) {
    const matrix: Matrix = {
      form: 'matrix',
      rows: 2,
      columns: 3,
      elements: vector(1, 2, 3, 4, 5, 6),
    }
    t.equal(assignElements(matrix, indexes, value), true)
    t.equal(shown(matrix), wanted)
  }
})

t.test(
  'an index that leads nowhere, or values that are too many or few, change nothing',
  async t => {
    const arrays: ArrayVector = {
      form: 'arrayVector',
      length: 1,
      offsets: Uint32Array.of(0, 1),
      cells: vector(1),
    }
    const matrix: Matrix = { form: 'matrix', rows: 1, columns: 2, elements: vector(1, 2) }
    const refused: [ServerValue, IndexValue[], ServerValue][] = [
      [vector(1, 2), [int(2)], int(7)],
      [vector(1, 2), [int(-1)], int(7)],
      [vector(1, 2), [intScalar(null)], int(7)],
      [vector(1, 2), [vector(0, 2)], int(7)],
      [vector(1, 2), [vector(0, null)], int(7)],
      [vector(1, 2), [pair(0, 3)], int(7)],
      [vector(1, 2), [slice()], vector(7, 8, 9)],
      [vector(1, 2), [], int(7)],
      [vector(1, 2), [int(0), int(0)], int(7)],
      [strings('a'), [int(1)], text('b')],
      [tuple(int(1), int(2)), [slice()], vector(7)],
      [tuple(int(1), int(2)), [int(2)], int(7)],
      [matrix, [int(2)], int(7)],
      [matrix, [int(1), int(0)], int(7)],
      [matrix, [slice()], int(7)],
      [arrays, [int(0)], int(7)],
      [int(1), [int(0)], int(7)],
    ]
    for (const [target, indexes, value] of refused) {
      const before = shown(target)
      t.equal(assignElements(target, indexes, value), false)
      t.equal(shown(target), before)
    }
    const numbers = vector(1, 2)
    t.throws(() => assignElements(numbers, [int(0)], text('a')), {
      name: 'ScriptError',
      message: 'Incompatible type. Expected: INT, Actual: STRING',
    })
    t.equal(shown(numbers), '[1,2]')
  },
)

t.test('what shared the array keeps its elements, in every type', async t => {
  for (const type of storedTypes.filter(one => !one.array)) {
    const one = elements(type)
    const rows = fc.array(one, { minLength: 1, maxLength: 8 })
    const changes = fc.array(fc.tuple(fc.nat(), one), { maxLength: 6 })
    fc.assert(
      fc.property(rows, changes, (values, changed) => {
        const target = vectorOf(type, values) as Vector
        const shared = { ...target }
        const before = textsOf(shared)
        const wanted = [...before]
        for (const [at, value] of changed) {
          const position = at % values.length
          const source = vectorOf(type, [value]) as Vector
          assert.equal(assignElements(target, [vector(position)], source), true)
          wanted[position] = textsOf(source)[0]!
        }
        assert.deepEqual(textsOf(target), wanted)
        assert.deepEqual(textsOf(shared), before)
        assert.deepEqual(columnTypeOf(target), columnTypeOf(shared))
      }),
      { numRuns: runs(30) },
    )
    t.pass(columnTypeText(type))
  }
})

t.test('a tuple becomes a list for what does not travel, and a tuple again', async t => {
  const target = tuple(int(1), text('a'))
  const referrer = target
  t.equal(assignElements(target, [int(0)], typeName), true)
  t.strictSame(referrer, { form: 'list', elements: [typeName, text('a')] })
  t.equal(assignElements(target, [int(9)], int(7)), false)
  t.equal(referrer.form, 'list')
  t.equal(assignElements(target, [slice()], vector(7, 8)), true)
  t.strictSame(referrer, tuple(int(7), int(8)))
})

t.test('entries of a dictionary are set one by one or together', async t => {
  const dictionary = makeDictionary([text('a')], [int(1)])
  t.equal(assignElements(dictionary, [text('b')], vector(1, 2)), true)
  t.equal(assignElements(dictionary, [strings('a', 'c')], vector(7, 8)), true)
  t.equal(assignElements(dictionary, [strings('d', 'e')], text('x')), true)
  t.equal(assignElements(dictionary, [strings('f', 'g')], vector(1)), false)
  t.equal(assignElements(dictionary, [slice()], int(1)), false)
  const entries = ['a', 'b', 'c', 'd', 'e'].map(key => shown(entryOf(dictionary, text(key))))
  t.same(entries, ['7', '[1,2]', '8', 'x', 'x'])
  t.equal(dictionary.entries.size, 5)
})

t.test('a column of a table is replaced or added', async t => {
  const make = (): ReturnType<typeof createTable> =>
    createTable('basic', ['a'], [{ type: 'INT' }], { columns: [ints(1, 2) as Vector] })
  const table = make()
  t.equal(assignElements(table, [text('a')], strings('x', 'y')), true)
  t.equal(assignElements(table, [text('b')], int(7)), true)
  t.equal(assignElements(table, [text('c')], vector(1)), false)
  t.equal(assignElements(table, [text('c')], tuple()), false)
  t.equal(assignElements(table, [int(0)], int(7)), false)
  t.equal(assignElements(table, [slice()], int(7)), false)
  t.same(table.columnNames, ['a', 'b'])
  t.equal(rowsText(tableToWire(table)), 'x 7;y 7')
  const shared = make()
  shared.sharedName = 's'
  t.throws(() => assignElements(shared, [text('b')], int(7)), {
    message: /^Can't change the columns of a shared table\./,
  })
})

const growing = storedTypes.filter(type => !type.array && !['SYMBOL', 'BLOB'].includes(type.type))

t.test('elements stand behind the others, and what shared the array keeps its own', async t => {
  for (const type of growing) {
    const some = fc.array(elements(type), { maxLength: 12 })
    fc.assert(
      fc.property(some, fc.array(some, { maxLength: 5 }), (first, batches) => {
        const target = vectorOf(type, first) as Vector
        const shared = { ...target }
        const before = textsOf(shared)
        let all = vectorOf(type, first)
        for (const batch of batches) {
          const more = vectorOf(type, batch) as Vector
          assert.equal(appendElements(target, more), true)
          all = concatColumns(all, more)
          assert.equal(target.length, all.length)
          assert.deepEqual(textsOf(target), textsOf(all))
        }
        assert.deepEqual(textsOf(shared), before)
        appendElements(shared, vectorOf(type, first) as Vector)
        assert.deepEqual(textsOf(shared), [...before, ...before])
        assert.deepEqual(textsOf(target), textsOf(all))
      }),
      { numRuns: runs(30) },
    )
    t.pass(columnTypeText(type))
  }
})

t.test('an array of its own is filled before a larger one is made', async t => {
  const target = ints(1, 2, 3) as Extract<Vector, { type: 'INT' }>
  appendElements(target, ints(4) as Vector)
  t.equal(target.data.length, 16)
  t.ok(ownsArray(target))
  const { data } = target
  for (let i = 5; i <= 16; i++) appendElements(target, ints(i) as Vector)
  t.equal(target.data, data)
  appendElements(target, ints(17) as Vector)
  t.equal(target.data.length, 24, 'half as many again')
  t.same(
    textsOf(target),
    Array.from({ length: 17 }, (_, at) => String(at + 1)),
  )
})

t.test('only the elements of a vector are appended, not what lies behind them', async t => {
  const more = { ...ints(2, 3, 4), length: 2 } as Vector
  const target = ints(1) as Vector
  appendElements(target, more)
  t.same(textsOf(target), ['1', '2', '3'])
  const strings = { ...column('STRING', 'a', 'b'), length: 1 } as Vector
  appendElements(strings, { ...column('STRING', 'c', 'd'), length: 1 } as Vector)
  t.same(textsOf(strings), ['a', 'c'])
  const encoded: Vector = {
    form: 'vector',
    type: 'STRING',
    length: 1,
    encoded: Uint8Array.of(97, 0),
  }
  appendElements(encoded, strings)
  t.same(textsOf(encoded), ['a', 'a', 'c'])
})

t.test('a vector is appended to itself', async t => {
  for (const target of [ints(1, 2), column('STRING', 'a', 'b'), column('ANY', ints(1), ints(2))]) {
    const before = textsOf(target as Vector)
    appendElements(target as Vector, target as Vector)
    t.same(textsOf(target as Vector), [...before, ...before])
  }
})

t.test('vectors of other kinds do not grow in place', async t => {
  for (const type of ['SYMBOL', 'BLOB', 'VOID'] as const) {
    const target = vectorOf({ type }, [null]) as Vector
    t.equal(appendElements(target, vectorOf({ type }, [null]) as Vector), false, type)
    t.equal(target.length, 1)
  }
})

t.test('texts become the own of a vector once', async t => {
  const shared = ['a', 'b', 'behind']
  const target = { ...column('STRING'), data: shared, length: 2 } as Extract<
    Vector,
    { type: 'STRING' }
  >
  const own = ownStrings(target)
  t.strictSame(own, ['a', 'b'])
  t.not(own, shared)
  t.equal(ownStrings(target), own)
})

const doubleDictionary = (value: number): ServerValue => ({ form: 'scalar', type: 'DOUBLE', value })

function shownDictionary(dictionary: ServerDictionary): string {
  const values = dictionaryValues(dictionary)
  return `${formatValue(dictionaryKeys(dictionary))}->${values.form === 'list' ? 'list' : formatValue(values as Value)}`
}

t.test('entries keep the order of their first setting', async t => {
  const dictionary = makeDictionary([text('b'), text('a')], [int(1), text('x')])
  setEntry(dictionary, text('c'), ints(1, 2) as ServerValue)
  setEntry(dictionary, text('b'), int(9))
  t.equal(shownDictionary(dictionary), '[b,a,c]->[9,x,[1,2]]')
  t.match(dictionary, { keyType: { type: 'STRING' }, valueType: undefined })
  t.match(dictionaryKeys(dictionary), { type: 'STRING', length: 3 })
})

t.test('keys have the type of all of them', async t => {
  t.match(makeDictionary([int(1), int(2)], [int(3), int(4)]).keyType, { type: 'INT' })
  t.match(makeDictionary([int(1), doubleDictionary(0.5)], []).keyType, { type: 'DOUBLE' })
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
  setEntry(dictionary, int(2), doubleDictionary(7))
  t.equal(shownDictionary(dictionary), '[1,2]->[5,7]')
  t.match(dictionaryKeys(dictionary), { type: 'LONG' })
  t.match(dictionaryValues(dictionary), { type: 'DOUBLE' })
  t.strictSame(entryOf(dictionary, text('1')), doubleDictionary(5))
  t.throws(() => setEntry(dictionary, int(1), { form: 'list', elements: [] }), {
    name: 'ScriptError',
    message: "The object can't be converted to DOUBLE.",
  })
  t.equal(shownDictionary(dictionary), '[1,2]->[5,7]', 'a refusal changes nothing')
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
  t.equal(keyText(doubleDictionary(0.1 + 0.2)), '0.30000000000000004')
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
  t.equal(shownDictionary(read), '[b,a]->[0.05,]')
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

const vectorItems = (...values: number[]): Vector => ints(...values) as Vector
const arrays: ArrayVector = {
  form: 'arrayVector',
  length: 2,
  offsets: Uint32Array.of(0, 2, 3),
  cells: vectorItems(1, 2, 3),
}
const list: ServerValue = { form: 'list', elements: [int(1), typeName] }
const tableItems = createTable('basic', ['a', 'b'], [{ type: 'INT' }, { type: 'STRING' }], {
  columns: [vectorItems(1, 2), column('STRING', 'x', 'y')],
})
const pairItems = (from: number, to: number): ServerValue => ({
  form: 'pair',
  elements: vectorItems(from, to),
})

/** Each item as text; a row of a table by its values. */
function shownItems(items: Iterable<ServerValue>): string {
  return Array.from(items, item =>
    item.form === 'serverDictionary'
      ? [...item.entries.values()].map(entry => formatValue(entry.value as Value)).join('')
      : formatValue(item as Value),
  ).join(' ')
}

const examples: readonly (readonly [string, ServerValue, string])[] = [
  ['elements of a vector', vectorItems(1, 2), '1 2'],
  ['no elements', vectorItems(), ''],
  ['elements of a tuple', column('ANY', int(1), vectorItems(2, 3)), '1 [2,3]'],
  ['rows of arrays', arrays, '[1,2] [3]'],
  ['elements of a set', { form: 'set', elements: vectorItems(3, 1) }, '3 1'],
  [
    'columns of a matrix',
    { form: 'matrix', rows: 2, columns: 2, elements: vectorItems(1, 2, 3, 4) },
    '[1,2] [3,4]',
  ],
  ['rows of a table', tableItems, '1x 2y'],
  ['keys of a dictionary', makeDictionary([text('k'), text('l')], []), 'k l'],
  ['numbers from the first of a pair', pairItems(2, 5), '2 3 4'],
  ['numbers down to the second of a pair', pairItems(5, 2), '4 3 2'],
  ['no number between equal ones', pairItems(2, 2), ''],
  ['a scalar itself', int(7), '7'],
]

t.test('a loop goes through the items of every form', async t => {
  for (const [title, value, wanted] of examples) t.equal(shownItems(itemsOf(value)), wanted, title)
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
    t.equal(shownItems(all), wanted, title)
  }
  t.strictSame(itemsAt(list).at(1), typeName)
  t.throws(() => itemsAt(typeName), { message: /^The object in a for statement/ })
})

t.test('a list of elements is made of vectors and tuples, and of a value itself', async t => {
  t.strictSame(elementsOf(vectorItems(1, 2)), [int(1), int(2)])
  t.strictSame(elementsOf(column('ANY', int(1), text('a')) as ServerValue), [int(1), text('a')])
  t.strictSame(elementsOf(list), [int(1), typeName])
  t.equal(shownItems(elementsOf(arrays)), '[1,2] [3]')
  for (const value of [int(7), tableItems, pairItems(1, 2)])
    t.strictSame(elementsOf(value), [value])
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

t.test('a function travels as its name and what kind of function it is', async t => {
  const { run } = testSession()
  await run('def f(a, b) { return a + b }')
  t.match(await run('sum'), { type: 'FUNCTIONDEF', functionKind: 0, value: 'sum' })
  t.match(await run('f'), { type: 'FUNCTIONDEF', functionKind: 3, value: 'f' })
  t.match(await run('f{1}'), { type: 'FUNCTIONDEF', functionKind: 4 })
})
