/*
  A shortened journal has the same state as the long journal, for any batches and any outcomes.
*/
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { fold as foldEvent, newRunState } from '../../../src/load/outcomes/fold.js'
import { inputProgress } from '../../../src/load/journal/input-progress.js'
import type { EndedRows } from '../../../src/load/journal/journal-record.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import { readRun } from '../../helpers/journals.js'
import type { JournaledRun } from '../../../src/load/outcomes/journaled-run.js'
import { mergeRejects } from '../../../src/load/outcomes/durable-state.js'
import { readJournal } from '../../../src/load/journal/read-journal.js'
import { shrinkJournal } from '../../../src/load/journal/settled-rows.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import {
  endRecord,
  inputsRecord,
  processRecord,
  runRecord,
  targetRecord,
  writeJournal,
} from '../../helpers/journals.js'
import { runs } from '../../helpers/runs.js'

type RecordOf<Kind extends JournalRecord['kind']> = Extract<JournalRecord, { kind: Kind }>

const rowsOfBatch = 10

const said = (state: JournaledRun) => ({
  rows: state.rows(),
  processes: state.processes,
  lastNo: state.lastNo,
  rejects: state.rejects,
  end: state.end,
  inputs: state.inputs.map((input, i) => ({
    ...inputProgress(input, i),
    detected: input.detected,
  })),
})

const rejectsRecord = (no: number): RecordOf<'rejects'> => ({
  kind: 'rejects',
  byClass: { parse: no, type: 0, server: 0 },
  byCode: { DDB_INPUT_CELL: no },
  unplaced: 0,
  files: [{ key: 'k', path: 'r.csv', rows: no, sizeBytes: 9 * no, reasonsBytes: 99 * no }],
  byInput: { [`${no % 3}.csv`]: { rejected: no, firstError: null } },
  upTo: { input: 0, offsetBytes: no },
})

t.test('a shortened journal has the same state as the long one', async t => {
  const folder = t.testdir()
  let name = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: rowsOfBatch }), { maxLength: 30 }),
      fc.nat({ max: 30 }),
      async (rejected, knownBefore) => {
        const found: JournalRecord[] = [
          runRecord('r'),
          processRecord(1),
          inputsRecord,
          targetRecord,
          { kind: 'reading', input: 0, detected: 'csv' },
        ]
        const told: JournalRecord[] = []
        for (const [i, bad] of rejected.entries()) {
          const no = i + 1
          const batch: JournalRecord = {
            ...{ kind: 'batch', no, input: 0, start: i * 100, end: no * 100, endLine: no * 10 },
            ...{ rows: rowsOfBatch, records: no * rowsOfBatch },
          }
          const rows: EndedRows = {
            ...{ confirmed: rowsOfBatch - bad, rejected: bad, unconfirmed: 0, unsent: 0 },
          }
          const ended: JournalRecord = { kind: 'ended', no, ...rows }
          const records = bad > 0 ? [batch, rejectsRecord(no), ended] : [batch, ended]
          ;(no <= knownBefore ? found : told).push(...records)
        }
        const before = readRun(...found)
        const [input] = before.inputs
        const inputs = [{ ...input!.covered.ends.at(-1)!, rows: input!.covered.rows }]
        const run = newRunState()
        const sums = { ...before.sums, duplicates: 0 }
        const nothing = { skipped: 0, filtered: 0, rejected: 0, unconfirmed: 0, unsent: 0 }
        foldEvent(run, { kind: 'goesOn', named: before.inputs, inputs, sums, ...nothing })
        foldEvent(run, { kind: 'numbersGiven', lastNo: before.lastNo, lastSendNo: 0 })
        let rejects = before.rejects
        for (const record of told) {
          if (record.kind === 'batch') {
            const { start: startBytes, end: endBytes, ...others } = record
            const lines = { file: 'a.csv', firstLine: 1, lastLine: 1 }
            const ranges = [{ ...others, ...lines, startBytes, endBytes }]
            const batch = { lane: 0, no: record.no, rows: record.rows, bytes: 1 }
            foldEvent(run, { kind: 'numbered', ...batch, ranges, isNew: true })
          } else if (record.kind === 'ended') foldEvent(run, { lane: 0, ...record })
          else if (record.kind === 'rejects') rejects = mergeRejects(rejects, record)
        }
        const summary = { path: 'a.csv' } as RecordOf<'read'>['summary']
        const all = [...found, ...told, { kind: 'read', input: 0, summary } as const]
        const runId = `r${name++}`
        const path = writeJournal(folder, runId, [{ ...runRecord(runId) }, ...all.slice(1)])
        const { length } = readFileSync(path)
        await shrinkJournal(path, systemFiles, run, rejects, endRecord(), length)
        const short = readRun()
        const size = await readJournal(path, runId, systemFiles, record => short.take(record))
        if (size?.damage !== undefined) throw new Error(size.damage)
        const [one, other] = [said(short), said(readRun(...all, endRecord()))].map(each =>
          JSON.stringify(each),
        )
        if (one !== other) throw new Error(`${one} instead of ${other}`)
        // Shortening the journal again changes nothing.
        const sizeBytes = size?.sizeBytes ?? 0
        await shrinkJournal(path, systemFiles, run, short.rejects, endRecord(), sizeBytes)
      },
    ),
    { numRuns: runs(60) },
  )
})
