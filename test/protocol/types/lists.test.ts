/*
  Columns that are lists: cut, joined, picked.
*/
import t from 'tap'
import { firstOf, joined, picked } from '../../../src/protocol/types/lists.js'

t.test('a list that has no more is itself', async t => {
  const list = ['a', 'b']
  t.equal(firstOf(list, 2), list)
  t.strictSame(firstOf(list, 1), ['a'])
  t.strictSame(firstOf(list, 0), [])
})

t.test('only rows are joined, not what lies behind them', async t => {
  const first = { data: ['a', 'b', 'x'], length: 2 }
  t.strictSame(joined(first, { data: ['c', 'x'], length: 1 }), ['a', 'b', 'c'])
  t.strictSame(joined(first, { data: [], length: 0 }), ['a', 'b'])
})

t.test('rows are picked in any order, more than once', async t => {
  t.strictSame(picked(['a', 'b', 'c'], Int32Array.of(2, 0, 2)), ['c', 'a', 'c'])
  t.strictSame(picked(['a'], new Int32Array(0)), [])
})
