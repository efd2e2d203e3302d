import fc from 'fast-check'
import t from 'tap'
import type { Vector } from '../../../../src/protocol/value.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import type { LevelScheme, PartitionType } from '../../../../src/server/tables/database-handle.js'
import { addValues, levelOf } from '../../../../src/server/tables/partitions/partition-level.js'
import type { Column } from '../../../../src/protocol/value.js'
import { murmurHash2 } from '../../../helpers/murmur-hash.js'
import { textsOf } from '../../../helpers/script.js'
import { column } from '../../columns/columns.js'

function scheme(type: PartitionType, value: ServerValue): LevelScheme {
  return { type, scheme: value }
}

function locate(level: LevelScheme, values: Column): number[] {
  return Array.from(levelOf(level).locate(values))
}

function hash(type: string, buckets: number): ServerValue {
  return {
    form: 'list',
    elements: [
      { form: 'scalar', type: 'STRING', value: type },
      { form: 'scalar', type: 'INT', value: buckets },
    ],
  }
}

t.test('VALUE gives each value its own partition', t => {
  const tickers = scheme('VALUE', column('STRING', 'AAPL', 'AMZN', 'A'))
  t.same(locate(tickers, column('SYMBOL', 'A', 'AMZN', 'ZZ', '')), [2, 1, -1, -2])
  t.same(locate(tickers, column('STRING', 'A', 'AAPL', '')), [2, 0, -2])
  t.end()
})

t.test('a scheme of dates divides columns of date and time', t => {
  const days = scheme('VALUE', column('DATE', 0, 1))
  t.same(locate(days, column('TIMESTAMP', 86_400_000n, -1n, 5n, null)), [1, -1, 0, -2])
  const months = scheme('VALUE', column('MONTH', 1970 * 12))
  t.same(locate(months, column('DATE', 30, 31)), [0, -1])
  t.end()
})

t.test('RANGE partitions begin at a bound and end before the next', t => {
  const bounds = [-5, 0, 20, 101]
  const ranges = scheme('RANGE', column('INT', ...bounds))
  t.same(locate(ranges, column('INT', null, -6, 101)), [-2, -1, -1])
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 110 }), value => {
      const expected = bounds.findIndex((bound, at) => bound <= value && value < bounds[at + 1]!)
      return locate(ranges, column('LONG', BigInt(value)))[0] === expected
    }),
  )
  const names = scheme('RANGE', column('STRING', 'A', 'D', 'F'))
  t.same(locate(names, column('SYMBOL', 'AAPL', 'DELL', 'F', '')), [0, 1, -1, -2])
  t.end()
})

t.test('LIST partitions take the values of their list', t => {
  const lists = scheme('LIST', {
    form: 'vector',
    type: 'ANY',
    length: 2,
    data: [column('STRING', 'IBM', 'ORCL'), { form: 'scalar', type: 'STRING', value: 'GS' }],
  })
  t.same(locate(lists, column('STRING', 'GS', 'ORCL', 'X')), [1, 0, -1])
  t.same(locate(scheme('LIST', column('INT', 4, 7)), column('INT', 7, 4)), [1, 0])
  t.end()
})

t.test('HASH partitions take integers as unsigned, modulo the number of buckets', t => {
  const buckets = 7
  const ints = scheme('HASH', hash('INT', buckets))
  const longs = scheme('HASH', hash('LONG', buckets))
  fc.assert(
    fc.property(fc.integer({ min: -2147483647, max: 2147483647 }), value => {
      const expected = (bits: number): number =>
        Number(BigInt.asUintN(bits, BigInt(value)) % BigInt(buckets))
      return (
        locate(ints, column('INT', value))[0] === expected(32) &&
        locate(longs, column('LONG', BigInt(value)))[0] === expected(64)
      )
    }),
  )
  t.same(locate(ints, column('INT', null)), [-2])
  t.end()
})

t.test('HASH partitions spread text and 16-byte values by MurmurHash2 of their bytes', t => {
  const names = scheme('HASH', hash('SYMBOL', 1000))
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), text => {
      const expected = Number(murmurHash2(new TextEncoder().encode(text)) % 1000n)
      const asText = locate(names, column('STRING', text.replaceAll('\0', 'x')))[0]
      return text.includes('\0') || asText === expected
    }),
  )
  t.same(locate(names, column('SYMBOL', '')), [-2])
  const ids = scheme('HASH', hash('UUID', 1000))
  const bytes = Uint8Array.from({ length: 16 }, (_, at) => at)
  t.same(locate(ids, column('UUID', bytes, null)), [Number(murmurHash2(bytes) % 1000n), -2])
  t.end()
})

t.test('partitions are added for new values only, each once', t => {
  const ids = scheme('VALUE', column('INT', 1, 2))
  t.equal(addValues(ids, column('INT', 2, 3, 3, null, 4)), 2)
  t.same(textsOf(ids.scheme as Vector), ['1', '2', '3', '4'])
  t.same(locate(ids, column('INT', 4, 5)), [3, -1])
  t.equal(addValues(ids, column('INT', 1)), 0)
  t.end()
})

t.test('a scheme that does not fit its type is refused', t => {
  const refused: [PartitionType, ServerValue][] = [
    ['VALUE', { form: 'scalar', type: 'INT', value: 1 }],
    ['RANGE', { form: 'list', elements: [] }],
    ['LIST', column('ANY')],
    ['HASH', hash('INT', 0)],
    ['HASH', hash('SOMETHING', 5)],
    ['HASH', column('INT', 1, 2)],
  ]
  for (const [type, value] of refused) {
    t.throws(() => levelOf(scheme(type, value)), { message: /partition scheme should be/ })
  }
  t.end()
})
