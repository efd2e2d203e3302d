import fc from 'fast-check'
import t from 'tap'
import type { ColumnType, DataType } from '../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import type { Column } from '../../../src/protocol/value.js'
import { convertColumn } from '../../../src/server/columns/convert-column.js'
import { textsOf } from '../../helpers/script.js'
import { column, valuesOf } from './columns.js'

function convert(from: DataType, to: ColumnType, ...values: ElementValue[]): ElementValue[] {
  return valuesOf(convertColumn(column(from, ...values), to))
}

t.test('a column of the right type is taken as it is', t => {
  const ids = column('INT', 1, 2)
  t.equal(convertColumn(ids, { type: 'INT' }), ids)
  t.end()
})

t.test('numbers are rounded to the nearest, halves away from zero', t => {
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
  'whole numbers keep their value in every numeric type that holds it, and are null elsewhere',
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

t.test('a FLOAT keeps NaN and infinity, and what overflows it is null', t => {
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

t.test('times of day convert into each other only, and dates have no time of day', t => {
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

t.test('text goes into every column of text', t => {
  const symbols = convertColumn(column('STRING', 'b', '', 'a', 'b'), { type: 'SYMBOL' })
  t.match(symbols, { type: 'SYMBOL', base: ['', 'b', 'a'] })
  t.same(textsOf(symbols), ['b', '', 'a', 'b'])
  t.same(textsOf(convertColumn(symbols, { type: 'STRING' })), ['b', '', 'a', 'b'])
  const blobs = convertColumn(column('STRING', 'é'), { type: 'BLOB' })
  t.same(valuesOf(blobs), [Uint8Array.of(0xc3, 0xa9)])
  t.same(textsOf(convertColumn(blobs, { type: 'SYMBOL' })), ['é'])
  t.end()
})

t.test('text is read as a number where the column is FLOAT, DOUBLE or a decimal', t => {
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

t.test('decimals change scale with rounding and never change value silently', t => {
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

t.test('NULL goes into every column', t => {
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

t.test('a tuple becomes a column of its elements, or of its vectors', t => {
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

t.test('arrays convert cell by cell', t => {
  const arrays = vectorOf({ type: 'INT', array: true }, [[1, 2], [3]])
  t.same(textsOf(convertColumn(arrays, { type: 'DOUBLE', array: true })), ['[1,2]', '[3]'])
  t.throws(() => convertColumn(arrays, { type: 'INT' }), {
    message: 'Incompatible type. Expected: INT, Actual: INT[]',
  })
  t.end()
})
