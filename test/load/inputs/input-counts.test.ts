/*
  Records that a process reads again and records that are new. A run must count each record once. In the simulator's
  seed 9,050,002,306, the rows of a run did not add up.
*/
import t from 'tap'
import { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import { bytesError, newRecordCounter } from '../../../src/load/inputs/input-counts.js'
import { testRun } from '../../helpers/load-run.js'

function runWith(last: { offsetBytes: number; lineNumber: number; records: number }) {
  const run = testRun({ inputs: ['a.csv'] })
  const found = new RecordedRun()
  found.sentOf = () => ({ ...last, rows: last.records })
  run.history.found = found
  return run
}

t.test('before the end of the last batch of earlier processes, no record is new', async t => {
  const run = runWith({ offsetBytes: 100, lineNumber: 11, records: 10 })
  const { among, knownReject } = newRecordCounter(run, 0)
  knownReject(50)
  t.same([1, 10, 11, 15].map(among), [0, 0, 1, 5])
})

t.test(
  'later rejects that earlier processes counted are not new, but the rows between them are',
  async t => {
    const run = runWith({ offsetBytes: 100, lineNumber: 11, records: 10 })
    const { among, knownReject } = newRecordCounter(run, 0)
    t.equal(among(12), 2)
    knownReject(120)
    t.equal(among(13), 2)
    knownReject(150)
    t.equal(among(16), 4)
  },
)

t.test('without earlier processes all records are new', async t => {
  const run = testRun({ inputs: ['a.csv'] })
  t.equal(newRecordCounter(run, 0).among(7), 7)
})

// The equation of byte counts: which differences make a run fail, and which are allowed.

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
