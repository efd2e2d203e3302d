/*
  TIMESTAMP in its usual spelling, against Date; what is left to the general way is counted.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { NanotimestampColumn, TimestampColumn } from '../../../src/parse/columns/time-columns.js'
import { runs } from '../../helpers/runs.js'
import { readTimes } from './time-reading.js'

const read = (texts: readonly string[]): ReturnType<typeof readTimes> =>
  readTimes(texts, TimestampColumn)

const moment = fc.date({
  min: new Date('0000-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})

t.test('every moment is read in each usual spelling', async t => {
  fc.assert(
    fc.property(
      fc.array(moment, { minLength: 1, maxLength: 20 }),
      fc.constantFrom('-', '.', '/'),
      fc.constantFrom('T', ' '),
      fc.constantFrom('', '000', '000000'),
      fc.constantFrom('', 'Z', 'z'),
      (moments, separator, between, zeros, utc) => {
        const texts = moments.map(date => {
          const text = date.toISOString().slice(0, -1).replaceAll('-', separator)
          return `${text.replace('T', between)}${zeros}${utc}`
        })
        deepStrictEqual(read(texts), {
          values: moments.map(date => BigInt(date.getTime())),
          others: [],
          refused: [],
        })
      },
    ),
    { numRuns: runs(100) },
  )
  t.pass()
})

const usual = '2024-02-29T23:59:59.999'

t.test('a date that is not one is not taken for the one before', async t => {
  const bad = usual.replace('02-29', '02-30')
  const { values, others, refused } = read([usual, bad, usual, bad, bad])
  t.strictSame(refused, [1, 3, 4])
  t.strictSame(others, [bad, bad, bad])
  t.equal(values[2], BigInt(Date.parse(`${usual}Z`)))
})

t.test('one date is not taken for another, whatever came before', async t => {
  const part = (max: number): fc.Arbitrary<string> =>
    fc.nat(max).map(number => String(number).padStart(2, '0'))
  const year = fc.constantFrom('0000', '1899', '1900', '1969', '1970', '2000', '2023', '2024')
  const date = fc.oneof(
    fc.tuple(year, part(13), part(39), fc.constantFrom('-', '.')),
    fc.tuple(year, part(99), part(99), fc.constantFrom('-', '\0')),
  )
  const time = fc.constantFrom('00:00:00.000', '00:00:00.001', '17:02:47.295', '23:59:59.999')
  fc.assert(
    fc.property(fc.array(fc.tuple(date, time), { minLength: 1, maxLength: 60 }), cells => {
      const texts = cells.map(([[y, m, d, separator], clock]) =>
        [y, m, `${d}T${clock}`].join(separator),
      )
      // Date takes 30 February for a day of March.
      const expected = cells.map(([[y, m, d, separator], clock]) => {
        const iso = `${y}-${m}-${d}T${clock}Z`
        const ms = Date.parse(iso)
        const isDay = !Number.isNaN(ms) && new Date(ms).toISOString() === iso
        return isDay && separator !== '\0' ? BigInt(ms) : -(2n ** 63n)
      })
      deepStrictEqual(read(texts).values, expected)
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('any other text is left to the general way', async t => {
  const others = [
    usual.slice(0, -1),
    `${usual}0`,
    '2024-02-29T24:00:00.000',
    '2024-02-29T23:60:00.000',
    '2024-02-29T23:59:60.000',
    '2024-13-01T00:00:00.000',
    '2024-02/29T00:00:00.000',
    '2024_02_29T00:00:00.000',
    '2024-02-29x00:00:00.000',
    '2024-02-29t00:00:00.000',
    '2024-02-29T00:00:00.000001',
    '2024-02-29T00:00:00.000000001',
    '2024-02-29T00:00:00.0000',
    '2024-02-29T00:00:00,000',
    '2024-02-29T00:00:00.',
    '2024-02-29T00:00',
    '2024-02-29T00:00Z',
    '2024-02-29T00:00:00ZZ',
    '2024-02-29T00:00:00+00',
    'Z',
    'x024-02-29T00:00:00.000',
  ]
  t.strictSame(read(others).others, others)
})

t.test('one wrong byte anywhere is seen', async t => {
  const digits = /\d/
  for (const text of [usual.slice(0, 19), usual, `${usual}000`, `${usual}999999`]) {
    const wrong = [...text].flatMap((c, i) =>
      [...(digits.test(c) ? '/:' : '09x'), ...';\x10p'].map(
        other => text.slice(0, i) + other + text.slice(i + 1),
      ),
    )
    // A byte beyond ASCII is two, which make another length.
    const widened = [...text.slice(0, -1)].map(
      (_, i) => `${text.slice(0, i)}\u00b0${text.slice(i + 2)}`,
    )
    for (const Column of [TimestampColumn, NanotimestampColumn]) {
      const left = new Set(readTimes([...wrong, ...widened], Column).others)
      t.strictSame(
        [...wrong, ...widened].filter(other => !left.has(other)),
        [],
      )
    }
  }
})

t.test('an empty text is null', async t => {
  t.strictSame(read(['', usual]), {
    values: [-(2n ** 63n), BigInt(Date.parse(`${usual}Z`))],
    others: [],
    refused: [],
  })
})
