import t from 'tap'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import { sliceColumn, type ElementValue } from '../../../src/protocol/element.js'
import { vectorOfBytes, type FixedType } from '../../../src/protocol/element-bytes.js'
import { GrowingCells } from '../../../src/server/columns/growing-column.js'
import { fixed, valuesOf } from './columns.js'

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
