/*
  Small tables that several checks send: `id INT, sym SYMBOL, price DOUBLE`.
*/
import { vectorOf } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'
import { tableOfColumns } from '../compare.js'

/** Arguments for `streamTable`, `table` and the like, to create a table for rows of `batch`. */
export const batchColumns = '1:0, `id`sym`price, [INT, SYMBOL, DOUBLE]'

const symbols = ['IBM', null, 'A', '\u4e2d']

/** Rows with ids from `first` on. Every fourth symbol is null, and every fifth price. */
export function batch(first: number, rows: number): Table {
  const ids = Array.from({ length: rows }, (_, i) => first + i)
  return tableOfColumns({
    id: vectorOf({ type: 'INT' }, ids),
    sym: vectorOf(
      { type: 'SYMBOL' },
      ids.map(id => symbols[id % 4]!),
    ),
    price: vectorOf(
      { type: 'DOUBLE' },
      ids.map(id => (id % 5 === 0 ? null : id / 4)),
    ),
  })
}

/** Like `batch`, but with prices that are not numbers. */
export function wrongBatch(rows: number): Table {
  const { columns } = batch(0, rows)
  return tableOfColumns({
    id: columns[0]!,
    sym: columns[1]!,
    price: vectorOf({ type: 'STRING' }, Array<string>(rows).fill('none')),
  })
}
