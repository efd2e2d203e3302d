/*
  Small tables that several checks send: `id INT, sym SYMBOL, price DOUBLE`.
*/
import { vectorOf } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'
import { tableOfColumns } from '../compare.js'

/** Arguments of `streamTable`, `table` and the like for such tables. */
export const batchColumns = '1:0, `id`sym`price, [INT, SYMBOL, DOUBLE]'

const symbols = ['IBM', null, 'A', '\u4e2d']

/** Rows with ids from `first` on; every fourth symbol and every fifth price is null. */
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

/** As `batch`, with text that is not a number instead of prices. */
export function wrongBatch(rows: number): Table {
  const { columns } = batch(0, rows)
  return tableOfColumns({
    id: columns[0]!,
    sym: columns[1]!,
    price: vectorOf({ type: 'STRING' }, Array<string>(rows).fill('none')),
  })
}
