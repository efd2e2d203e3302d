/*
  DATETIME in its usual spelling, against Date; what is left to the general way is counted.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { DateTimeColumn } from '../../../src/parse/columns/time-columns.js'
import { int32Layout } from '../../../src/parse/columns/number-layouts.js'
import { runs } from '../../helpers/runs.js'
import { blockOf, field, refusedRows } from './block.js'

const nullValue = -(2 ** 31)

/** Reads texts; those that went the general way are kept, and refused. */
function read(texts: readonly string[]): { values: number[]; others: string[]; refused: number[] } {
  const others: string[] = []
  const column = new DateTimeColumn(
    {
      ...int32Layout,
      expected: 'a time',
      column: (data, length) => {
        return { form: 'vector', type: 'DATETIME', length, data: data as Int32Array }
      },
    },
    0,
    new BufferPool(),
    (bytes, start, end) => {
      others.push(Buffer.from(bytes.subarray(start, end)).toString())
      return NaN
    },
  )
  const block = blockOf(texts)
  column.read(block, field, 0)
  const { data } = column.take(texts.length, []) as { data: Int32Array }
  return {
    values: Array.from(data.subarray(0, texts.length)),
    others,
    refused: refusedRows(block),
  }
}

t.test('every second that 32 bits hold is read in each usual spelling', async t => {
  const largest = 2 ** 31 - 1
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -largest, max: largest }), { minLength: 1, maxLength: 20 }),
      fc.constantFrom('-', '.', '/'),
      fc.constantFrom('', '.000', '.000000', '.000000000', 'Z', '.000Z'),
      (values, separator, behind) => {
        const texts = values.map(value => {
          const text = new Date(value * 1000).toISOString().slice(0, 19)
          return `${text.replaceAll('-', separator)}${behind}`
        })
        deepStrictEqual(read(texts), { values, others: [], refused: [] })
      },
    ),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('years beyond 32 bits, parts of a second and other spellings are left', async t => {
  const others = [
    '1901-12-13T20:45:52',
    '2038-01-19T03:14:08',
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:59',
    '2024-02-29T00:00:00.001',
    '2024-02-29T00:00:00.000001',
    '2024-02-29T00:00:00.000000001',
    '2023-02-29T00:00:00',
    '2024-02-29',
    '2024-02-29T00:00',
  ]
  const { values, others: left, refused } = read(['2024-02-29T00:00:01', ...others])
  t.strictSame(left, others)
  t.strictSame(
    refused,
    Array.from(others.keys(), row => row + 1),
  )
  t.strictSame(values, [Date.UTC(2024, 1, 29, 0, 0, 1) / 1000, ...others.map(() => nullValue)])
})

t.test('an empty text is null', async t => {
  t.strictSame(read(['', '1970-01-01T00:00:00']), {
    values: [nullValue, 0],
    others: [],
    refused: [],
  })
})
