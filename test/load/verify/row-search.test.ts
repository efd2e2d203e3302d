import t from 'tap'
import type { RowReader } from '../../../src/load/verify/row-reader.js'
import { newRowSearch } from '../../../src/load/verify/row-search.js'
import { sliceColumn, vectorOf } from '../../../src/protocol/element.js'
import { formatElement } from '../../../src/protocol/value-text.js'
import type { Column } from '../../../src/protocol/value.js'

const ints = (...values: number[]): Column => vectorOf({ type: 'INT' }, values)

/** A table with these rows. The first `rowsBefore` rows were in the table before the run. */
function scene(values: number[], rowsBefore: number, sentRows: number, isResumed = false) {
  const column = ints(...values)
  const reader: Pick<RowReader, 'at' | 'count'> = {
    count: async () => values.length,
    at: async (first, rows) => {
      const start = Math.min(first, values.length)
      const end = Math.min(first + rows, values.length)
      return { rows: end - start, columns: [sliceColumn(column, start, end)] }
    },
  }
  const run = { state: { sentRows }, history: { found: { processes: isResumed ? 1 : 0 } } }
  const search = newRowSearch({ run, reader, rowsBefore } as never)
  const find = async (...sent: number[]) => {
    const { rows, columns } = await search.find([ints(...sent)], 0, 3)
    search.passed(sent.length)
    return Array.from({ length: rows }, (_, row) => Number(formatElement(columns[0]!, row)))
  }
  return { find }
}

t.test('rows are next to each other, from the start of the run', async t => {
  const { find } = scene([9, 9, 1, 2, 3, 4], 2, 4)
  t.strictSame(await find(1, 2), [1, 2])
  t.strictSame(await find(3, 4), [3, 4])
})

t.test('any number of rows of other clients between batches is skipped', async t => {
  const others = Array.from({ length: 20 }, () => 8)
  const { find } = scene([9, ...others, 1, 2, 8, 3, 4, 8], 1, 4)
  t.strictSame(await find(1, 2), [1, 2])
  t.strictSame(await find(3, 4), [3, 4])
})

t.test('differing rows are returned as stored; none if other clients write', async t => {
  t.strictSame(await scene([1, 7, 3, 4], 0, 4).find(1, 2), [1, 7])
  t.strictSame(await scene([1, 7, 3, 4, 8], 0, 4).find(1, 2), [])
  t.strictSame(await scene([1], 0, 2).find(1, 2), [1])
})

t.test('a resumed run also looks for rows of earlier processes', async t => {
  t.strictSame(await scene([1, 2, 3, 4], 2, 4, true).find(1, 2), [1, 2])
  t.strictSame(await scene([1, 2, 3, 4], 2, 4).find(1, 2), [3, 4])
})
