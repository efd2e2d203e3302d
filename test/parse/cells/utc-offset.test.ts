/*
  Offsets behind times.
*/
import t from 'tap'
import { UtcOffset } from '../../../src/parse/cells/utc-offset.js'
import { cellOf } from './cell.js'

/** What is left of a time, and the seconds of its offset. */
function taken(text: string): [rest: string, seconds: number | undefined] {
  const offset = new UtcOffset()
  const { bytes, start, end } = cellOf(text)
  const behind = offset.takeFrom(bytes, start, end)
  const rest = Buffer.from(bytes.subarray(start, behind)).toString()
  return [rest, offset.isGiven ? offset.seconds : undefined]
}

t.test('an offset is taken away from the time before it', async t => {
  for (const [text, rest, seconds] of [
    ['10:00Z', '10:00', 0],
    ['10:00:00 z', '10:00:00', 0],
    ['10:00 UTC', '10:00', 0],
    ['10:00+00', '10:00', 0],
    ['10:00-00:00', '10:00', -0],
    ['10:00+08', '10:00', 28_800],
    ['10:00:00.5+0530', '10:00:00.5', 19_800],
    ['10:00 -03:30', '10:00', -12_600],
    ['100000+23:59', '100000', 86_340],
    ['1000-05', '1000', -18_000],
  ] as const) {
    const [left, found] = taken(text)
    t.equal(left, rest, text)
    t.equal(found! + 0, seconds + 0, text)
  }
})

t.test('what is not an offset stays', async t => {
  for (const text of [
    '10:00',
    '10:00+8',
    '10:00+24',
    '10:00+08:60',
    '10:00+08:0',
    '10:00 utc',
    '+08',
  ]) {
    t.strictSame(taken(text), [text, undefined])
  }
})
