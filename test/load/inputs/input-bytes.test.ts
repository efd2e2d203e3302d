/*
  The equation of byte counts: which differences make a run fail, and which are allowed.
*/
import t from 'tap'
import { bytesError } from '../../../src/load/inputs/input-counts.js'

const counts = { read: 100, rows: 70, rejected: 10, header: 12, other: 5, skipped: 3 }

t.test('the bytes of an input that was read to its end add up exactly', async t => {
  t.equal(bytesError('a.csv', counts, true), undefined)
  for (const rows of [0, 69, 71]) {
    t.match(bytesError('a.csv', { ...counts, rows }, true), {
      code: 'DDB_INTERNAL',
      exitCode: 70,
      message: `the bytes of "a.csv" do not add up: 100 read, ${30 + rows} accounted for`,
    })
  }
})

t.test(
  'an unfinished input may have bytes that were read but are in no batch, never the reverse',
  async t => {
    t.equal(bytesError('a.csv', counts, false), undefined)
    t.equal(bytesError('a.csv', { ...counts, rows: 0 }, false), undefined)
    t.match(bytesError('a.csv', { ...counts, rows: 71 }, false), { code: 'DDB_INTERNAL' })
  },
)
