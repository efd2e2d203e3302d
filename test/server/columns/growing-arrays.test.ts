import t from 'tap'
import { sliceColumn, vectorOf } from '../../../src/protocol/element.js'
import type { Column } from '../../../src/protocol/value.js'
import { GrowingArrays, GrowingCells } from '../../../src/server/columns/growing-column.js'
import { textsOf } from '../../helpers/script.js'

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
