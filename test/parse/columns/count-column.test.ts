/*
  Counts since 1970 in 64-bit columns, against BigInt.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { EpochFormat } from '../../../src/parse/cells/epoch-format.js'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { CountColumn } from '../../../src/parse/columns/count-column.js'
import { read } from '../reading.js'
import { runs } from '../../helpers/runs.js'
import { blockOf, field, refusedRows } from './block.js'

const null64 = -(2n ** 63n)

/** The raw numbers of the texts; other ways than the column's own give 77. */
function values(factor: number, texts: readonly string[]): { data: bigint[]; others: number[] } {
  const others: number[] = []
  const column = new CountColumn(
    {
      expected: 'a count',
      readCell: (bytes, start, end, into) => {
        const text = Buffer.from(bytes.subarray(start, end)).toString()
        others.push(texts.indexOf(text))
        into.setExact(77)
        return text === 'x' ? NaN : 0
      },
      column: (data, length) => ({ form: 'vector', type: 'LONG', length, data }),
    },
    3,
    new BufferPool(),
    factor,
  )
  const block = blockOf(texts)
  column.read(block, field, 0)
  const { data } = column.take(texts.length, []) as unknown as { data: BigInt64Array }
  deepStrictEqual(
    refusedRows(block),
    texts.flatMap((text, row) => (text === 'x' ? [row] : [])),
  )
  return { data: [...data.subarray(0, texts.length)], others }
}

t.test('counts are what BigInt makes of them', async t => {
  const max = 2n ** 63n - 1n
  const count = fc.oneof(
    fc.bigInt({ min: -max, max }),
    fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
  )
  fc.assert(
    fc.property(fc.array(count, { minLength: 1, maxLength: 50 }), list => {
      const { data, others } = values(1, list.map(String))
      deepStrictEqual([data, others], [list, []])
    }),
    { numRuns: runs(100) },
  )
  const short = fc.bigInt({ min: -9_007_199_254n, max: 9_007_199_254n })
  fc.assert(
    fc.property(fc.array(short, { minLength: 1, maxLength: 50 }), list => {
      deepStrictEqual(
        values(1_000_000, list.map(String)).data,
        list.map(one => one * 1_000_000n),
      )
    }),
    { numRuns: runs(100) },
  )
  t.pass()
})

t.test('everything else goes the general way', async t => {
  const texts = [
    '1.5',
    ' 7',
    '1234567890-123456789',
    '99999999999999999999',
    '',
    'x',
    '-',
    '+-12345678901234567',
  ]
  const { data, others } = values(1, texts)
  t.strictSame(others, [0, 1, 2, 3, 5, 6, 7])
  t.strictSame(data, [77n, 77n, 77n, 77n, null64, null64, 77n, 77n])
  t.strictSame(values(1_000_000_000, ['9007199', '9007200']).others, [1], 'beyond 2^53')
})

t.test('milliseconds that no double holds are exact in every unit', async t => {
  for (const [unit, text] of [
    ['s', '9007199254740.993'],
    ['ms', '9007199254740993'],
    ['ms', '9007199254740993.0'],
    ['us', '9007199254740993000'],
  ] as const) {
    for (const [sign, end] of [
      ['', '08:59:00.993'],
      ['-', '15:00:59.007'],
    ] as const) {
      const { rows } = await read(`c\n${sign}${text}\n`, 'c:TIMESTAMP', {
        header: 'yes',
        batch: { cells: { dateFormats: { c: `epoch:${unit}` } } },
      })
      t.match(rows, [[new RegExp(`${end}$`)]], `${sign}${text} ${unit}`)
    }
  }
})

t.test('each unit in each type, before 1970 too', async t => {
  const lines = ['1577957400032', '-1', '0', '1577957400032.5', '9223372036854775807']
  for (const [type, unit, expected] of [
    [
      'TIMESTAMP',
      'ms',
      ['2020.01.02T09:30:00.032', '1969.12.31T23:59:59.999', '1970.01.01T00:00:00.000'],
    ],
    [
      'TIMESTAMP',
      's',
      ['51973.06.24T20:00:32.000', '1969.12.31T23:59:59.000', '1970.01.01T00:00:00.000'],
    ],
    ['NANOTIMESTAMP', 'ns', ['1970.01.01T00:26:17.957400032', '1969.12.31T23:59:59.999999999']],
    ['NANOTIMESTAMP', 'ms', ['2020.01.02T09:30:00.032000000', '1969.12.31T23:59:59.999000000']],
  ] as const) {
    const { rows } = await read(`c\n${lines.join('\n')}\n`, `c:${type}`, {
      header: 'yes',
      batch: { cells: { dateFormats: { c: `epoch:${unit}` } } },
    })
    t.strictSame(
      rows.slice(0, expected.length).map(([one]) => one),
      expected,
      `${type} ${unit}`,
    )
  }
  t.equal(new EpochFormat(3).unitDigits, 3)
})
