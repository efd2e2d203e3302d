/*
  Where a resumed run reads an input again. test/load/outcomes/durable-state.test.ts compares any course of a run with a
  model.
*/
import t from 'tap'
import type { InputRange } from '../../../src/parse/batch.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import { readRun } from '../../helpers/journals.js'
import { resumedInput, type ResumedInput } from '../../../src/load/journal/resumed-input.js'
import { batchOf } from '../../helpers/batches.js'
import { RunModel, type Step } from '../outcomes/run-model.js'

/** The first input of a run after these steps. */
function resumedAfter(steps: readonly Step[], isRead = false): ResumedInput {
  const model = new RunModel()
  const [input] = readRun(...model.first, ...steps.flatMap(step => model.step(step))).inputs
  const summary = {} as Extract<JournalRecord, { kind: 'read' }>['summary']
  return resumedInput(isRead ? { ...input!, summary } : input!, 0)
}

const rangeOf = (rows: number, firstRow = 0): InputRange => batchOf(rows, firstRow).ranges[0]!
const batch = (rows: number): Step => ({ kind: 'batch', input: 0, rows })
const confirmed: Step = { kind: 'ended', which: 0, how: 'confirmed' }
const unsent: Step = { kind: 'ended', which: 0, how: 'unsent' }

t.test('an input of which no row was sent is read from its beginning', async t => {
  const resumed = resumedAfter([])
  t.match(resumed, { from: { offsetBytes: 0, lineNumber: 1 }, records: 0, isDone: false })
  t.strictSame(resumed.pieces, [])
  t.equal(resumed.knownOf(rangeOf(4)), undefined)
})

t.test('reading resumes after the settled batches, with the pieces that have numbers', async t => {
  const resumed = resumedAfter([batch(4), confirmed, batch(2), batch(3), batch(1)])
  t.match(resumed.from, { offsetBytes: 40, lineNumber: 6 })
  t.equal(resumed.records, 4)
  t.strictSame(resumed.pieces, [
    { startBytes: 40, endBytes: 60 },
    { startBytes: 60, endBytes: 90 },
    { startBytes: 90, endBytes: 100 },
  ])
  t.strictSame(resumed.knownOf(rangeOf(2, 4)), {
    kind: 'sent',
    no: 2,
    rows: 2,
    hasNoReceipt: false,
  })
  t.equal(resumed.knownOf(rangeOf(5, 10)), undefined, 'rows after the pieces are new')
})

t.test('rows returned to the reader are read as a piece that is not stored', async t => {
  const resumed = resumedAfter([batch(4), unsent])
  t.strictSame(resumed.pieces, [{ startBytes: 0, endBytes: 40 }])
  t.strictSame(resumed.knownOf(rangeOf(4)), { kind: 'unsent' })
})

t.test(
  'the rest of each divided batch is a separate piece, even next to another piece',
  async t => {
    const parts: Step[] = [
      // The first two rows of batch 1, and the last two of batch 2.
      { kind: 'part', which: 0, from: 0, rows: 1 },
      { kind: 'part', which: 2, from: 2, rows: 1 },
    ]
    const resumed = resumedAfter([batch(4), batch(4), ...parts])
    t.strictSame(resumed.pieces, [
      { startBytes: 0, endBytes: 20 },
      { startBytes: 20, endBytes: 40 },
      { startBytes: 40, endBytes: 60 },
      { startBytes: 60, endBytes: 80 },
    ])
    t.strictSame(resumed.knownOf(rangeOf(2, 2)), { kind: 'unsent' })
  },
)

t.test('an input is done if it was read to its end and is completely settled', async t => {
  t.equal(resumedAfter([batch(4), confirmed], true).isDone, true)
  t.equal(resumedAfter([batch(4), confirmed], false).isDone, false)
  t.equal(resumedAfter([batch(4)], true).isDone, false)
  t.equal(resumedAfter([], true).isDone, true, 'an empty one, too')
})

t.test('if a number now has different rows than those sent, the change is noticed', async t => {
  const resumed = resumedAfter([batch(4)])
  t.equal(resumed.hasRowsOf(rangeOf(4)), true)
  t.equal(resumed.hasRowsOf(rangeOf(3)), false)
  t.equal(resumed.hasRowsOf(rangeOf(5)), false)
  t.equal(resumed.hasRowsOf(rangeOf(9, 4)), true, 'new rows have no number yet')
})
