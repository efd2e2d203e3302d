import fc from 'fast-check'
import t from 'tap'
import { type DataType } from '../../../src/protocol/data-type.js'
import type { ElementValue } from '../../../src/protocol/element.js'
import { parseTemporal, type TemporalType } from '../../../src/protocol/types/temporals.js'
import { convertTemporal, isInsertable } from '../../../src/server/columns/convert-temporal.js'
import { textsOf } from '../../helpers/script.js'
import { fixed, valuesOf } from './columns.js'

function convert(from: DataType, to: DataType, ...values: ElementValue[]): ElementValue[] {
  return valuesOf(convertTemporal(fixed({ type: from }, ...values), to))
}

/** One moment as each type tells it. */
const moment: Readonly<Record<TemporalType, string>> = {
  DATE: '2012.06.13',
  MONTH: '2012.06M',
  TIME: '13:30:10.008',
  MINUTE: '13:30m',
  SECOND: '13:30:10',
  DATETIME: '2012.06.13T13:30:10',
  TIMESTAMP: '2012.06.13T13:30:10.008',
  NANOTIME: '13:30:10.008007006',
  NANOTIMESTAMP: '2012.06.13T13:30:10.008007006',
  DATEHOUR: '2012.06.13T13',
  DATEMINUTE: '2012.06.13T13:30',
}

const types = Object.keys(moment) as TemporalType[]
const dated = types.filter(type => moment[type].startsWith('2012'))
const ofDay = types.filter(type => !dated.includes(type))
/** What is left when finer types leave out what the other does not tell. */
const coarser: Readonly<Partial<Record<TemporalType, readonly TemporalType[]>>> = {
  NANOTIMESTAMP: types,
  TIMESTAMP: ['DATETIME', 'DATEMINUTE', 'DATEHOUR', 'DATE', 'MONTH', 'TIME', 'SECOND', 'MINUTE'],
  DATETIME: ['DATEMINUTE', 'DATEHOUR', 'DATE', 'MONTH', 'SECOND', 'MINUTE'],
  DATEMINUTE: ['DATEHOUR', 'DATE', 'MONTH', 'MINUTE'],
  DATEHOUR: ['DATE', 'MONTH'],
  DATE: ['MONTH'],
  NANOTIME: ['TIME', 'SECOND', 'MINUTE'],
  TIME: ['SECOND', 'MINUTE'],
  SECOND: ['MINUTE'],
}

const raw = (type: TemporalType, text = moment[type]): ElementValue => parseTemporal(type, text)!

t.test('an insert converts dates into dates, clock times into times of day', async t => {
  const withClock = ['DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP']
  for (const from of types) {
    for (const to of types) {
      const wanted =
        from === to ||
        (ofDay.includes(from) && ofDay.includes(to)) ||
        (withClock.includes(from) && ofDay.includes(to)) ||
        (dated.includes(from) && dated.includes(to) && from !== 'MONTH')
      t.equal(isInsertable(from, to), wanted, `${from} into ${to}`)
    }
  }
})

t.test('a finer type becomes every coarser one', async t => {
  for (const [from, targets] of Object.entries(coarser) as [TemporalType, TemporalType[]][]) {
    for (const to of targets) {
      const made = convertTemporal(fixed({ type: from }, raw(from), null), to)
      t.equal(made.type, to)
      t.strictSame(textsOf(made), [moment[to], ''], `${from} into ${to}`)
    }
  }
})

t.test('a coarser type becomes the first moment of what it tells', async t => {
  const examples: [TemporalType, TemporalType, string][] = [
    ['MONTH', 'DATE', '2012.06.01'],
    ['MONTH', 'NANOTIMESTAMP', '2012.06.01T00:00:00.000000000'],
    ['DATE', 'DATEHOUR', '2012.06.13T00'],
    ['DATE', 'TIMESTAMP', '2012.06.13T00:00:00.000'],
    ['DATE', 'TIME', '00:00:00.000'],
    ['DATEHOUR', 'DATEMINUTE', '2012.06.13T13:00'],
    ['DATEHOUR', 'DATETIME', '2012.06.13T13:00:00'],
    ['DATEMINUTE', 'SECOND', '13:30:00'],
    ['DATETIME', 'NANOTIMESTAMP', '2012.06.13T13:30:10.000000000'],
    ['DATETIME', 'NANOTIME', '13:30:10.000000000'],
    ['TIMESTAMP', 'NANOTIME', '13:30:10.008000000'],
    ['MINUTE', 'TIME', '13:30:00.000'],
    ['SECOND', 'NANOTIME', '13:30:10.000000000'],
  ]
  for (const [from, to, text] of examples) {
    const made = convertTemporal(fixed({ type: from }, raw(from), null), to)
    t.strictSame(textsOf(made), [text, ''], `${from} into ${to}`)
  }
})

t.test('nulls stay nulls in every pair, and no row stays no row', async t => {
  for (const from of types) {
    for (const to of types) {
      t.strictSame(convert(from, to, null), [null], `${from} into ${to}`)
      t.strictSame(convert(from, to), [])
    }
  }
  const dates = fixed({ type: 'DATE' }, 1)
  t.equal(convertTemporal(dates, 'DATE'), dates)
})

t.test('what a type cannot hold is null, at its last value and one behind', async t => {
  const max32 = 2 ** 31 - 1
  const max64 = 2n ** 63n - 1n
  const examples: [TemporalType, TemporalType, number | bigint, ElementValue][] = [
    ['TIMESTAMP', 'DATETIME', BigInt(max32) * 1000n + 999n, max32],
    ['TIMESTAMP', 'DATETIME', BigInt(max32) * 1000n + 1000n, null],
    ['TIMESTAMP', 'DATETIME', -BigInt(max32) * 1000n, -max32],
    ['TIMESTAMP', 'DATETIME', -BigInt(max32) * 1000n - 1n, null],
    ['DATE', 'DATETIME', 24_855, 24_855 * 86_400],
    ['DATE', 'DATETIME', 24_856, null],
    ['DATE', 'NANOTIMESTAMP', 106_751, 106_751n * 86_400_000_000_000n],
    ['DATE', 'NANOTIMESTAMP', 106_752, null],
    ['DATE', 'NANOTIMESTAMP', -106_751, -106_751n * 86_400_000_000_000n],
    ['DATE', 'TIMESTAMP', 104_249_991, 104_249_991n * 86_400_000n],
    ['DATE', 'TIMESTAMP', 104_249_992, null],
    ['NANOTIMESTAMP', 'TIMESTAMP', max64, 9_223_372_036_854n],
    ['NANOTIMESTAMP', 'TIMESTAMP', -max64, -9_223_372_036_855n],
    ['NANOTIME', 'SECOND', 86_399_999_999_999n, 86_399],
    ['TIME', 'MINUTE', 86_399_999, 1439],
    ['NANOTIMESTAMP', 'NANOTIME', -1n, 86_399_999_999_999n],
    ['TIMESTAMP', 'SECOND', -1n, 86_399],
    ['DATE', 'MONTH', -1, 1969 * 12 + 11],
    ['MONTH', 'DATE', 0, -719_528],
  ]
  for (const [from, to, given, wanted] of examples) {
    t.strictSame(convert(from, to, given), [wanted], `${from} ${given} into ${to}`)
  }
})

t.test('temporal types with a date follow the calendar on both sides of 1970', t => {
  const moments = fc.integer({ min: -8.64e15, max: 8.64e15 })
  fc.assert(
    fc.property(moments, ms => {
      const date = new Date(ms)
      const stamp = BigInt(ms)
      const dayMs = Date.UTC(1970, 0, 1)
      const midnight = new Date(ms).setUTCHours(0, 0, 0, 0) - dayMs
      const msOfDay = ms - midnight
      const inInt32 = (value: number): number | null => (Math.abs(value) < 2 ** 31 ? value : null)
      const expected: [DataType, ElementValue][] = [
        ['DATE', midnight / 86_400_000],
        ['MONTH', date.getUTCFullYear() * 12 + date.getUTCMonth()],
        ['DATETIME', inInt32((ms - date.getUTCMilliseconds()) / 1000)],
        ['DATEHOUR', inInt32((midnight + date.getUTCHours() * 3_600_000) / 3_600_000)],
        ['TIME', msOfDay],
        ['SECOND', Math.trunc(msOfDay / 1000)],
        ['MINUTE', date.getUTCHours() * 60 + date.getUTCMinutes()],
        ['NANOTIME', BigInt(msOfDay) * 1_000_000n],
      ]
      return expected.every(([to, value]) => convert('TIMESTAMP', to, stamp)[0] === value)
    }),
    { examples: [[-1], [0], [-86_400_000], [951_782_400_000], [-2_203_977_600_000]] },
  )
  t.end()
})

t.test('nanosecond times are split without losing a nanosecond', t => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), nanos => {
      const ms = floorDivide(nanos, 1_000_000n)
      const days = floorDivide(nanos, 86_400_000_000_000n)
      return (
        convert('NANOTIMESTAMP', 'TIMESTAMP', nanos)[0] === ms &&
        convert('NANOTIMESTAMP', 'DATE', nanos)[0] === Number(days) &&
        convert('NANOTIMESTAMP', 'NANOTIME', nanos)[0] === nanos - days * 86_400_000_000_000n
      )
    }),
  )
  t.end()
})

t.test('milliseconds become nanoseconds exactly, or null where the type ends', t => {
  fc.assert(
    fc.property(fc.bigInt({ min: -9_007_199_254_740_991n, max: 9_007_199_254_740_991n }), ms => {
      const nanos = ms * 1_000_000n
      const expected = nanos > -(2n ** 63n) && nanos < 2n ** 63n ? nanos : null
      return convert('TIMESTAMP', 'NANOTIMESTAMP', ms)[0] === expected
    }),
    { examples: [[9_223_372_036_854n], [9_223_372_036_855n], [-9_223_372_036_855n]] },
  )
  t.end()
})

t.test('a date becomes its midnight', t => {
  t.same(convert('DATE', 'TIMESTAMP', -1, 0, 19_724, null), [
    -86_400_000n,
    0n,
    1_704_153_600_000n,
    null,
  ])
  t.same(convert('DATETIME', 'DATE', -1, 86_399, 86_400), [-1, 0, 1])
  t.end()
})

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}
