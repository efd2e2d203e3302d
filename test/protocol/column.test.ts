import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  concatColumns,
  elementAt,
  sliceColumn,
  takeRows,
  vectorOf,
} from '../../src/protocol/element.js'
import type { Column, Value } from '../../src/protocol/value.js'
import { arbitraryColumn, encoded, scalar } from '../helpers/codec.js'
import { runs } from '../helpers/runs.js'

/** The rows of a column, encoded one by one: equal exactly when the columns mean the same. */
const rows = (column: Column): string[] =>
  Array.from({ length: column.length }, (_, row) => encoded(elementAt(column, row)).toString('hex'))

/** Any column, two positions in it in order, and the column's parts of the same type. */
const columnAndCuts = fc
  .nat(12)
  .chain(length => fc.tuple(arbitraryColumn(length), fc.nat(length), fc.nat(length)))
  .map(([column, first, second]) => ({
    column,
    start: Math.min(first, second),
    end: Math.max(first, second),
  }))

t.test('a slice holds the rows between', async t => {
  fc.assert(
    fc.property(columnAndCuts, ({ column, start, end }) => {
      const slice = sliceColumn(column, start, end)
      deepStrictEqual(rows(slice), rows(column).slice(start, end))
      return slice.length === end - start
    }),
    { numRuns: runs(60) },
  )
  t.pass()
})

t.test('slices put together are the column again', async t => {
  fc.assert(
    fc.property(columnAndCuts, ({ column, start }) => {
      const joined = concatColumns(
        sliceColumn(column, 0, start),
        sliceColumn(column, start, column.length),
      )
      deepStrictEqual(rows(joined), rows(column))
    }),
    { numRuns: runs(60) },
  )
  t.pass()
})

t.test('rows are picked in any order, also of slices', async t => {
  fc.assert(
    fc.property(
      columnAndCuts,
      fc.array(fc.nat(100), { maxLength: 20 }),
      ({ column, start, end }, picks) => {
        const slice = sliceColumn(column, start, end)
        const indexes = slice.length === 0 ? [] : picks.map(pick => pick % slice.length)
        const expected = rows(slice)
        deepStrictEqual(
          rows(takeRows(slice, Int32Array.from(indexes))),
          indexes.map(index => expected[index]!),
        )
      },
    ),
    { numRuns: runs(60) },
  )
  t.pass()
})

t.test('a slice shares memory, a join does not', async t => {
  const data = Int32Array.of(1, 2, 3)
  const column: Column = { form: 'vector', type: 'INT', length: 3, data }
  const slice = sliceColumn(column, 1, 3)
  const join = concatColumns(column, slice)
  data[1] = 9
  t.strictSame(elementAt(slice, 0), scalar('INT', 9))
  t.strictSame(elementAt(join, 1), scalar('INT', 2))
  t.equal(sliceColumn(column, 0, 3), column)
})

t.test('columns with spare room count only their rows', async t => {
  const full = { form: 'vector', type: 'STRING', length: 2, data: ['a', 'b', 'spare'] } as const
  const blobs: Column = {
    form: 'vector',
    type: 'BLOB',
    length: 1,
    data: [Uint8Array.of(1), Uint8Array.of(2)],
  }
  const tuple: Column = {
    form: 'vector',
    type: 'ANY',
    length: 1,
    data: [scalar('INT', 1), scalar('INT', 2)],
  }
  t.strictSame(concatColumns(full, full), vectorOf({ type: 'STRING' }, ['a', 'b', 'a', 'b']))
  t.equal(concatColumns(blobs, blobs).length, 2)
  t.strictSame(
    rows(concatColumns(tuple, tuple)),
    rows(vectorOf({ type: 'ANY' }, [scalar('INT', 1), scalar('INT', 1)])),
  )
  const ints: Column = { form: 'vector', type: 'INT', length: 1, data: Int32Array.of(5, 6) }
  t.strictSame(concatColumns(ints, ints), vectorOf({ type: 'INT' }, [5, 5]))
})

t.test('symbols of two bases are joined over one', async t => {
  const first = vectorOf({ type: 'SYMBOL' }, ['a', 'b'])
  const second = vectorOf({ type: 'SYMBOL' }, ['b', 'c', ''])
  t.strictSame(concatColumns(first, second), vectorOf({ type: 'SYMBOL' }, ['a', 'b', 'b', 'c', '']))
  const doubled = concatColumns(first, first)
  t.strictSame(doubled, vectorOf({ type: 'SYMBOL' }, ['a', 'b', 'a', 'b']))
})

t.test('tuples are cut and picked from', async t => {
  const tuple = vectorOf({ type: 'ANY' }, [scalar('INT', 1), scalar('STRING', 'b'), null])
  t.strictSame(sliceColumn(tuple, 1, 3), vectorOf({ type: 'ANY' }, [scalar('STRING', 'b'), null]))
  t.strictSame(
    takeRows(tuple, Int32Array.of(2, 0)),
    vectorOf({ type: 'ANY' }, [null, scalar('INT', 1)]),
  )
})

t.test('text in wire form is cut, joined and picked from', async t => {
  const wire = (text: string, length: number): Column => ({
    form: 'vector',
    type: 'STRING',
    length,
    encoded: Buffer.from(text),
  })
  const column = wire('a\0\0ccc\0d\0', 4)
  t.strictSame(sliceColumn(column, 1, 3), wire('\0ccc\0', 2))
  t.strictSame(
    concatColumns(column, wire('e\0', 1)),
    vectorOf({ type: 'STRING' }, ['a', '', 'ccc', 'd', 'e']),
  )
  t.strictSame(takeRows(column, Int32Array.of(3, 0)), vectorOf({ type: 'STRING' }, ['d', 'a']))
})

t.test('elements that begin anywhere in memory are picked whole', async t => {
  const memory = Uint8Array.from({ length: 50 }, (_, at) => at)
  const column: Column = { form: 'vector', type: 'UUID', length: 3, data: memory.subarray(1, 49) }
  const picked = takeRows(column, Int32Array.of(2, 0))
  t.strictSame(elementAt(picked, 0), elementAt(column, 2))
  t.strictSame(elementAt(picked, 1), elementAt(column, 0))
})

t.test('columns of different types are not joined', async t => {
  const columns: readonly Column[] = [
    vectorOf({ type: 'INT' }, [1]),
    vectorOf({ type: 'DATE' }, [1]),
    vectorOf({ type: 'DECIMAL32', scale: 1 }, [1n]),
    vectorOf({ type: 'DECIMAL32', scale: 2 }, [1n]),
    vectorOf({ type: 'STRING' }, ['']),
    vectorOf({ type: 'SYMBOL' }, ['']),
    vectorOf({ type: 'ANY' }, [null]),
    vectorOf({ type: 'INT', array: true }, [[1]]),
    vectorOf({ type: 'LONG', array: true }, [[1n]]),
  ]
  for (const [index, first] of columns.entries()) {
    for (const second of columns.slice(index + 1)) {
      t.throws(() => concatColumns(first, second), {
        name: 'ValueError',
        code: 'DDB_USAGE',
        message: /cannot follow/,
      })
      t.throws(() => concatColumns(second, first), { code: 'DDB_USAGE' })
    }
  }
  t.throws(() => concatColumns(columns[7]!, columns[3]!), {
    message: 'A DECIMAL32(2) column cannot follow a INT[] column',
  })
})

t.test('VOID columns have nothing but a length', async t => {
  const column = vectorOf({ type: 'VOID' }, [null, null])
  const lengths = (...values: Value[]): number[] =>
    values.map(value => ('length' in value ? value.length : -1))
  t.same(
    lengths(
      sliceColumn(column, 0, 1),
      concatColumns(column, column),
      takeRows(column, Int32Array.of(1, 1, 1)),
    ),
    [1, 4, 3],
  )
})
