/*
  The journal in the hands of a run: which records it gets, in which order, and what the next process finds.
*/
import t from 'tap'
import { DdbError } from '../../../src/errors.js'
import type { BatchRange } from '../../../src/load/outcomes/events.js'
import type { EndedRows } from '../../../src/load/journal/journal-record.js'
import {
  halves,
  partRanges,
  wholeBatch,
  type BatchPart,
} from '../../../src/load/outcomes/batch-part.js'
import { newJournal, type Journal } from '../../../src/load/journal/journal.js'
import { newResumption, type Resumption } from '../../../src/load/journal/resumption.js'
import type { JournalFile } from '../../../src/load/journal/journal-file.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import { namedInput } from '../../../src/load/outcomes/durable-state.js'
import { readRun } from '../../helpers/journals.js'
import type { Batch } from '../../../src/parse/batch.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { batchOf } from '../../helpers/batches.js'

const paths = ['a.csv', 'b.csv']
const fingerprint = { sizeBytes: 1, modifiedMs: 1, head: 'h', tail: 't' }
const begun: JournalRecord = {
  kind: 'inputs',
  inputs: paths.map(path => ({ path, fingerprint })),
}
const done = { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0 }

/** A file in memory that logs its records and calls. */
class MemoryFile implements JournalFile {
  readonly path = '/state/runs/r.journal'
  readonly written: JournalRecord[] = []
  readonly calls: string[] = []
  failure: DdbError | undefined
  #waiting: JournalRecord[] = []

  add(record: JournalRecord): void {
    // Stores the record in the form in which the next process will read it.
    this.#waiting.push(JSON.parse(JSON.stringify(record)) as JournalRecord)
  }
  write(): void {
    if (this.#waiting.length === 0) return
    if (this.failure !== undefined) throw this.failure
    this.calls.push('write')
    this.written.push(...this.#waiting)
    this.#waiting = []
  }
  isInPlace(): boolean {
    return this.failure === undefined
  }
  sync(): void {
    this.write()
    this.calls.push('sync')
  }
  close(): void {
    this.write()
    this.calls.push('close')
  }
}

/** A process that finds these records. `past` are the records from before a restart. */
function processOf(
  records: readonly JournalRecord[] = [],
  past?: readonly JournalRecord[],
  isFollowing = false,
) {
  const file = new MemoryFile()
  const found = readRun(...records)
  let released = 0
  const journal = newJournal({
    file,
    found,
    past: past === undefined ? found : readRun(...past),
    token: 0xabcn,
    begunMs: 0,
    inputs: paths.map(path => namedInput(path, fingerprint)),
    isFollowing,
    wasUnlocked: true,
    lost: () => undefined,
    release: () => void released++,
    opening: [],
    files: systemPlatform.files,
  })
  return { file, journal, released: () => released, next: () => [...records, ...file.written] }
}

function resumption({ found }: Journal, isFollowing = false): Resumption {
  return newResumption(found, isFollowing)
}

function place(journal: Journal, batch: Batch, input = 0): Batch {
  const range = batch.ranges[0]!
  resumption(journal).place(range, input, range.endOffsetBytes / 10)
  return batch
}

function reading(journal: Journal, input: number, detected: string): void {
  journal.take({ kind: 'reading', input, detected })
}

/** Reports to the journal that the run is about to send rows with the number `no`. */
function sending(journal: Journal, no: number, part: BatchPart): void {
  const rows = part.end - part.start
  const batch = { ranges: partRanges(part), rows, bytes: 10 * rows }
  const [{ input, startBytes }] = batch.ranges as [BatchRange]
  const ends = journal.found.inputs[input]?.covered.ends ?? []
  const isNew = rows === part.batch.rowCount && startBytes >= (ends.at(-1)?.offsetBytes ?? 0)
  journal.take({ kind: 'numbered', lane: 0, no, ...batch, isNew })
  part.no = no
  journal.commit()
}

function ended(journal: Journal, { no }: BatchPart, rows: EndedRows): void {
  journal.take({ kind: 'ended', lane: 0, no, ...rows })
}

t.test('rows are recorded before they are sent, in one write with ended batches', async t => {
  const { journal, file } = processOf([begun])
  reading(journal, 0, 'csv')
  const first = wholeBatch(place(journal, batchOf(4)))
  sending(journal, 1, first)
  t.strictSame(file.written, [
    { kind: 'reading', input: 0, detected: 'csv' },
    {
      kind: 'batch',
      no: 1,
      input: 0,
      start: 0,
      end: 40,
      endLine: 6,
      rows: 4,
      records: 4,
    },
  ])
  t.equal(first.no, 1)
  ended(journal, first, { ...done, confirmed: 4 })
  t.equal(file.calls.length, 1, 'an ended batch waits for the next write')
  sending(journal, 2, wholeBatch(place(journal, batchOf(2, 4))))
  t.equal(file.calls.length, 2)
  t.match(file.written.slice(2), [
    { kind: 'ended', no: 1, confirmed: 4 },
    { kind: 'batch', no: 2, start: 40, end: 60 },
  ])
})

t.test('parts of a batch and resent rows are recorded as parts', async t => {
  const { journal, file, next } = processOf([begun])
  reading(journal, 0, 'csv')
  const whole = wholeBatch(place(journal, batchOf(4)))
  sending(journal, 1, whole)
  const [one, other] = halves(whole)
  t.equal(one.no, undefined, 'a half has no number yet')
  sending(journal, 2, one)
  sending(journal, 3, other)
  t.match(file.written.slice(2), [
    { kind: 'part', no: 2, start: 0, end: 20, rows: 2 },
    { kind: 'part', no: 3, start: 20, end: 40, rows: 2 },
  ])
  ended(journal, other, { ...done, unsent: 2 })
  ended(journal, one, { ...done, confirmed: 2 })
  journal.commit()
  const second = processOf(next())
  t.strictSame(resumption(second.journal).resumed(0)?.pieces, [
    { startBytes: 0, endBytes: 20 },
    { startBytes: 20, endBytes: 40 },
  ])
  sending(second.journal, 4, wholeBatch(place(second.journal, batchOf(2, 2))))
  t.match(second.file.written, [{ kind: 'part', no: 4, start: 20, end: 40 }])
  sending(second.journal, 5, wholeBatch(place(second.journal, batchOf(2, 4))))
  t.match(second.file.written.slice(1), [{ kind: 'batch', no: 5, start: 40, end: 60 }])
})

t.test('each input has its own positions', async t => {
  const { journal, next } = processOf([begun])
  for (const input of [0, 1]) {
    reading(journal, input, 'csv')
    sending(journal, input + 1, wholeBatch(place(journal, batchOf(4), input)))
  }
  const second = processOf(next())
  for (const input of [0, 1]) {
    const batch = place(second.journal, batchOf(4), input)
    t.strictSame(resumption(second.journal).knownOf(batch), {
      kind: 'sent',
      no: input + 1,
      rows: 4,
      hasNoReceipt: false,
    })
  }
  t.equal(resumption(second.journal).knownOf(batchOf(4)), undefined, 'a batch without a position')
})

t.test('if the journal cannot be written, no rows are sent', async t => {
  const { journal, file } = processOf([begun])
  reading(journal, 0, 'csv')
  journal.commit()
  file.failure = new DdbError('DDB_OUTPUT_WRITE', 'full')
  const part = wholeBatch(place(journal, batchOf(4)))
  t.throws(() => sending(journal, 1, part), { code: 'DDB_OUTPUT_WRITE' })
  t.equal(journal.failure, file.failure)
  t.equal(file.written.length, 1)
})

t.test('for batches that never had a number, no end is recorded', async t => {
  const { journal, file } = processOf([begun])
  ended(journal, wholeBatch(batchOf(4)), { ...done, unsent: 4 })
  journal.commit()
  t.strictSame(file.written, [])
})

t.test(
  'rejects are in their files before the journal counts them, and before their batch ends',
  async t => {
    const { journal, file, next } = processOf([begun])
    const order: string[] = []
    const rejects = {
      count: 0,
      flush: () => void order.push(`flush behind ${file.written.length}`),
      journaled: () => ({
        byClass: { parse: rejects.count, type: 0, server: 0 },
        byCode: {},
        unplaced: 0,
        files: [],
        byInput: {},
      }),
    }
    journal.follow(rejects)
    reading(journal, 0, 'csv')
    const part = wholeBatch(place(journal, batchOf(4)))
    sending(journal, 1, part)
    t.strictSame(order, [], 'no rejects')
    rejects.count = 2
    journal.take({ kind: 'misread', input: 0, offsetBytes: 17 })
    journal.take({ kind: 'misread', input: 0, offsetBytes: 33 })
    ended(journal, part, { ...done, confirmed: 4 })
    journal.commit()
    t.strictSame(order, ['flush behind 2'])
    t.match(file.written.slice(2), [
      { kind: 'rejects', byClass: { parse: 2 }, upTo: { input: 0, offsetBytes: 34 } },
      { kind: 'ended', no: 1 },
    ])
    journal.commit()
    t.equal(file.written.length, 4, 'recorded once')
    const second = processOf(next())
    const known = ([input, offsetBytes]: readonly [number, number]): boolean =>
      resumption(second.journal).isKnownReject(input, offsetBytes)
    t.strictSame(
      (
        [
          [0, 0],
          [0, 33],
          [0, 34],
          [1, 0],
        ] as const
      ).map(known),
      [true, true, false, false],
    )
    t.notOk(resumption(journal).isKnownReject(0, 0), 'this process has found them itself')
  },
)

t.test('a rejects file is recorded before it is created', async t => {
  const { journal, file } = processOf([begun])
  journal.take({ kind: 'rejectsFile', path: '/out/r.csv' })
  t.strictSame(file.written, [{ kind: 'rejectsFile', path: '/out/r.csv' }])
})

t.test('the record of the marks that a run leaves on the server is synced first', async t => {
  const { journal, file } = processOf([begun])
  const part = wholeBatch(place(journal, batchOf(4)))
  sending(journal, 1, part)
  ended(journal, part, { ...done, confirmed: 4 })
  journal.commit()
  journal.take({ kind: 'leaving' })
  t.strictSame(file.calls, ['write', 'write', 'write', 'sync'])
  t.match(file.written.at(-1), { kind: 'leaving' })
})

t.test('an input is read with its old settings, or not at all', async t => {
  const first = processOf([begun])
  t.ok(resumption(first.journal).isReadAnew(0, 'a.csv', '{"format":"csv"}'))
  reading(first.journal, 0, '{"format":"csv"}')
  first.journal.commit()
  const second = resumption(processOf(first.next()).journal)
  t.notOk(second.isReadAnew(0, 'a.csv', '{"format":"csv"}'), 'the input is known')
  t.throws(() => second.isReadAnew(0, 'a.csv', '{"format":"ndjson"}'), {
    code: 'DDB_RUN_CHANGED',
    message: /a\.csv.*csv.*ndjson/,
  })
})

t.test('if a number now has different rows than those sent, the run ends', async t => {
  const first = processOf([begun])
  reading(first.journal, 0, 'csv')
  sending(first.journal, 1, wholeBatch(place(first.journal, batchOf(4))))
  const second = processOf(first.next())
  t.throws(() => place(second.journal, batchOf(3)), { code: 'DDB_RUN_CHANGED', message: /a\.csv/ })
  t.doesNotThrow(() => place(second.journal, batchOf(4)))
})

t.test('numbers of processes, batches and ledgers are never reused', async t => {
  const first = processOf()
  t.match(first.journal, { processNumber: 1, lastNo: 0, ledgerNumber: 0 })
  const records: JournalRecord[] = [
    { kind: 'process', number: 1, startedAt: '' },
    begun,
    { kind: 'ledger', number: 2 },
    { kind: 'batch', no: 9, input: 0, start: 0, end: 40, endLine: 6, rows: 4, records: 4 },
  ]
  t.match(processOf(records).journal, {
    processNumber: 2,
    lastNo: 9,
    ledgerNumber: 2,
  })
  t.match(
    processOf([], records).journal,
    { processNumber: 2, lastNo: 9, ledgerNumber: 3 },
    'not even if the run starts over',
  )
})

t.test('an input that was not opened has no position to resume at', async t => {
  t.equal(resumption(processOf([begun]).journal).resumed(0), undefined)
  const opened = processOf([begun, { kind: 'reading', input: 1, detected: 'csv' }])
  t.equal(resumption(opened.journal).resumed(0), undefined)
  t.match(resumption(opened.journal).resumed(1), { isDone: false, records: 0 })
})

t.test('the lock is released even if closing the file fails', async t => {
  const { journal, file, released } = processOf([begun])
  journal.take({ kind: 'takenBack', reason: 'gone', isCertain: true })
  file.failure = new DdbError('DDB_OUTPUT_WRITE', 'full')
  await t.rejects(journal.close(), { code: 'DDB_OUTPUT_WRITE' })
  t.equal(released(), 1)
})

t.test('followed files get numbers when they appear, and each has its rejects', async t => {
  const { journal, file, next } = processOf([begun], undefined, true)
  const fingerprint = { sizeBytes: 1, modifiedMs: 0, head: 'aa', tail: 'bb', inode: '7' }
  const number = journal.inputs.length
  journal.take({ kind: 'inputs', inputs: [{ path: 'later.csv', fingerprint }] })
  const rejects = {
    flush: () => undefined,
    count: 0,
    journaled: () => ({
      byClass: { parse: rejects.count, type: 0, server: 0 },
      byCode: {},
      unplaced: 0,
      files: [],
      byInput: {},
    }),
  }
  journal.follow(rejects)
  for (const input of [number, 0]) reading(journal, input, 'csv')
  rejects.count = 3
  journal.take({ kind: 'misread', input: number, offsetBytes: 50 })
  journal.take({ kind: 'misread', input: 0, offsetBytes: 10 })
  journal.take({ kind: 'misread', input: number, offsetBytes: 60 })
  journal.commit()
  rejects.count = 4
  journal.take({ kind: 'misread', input: 0, offsetBytes: 20 })
  journal.take({ kind: 'grown', input: number, fingerprint: { ...fingerprint, sizeBytes: 9 } })
  journal.commit()
  t.equal(file.written.filter(({ kind }) => kind === 'rejects').length, 2)
  const second = processOf(next(), undefined, true).journal
  t.match(second.found.inputs[number], { path: 'later.csv', fingerprint: { sizeBytes: 9 } })
  t.strictSame(
    [10, 20, 21].map(offset => resumption(second, true).isKnownReject(0, offset)),
    [true, true, false],
  )
  t.strictSame(
    [50, 60, 61].map(offset => resumption(second, true).isKnownReject(number, offset)),
    [true, true, false],
  )
})
