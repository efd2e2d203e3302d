import t from 'tap'
import type { SymbolVector } from '../../../src/protocol/value.js'
import { GrowingSymbols } from '../../../src/server/columns/growing-column.js'
import { textsOf } from '../../helpers/script.js'
import { column } from './columns.js'

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
