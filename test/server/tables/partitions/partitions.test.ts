/* Partitions of rows. Manual, page database, "Details" and "Examples"; error codes S01001, S01016, S01018; the hashes are those of the
   clients (docs/protocol.md#routing-of-rows). */
import fc from 'fast-check'
import t from 'tap'
import { tupleOf } from '../../../../src/server/values/values.js'
import type { Column, Vector } from '../../../../src/protocol/value.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import {
  type LevelKind,
  type PartitionLevel,
  type TablePartitioning,
  addValues,
  levelOf,
  placeRows,
} from '../../../../src/server/tables/partitions/partition-level.js'
import { murmurHash2 } from '../../../helpers/murmur-hash.js'
import { textsOf } from '../../../helpers/script.js'
import { forAll } from '../../../helpers/runs.js'
import { column } from '../../columns/columns.js'
import { int, text } from '../../../helpers/values.js'

function locate(level: PartitionLevel, values: Column): number[] {
  return Array.from(level.locate(values))
}

const hash = (type: string, buckets: number): ServerValue => tupleOf([text(type), int(buckets)])

t.test('VALUE gives each value a separate partition', async t => {
  const tickers = levelOf('VALUE', column('STRING', 'AAPL', 'AMZN', 'A'))
  t.same(locate(tickers, column('SYMBOL', 'A', 'AMZN', 'ZZ', '')), [2, 1, -1, -2])
  t.same(locate(tickers, column('STRING', 'A', 'AAPL', '')), [2, 0, -2])
})

t.test('a scheme of dates divides columns of dates with times', async t => {
  const days = levelOf('VALUE', column('DATE', 0, 1))
  t.same(locate(days, column('TIMESTAMP', 86_400_000n, -1n, 5n, null)), [1, -1, 0, -2])
  const months = levelOf('VALUE', column('MONTH', 1970 * 12))
  t.same(locate(months, column('DATE', 30, 31)), [0, -1])
})

t.test('RANGE partitions begin at a bound and end before the next bound', async t => {
  const bounds = [-5, 0, 20, 101]
  const ranges = levelOf('RANGE', column('INT', ...bounds))
  t.same(locate(ranges, column('INT', null, -6, 101)), [-2, -1, -1])
  forAll(100)(fc.integer({ min: -10, max: 110 }), value => {
    const expected = bounds.findIndex((bound, at) => bound <= value && value < bounds[at + 1]!)
    return locate(ranges, column('LONG', BigInt(value)))[0] === expected
  })
  const names = levelOf('RANGE', column('STRING', 'A', 'D', 'F'))
  t.same(locate(names, column('SYMBOL', 'AAPL', 'DELL', 'F', '')), [0, 1, -1, -2])
})

t.test('LIST partitions take the values of their list', async t => {
  const lists = levelOf('LIST', tupleOf([column('STRING', 'IBM', 'ORCL'), text('GS')]))
  t.same(locate(lists, column('STRING', 'GS', 'ORCL', 'X')), [1, 0, -1])
  t.same(locate(levelOf('LIST', column('INT', 4, 7)), column('INT', 7, 4)), [1, 0])
})

t.test('HASH partitions use integers as unsigned, modulo the number of buckets', async t => {
  const buckets = 7
  const ints = levelOf('HASH', hash('INT', buckets))
  const longs = levelOf('HASH', hash('LONG', buckets))
  forAll(100)(fc.integer({ min: -2147483647, max: 2147483647 }), value => {
    const expected = (bits: number): number =>
      Number(BigInt.asUintN(bits, BigInt(value)) % BigInt(buckets))
    return (
      locate(ints, column('INT', value))[0] === expected(32) &&
      locate(longs, column('LONG', BigInt(value)))[0] === expected(64)
    )
  })
  t.same(locate(ints, column('INT', null)), [-2])
})

t.test('HASH partitions distribute text and 16-byte values by their MurmurHash2', async t => {
  const names = levelOf('HASH', hash('SYMBOL', 1000))
  forAll(100)(fc.string({ unit: 'grapheme', minLength: 1 }), text => {
    const expected = Number(murmurHash2(new TextEncoder().encode(text)) % 1000n)
    const asText = locate(names, column('STRING', text.replaceAll('\0', 'x')))[0]
    return text.includes('\0') || asText === expected
  })
  t.same(locate(names, column('SYMBOL', '')), [-2])
  const ids = levelOf('HASH', hash('UUID', 1000))
  const bytes = Uint8Array.from({ length: 16 }, (_, at) => at)
  t.same(locate(ids, column('UUID', bytes, null)), [Number(murmurHash2(bytes) % 1000n), -2])
})

t.test('partitions are added only for new values, each once', async t => {
  const ids = levelOf('VALUE', column('INT', 1, 2))
  t.equal(addValues(ids, column('INT', 2, 3, 3, null, 4)), 2)
  t.same(textsOf(ids.schema as Vector), ['1', '2', '3', '4'])
  t.same(locate(ids, column('INT', 4, 5)), [3, -1])
  t.equal(addValues(ids, column('INT', 1)), 0)
})

t.test('a scheme that does not fit its type is refused', async t => {
  const refused: [LevelKind, ServerValue][] = [
    ['VALUE', int(1)],
    ['RANGE', tupleOf([])],
    ['LIST', column('ANY')],
    ['HASH', hash('INT', 0)],
    ['HASH', hash('SOMETHING', 5)],
    ['HASH', column('INT', 1, 2)],
  ]
  for (const [kind, value] of refused) {
    t.throws(() => levelOf(kind, value), { message: /partition scheme should be/ })
  }
})

type Policy = ReturnType<TablePartitioning['newValues']>

const values = (...of: number[]): PartitionLevel => levelOf('VALUE', column('INT', ...of))
const ranges = (...of: number[]): PartitionLevel => levelOf('RANGE', column('INT', ...of))
const tickers = (...of: string[]): PartitionLevel => levelOf('VALUE', column('STRING', ...of))

function place(policy: Policy, levels: readonly PartitionLevel[], ...columns: Column[]): number[] {
  const partitioning: TablePartitioning = {
    columns: levels.map((_, level) => level),
    levels,
    newValues: () => policy,
  }
  return [...placeRows(partitioning, columns)]
}

t.test('rows of one partition have the same number; −1 means no partition', async t => {
  t.same(place('skip', [values(7, 8)], column('INT', 8, 7, 9, 8)), [1, 0, -1, 1])
  t.same(place('memory', [values(7, 8)], column('INT', 8, null, 9)), [1, -1, -1])
  t.same(place('add', [ranges(0, 10, 20)], column('INT', 0, 10, 20, -1, null)), [0, 1, -1, -1, -1])
  t.same(place('skip', [values(7)], column('INT')), [])
})

t.test('a value without a partition is dropped, added or refused', async t => {
  const rows = column('INT', 1, 5, 6, 5)
  const skip = values(1)
  t.same(place('skip', [skip], rows), [0, -1, -1, -1])
  t.same(place('memory', [skip], rows), [0, -1, -1, -1])
  t.same(textsOf(skip.schema as Vector), ['1'])
  const add = values(1)
  t.same(place('add', [add], rows), [0, 1, 2, 1])
  t.same(textsOf(add.schema as Vector), ['1', '5', '6'])
  const fail = values(1)
  t.throws(() => place('fail', [fail], rows), {
    name: 'ScriptError',
    message:
      'Some of the data being written is not defined in the partitioning scheme of the target database. RefId:S01016',
  })
  t.same(place('fail', [fail], column('INT', 1, 1)), [0, 0])
  t.same(place('add', [ranges(0, 1)], rows), [-1, -1, -1, -1], 'RANGE gets no new partitions')
})

t.test('a VALUE level of a database accepts no null and no invisible character', async t => {
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
