/*
  Records that a process reads again and records that are new. A run must count each record once. In the simulator's
  seed 9,050,002,306, the rows of a run did not add up.
*/
import t from 'tap'
import { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import { bytesError, newRecordCounter } from '../../../src/load/inputs/input-counts.js'
import { testRun } from '../../helpers/load-run.js'

t.test('records and rejects that earlier processes counted are not new', async t => {
  const run = testRun({ inputs: ['a.csv'] })
  t.equal(newRecordCounter(run, 0).among(7), 7, 'without earlier processes')
  const found = new RecordedRun()
  found.sentOf = () => ({ offsetBytes: 100, lineNumber: 11, records: 10, rows: 10 })
  run.history.found = found
  const { among, knownReject } = newRecordCounter(run, 0)
  knownReject(50)
  t.same([1, 10, 12].map(among), [0, 0, 2])
  knownReject(120)
  t.equal(among(13), 2)
  knownReject(150)
  t.equal(among(16), 4)
})

// The equation of byte counts: which differences make a run fail, and which are allowed.
const counts = { read: 100, rows: 70, rejected: 10, header: 12, other: 5, skipped: 3 }

t.test('bytes add up exactly at the end; before it, some may be in no batch yet', async t => {
  for (const [rows, isWhole, isWrong] of [
    [70, true, false],
    [0, true, true],
    [69, true, true],
    [71, true, true],
    [70, false, false],
    [0, false, false],
    [71, false, true],
  ] as const) {
    const message = `the bytes of "a.csv" do not add up: 100 read, ${30 + rows} accounted for`
    const error = bytesError('a.csv', { ...counts, rows }, isWhole)
    if (isWrong) t.match(error, { code: 'DDB_INTERNAL', exitCode: 70, message })
    else t.equal(error, undefined)
  }
})
