import t from 'tap'
import {
  asksForPolicy,
  outsideMarks,
  type NewValuePolicy,
} from '../../../src/load/target/partition-scheme.js'
import type { DataType } from '../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import type { Column, Value } from '../../../src/protocol/value.js'
import type { PartitionDimension, PartitionKind } from '../../../src/schema/partition-dimension.js'
import { int, ints } from '../../helpers/values.js'

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
  const marks = outsideMarks({ partition: { dimensions }, newValues: 'skip' })
  return marks && [...marks({ rowCount: columns[0]!.length, columns })]
}

/** 2020.01.01, in days since 1970. */
const january = 18_262
const dayMs = 86_400_000n

t.test('values, lists and ranges decide which rows are outside', async t => {
  const id = columnOf('INT', [1, 2, 3, 4, null])
  const cases: [string, PartitionDimension, number[]][] = [
    ['VALUE', dimension('VALUE', 'INT', ints(1, 3)), [0, 1, 0, 1, 1]],
    ['RANGE, without its end', dimension('RANGE', 'INT', ints(2, 3, 4)), [1, 0, 0, 1, 1]],
    [
      'LIST of vectors and scalars',
      dimension('LIST', 'INT', {
        form: 'vector',
        type: 'ANY',
        length: 2,
        data: [ints(1, 2), int(4)],
      }),
      [0, 0, 1, 0, 1],
    ],
    ['HASH takes all but null', dimension('HASH', 'INT', int(10)), [0, 0, 0, 0, 1]],
  ]
  for (const [name, one, expected] of cases) t.strictSame(outside([id], one), expected, name)
})

t.test('a row must be inside in every dimension', async t => {
  const id = columnOf('INT', [1, 1, 9, 9])
  const sym = columnOf('SYMBOL', ['A', 'Z', 'A', 'Z'])
  const both = [
    dimension('RANGE', 'INT', ints(0, 5)),
    dimension('VALUE', 'SYMBOL', schemeOf('STRING', ['A', 'B']), 1),
  ]
  t.strictSame(outside([id, sym], ...both), [0, 1, 1, 1])
})

t.test('symbols and strings are compared as texts; the empty text is null', async t => {
  const scheme = dimension('VALUE', 'SYMBOL', schemeOf('STRING', ['A', 'B', '']))
  for (const type of ['STRING', 'SYMBOL'] as const) {
    t.strictSame(outside([columnOf(type, ['A', 'a', 'B', ''])], scheme), [0, 1, 0, 1], type)
  }
})

t.test('columns of every width are read, and null is outside', async t => {
  for (const type of ['CHAR', 'SHORT', 'INT'] as const) {
    const column = columnOf(type, [1, 2, null])
    t.strictSame(outside([column], dimension('VALUE', type, schemeOf(type, [1]))), [0, 1, 1], type)
  }
  const long = columnOf('LONG', [1n, 5_000_000_000n, null])
  const longs = schemeOf('LONG', [5_000_000_000n])
  t.strictSame(outside([long], dimension('VALUE', 'LONG', longs)), [1, 0, 1])
  const double = columnOf('DOUBLE', [0.5, 1, null])
  t.strictSame(
    outside([double], dimension('RANGE', 'DOUBLE', schemeOf('DOUBLE', [0, 1]))),
    [0, 1, 1],
  )
  t.strictSame(
    outside([columnOf('INT', [7, 8])], dimension('VALUE', 'LONG', schemeOf('LONG', [7n]))),
    [0, 1],
    'integers are compared across widths',
  )
})

t.test('times are compared in the coarser unit of the scheme', async t => {
  const days = dimension('VALUE', 'DATE', schemeOf('DATE', [january, january + 1]))
  const lastMs = BigInt(january + 2) * dayMs - 1n
  t.strictSame(outside([columnOf('TIMESTAMP', [lastMs, lastMs + 1n, null])], days), [0, 1, 1])
  const lastNs = (lastMs + 1n) * 1_000_000n - 1n
  t.strictSame(outside([columnOf('NANOTIMESTAMP', [lastNs, lastNs + 1n])], days), [0, 1])
  const longAgo = dimension('VALUE', 'DATE', schemeOf('DATE', [-january]))
  const firstNs = BigInt(-january) * dayMs * 1_000_000n
  t.strictSame(
    outside([columnOf('NANOTIMESTAMP', [firstNs - 1n, firstNs, firstNs + 1n])], longAgo),
    [1, 0, 0],
    'exact to the nanosecond, also before 1970',
  )
  const lastSecond = (january + 2) * 86_400 - 1
  t.strictSame(outside([columnOf('DATETIME', [lastSecond, lastSecond + 1])], days), [0, 1])
  const before = dimension('VALUE', 'DATE', schemeOf('DATE', [-1]))
  t.strictSame(
    outside([columnOf('TIMESTAMP', [-1n, 0n, -dayMs, -dayMs - 1n])], before),
    [0, 1, 0, 1],
    'also before 1970',
  )
  const hours = dimension('VALUE', 'DATEHOUR', schemeOf('DATEHOUR', [1]))
  t.strictSame(outside([columnOf('TIMESTAMP', [3_599_999n, 3_600_000n])], hours), [1, 0])
})

t.test('numbers beyond 2^53 are distinguished', async t => {
  const bound = 2n ** 60n
  const long = columnOf('LONG', [bound - 1n, bound, bound + 1n])
  const range = schemeOf('LONG', [0n, bound])
  t.strictSame(outside([long], dimension('RANGE', 'LONG', range)), [0, 1, 1])
  const value = schemeOf('LONG', [bound])
  t.strictSame(outside([long], dimension('VALUE', 'LONG', value)), [1, 0, 1])
})

t.test('days are compared with months', async t => {
  // Months count from year 0, so 2020.01M is 2020 × 12.
  const months = dimension('VALUE', 'MONTH', schemeOf('MONTH', [24_240, 24_241]))
  const date = columnOf('DATE', [january - 1, january, january + 59, january + 60])
  // 2020 is a leap year, so its 60th day is February 29.
  t.strictSame(outside([date], months), [1, 0, 0, 1])
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
    t.equal(outsideMarks({ partition, newValues: 'skip' }), undefined, name)
  }
})

t.test(
  'if a function computes partitions, nothing is marked as outside and nothing is asked',
  async t => {
    const known = {
      dimensions: [
        {
          columnName: 'id',
          columnIndex: 0,
          kind: 'VALUE',
          type: 'INT',
          scheme: vectorOf({ type: 'INT' }, [1, 2]),
        },
      ],
    } as const
    t.ok(outsideMarks({ partition: known, newValues: 'skip' }))
    t.ok(asksForPolicy({ partition: known }))
    const partition = { ...known, unpredictable: true } as const
    t.equal(outsideMarks({ partition, newValues: 'skip' }), undefined)
    t.equal(asksForPolicy({ partition }), false)
  },
)

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
  const marks = (newValues: NewValuePolicy | undefined, ...dimensions: PartitionDimension[]) => {
    const partitioned = { partition: { dimensions }, ...(newValues && { newValues }) }
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
  t.ok(asksForPolicy({ partition: { dimensions: [range, value] } }))
  t.notOk(asksForPolicy({ partition: { dimensions: [range] } }))
  t.notOk(asksForPolicy({}))
})
