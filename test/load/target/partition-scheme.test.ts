import t from 'tap'
import { outsideMarks } from '../../../src/load/target/partition-scheme.js'
import type { TableState } from '../../../src/load/target/describe-target.js'
import type { DataType } from '../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import type { Column, Value } from '../../../src/protocol/value.js'
import type { PartitionDimension, PartitionKind } from '../../../src/schema/target-schema.js'
import { int, ints } from '../../helpers/values.js'
import { tupleOf } from '../../../src/protocol/types/tuples.js'

const skips = { newValues: 'skip' } as TableState

const columnOf = (type: DataType, values: readonly ElementValue[]): Column =>
  vectorOf({ type }, values)

const schemeOf = (type: DataType, values: readonly ElementValue[]): Value => columnOf(type, values)

function dimension(
  kind: PartitionKind,
  type: DataType | undefined,
  scheme: Value | undefined,
  columnIndex = 0,
): PartitionDimension {
  return { columnName: `c${columnIndex}`, columnIndex, kind, type, scheme }
}

/** Marks each row outside all partitions with 1; undefined if the scheme does not determine this. */
function outside(columns: readonly Column[], ...dimensions: PartitionDimension[]) {
  const marks = outsideMarks({ partition: { dimensions }, state: skips })
  return marks && [...marks({ rowCount: columns[0]!.length, columns })]
}

t.test('values, lists and ranges decide which rows are outside', async t => {
  const id = columnOf('INT', [1, 2, 3, 4, null])
  const cases: [string, PartitionDimension, number[]][] = [
    ['VALUE', dimension('VALUE', 'INT', ints(1, 3)), [0, 1, 0, 1, 1]],
    ['RANGE, without its end', dimension('RANGE', 'INT', ints(2, 3, 4)), [1, 0, 0, 1, 1]],
    ['LIST of both', dimension('LIST', 'INT', tupleOf([ints(1, 2), int(4)])), [0, 0, 1, 0, 1]],
    ['HASH takes all but null', dimension('HASH', 'INT', int(10)), [0, 0, 0, 0, 1]],
  ]
  for (const [name, one, expected] of cases) t.strictSame(outside([id], one), expected, name)
})

t.test('symbols and strings are compared as texts; the empty text is null', async t => {
  const scheme = dimension('VALUE', 'SYMBOL', schemeOf('STRING', ['A', 'B', '']))
  for (const type of ['STRING', 'SYMBOL'] as const) {
    t.strictSame(outside([columnOf(type, ['A', 'a', 'B', ''])], scheme), [0, 1, 0, 1], type)
  }
})

/** 2020.01.01, in days since 1970, and months since year 0. */
const [january, month] = [18_262, 24_240]
const dayMs = 86_400_000n
const [lastMs, lastSecond] = [BigInt(january + 2) * dayMs - 1n, (january + 2) * 86_400 - 1]
const [lastNs, firstNs] = [(lastMs + 1n) * 1_000_000n - 1n, BigInt(-january) * dayMs * 1_000_000n]
const bound = 2n ** 60n
const days = [january, january + 1]

/** Type of the column and its values; kind, type and values of the scheme; which rows are outside. */
const comparisons: readonly (readonly [
  ...[own: DataType, rows: readonly ElementValue[]],
  ...[kind: PartitionKind, type: DataType, known: readonly ElementValue[], outside: number[]],
])[] = [
  ['CHAR', [1, 2, null], 'VALUE', 'CHAR', [1], [0, 1, 1]],
  ['SHORT', [1, 2, null], 'VALUE', 'SHORT', [1], [0, 1, 1]],
  ['INT', [1, 2, null], 'VALUE', 'INT', [1], [0, 1, 1]],
  ['LONG', [1n, 5_000_000_000n, null], 'VALUE', 'LONG', [5_000_000_000n], [1, 0, 1]],
  ['DOUBLE', [0.5, 1, null], 'RANGE', 'DOUBLE', [0, 1], [0, 1, 1]],
  // Integers are compared across widths, and exactly beyond 2^53.
  ['INT', [7, 8], 'VALUE', 'LONG', [7n], [0, 1]],
  ['LONG', [bound - 1n, bound, bound + 1n], 'RANGE', 'LONG', [0n, bound], [0, 1, 1]],
  ['LONG', [bound - 1n, bound, bound + 1n], 'VALUE', 'LONG', [bound], [1, 0, 1]],
  // Times are compared in the coarser unit of the scheme, also before 1970, and exact to the nanosecond.
  ['TIMESTAMP', [lastMs, lastMs + 1n, null], 'VALUE', 'DATE', days, [0, 1, 1]],
  ['NANOTIMESTAMP', [lastNs, lastNs + 1n], 'VALUE', 'DATE', days, [0, 1]],
  ['NANOTIMESTAMP', [firstNs - 1n, firstNs, firstNs + 1n], 'VALUE', 'DATE', [-january], [1, 0, 0]],
  ['DATETIME', [lastSecond, lastSecond + 1], 'VALUE', 'DATE', days, [0, 1]],
  ['TIMESTAMP', [-1n, 0n, -dayMs, -dayMs - 1n], 'VALUE', 'DATE', [-1], [0, 1, 0, 1]],
  ['TIMESTAMP', [3_599_999n, 3_600_000n], 'VALUE', 'DATEHOUR', [1], [1, 0]],
  // 2020 is a leap year, so its 60th day is February 29.
  [
    'DATE',
    [january - 1, january, january + 59, january + 60],
    'VALUE',
    'MONTH',
    [month, month + 1],
    [1, 0, 0, 1],
  ],
]

t.test('values are compared in the unit of the scheme, and null is outside', async t => {
  for (const [i, [own, rows, kind, type, known, expected]] of comparisons.entries()) {
    const found = outside([columnOf(own, rows)], dimension(kind, type, schemeOf(type, known)))
    t.strictSame(found, expected, `${i}: ${own} in ${kind} of ${type}`)
  }
})

t.test('if a scheme gives no information, no row is marked as outside', async t => {
  t.equal(outsideMarks({}), undefined)
  const silent: [string, PartitionDimension][] = [
    ['VALUE without values', dimension('VALUE', 'INT', undefined)],
    ['VALUE that is no vector', dimension('VALUE', 'INT', int(1))],
    ['LIST that is no tuple', dimension('LIST', 'INT', ints(1, 2))],
    ['RANGE without bounds', dimension('RANGE', 'INT', ints())],
    ['RANGE with a null bound', dimension('RANGE', 'INT', schemeOf('INT', [1, null]))],
  ]
  for (const [name, one] of silent) {
    const partition = { dimensions: [one] }
    t.equal(outsideMarks({ partition, state: skips }), undefined, name)
  }
})

t.test('if a function computes partitions, nothing is marked as outside or asked', async t => {
  const known = { dimensions: [dimension('VALUE', 'INT', ints(1, 2))] }
  t.ok(outsideMarks({ partition: known, state: skips }))
  t.equal(outsideMarks({ partition: known }), undefined, 'the policy decides')
  const partition = { ...known, unpredictable: true } as const
  t.equal(outsideMarks({ partition, state: skips }), undefined)
})

t.test('if a column cannot be compared with its scheme, no row is outside', async t => {
  const dates = dimension('VALUE', 'DATE', schemeOf('DATE', [1]))
  t.strictSame(outside([columnOf('TIME', [5])], dates), [0])
  t.strictSame(outside([columnOf('INT', [5])], dates), [0])
  const uuids = columnOf('UUID', ['00112233-4455-6677-8899-aabbccddeeff'])
  t.strictSame(outside([uuids], dimension('HASH', 'UUID', int(5))), [0])
})

t.test("the server's policy decides about new values of a VALUE scheme", async t => {
  const value = dimension('VALUE', 'INT', ints(1, 3))
  const range = dimension('RANGE', 'INT', ints(0, 4), 1)
  const columns = [columnOf('INT', [1, 2, null, 3]), columnOf('INT', [1, 1, 1, 4])]
  const marks = (newValues: TableState['newValues'], ...dimensions: PartitionDimension[]) => {
    const partitioned = { partition: { dimensions }, state: { ...skips, newValues } }
    const found = outsideMarks(partitioned)
    return found && [...found({ rowCount: 4, columns })]
  }
  t.strictSame(marks('skip', value), [0, 1, 1, 0])
  t.strictSame(marks('fail', value), [0, 1, 1, 0])
  t.strictSame(marks('add', value), [0, 0, 1, 0], 'null gets no partition')
  t.equal(marks(undefined, value), undefined)
  t.strictSame(marks('add', value, range), [0, 0, 1, 1])
  t.equal(marks(undefined, value, range), undefined)
  t.strictSame(marks(undefined, range), [0, 0, 0, 1], 'other schemes need no policy')
  t.equal(marks(undefined, range, value), undefined)
})
