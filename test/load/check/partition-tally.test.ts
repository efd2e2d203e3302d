import fc from 'fast-check'
import t from 'tap'
import { newPartitionTally } from '../../../src/load/check/partition-tally.js'
import type { NewValuePolicy } from '../../../src/load/target/partition-scheme.js'
import type { DataType } from '../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import type { Column, Value } from '../../../src/protocol/value.js'
import type { PartitionDimension, PartitionKind } from '../../../src/schema/partition-dimension.js'
import { int } from '../../helpers/values.js'
import { runs } from '../../helpers/runs.js'

const columnOf = (type: DataType, values: readonly ElementValue[]): Column =>
  vectorOf({ type }, values)

const ints = (...values: readonly number[]): Column & Value => columnOf('INT', values)

const dimension = (
  kind: PartitionKind,
  type: DataType | undefined,
  scheme: Value | undefined,
  columnIndex = 0,
): PartitionDimension => ({ columnName: `c${columnIndex}`, columnIndex, kind, type, scheme })

const tallyOf = (dimensions: PartitionDimension[], newValues?: NewValuePolicy) =>
  newPartitionTally({ partition: { dimensions }, ...(newValues ? { newValues } : {}) })!

t.test('a target without partitions has no tally', async t => {
  t.equal(newPartitionTally({}), undefined)
})

t.test(
  'partitions have the names that the server writes, and values to be added are counted',
  async t => {
    const tally = tallyOf([dimension('VALUE', 'DATE', columnOf('DATE', [18262, 18263]))], 'add')
    const times = columnOf('TIMESTAMP', [18262n * 86_400_000n + 5n, 18270n * 86_400_000n, null])
    t.strictSame([...tally.add({ rowCount: 3, columns: [times] })!], [0, 0, 1])
    t.strictSame(tally.result(), {
      dimensions: [{ column: 'c0', kind: 'VALUE' }],
      count: 2,
      added: 1,
      largest: [
        { keys: ['2020.01.01'], rows: 1 },
        { keys: ['2020.01.09'], rows: 1 },
      ],
      outside: 1,
    })
  },
)

t.test('list and range partitions have names, hash partitions have none', async t => {
  const lists: Value = { form: 'vector', type: 'ANY', length: 2, data: [ints(1, 2), int(4)] }
  const tally = tallyOf([
    dimension('LIST', 'INT', lists),
    dimension('RANGE', 'INT', ints(0, 10, 20), 1),
    dimension('HASH', 'INT', int(7), 2),
  ])
  const columns = [ints(1, 2, 4, 9), ints(0, 9, 10, 1), ints(1, 2, 3, 4)]
  t.strictSame([...tally.add({ rowCount: 4, columns })!], [0, 0, 0, 1])
  t.match(tally.result(), {
    count: 2,
    largest: [
      { keys: ['[1,2]', '[0,10)', null], rows: 2 },
      { keys: ['4', '[10,20)', null], rows: 1 },
    ],
    outside: 1,
  })
})

t.test('counts that the scheme does not determine are null', async t => {
  const hash = tallyOf([dimension('HASH', 'INT', int(7))])
  hash.add({ rowCount: 1, columns: [ints(1)] })
  t.match(hash.result(), { count: null, largest: [], outside: 0 })
  const silent = tallyOf([dimension('VALUE', 'INT', ints(1))])
  t.equal(silent.add({ rowCount: 2, columns: [ints(1, 2)] }), undefined)
  t.match(silent.result(), { count: 2, added: 1, outside: null })
})

t.test('partitions that a function computes are not counted', async t => {
  const dimensions = [dimension('RANGE', 'INT', ints(0, 10))]
  const tally = newPartitionTally({ partition: { dimensions, unpredictable: true } })!
  t.equal(tally.add({ rowCount: 2, columns: [ints(5, 50)] }), undefined)
  t.match(tally.result(), { dimensions: [{ column: 'c0' }], count: null, outside: null })
})

t.test('every row is in exactly one partition, or outside', async t => {
  const value = fc.option(fc.integer({ min: -3, max: 12 }))
  const property = fc.property(fc.array(fc.tuple(value, value), { maxLength: 50 }), rows => {
    const tally = tallyOf(
      [
        dimension('RANGE', 'INT', ints(0, 3, 10)),
        dimension('VALUE', 'LONG', columnOf('LONG', [1n, 2n, 3n]), 1),
      ],
      'skip',
    )
    const columns = [0, 1].map(i =>
      columnOf(
        'INT',
        rows.map(row => row[i]!),
      ),
    )
    tally.add({ rowCount: rows.length, columns })
    const expected = new Map<string, number>()
    for (const [a, b] of rows) {
      if (a === null || b === null || a < 0 || a >= 10 || b < 1 || b > 3) continue
      const name = `${a < 3 ? '[0,3)' : '[3,10)'} ${b}`
      expected.set(name, (expected.get(name) ?? 0) + 1)
    }
    const { largest, outside } = tally.result()
    const found = new Map(largest.map(({ keys, rows: count }) => [keys.join(' '), count]))
    const inside = [...expected.values()].reduce((sum, count) => sum + count, 0)
    const isRight =
      outside === rows.length - inside &&
      found.size === expected.size &&
      [...expected].every(([name, count]) => found.get(name) === count)
    if (!isRight) throw new Error(JSON.stringify({ largest, outside, expected: [...expected] }))
  })
  fc.assert(property, { numRuns: runs(100) })
  t.pass()
})
