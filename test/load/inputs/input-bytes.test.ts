/*
  The equation of bytes: what makes a run fail, and what may be left over.
*/
import t from 'tap'
import { bytesError } from '../../../src/load/inputs/input-bytes.js'

const counts = { read: 100, rows: 70, rejected: 10, header: 12, other: 5, skipped: 3 }

t.test('an input that was read to its end adds up exactly', async t => {
  t.equal(bytesError('a.csv', counts, true), undefined)
  for (const rows of [0, 69, 71]) {
    t.match(bytesError('a.csv', { ...counts, rows }, true), {
      code: 'DDB_INTERNAL',
      exitCode: 70,
      message: `the bytes of "a.csv" do not add up: 100 read, ${30 + rows} accounted for`,
    })
  }
})

t.test('one that was not may have bytes over, but none that were not read', async t => {
  t.equal(bytesError('a.csv', counts, false), undefined)
  t.equal(bytesError('a.csv', { ...counts, rows: 0 }, false), undefined)
  t.match(bytesError('a.csv', { ...counts, rows: 71 }, false), { code: 'DDB_INTERNAL' })
})
