import t from 'tap'
import { parseColumnType } from '../../../../src/protocol/data-type.js'
import { tableBytes } from '../../../../src/server/functions/tables/object-list.js'
import { zeroColumn } from '../../../../src/server/columns/column-layout.js'
import { createTable } from '../../../../src/server/tables/memory-table.js'

function bytesOf(rows: number, ...types: string[]): number {
  const columnTypes = types.map(type => parseColumnType(type)!)
  const names = types.map((_, index) => `c${index}`)
  const columns = columnTypes.map(type => zeroColumn(type, rows))
  return tableBytes(createTable('basic', names, columnTypes, { columns }))
}

t.test('rows times the widths of their types', async t => {
  const cases: [rows: number, types: string[], bytes: number][] = [
    [0, ['INT', 'STRING'], 0],
    [1, ['BOOL'], 1],
    [3, ['SHORT'], 6],
    // The ID and x of the manual's example of objs.
    [1_000_000, ['SYMBOL', 'DOUBLE'], 12_000_000],
    [40, ['DATETIME', 'INT', 'INT'], 480],
    [10, ['UUID', 'DECIMAL128(2)', 'DECIMAL32(2)'], 360],
  ]
  for (const [rows, types, bytes] of cases) t.equal(bytesOf(rows, ...types), bytes, types.join())
})

t.test('a text counts as more than the reference to it', async t => {
  t.ok(bytesOf(100, 'STRING') > 800)
  t.equal(bytesOf(100, 'STRING', 'INT'), bytesOf(100, 'STRING') + 400)
  t.equal(bytesOf(200, 'STRING'), 2 * bytesOf(100, 'STRING'))
})
