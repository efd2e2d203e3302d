/* Columns of tables: what an insert converts, and that rows which other sessions append during a query are not in its result
   (docs/server-semantics.md#sessions). */
import fc from 'fast-check'
import t from 'tap'
import type { DataType } from '../../../src/protocol/data-type.js'
import { type ElementValue, vectorOf } from '../../../src/protocol/element.js'
import { testSession, textsOf } from '../../helpers/script.js'
import { fixed, valuesOf, column } from './columns.js'
import { parseTemporal, type TemporalType } from '../../../src/protocol/types/temporals.js'
import { convertTemporal, isInsertable } from '../../../src/server/columns/convert-column.js'
import assert from 'node:assert/strict'
import { GrowingColumn } from '../../../src/server/columns/growing-column.js'
import { forAll } from '../../helpers/runs.js'

/** Type of the column, values that a script inserts, and the column afterwards or the error. */
const inserts: readonly (readonly [type: string, values: string, shown: string])[] = [
  ['INT', '[4.4, 5.5, 6.6, -4.4, -5.5, NULL]', '[4,6,7,-4,-6,]'],
  ['INT', "['a', 'b']", '[97,98]'],
  ['LONG', '7.2 -0.5', '[7,-1]'],
  ['CHAR', '127 128 -127 -128', '[127,,-127,]'],
  ['SHORT', '32767 32768 -32768', '[32767,,]'],
  ['INT', '2147483647l 2147483648l -2147483648l', '[2147483647,,]'],
  ['LONG', '1e300 -1e300', '[,]'],
  ['DOUBLE', '9007199254740993l 00l', '[9007199254740992,]'],
  ['BOOL', '0 -2 00i', '[false,true,]'],
  ['INT', 'true false 00b', '[1,0,]'],
  ['FLOAT', '1.5 1e300 00F', '[1.5,,]'],
  ['DOUBLE', '["1.5", " -2e3 ", ""]', '[1.5,-2000,]'],
  ['DOUBLE', '["1", "x"]', 'Incompatible type. Expected: DOUBLE, Actual: STRING'],
  ['INT', '["1"]', 'Incompatible type. Expected: INT, Actual: STRING'],
  ['DATE', '1 2', 'Incompatible type. Expected: DATE, Actual: INT'],
  ['DECIMAL64(4)', '["3.1415926535", "-1", ""]$SYMBOL', '[3.1415,-1.0000,]'],
  [
    'DECIMAL32(0)',
    '["1000000000"]',
    "Can't convert STRING to DECIMAL32(0): parse 1000000000 to DECIMAL32(0) failed: decimal overflow",
  ],
  ['DECIMAL32(2)', '0.29 1.005 -2.5 00F', '[0.29,1.01,-2.50,]'],
  ['DECIMAL128(10)', '[4611686018427387904l]', '[4611686018427387904.0000000000]'],
  ['DECIMAL32(2)', '[1.2345P, -1.2355P, 00P]$DECIMAL64(4)', '[1.23,-1.24,]'],
  ['DOUBLE', '[1.2345P, -1.2355P]', '[1.2345,-1.2355]'],
  ['INT', '[1.2345P, -1.2355P]', '[1,-1]'],
  ['DECIMAL32(2)', '[21474837l]', 'DECIMAL math overflow RefId:S05003'],
  ['DECIMAL64(2)', '[1e300]', 'DECIMAL math overflow RefId:S05003'],
  ['DOUBLE[]', '[1 2, 3]', '[[1,2],[3]]'],
  ['ANY', '1 2', '[1,2]'],
]

// docs/server-semantics.md#conversions-on-insert names the pages: insert into, append!, data_types, S05003, decimal32.
t.test('an insert converts values into the type of the column', async t => {
  for (const [type, values, shown] of inserts) {
    const { show, fail } = testSession()
    const script = `t = table(1:0, ["a"], ["${type}"]); v = ${values}; t.tableInsert(table(v as a)); t.a`
    if (/^\[/.test(shown)) t.equal(await show(script), shown, `${values} in ${type}`)
    else t.match(await fail(script), shown, `${values} in ${type}`)
  }
})

function converted(from: DataType, to: DataType, ...values: ElementValue[]): ElementValue[] {
  return valuesOf(convertTemporal(fixed({ type: from }, ...values), { type: to }))
}

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
/** For each type, the types that can hold only a part of its value. */
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

t.test('an insert converts dates into dates, and clock times into times of day', async t => {
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
      const made = convertTemporal(fixed({ type: from }, raw(from), null), { type: to })
      t.equal(made.type, to)
      t.strictSame(textsOf(made), [moment[to], ''], `${from} into ${to}`)
    }
  }
})

t.test('values outside a type are null: the last value that fits and the next one', async t => {
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
    ['DATE', 'TIMESTAMP', 104_249_992, 104_249_992n * 86_400_000n],
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
    t.strictSame(converted(from, to, given), [wanted], `${from} ${given} into ${to}`)
  }
})

t.test('temporal types with a date follow the calendar on both sides of 1970', async () => {
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
      return expected.every(([to, value]) => converted('TIMESTAMP', to, stamp)[0] === value)
    }),
    { examples: [[-1], [0], [-86_400_000], [951_782_400_000], [-2_203_977_600_000]] },
  )
})

t.test('nanosecond times are divided without losing a nanosecond', async () => {
  forAll(100)(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), nanos => {
    const ms = floorDivide(nanos, 1_000_000n)
    const days = floorDivide(nanos, 86_400_000_000_000n)
    return (
      converted('NANOTIMESTAMP', 'TIMESTAMP', nanos)[0] === ms &&
      converted('NANOTIMESTAMP', 'DATE', nanos)[0] === Number(days) &&
      converted('NANOTIMESTAMP', 'NANOTIME', nanos)[0] === nanos - days * 86_400_000_000_000n
    )
  })
})

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}

const uuid = (last: number): Uint8Array => Uint8Array.of(...new Array<number>(15).fill(1), last)

const kinds: readonly (readonly [DataType, fc.Arbitrary<ElementValue>])[] = [
  ['STRING', fc.string()],
  ['SYMBOL', fc.constantFrom('', 'a', 'b', 'c')],
  ['INT', fc.integer({ min: -9, max: 9 })],
  ['UUID', fc.integer({ min: 1, max: 9 }).map(uuid)],
]

t.test('a query reads the rows that were there when it began', async () => {
  for (const [type, value] of kinds) {
    const batches = fc.array(fc.array(value, { maxLength: 70 }), { maxLength: 40 })
    forAll(50)(batches, fc.nat({ max: 39 }), (rows, changedAt) => {
      const growing = new GrowingColumn(column(type))
      const expected: ElementValue[] = []
      const views = rows.map((batch, at) => {
        growing.append(vectorOf({ type }, batch))
        expected.push(...batch)
        if (at === changedAt && expected.length > 1) {
          growing.assign(Int32Array.of(0), column(type, expected.at(-1)!))
          expected[0] = expected.at(-1)!
        }
        return { view: growing.snapshot(), expected: expected.slice() }
      })
      for (const { view, expected } of views) assert.deepEqual(valuesOf(view()), expected)
    })
  }
})
