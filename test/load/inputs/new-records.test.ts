/*
  Records that a process reads again and records that are new. A run must count each record once. In the simulator's
  seed 9,050,002,306, the rows of a run did not add up.
*/
import t from 'tap'
import { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import { newRecordCounter } from '../../../src/load/inputs/input-counts.js'
import { testRun } from '../../helpers/load-run.js'

function runWith(last: { offsetBytes: number; lineNumber: number; records: number }) {
  const run = testRun({ inputs: ['a.csv'] })
  const found = new RecordedRun()
  found.sentOf = () => ({ ...last, rows: last.records })
  return { ...run, history: { ...run.history, found } }
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
  for (const input of [0, undefined]) t.equal(newRecordCounter(run, input).among(7), 7)
})
