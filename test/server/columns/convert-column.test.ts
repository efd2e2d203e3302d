import fc from 'fast-check'
import t from 'tap'
import type { ColumnType, DataType } from '../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import type { Column } from '../../../src/protocol/value.js'
import { convertColumn } from '../../../src/server/columns/convert-column.js'
import { textsOf } from '../../helpers/script.js'
import { column, valuesOf, fixed } from './columns.js'
import { parseTemporal, type TemporalType } from '../../../src/protocol/types/temporals.js'
import { convertTemporal, isInsertable } from '../../../src/server/columns/convert-temporal.js'

function convert(from: DataType, to: ColumnType, ...values: ElementValue[]): ElementValue[] {
  return valuesOf(convertColumn(column(from, ...values), to))
}

t.test('a column of the right type is used unchanged', t => {
  const ids = column('INT', 1, 2)
  t.equal(convertColumn(ids, { type: 'INT' }), ids)
  t.end()
})

t.test('numbers are rounded to the nearest integer, halves away from zero', t => {
  t.same(convert('DOUBLE', { type: 'INT' }, 4.4, 5.5, 6.6, -4.4, -5.5, null), [
    4,
    6,
    7,
    -4,
    -6,
    null,
  ])
  t.same(convert('DOUBLE', { type: 'LONG' }, 7.2, -0.5), [7n, -1n])
  t.end()
})

t.test(
  'integers keep their value in every numeric type that can hold it, and are null elsewhere',
  t => {
    const limits: [DataType, bigint][] = [
      ['CHAR', 127n],
      ['SHORT', 32767n],
      ['INT', 2147483647n],
      ['LONG', 2n ** 63n - 1n],
    ]
    for (const [type, limit] of limits) {
      fc.assert(
        fc.property(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), value => {
          const [converted] = convert('LONG', { type }, value)
          const expected = value >= -limit && value <= limit ? value : null
          return (converted === null ? null : BigInt(converted as number)) === expected
        }),
        {
          examples: [[limit], [-limit], [limit + 1n], [-limit - 1n]].filter(
            ([v]) => v! < 2n ** 63n && v! > -(2n ** 63n),
          ) as [bigint][],
        },
      )
    }
    t.same(convert('LONG', { type: 'DOUBLE' }, 2n ** 53n + 1n, -3n, null), [2 ** 53, -3, null])
    t.same(convert('INT', { type: 'BOOL' }, 0, -2, null), [false, true, null])
    t.same(convert('BOOL', { type: 'INT' }, true, false, null), [1, 0, null])
    t.end()
  },
)

t.test('a FLOAT keeps NaN and infinity, and values that overflow are null', t => {
  t.same(convert('DOUBLE', { type: 'FLOAT' }, 1.5, 1e300, Infinity, null), [
    1.5,
    null,
    Infinity,
    null,
  ])
  t.ok(Number.isNaN(convert('DOUBLE', { type: 'FLOAT' }, NaN)[0]))
  t.same(convert('FLOAT', { type: 'DOUBLE' }, 1.5, null), [1.5, null])
  t.same(convert('DOUBLE', { type: 'INT' }, NaN, Infinity), [null, null])
  t.end()
})

t.test('times of day convert only into times of day, and dates have no time of day', t => {
  t.same(convert('TIME', { type: 'SECOND' }, 48_610_008), [48_610])
  t.same(convert('MINUTE', { type: 'NANOTIME' }, 810), [48_600_000_000_000n])
  const refused: [DataType, DataType][] = [
    ['TIME', 'DATE'],
    ['DATE', 'TIME'],
    ['DATEHOUR', 'SECOND'],
    ['MONTH', 'DATE'],
    ['INT', 'DATE'],
    ['DATE', 'INT'],
    ['LONG', 'TIMESTAMP'],
  ]
  for (const [from, to] of refused) {
    t.throws(() => convert(from, { type: to }, null), {
      message: `Incompatible type. Expected: ${to}, Actual: ${from}`,
    })
  }
  t.end()
})

t.test('text converts into every text column', t => {
  const symbols = convertColumn(column('STRING', 'b', '', 'a', 'b'), { type: 'SYMBOL' })
  t.match(symbols, { type: 'SYMBOL', base: ['', 'b', 'a'] })
  t.same(textsOf(symbols), ['b', '', 'a', 'b'])
  t.same(textsOf(convertColumn(symbols, { type: 'STRING' })), ['b', '', 'a', 'b'])
  const blobs = convertColumn(column('STRING', 'é'), { type: 'BLOB' })
  t.same(valuesOf(blobs), [Uint8Array.of(0xc3, 0xa9)])
  t.same(textsOf(convertColumn(blobs, { type: 'SYMBOL' })), ['é'])
  t.end()
})

t.test('text is read as a number if the column is FLOAT, DOUBLE or a decimal', t => {
  t.same(convert('STRING', { type: 'DOUBLE' }, '1.5', ' -2e3 ', ''), [1.5, -2000, null])
  t.same(convert('SYMBOL', { type: 'DECIMAL64', scale: 4 }, '3.1415926535', '-1', ''), [
    31_415n,
    -10_000n,
    null,
  ])
  t.throws(() => convert('STRING', { type: 'DOUBLE' }, '1', 'x'), {
    message: 'Incompatible type. Expected: DOUBLE, Actual: STRING',
  })
  t.throws(() => convert('STRING', { type: 'INT' }, '1'), {
    message: 'Incompatible type. Expected: INT, Actual: STRING',
  })
  t.throws(() => convert('STRING', { type: 'DECIMAL32', scale: 0 }, '1000000000'), {
    message:
      "Can't convert STRING to DECIMAL32(0): parse 1000000000 to DECIMAL32(0) failed: decimal overflow",
  })
  t.end()
})

t.test('decimals are rounded when their scale changes, and never change value silently', t => {
  t.same(convert('DOUBLE', { type: 'DECIMAL32', scale: 2 }, 0.29, 1.005, -2.5, null), [
    29n,
    101n,
    -250n,
    null,
  ])
  t.same(convert('LONG', { type: 'DECIMAL128', scale: 10 }, 2n ** 62n), [2n ** 62n * 10n ** 10n])
  const prices = vectorOf({ type: 'DECIMAL64', scale: 4 }, [12_345n, -12_355n, null])
  t.same(valuesOf(convertColumn(prices, { type: 'DECIMAL32', scale: 2 })), [123n, -124n, null])
  t.same(valuesOf(convertColumn(prices, { type: 'DOUBLE' })), [1.2345, -1.2355, null])
  t.same(valuesOf(convertColumn(prices, { type: 'INT' })), [1, -1, null])
  t.throws(() => convert('LONG', { type: 'DECIMAL32', scale: 2 }, 21_474_837n), {
    message: 'DECIMAL math overflow RefId:S05003',
  })
  t.throws(() => convert('DOUBLE', { type: 'DECIMAL64', scale: 2 }, 1e300), {
    message: 'DECIMAL math overflow RefId:S05003',
  })
  t.end()
})

t.test('NULL converts into every column', t => {
  const nulls: Column = { form: 'vector', type: 'VOID', length: 2 }
  const targets: ColumnType[] = [
    { type: 'SYMBOL' },
    { type: 'DECIMAL128', scale: 2 },
    { type: 'UUID' },
    { type: 'DOUBLE', array: true },
  ]
  for (const target of targets) t.equal(convertColumn(nulls, target).length, 2)
  t.same(valuesOf(convertColumn(nulls, { type: 'INT' })), [null, null])
  t.same(valuesOf(convertColumn(nulls, { type: 'DECIMAL128', scale: 2 })), [null, null])
  t.end()
})

t.test('a tuple becomes a column of its elements or of its vectors', t => {
  const mixed = column(
    'ANY',
    { form: 'scalar', type: 'INT', value: 60 },
    { form: 'scalar', type: 'DOUBLE', value: 1.6 },
  )
  t.same(valuesOf(convertColumn(mixed, { type: 'LONG' })), [60n, 2n])
  const vectors = column('ANY', column('INT', 1, 2), column('INT', 3))
  t.same(textsOf(convertColumn(vectors, { type: 'DOUBLE', array: true })), ['[1,2]', '[3]'])
  t.throws(() => convertColumn(vectors, { type: 'DOUBLE' }), {
    message: 'Incompatible type. Expected: DOUBLE, Actual: ANY',
  })
  t.same(textsOf(convertColumn(column('INT', 1, 2), { type: 'ANY' })), ['1', '2'])
  t.end()
})

t.test('arrays are converted cell by cell', t => {
  const arrays = vectorOf({ type: 'INT', array: true }, [[1, 2], [3]])
  t.same(textsOf(convertColumn(arrays, { type: 'DOUBLE', array: true })), ['[1,2]', '[3]'])
  t.throws(() => convertColumn(arrays, { type: 'INT' }), {
    message: 'Incompatible type. Expected: INT, Actual: INT[]',
  })
  t.end()
})

function convertConvertTemporal(
  from: DataType,
  to: DataType,
  ...values: ElementValue[]
): ElementValue[] {
  return valuesOf(convertTemporal(fixed({ type: from }, ...values), to))
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
      const made = convertTemporal(fixed({ type: from }, raw(from), null), to)
      t.equal(made.type, to)
      t.strictSame(textsOf(made), [moment[to], ''], `${from} into ${to}`)
    }
  }
})

t.test('a coarser type becomes the first moment of its period', async t => {
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
    t.strictSame(convertConvertTemporal(from, to, given), [wanted], `${from} ${given} into ${to}`)
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
      return expected.every(
        ([to, value]) => convertConvertTemporal('TIMESTAMP', to, stamp)[0] === value,
      )
    }),
    { examples: [[-1], [0], [-86_400_000], [951_782_400_000], [-2_203_977_600_000]] },
  )
  t.end()
})

t.test('nanosecond times are divided without losing a nanosecond', t => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), nanos => {
      const ms = floorDivide(nanos, 1_000_000n)
      const days = floorDivide(nanos, 86_400_000_000_000n)
      return (
        convertConvertTemporal('NANOTIMESTAMP', 'TIMESTAMP', nanos)[0] === ms &&
        convertConvertTemporal('NANOTIMESTAMP', 'DATE', nanos)[0] === Number(days) &&
        convertConvertTemporal('NANOTIMESTAMP', 'NANOTIME', nanos)[0] ===
          nanos - days * 86_400_000_000_000n
      )
    }),
  )
  t.end()
})

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}
