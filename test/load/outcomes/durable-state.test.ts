/*
  Derives the state of a run from journal records, and compares the state with a model that keeps every row separately.
*/
import fc from 'fast-check'
import t from 'tap'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import { readRun } from '../../helpers/journals.js'
import type { JournaledRun } from '../../../src/load/outcomes/journaled-run.js'
import { resumedInput } from '../../../src/load/journal/resumed-input.js'
import type { InputRange } from '../../../src/parse/batch.js'
import { batchOf } from '../../helpers/batches.js'
import { targetRecord } from '../../helpers/journals.js'
import { runs } from '../../helpers/runs.js'
import { anyStep, inputCount, rowBytes, RunModel, type Step } from './run-model.js'

const equal = (what: string, found: unknown, wanted: unknown): void => {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`${what}: ${a.slice(0, 500)}, not ${b.slice(0, 500)}`)
}

const at = (startBytes: number, endBytes: number): InputRange =>
  batchOf((endBytes - startBytes) / rowBytes, startBytes / rowBytes).ranges[0]!

/** Throws unless state and model agree about the run. */
function check(state: JournaledRun, model: RunModel): void {
  equal('rows', state.rows(), model.rows())
  equal('last number', state.lastNo, model.lastNo)
  for (let input = 0; input < inputCount; input++) {
    const { from, pieces, endBytes } = model.resumed(input)
    const found = resumedInput(state.inputs[input]!, input)
    equal('from', found.from, from)
    equal('records', found.records, from.records)
    equal(
      'pieces',
      found.pieces,
      pieces.map(({ known: _, ...piece }) => piece),
    )
    for (const { startBytes, endBytes: end, known } of pieces) {
      equal('known', found.knownOf(at(startBytes, end)), known)
      equal('rows of it', found.hasRowsOf(at(startBytes, end)), true)
    }
    equal('what comes behind', found.knownOf(at(endBytes, endBytes + rowBytes)), undefined)
    equal('new rows', found.hasRowsOf(at(endBytes, endBytes + rowBytes)), true)
  }
}

t.test('the state of a run adds up the outcomes of its single rows', async () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60, size: 'max' }), (steps: Step[]) => {
      const model = new RunModel()
      const state = readRun(...model.first)
      // The batches of `settling` are settled along the way, those of `state` never.
      const settling = readRun(...model.first)
      for (const step of steps) {
        for (const record of model.step(step)) {
          state.take(record)
          settling.take(record)
        }
        if (step.kind !== 'settle') continue
        settling.inputs[step.input]!.covered.settle()
        equal('settled', settling.rows(), state.rows())
      }
      check(settling, model)
      equal('rows', state.rows(), model.rows())
      check(state, model)
    }),
    { numRuns: runs(400) },
  )
})

t.test('thousands of batches are settled along the way, and none is lost', async t => {
  for (const leftOut of [-1, 0, 600]) {
    const model = new RunModel()
    const state = readRun(...model.first)
    const rows = 2_000
    for (let no = 1; no <= rows; no++) {
      for (const record of model.step({ kind: 'batch', input: 0, rows: 2 })) state.take(record)
      if (no - 1 === leftOut) continue
      // Each batch ends before the next one begins, so only the latest batch and batch `leftOut` are open.
      const which = leftOut >= 0 && no > leftOut ? 1 : 0
      for (const record of model.step({ kind: 'ended', which, how: 'confirmed' })) {
        state.take(record)
      }
    }
    check(state, model)
    const { ends, ranges } = state.inputs[0]!.covered
    t.ok(ranges.length <= rows && ends.length <= rows + 1)
    if (leftOut < 0) t.equal(ranges.length, 0, 'all batches are settled')
    t.match(state.rows(), { confirmed: leftOut < 0 ? 2 * rows : 2 * (rows - 1) })
  }
})

const run: JournalRecord = {
  kind: 'run',
  format: 1,
  version: '1.0.0',
  runId: 'nightly',
  token: 'abc',
  startedAt: '',
  folder: '/data',
  options: { inputs: ['a.csv'], server: { host: 'h', port: 1 }, target: { table: 't' } },
}
const process: JournalRecord = { kind: 'process', number: 1, startedAt: '' }
const inputs = new RunModel().first[1]!
const identity = {
  name: 't',
  columns: 'id:INT',
  inMemory: true,
  physicalIndex: null,
  rows: 0,
  dropsDuplicates: false,
}
const target = (used: 'receipts' | 'answers' | 'count' | 'none'): JournalRecord => ({
  kind: 'target',
  identity,
  used,
})
const reading: JournalRecord = { kind: 'reading', input: 0, detected: 'csv' }
const read: JournalRecord = {
  kind: 'read',
  input: 0,
  summary: {
    path: '0.csv',
    format: null,
    compression: null,
    bytes: 0,
    rows: 3,
    rejected: 0,
    firstError: null,
    contentBytes: { read: 0, rows: 0, rejected: 0, header: 0, other: 0, skipped: 0 },
    detected: null,
    ragged: 0,
  },
}
const end = (isDone: boolean): JournalRecord => ({
  kind: 'end',
  at: '',
  isDone,
  status: 'loaded',
  exitCode: 0,
  rows: { read: 0, confirmed: 0, unconfirmed: 0, rejected: 0, skipped: 0, unsent: 0 },
})
const batch: JournalRecord = {
  kind: 'batch',
  no: 7,
  input: 0,
  start: 0,
  end: 30,
  endLine: 5,
  rows: 3,
  records: 3,
}
const confirmed: JournalRecord = {
  kind: 'ended',
  no: 7,
  confirmed: 3,
  rejected: 0,
  unconfirmed: 0,
  unsent: 0,
}

t.test('without records, nothing is known about a run', async t => {
  const state = readRun()
  t.match(state, { run: undefined, processes: 0, lastNo: 0, ledgerNumber: 0, hasLeftServer: true })
  t.strictSame(state.rows(), { confirmed: 0, filtered: 0, rejected: 0, unconfirmed: 0, unsent: 0 })
})

t.test('the start of a new process clears the end of the previous process', async t => {
  t.equal(readRun(run, process).end, undefined)
  t.match(readRun(run, process, end(false)).end, { isDone: false })
  const next = readRun(run, process, { kind: 'session', id: 's1' }, end(false), {
    ...process,
    number: 2,
  })
  t.match(next, { end: undefined, processes: 2 })
  t.strictSame(next.dataSessions, [], 'sessions of the process before are of no use')
  t.strictSame(
    readRun(process, { kind: 'session', id: 's1' }, { kind: 'session', id: 's2' }).dataSessions,
    ['s1', 's2'],
  )
})

t.test('an input that was read counts as read if its batches have numbers', async t => {
  for (const used of ['receipts', 'answers'] as const) {
    t.match(readRun(run, process, inputs, target(used), reading, read).inputs[0], {
      summary: { rows: 3 },
    })
  }
})

t.test(
  'without numbers an input counts as read once the run is done, but not after a kill',
  async t => {
    for (const used of ['count', 'none'] as const) {
      const told = [run, process, inputs, target(used), reading, read]
      t.equal(readRun(...told).inputs[0]!.summary, undefined)
      t.equal(readRun(...told, end(false)).inputs[0]!.summary, undefined)
      t.match(readRun(...told, end(true)).inputs[0], { summary: { rows: 3 } })
      t.equal(
        readRun(...told, { ...process, number: 2 }, end(true)).inputs[0]!.summary,
        undefined,
        'the later process has not read what the one before has read',
      )
    }
  },
)

t.test('the run has state on the server from its first target until it leaves', async t => {
  t.equal(readRun(run, process, target('receipts')).hasLeftServer, false)
  t.equal(readRun(run, process, target('receipts'), { kind: 'leaving' }).hasLeftServer, true)
  t.equal(
    readRun(run, process, target('receipts'), { kind: 'leaving' }, target('receipts'))
      .hasLeftServer,
    false,
  )
})

t.test(
  'a run that starts over continues the numbers of batches, ledgers and processes, and keeps nothing else',
  async t => {
    const anew = readRun(
      run,
      process,
      inputs,
      target('receipts'),
      { kind: 'ledger', number: 4 },
      batch,
      confirmed,
      { kind: 'rejectsFile', path: '/r.csv' },
      { kind: 'forgotten' },
      end(true),
      { ...run, token: 'def' },
    )
    t.match(anew, {
      run: { token: 'def' },
      lastNo: 7,
      ledgerNumber: 4,
      processes: 1,
      inputs: [],
      target: undefined,
      rejects: undefined,
      isForgotten: false,
      end: undefined,
    })
    t.strictSame(anew.rejectsFiles, ['/r.csv'], 'the files may still exist')
    t.strictSame(anew.rows(), { confirmed: 0, filtered: 0, rejected: 0, unconfirmed: 0, unsent: 0 })
    anew.take(inputs)
    anew.take(confirmed)
    t.strictSame(anew.rows().confirmed, 0, 'an old number counts no more')
  },
)

t.test('if two records give an outcome for one number, only the last record counts', async t => {
  const inDoubt: JournalRecord = { ...confirmed, confirmed: 0, unconfirmed: 3 }
  const state = readRun(inputs, batch, inDoubt)
  t.match(state.rows(), { confirmed: 0, unconfirmed: 3 })
  state.take(confirmed)
  t.match(state.rows(), { confirmed: 3, unconfirmed: 0 })
  state.take(confirmed)
  state.take({ ...inDoubt, no: 99 })
  t.match(state.rows(), { confirmed: 3, unconfirmed: 0 }, 'an unknown number counts nothing')
})

const rejects = (name: string, rejected: number): JournalRecord => ({
  kind: 'rejects',
  byClass: { parse: rejected, type: 1, server: 0 },
  byCode: { DDB_INPUT_CELL: 1 },
  unplaced: 0,
  files: [],
  byInput: { [name]: { rejected, firstError: null } },
  upTo: { input: 0, offsetBytes: rejected },
})

t.test('if rows are only counted, rejects are forgotten when rows are read again', async t => {
  const counted: JournalRecord = { ...targetRecord, used: 'count' }
  const end = (isDone: boolean): JournalRecord => ({
    kind: 'end',
    at: '2026-01-01T00:00:00.000Z',
    isDone,
    status: 'rejects',
    exitCode: 3,
    rows: { read: 9, confirmed: 5, unconfirmed: 0, rejected: 2, skipped: 2, unsent: 0 },
  })
  const process = (number: number): JournalRecord => ({
    kind: 'process',
    number,
    startedAt: '2026-01-01T00:00:00.000Z',
  })
  const records = [inputs, counted, rejects('a.csv', 1)]
  t.equal(readRun(...records).rejects, undefined)
  t.equal(readRun(...records, end(false), process(2)).rejects, undefined)
  const done = [...records, end(true)]
  t.match(readRun(...done).rejects, { byInput: { 'a.csv': { rejected: 1 } } })
  const rows = { confirmed: 7, filtered: 0, rejected: 2, unconfirmed: 0, unsent: 0 }
  t.strictSame(readRun(...done).rows(), rows, 'as many as at its end')
  t.strictSame(readRun(...done, process(2)).rows(), rows)
  t.match(
    readRun(...done, process(2), rejects('a.csv', 5)).rejects,
    { byInput: { 'a.csv': { rejected: 1 } } },
    'a later process that was killed changes nothing',
  )
})

t.test('rejects of each input are recorded when they change, and all are kept', async t => {
  const state = readRun(inputs, rejects('a.csv', 1), rejects('b.csv', 2), rejects('a.csv', 3))
  t.match(state.rejects, {
    byInput: { 'a.csv': { rejected: 3 }, 'b.csv': { rejected: 2 } },
    upTo: { offsetBytes: 3 },
  })
  t.equal(state.rows().rejected, 4)
})

t.test(
  "a batch that was sent without receipts has no receipt in a later process's ledger",
  async t => {
    const ledger: JournalRecord = { kind: 'ledger', number: 1, version: 2 }
    const begun: JournalRecord[] = [{ ...run, format: 2 }, inputs, process, ledger]
    const next: JournalRecord = { ...process, number: 2 }
    const isLostAfter = (...records: JournalRecord[]): unknown => {
      const model = new RunModel()
      const batch = model.step({ kind: 'batch', input: 0, rows: 1 })
      const { inputs: found } = readRun(...begun, reading, ...records, ...batch)
      const known = resumedInput(found[0]!, 0).knownOf(at(0, rowBytes))
      return known?.kind === 'sent' && known.hasNoReceipt
    }
    t.equal(isLostAfter(target('receipts')), false)
    t.equal(isLostAfter(target('answers')), true, 'receipts were refused')
    t.equal(isLostAfter(next, target('answers')), true, 'no ledger was used')
    t.equal(isLostAfter(next, ledger, target('receipts')), false)
  },
)
