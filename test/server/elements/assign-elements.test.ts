import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { columnTypeText } from '../../../src/protocol/data-type.js'
import { columnTypeOf, vectorOf } from '../../../src/protocol/element.js'
import { formatValue } from '../../../src/protocol/value-text.js'
import type { ArrayVector, Matrix, Value, Vector } from '../../../src/protocol/value.js'
import { assignElements } from '../../../src/server/elements/assign-elements.js'
import { entryOf, makeDictionary } from '../../../src/server/elements/dictionary.js'
import type { IndexValue } from '../../../src/server/elements/indexing.js'
import { createTable, tableToWire } from '../../../src/server/tables/memory-table.js'
import { intScalar } from '../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { runs } from '../../helpers/runs.js'
import { rowsText, textsOf } from '../../helpers/script.js'
import { int, ints, text } from '../../helpers/values.js'
import { column, elements, fixed, storedTypes } from '../columns/columns.js'

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
