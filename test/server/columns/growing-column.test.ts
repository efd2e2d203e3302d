import fc from 'fast-check'
import t from 'tap'
import { columnTypeText, type ColumnType } from '../../../src/protocol/data-type.js'
import {
  concatColumns,
  emptyVector,
  takeRows,
  vectorOf,
  sliceColumn,
  type ElementValue,
} from '../../../src/protocol/element.js'
import {
  type SymbolVector,
  type Column,
  type Value,
  explicitNull,
} from '../../../src/protocol/value.js'
import {
  growingColumn,
  GrowingArrays,
  GrowingCells,
  GrowingList,
  GrowingSymbols,
} from '../../../src/server/columns/growing-column.js'
import { textsOf } from '../../helpers/script.js'
import { elements, storedTypes, symbolColumns, fixed, valuesOf, column } from './columns.js'
import { vectorOfBytes, type FixedType } from '../../../src/protocol/element-bytes.js'
import { int, ints } from '../../helpers/values.js'

t.test(
  'a growing column holds what was appended, and views keep the rows they were taken at',
  t => {
    for (const type of storedTypes) {
      const batches = fc.array(fc.array(elements(type), { maxLength: 12 }), { maxLength: 6 })
      fc.assert(
        fc.property(batches, fc.nat({ max: 8 }), (rows, capacity) => {
          const growing = growingColumn(type, capacity)
          const views = []
          let all = emptyVector(type, 0)
          for (const batch of rows) {
            const column = vectorOf(type, batch)
            growing.append(column)
            all = concatColumns(all, column)
            views.push({ view: growing.view(), expected: textsOf(all) })
          }
          for (const { view, expected } of views) {
            if (textsOf(view).join('|') !== expected.join('|')) return false
          }
          return true
        }),
      )
      t.pass(columnTypeText(type))
    }
    t.end()
  },
)

t.test('changed rows are seen in new views only', t => {
  for (const type of storedTypes) {
    const property = fc.property(
      fc.array(elements(type), { minLength: 1, maxLength: 10 }),
      fc.array(fc.tuple(fc.nat(), elements(type)), { minLength: 1, maxLength: 10 }),
      (rows, changes) => {
        const growing = growingColumn(type, 0)
        growing.append(vectorOf(type, rows))
        const before = growing.view()
        const textsBefore = textsOf(before)
        const targets = changes.map(([target]) => target % rows.length)
        const values = vectorOf(
          type,
          changes.map(([, value]) => value),
        )
        growing.assign(Int32Array.from(targets), values)
        const expected = textsBefore.slice()
        const texts = textsOf(values)
        targets.forEach((target, index) => (expected[target] = texts[index]!))
        return (
          textsOf(before).join('|') === textsBefore.join('|') &&
          textsOf(growing.view()).join('|') === expected.join('|')
        )
      },
    )
    fc.assert(property)
    t.pass(columnTypeText(type))
  }
  t.end()
})

t.test(
  'SYMBOL columns with different bases merge into one base without losing or doubling text',
  t => {
    fc.assert(
      fc.property(fc.array(symbolColumns, { maxLength: 6 }), columns => {
        const growing = growingColumn({ type: 'SYMBOL' }, 0)
        const expected: string[] = []
        for (const column of columns) {
          growing.append(column)
          expected.push(...Array.from(column.codes, code => column.base[code]!))
        }
        const view = growing.view() as SymbolVector
        const codes = view.codes.subarray(0, view.length)
        const texts = Array.from(codes, code => view.base[code]!)
        return (
          view.base[0] === '' &&
          new Set(view.base).size === view.base.length &&
          texts.join('\n') === expected.join('\n')
        )
      }),
    )
    t.end()
  },
)

t.test('a slice of a column is appended as the rows it shows', t => {
  const growing = growingColumn({ type: 'INT', array: true }, 0)
  const rows = vectorOf({ type: 'INT', array: true }, [[1, 2], [3], [4, 5, 6]])
  growing.append(takeRows(rows, Int32Array.of(2, 0)))
  growing.append(rows)
  t.same(textsOf(growing.view()), ['[4,5,6]', '[1,2]', '[1,2]', '[3]', '[4,5,6]'])
  t.end()
})

t.test('a VOID column counts its rows', t => {
  const growing = growingColumn({ type: 'VOID' }, 0)
  growing.append({ form: 'vector', type: 'VOID', length: 3 })
  growing.assign(Int32Array.of(0), { form: 'vector', type: 'VOID', length: 1 })
  t.equal(growing.view().length, 3)
  t.end()
})

const empty = (): GrowingArrays => new GrowingArrays(() => new GrowingCells('INT', undefined, 4))

const arrays = (...rows: readonly (readonly number[])[]): Column =>
  vectorOf({ type: 'INT', array: true }, rows)

t.test('rows keep their cells, however many there are', async t => {
  const growing = empty()
  t.same(textsOf(growing.view()), [])
  const all: string[] = []
  for (const count of [1, 0, 14, 1, 1, 60]) {
    const rows = Array.from({ length: count }, (_, row) => [all.length + row, row])
    growing.append(arrays(...rows))
    all.push(...rows.map(row => `[${row.join()}]`))
    t.same(textsOf(growing.view()), all, `${all.length} rows`)
  }
})

t.test('of a slice only its own cells are taken', async t => {
  const growing = empty()
  const rows = arrays([1, 2], [3], [4, 5, 6])
  growing.append(sliceColumn(rows, 1, 2))
  growing.append(sliceColumn(rows, 1, 3))
  growing.append(sliceColumn(rows, 0, 1))
  t.same(textsOf(growing.view()), ['[3]', '[3]', '[4,5,6]', '[1,2]'])
  t.equal(growing.view().cells.length, 7)
})

t.test('changed rows may be longer or shorter, and views keep theirs', async t => {
  const growing = empty()
  growing.append(arrays([1, 2], [3], [4]))
  const before = growing.view()
  growing.assign(Int32Array.of(0, 2, 2), arrays([9], [8], [5, 6, 7]))
  growing.append(arrays([0]))
  t.same(textsOf(before), ['[1,2]', '[3]', '[4]'])
  t.same(textsOf(growing.view()), ['[9]', '[3]', '[5,6,7]', '[0]'])
})

const uuid = (first: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, at) => first + at)

/** One type of each width, with three values. */
const widths: readonly (readonly [ColumnType & { type: FixedType }, ElementValue[]])[] = [
  [{ type: 'BOOL' }, [true, false, null]],
  [{ type: 'SHORT' }, [32767, -1, null]],
  [{ type: 'INT' }, [2147483647, 0, null]],
  [{ type: 'LONG' }, [2n ** 63n - 1n, -1n, null]],
  [{ type: 'DECIMAL128', scale: 4 }, [10n ** 38n, -1n, null]],
  [{ type: 'UUID' }, [uuid(1), uuid(7), null]],
]

t.test('rows of every width are kept and changed, with the scale of their type', async t => {
  for (const [type, values] of widths) {
    const cells = new GrowingCells(type.type, type.scale, 0)
    t.same(valuesOf(cells.view()), [], 'it begins without rows')
    cells.append(fixed(type, ...values))
    cells.append(fixed(type))
    cells.append(fixed(type, ...values))
    t.match(cells.view(), { ...type, length: 6 })
    t.same(valuesOf(cells.view()), [...values, ...values], type.type)
    cells.assign(Int32Array.of(5, 0), fixed(type, values[0]!, values[1]!))
    t.same(valuesOf(cells.view()), [
      values[1],
      ...values.slice(1),
      ...values.slice(0, 2),
      values[0],
    ])
  }
})

t.test('room is made for as many rows as come', async t => {
  const cells = new GrowingCells('INT', undefined, 2)
  const all: number[] = []
  for (const count of [1, 1, 1, 14, 15, 40, 1]) {
    const added = Array.from({ length: count }, (_, row) => all.length + row)
    cells.append(fixed({ type: 'INT' }, ...added))
    all.push(...added)
    t.same(valuesOf(cells.view()), all, `${all.length} rows`)
  }
})

t.test('a view keeps its rows when rows are added behind it or changed', async t => {
  const cells = new GrowingCells('INT', undefined, 8)
  cells.append(fixed({ type: 'INT' }, 1, 2))
  const two = cells.view()
  cells.append(fixed({ type: 'INT' }, 3))
  const three = cells.view()
  cells.assign(Int32Array.of(0), fixed({ type: 'INT' }, 9))
  cells.append(fixed({ type: 'INT' }, 4))
  t.same(valuesOf(two), [1, 2])
  t.same(valuesOf(three), [1, 2, 3])
  t.same(valuesOf(cells.view()), [9, 2, 3, 4])
})

t.test('of equal rows the last counts, and sources may begin anywhere', async t => {
  const cells = new GrowingCells('INT', undefined, 4)
  cells.append(fixed({ type: 'INT' }, 1, 2, 3))
  cells.assign(Int32Array.of(1, 1), fixed({ type: 'INT' }, 7, 8))
  t.same(valuesOf(cells.view()), [1, 8, 3])
  cells.assign(Int32Array.of(2), sliceColumn(fixed({ type: 'INT' }, 5, 6), 1, 2))
  t.same(valuesOf(cells.view()), [1, 8, 6])
  const ids = new GrowingCells('UUID', undefined, 2)
  ids.append(fixed({ type: 'UUID' }, uuid(1)))
  const bytes = new Uint8Array(19).map((_, at) => at)
  ids.assign(Int32Array.of(0), vectorOfBytes('UUID', 1, bytes.subarray(3)))
  t.same(valuesOf(ids.view()), [uuid(3)], 'not at a word of memory')
})

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

const over = (base: readonly string[], ...codes: number[]): SymbolVector => ({
  form: 'vector',
  type: 'SYMBOL',
  length: codes.length,
  codes: Int32Array.from(codes),
  base,
})

t.test('symbols get codes in the order they are first met; null has code 0', async t => {
  const symbols = new GrowingSymbols(2)
  t.match(symbols.view(), { length: 0, base: [''] })
  symbols.append(over(['', 'unused', 'b', 'a'], 2, 0, 3, 2))
  symbols.append(over(['', 'a', 'c', ''], 2, 1, 3))
  const view = symbols.view() as SymbolVector
  t.strictSame(view.base, ['', 'b', 'a', 'c'])
  t.strictSame([...view.codes.subarray(0, view.length)], [1, 0, 2, 1, 3, 2, 0])
})

t.test('a code without a text is null', async t => {
  const symbols = new GrowingSymbols(0)
  symbols.append(over(['', 'a'], 5, 1))
  t.same(textsOf(symbols.view()), ['', 'a'])
})

t.test('a column over the base of the table itself is taken code by code', async t => {
  const symbols = new GrowingSymbols(16)
  symbols.append(column('SYMBOL', 'a', 'b'))
  const view = symbols.view() as SymbolVector
  symbols.append({ ...view, codes: Int32Array.of(2, 1, 0, 1), length: 3 })
  t.same(textsOf(symbols.view()), ['a', 'b', 'b', 'a', ''])
  symbols.assign(Int32Array.of(0), { ...view, codes: Int32Array.of(2), length: 1 })
  t.same(textsOf(symbols.view()), ['b', 'b', 'b', 'a', ''])
})

t.test('a view keeps its rows when rows are added behind it or changed', async t => {
  const symbols = new GrowingSymbols(8)
  symbols.append(column('SYMBOL', 'a', 'b'))
  const before = symbols.view()
  symbols.append(column('SYMBOL', 'c'))
  symbols.assign(Int32Array.of(1, 1), column('SYMBOL', 'x', 'd'))
  t.same(textsOf(before), ['a', 'b'])
  const after = symbols.view()
  t.same(textsOf(after), ['a', 'd', 'c'], 'of equal rows the last counts')
  symbols.append(column('SYMBOL', ...Array.from({ length: 40 }, (_, row) => `s${row}`)))
  symbols.assign(Int32Array.of(0), column('SYMBOL', ''))
  t.same(textsOf(after), ['a', 'd', 'c'])
  t.same(textsOf(symbols.view()).slice(0, 5), ['', 'd', 'c', 's0', 's1'])
  t.equal(symbols.view().length, 43)
})
