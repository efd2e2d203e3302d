import t from 'tap'
import {
  cellText,
  differenceOf,
  mismatchesByKey,
  mismatchesByPlace,
} from '../../../src/load/verify/compare-rows.js'
import type { StoredRows } from '../../../src/load/verify/row-reader.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Column } from '../../../src/protocol/value.js'

const ids = (...values: (number | null)[]): Column => vectorOf({ type: 'INT' }, values)
const texts = (...values: string[]): Column => vectorOf({ type: 'STRING' }, values)
const stored = (...columns: Column[]): StoredRows => ({ rows: columns[0]!.length, columns })

t.test('the first differing column is named', async t => {
  const difference = differenceOf([ids(1, 2), texts('a', 'b')], stored(ids(1, 2), texts('a', 'x')))
  t.equal(difference(0, 0), -1)
  t.equal(difference(1, 1), 1)
  t.equal(difference(0, 1), 0)
})

t.test('by position: a missing row, and a row with a different cell', async t => {
  t.strictSame(mismatchesByPlace([ids(1, 2, 3)], stored(ids(1, 5))), [
    { row: 1, key: undefined, columnIndex: 0, found: '5' },
    { row: 2, key: undefined, columnIndex: -1, found: undefined },
  ])
  t.strictSame(mismatchesByPlace([ids()], stored(ids())), [])
})

t.test('by key: in any order, and each stored row matches a single sent row', async t => {
  const sent = [ids(1, 2, 2), texts('a', 'b', 'b')]
  const find = (found: StoredRows, keepsOne = false) => mismatchesByKey(sent, found, [0], keepsOne)
  t.strictSame(find(stored(ids(2, 2, 1), texts('b', 'b', 'a'))), [])
  t.match(find(stored(ids(2, 1), texts('b', 'a'))), [{ row: 2, columnIndex: -1 }])
  t.strictSame(find(stored(ids(2, 1), texts('b', 'a')), true), [])
  t.match(find(stored(ids(2, 1), texts('x', 'a')), true), [
    { row: 1, columnIndex: 1, found: 'x' },
    { row: 2, columnIndex: 1, found: 'x' },
  ])
})

t.test('if the table keeps one row per key, any sent row of the key may be stored', async t => {
  const sent = [ids(1, 1), texts('a', 'b')]
  for (const kept of ['a', 'b']) {
    t.strictSame(mismatchesByKey(sent, stored(ids(1), texts(kept)), [0], true), [])
  }
})

t.test('cells are printed in readable form', async t => {
  t.equal(cellText(ids(null), 0), 'null')
  t.equal(cellText(texts('x'.repeat(101)), 0), `${'x'.repeat(100)}…`)
})
