import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Column, Vector } from '../../../../src/protocol/value.js'
import type { LevelScheme } from '../../../../src/server/tables/database-handle.js'
import {
  placeRows,
  type TablePartitioning,
} from '../../../../src/server/tables/partitions/place-rows.js'
import { runs } from '../../../helpers/runs.js'
import { textsOf } from '../../../helpers/script.js'
import { column } from '../../columns/columns.js'

type Policy = ReturnType<TablePartitioning['newValues']>

const values = (...of: number[]): LevelScheme => ({
  type: 'VALUE',
  scheme: column('INT', ...of),
})
const ranges = (...of: number[]): LevelScheme => ({
  type: 'RANGE',
  scheme: column('INT', ...of),
})
const tickers = (...of: string[]): LevelScheme => ({
  type: 'VALUE',
  scheme: column('STRING', ...of),
})

function place(policy: Policy, levels: readonly LevelScheme[], ...columns: Column[]): number[] {
  const partitioning: TablePartitioning = {
    columns: levels.map((_, level) => level),
    levels,
    newValues: () => policy,
  }
  return [...placeRows(partitioning, columns, columns[0]!.length)]
}

t.test('rows of one partition have one number, −1 stands for none', async t => {
  t.same(place('skip', [values(7, 8)], column('INT', 8, 7, 9, 8)), [1, 0, -1, 1])
  t.same(place('memory', [values(7, 8)], column('INT', 8, null, 9)), [1, -1, -1])
  t.same(place('add', [ranges(0, 10, 20)], column('INT', 0, 10, 20, -1, null)), [0, 1, -1, -1, -1])
  t.same(place('skip', [values(7)], column('INT')), [])
})

t.test('two rows are neighbours when they are so on every level', async () => {
  const row = fc.tuple(...[3, 4, 5].map(max => fc.integer({ min: 0, max })))
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), rows => {
      const levels = [values(0, 1, 2), ranges(0, 2, 4), values(5, 4, 3, 2, 1)]
      const columns = [0, 1, 2].map(level => column('INT', ...rows.map(one => one[level]!)))
      const placed = place('skip', levels, ...columns)
      const isOutside = ([a, b, c]: number[]): boolean => a === 3 || b === 4 || c === 0
      const kindOf = ([a, b, c]: number[]): string => [a, b! >> 1, c].join()
      rows.forEach((x, at) => {
        assert.equal(placed[at]! < 0, isOutside(x))
        rows.forEach((y, other) => {
          if (isOutside(x) || isOutside(y)) return
          assert.equal(placed[at] === placed[other], kindOf(x) === kindOf(y))
        })
      })
    }),
    { numRuns: runs(50) },
  )
})

t.test('the columns of the levels are taken by their positions', async t => {
  const partitioning: TablePartitioning = {
    columns: [2, 0],
    levels: [values(1, 2), values(3, 4)],
    newValues: () => 'skip',
  }
  const columns = [column('INT', 3, 4, 3), column('STRING', 'x', 'y', 'z'), column('INT', 1, 1, 2)]
  const [first, second, third] = placeRows(partitioning, columns, 3)
  t.equal(new Set([first, second, third]).size, 3)
  t.ok([first, second, third].every(one => one! >= 0))
  t.same([...placeRows(partitioning, [columns[2]!, columns[1]!, columns[0]!], 3)], [-1, -1, -1])
})

t.test('a value without a partition is left out, added or refused', async t => {
  const rows = column('INT', 1, 5, 6, 5)
  const skip = values(1)
  t.same(place('skip', [skip], rows), [0, -1, -1, -1])
  t.same(place('memory', [skip], rows), [0, -1, -1, -1])
  t.same(textsOf(skip.scheme as Vector), ['1'])
  const add = values(1)
  t.same(place('add', [add], rows), [0, 1, 2, 1])
  t.same(textsOf(add.scheme as Vector), ['1', '5', '6'])
  const fail = values(1)
  t.throws(() => place('fail', [fail], rows), {
    name: 'ScriptError',
    message:
      'Some of the data being written is not defined in the partitioning scheme of the target database. RefId:S01016',
  })
  t.same(place('fail', [fail], column('INT', 1, 1)), [0, 0])
  t.same(place('add', [ranges(0, 1)], rows), [-1, -1, -1, -1], 'RANGE gets no partitions')
})

t.test('a VALUE level of a database takes no null and no invisible character', async t => {
  for (const policy of ['skip', 'add', 'fail'] as const) {
    t.throws(() => place(policy, [values(1)], column('INT', 1, null)), {
      name: 'ScriptError',
      message: 'The column used for value-partitioning cannot contain NULL values. RefId: S01001',
    })
    for (const text of ['a b', 'a\n', '\u007f', '\u0001a']) {
      t.throws(() => place(policy, [tickers('a', text)], column('STRING', 'a', text)), {
        message:
          'A STRING or SYMBOL column used for value-partitioning cannot contain invisible characters. RefId:S01018',
      })
    }
    t.same(place(policy, [tickers('a', 'é~!')], column('SYMBOL', 'é~!', 'a')), [1, 0])
  }
  t.same(place('memory', [tickers('a b')], column('STRING', 'a b', '')), [0, -1])
})
