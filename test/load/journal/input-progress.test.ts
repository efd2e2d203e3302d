import t from 'tap'
import { inputProgress, type InputProgress } from '../../../src/load/journal/input-progress.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import { readRun } from '../../helpers/journals.js'
import {
  batchRecord,
  endedRecord,
  inputsRecord,
  runRecord,
  targetRecord,
} from '../../helpers/journals.js'

function progressOf(...records: readonly JournalRecord[]): InputProgress {
  const state = readRun()
  for (const record of [runRecord('r'), inputsRecord, targetRecord, ...records]) state.take(record)
  return inputProgress(state.inputs[0]!, 0)
}

const read: JournalRecord = { kind: 'read', input: 0, summary: {} as never }
const reading: JournalRecord = { kind: 'reading', input: 0, detected: '' }

t.test('an input that was not opened resumes at its beginning', async t => {
  t.strictSame(progressOf(), {
    settled: { offsetBytes: 0, lineNumber: 1, records: 0 },
    isDone: false,
    uncertain: [],
  })
})

t.test('an input is settled up to the first batch with an unknown outcome', async t => {
  const batches = [1, 2, 3, 4].map(batchRecord)
  const known = [endedRecord(1), endedRecord(4)]
  t.strictSame(progressOf(reading, ...batches, ...known), {
    settled: { offsetBytes: 109, lineNumber: 12, records: 10 },
    isDone: false,
    uncertain: [{ startBytes: 109, endBytes: 309, firstLine: 12, lastLine: 31, rows: 20 }],
  })
})

t.test('ranges that do not touch stay separate', async t => {
  const batches = [1, 2, 3].map(batchRecord)
  t.match(progressOf(...batches, endedRecord(2)).uncertain, [
    { startBytes: 9, endBytes: 109, firstLine: 1, lastLine: 11 },
    { startBytes: 209, endBytes: 309, firstLine: 22, lastLine: 31 },
  ])
})

t.test('part of a batch has the lines of the batch', async t => {
  const part: JournalRecord = { kind: 'part', no: 3, input: 0, start: 150, end: 180, rows: 3 }
  const { uncertain } = progressOf(...[1, 2].map(batchRecord), endedRecord(1), part)
  t.strictSame(uncertain, [
    { startBytes: 150, endBytes: 180, firstLine: 12, lastLine: 21, rows: 3 },
  ])
})

t.test('an input is done once it was read and every batch has its outcome', async t => {
  t.match(progressOf(reading, batchRecord(1), endedRecord(1), read), { isDone: true })
  t.match(progressOf(reading, batchRecord(1), endedRecord(1)), { isDone: false })
  const { isDone, uncertain } = progressOf(reading, batchRecord(1), endedRecord(1, 10), read)
  t.notOk(isDone)
  t.match(uncertain, [{ rows: 10 }])
})
