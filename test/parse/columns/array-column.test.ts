/*
  Array vectors: elements and offsets, against splitting the text.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { ArrayColumn, elementSeparator } from '../../../src/parse/columns/array-column.js'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { IntegerColumn } from '../../../src/parse/columns/number-columns.js'
import { int32Layout } from '../../../src/parse/columns/number-layouts.js'
import { runs } from '../../helpers/runs.js'
import { blockOf, field, refusedRows } from './block.js'

const nullInt = -2_147_483_648
const columnIndex = 3
const comma = 0x2c

function make(delimiter = comma): ArrayColumn {
  const pool = new BufferPool()
  const elements = new IntegerColumn(
    {
      ...int32Layout,
      expected: 'a whole number',
      column: (data, length) => ({ form: 'vector', type: 'INT', length, data: data as Int32Array }),
    },
    0,
    pool,
  )
  return new ArrayColumn(elements, columnIndex, delimiter, pool)
}

/** The rows of the batch as lists. */
function rowsOf(column: ArrayColumn, rowCount: number): number[][] {
  const taken = column.take(rowCount, []) as unknown as {
    offsets: Uint32Array
    cells: { data: Int32Array }
  }
  return Array.from({ length: rowCount }, (_, row) =>
    Array.from(taken.cells.data.subarray(taken.offsets[row], taken.offsets[row + 1])),
  )
}

t.test('lists come back from their texts, over several blocks and batches', async t => {
  const list = fc.array(fc.option(fc.integer({ min: nullInt + 1 })), { minLength: 1, maxLength: 9 })
  fc.assert(
    fc.property(
      fc.array(fc.array(list, { minLength: 1, maxLength: 6 }), { maxLength: 4 }),
      fc.boolean(),
      (batches, brackets) => {
        const column = make()
        for (const lists of batches) {
          const texts = lists.map(each => each.map(n => n ?? '').join(brackets ? ' , ' : ','))
          const spelled = brackets ? texts.map(text => ` [ ${text} ] `) : texts
          const half = spelled.length >> 1
          column.read(blockOf(spelled.slice(0, half)), field, 0)
          column.read(blockOf(spelled.slice(half)), field, half)
          deepStrictEqual(
            rowsOf(column, lists.length),
            lists.map(each => each.map(n => n ?? nullInt)),
          )
        }
      },
    ),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('an empty list has one null; only an empty cell counts as null', async t => {
  const column = make()
  t.equal(column.read(blockOf(['', '[]', ' ', ',']), field, 0), 1)
  t.strictSame(rowsOf(column, 4), [[nullInt], [nullInt], [nullInt], [nullInt, nullInt]])
})

t.test('a row with a bad element is refused, and the element told', async t => {
  const column = make()
  const block = blockOf(['1,2', '1,x,3', '4', '[5', '6,99999999999'])
  column.read(block, field, 0)
  t.strictSame(refusedRows(block), [1, 3, 4])
  t.equal(block.refusedBy[1], columnIndex + 1)
  column.undo()
  for (const [row, code, element] of [
    [1, 'DDB_INPUT_CELL', 2],
    [3, 'DDB_INPUT_CELL', 1],
    [4, 'DDB_INPUT_RANGE', 2],
  ] as const) {
    const cell = 2 * row + field
    const fault = column.explain(block.bytes, block.starts[cell]!, block.ends[cell]!)
    t.strictSame(fault, { code, expected: `element ${element} to be a whole number` })
  }
  const good = blockOf(['1,2', '4'])
  column.read(good, field, 0)
  t.strictSame(refusedRows(good), [])
  t.strictSame(rowsOf(column, 2), [[1, 2], [4]])
})

t.test('elements that a format wrote have no brackets to look for', async t => {
  const column = make(elementSeparator)
  const block = blockOf(['1\x1f2', '[3]'])
  column.read(block, field, 0)
  t.strictSame(refusedRows(block), [1])
})

t.test('more elements than a block of rows has room for', async t => {
  const column = make()
  const long = Array.from({ length: 10_000 }, (_, i) => i)
  column.read(blockOf([long.join(','), '7']), field, 0)
  t.equal(column.encodedBytes(2), 4 * 10_001 + 2)
  t.strictSame(rowsOf(column, 2), [long, [7]])
})
