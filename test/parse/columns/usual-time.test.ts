/*
  Dates with a time in the usual spelling, against Date: a text is one exactly when Date gives it back.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { UsualTime } from '../../../src/parse/columns/usual-time.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from '../cells/cell.js'

type Parts = readonly [day: number, msOfDay: number, nanos: number, midnightMs: number]

const time = new UsualTime()

function partsOf(text: string): Parts | undefined {
  const { bytes, view, start, end } = cellOf(text)
  const msOfDay = time.read(bytes, view, start, end)
  if (msOfDay < 0) return undefined
  const midnightMs = time.midnightHigh * 2 ** 32 + (time.midnightLow >>> 0)
  return [time.day, msOfDay, time.nanos, midnightMs]
}

/** What Date makes of it: it takes 30 February for a day of March, so the text must come back. */
function expectedOf(seconds: string, fraction: string): Parts | undefined {
  const ms = Date.parse(`${seconds}Z`)
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== seconds) return undefined
  const nanos = Number(fraction.padEnd(9, '0'))
  const day = Math.floor(ms / 86_400_000)
  const midnightMs = day * 86_400_000
  const msOfDay = ms - midnightMs + Math.floor(nanos / 1_000_000)
  return [day, msOfDay, nanos % 1_000_000, midnightMs]
}

const digits = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length })

t.test('a text is a time exactly when Date gives it back', async t => {
  const two = (max: number): fc.Arbitrary<string> =>
    fc.nat(max).map(number => String(number).padStart(2, '0'))
  let read = 0
  fc.assert(
    fc.property(
      fc.tuple(digits(4), two(13), two(32)),
      fc.tuple(two(24), two(60), two(60)),
      fc.oneof(...[0, 3, 6, 9].map(digits)),
      fc.constantFrom('', 'Z', 'z'),
      (date, clock, fraction, utc) => {
        const seconds = `${date.join('-')}T${clock.join(':')}`
        const expected = expectedOf(seconds, fraction)
        if (expected !== undefined) read++
        const behind = fraction === '' ? '' : `.${fraction}`
        deepStrictEqual(partsOf(`${seconds}${behind}${utc}`), expected)
      },
    ),
    { numRuns: runs(3000) },
  )
  t.ok(read > runs(3000) / 2, `${read} were times`)
})

t.test('separators are two of a kind', async t => {
  for (const [text, isTime] of [
    ['2024.02.29T00:00:00', true],
    ['2024/02/29 00:00:00', true],
    ['2024-02.29T00:00:00', false],
    ['2024.02/29T00:00:00', false],
    ['2024,02,29T00:00:00', false],
    ['2024002029T00:00:00', false],
    ['2024-02-29t00:00:00', false],
    ['2024-02-29T00-00-00', false],
  ] as const) {
    t.equal(partsOf(text) !== undefined, isTime, text)
  }
})

t.test('a text of another length is none', async t => {
  const text = '2024-02-29T00:00:00.000000000'
  for (let length = 0; length <= text.length; length++) {
    const isTime = [19, 23, 26, 29].includes(length)
    t.equal(partsOf(text.slice(0, length)) !== undefined, isTime, text.slice(0, length))
  }
})
