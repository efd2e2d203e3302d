/* Journals written by the test, in the form in which processes leave them. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  journalFormat,
  recordLine,
  type JournalRecord,
} from '../../src/load/journal/journal-record.js'
import { RecordedRun } from '../../src/load/journal/recorded-run.js'
import { noRows } from './values.js'

/** The run that these records describe. */
export function readRun(...records: readonly JournalRecord[]): RecordedRun {
  const run = new RecordedRun()
  for (const record of records) run.take(record)
  return run
}

type RecordOf<Kind extends JournalRecord['kind']> = Extract<JournalRecord, { kind: Kind }>

export const dayMs = 86_400_000

export const runRecord = (
  runId: string,
  change: Partial<RecordOf<'run'>> = {},
): RecordOf<'run'> => ({
  kind: 'run',
  format: journalFormat,
  version: '0.0.0',
  runId,
  token: '1f',
  startedAt: '2026-01-02T03:04:05.678Z',
  folder: '/data',
  options: {
    inputs: ['a.csv'],
    server: { host: 'h', port: 8848 },
    target: { table: 'trades' },
    input: {},
    runId,
  },
  ...change,
})

export const processRecord = (number: number): JournalRecord => ({
  kind: 'process',
  startedAt: `2026-01-02T03:04:${String(number).padStart(2, '0')}.000Z`,
})

export const inputsRecord: JournalRecord = {
  ...{ kind: 'input', input: 0, path: 'a.csv' },
  fingerprint: { sizeBytes: 60, modifiedMs: 0, head: 'aa', tail: 'bb' },
}

export const targetRecord: JournalRecord = {
  kind: 'facts',
  target: {
    name: 'trades',
    columns: 'id:INT',
    inMemory: true,
    physicalIndex: null,
    rows: 0,
    chunkId: null,
    total: 'kept',
  },
  used: 'receipts',
}

/** Batch `no`: ten rows in ten lines and a hundred bytes. The file has a header of one line and nine bytes. */
export const batchRecord = (no: number): JournalRecord => ({
  kind: 'batch',
  stream: 1,
  no,
  ranges: [
    {
      input: 0,
      startBytes: 9 + (no - 1) * 100,
      endBytes: 9 + no * 100,
      rows: 10,
      endLine: 2 + no * 10,
      records: no * 10,
    },
  ],
})

export const endedRecord = (no: number, unconfirmed = 0): JournalRecord => ({
  ...{ kind: 'ended', stream: 1, no, lane: 0, part: 1, unconfirmed },
  ...{ confirmed: 10 - unconfirmed, rejected: 0, unsent: 0, filtered: 0 },
})

export const endRecord = (change: Partial<RecordOf<'end'>> = {}): RecordOf<'end'> => ({
  kind: 'end',
  at: '2026-01-02T04:00:00.000Z',
  isDone: true,
  status: 'loaded',
  exitCode: 0,
  rows: { ...noRows, read: 10, confirmed: 10 },
  ...change,
})

/** @param folder  see `JournalOptions` @param ageMs  time since the last write */
export function writeJournal(
  folder: string,
  runId: string,
  records: readonly JournalRecord[],
  { tail = '', ageMs = 0 } = {},
): string {
  const path = join(folder, 'runs', `${runId}.journal`)
  mkdirSync(join(folder, 'runs'), { recursive: true })
  writeFileSync(path, records.map(recordLine).join('') + tail)
  const seconds = (Date.now() - ageMs) / 1000
  utimesSync(path, seconds, seconds)
  return path
}
