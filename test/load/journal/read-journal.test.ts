/*
  Journals with any content: the program accepts reliable records and nothing else. journal-file.test.ts cuts journals
  and flips bits, open-journal.test.ts tests refusals of resumed runs.
*/
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { recordLine, type JournalRecord } from '../../../src/load/journal/journal-record.js'
import { readRun } from '../../helpers/journals.js'
import { readJournal } from '../../../src/load/journal/read-journal.js'
import type { Files } from '../../../src/platform/platform.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import {
  batchRecord,
  endedRecord,
  endRecord,
  inputsRecord,
  processRecord,
  runRecord,
  targetRecord,
} from '../../helpers/journals.js'
import { runs } from '../../helpers/runs.js'

const records: readonly JournalRecord[] = [
  runRecord('r'),
  processRecord(1),
  inputsRecord,
  { kind: 'ledger', number: 2 },
  { kind: 'owner', number: 1 },
  { kind: 'session', id: '7' },
  targetRecord,
  { kind: 'reading', input: 0, detected: 'csv' },
  batchRecord(1),
  { kind: 'part', no: 2, input: 0, start: 9, end: 50, rows: 4 },
  endedRecord(2),
  { kind: 'rejectsFile', path: 'r.csv' },
  {
    ...{ kind: 'rejects', byClass: { parse: 1, type: 0, server: 0 }, byCode: {}, unplaced: 0 },
    ...{ files: [], byInput: {}, upTo: { input: 0, offsetBytes: 1 } },
  },
  { kind: 'forgotten' },
  { kind: 'leaving' },
  endRecord(),
]

/** Replaces one member, at any depth. */
const anyChange = fc.record({
  record: fc.nat({ max: records.length - 1 }),
  path: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 3 }),
  value: fc.oneof(
    fc.constantFrom(null, -1, 0, 1.5, 2 ** 60, '', 'x', [], {}, true, [null], 99),
    // Writes records of batches without JSON.stringify, which throws on {"toString":0}.
    fc.jsonValue().filter(value => !JSON.stringify(value).includes('"toString"')),
  ),
})

function changed(record: JournalRecord, path: readonly number[], value: unknown): JournalRecord {
  const copy = JSON.parse(JSON.stringify(record)) as JournalRecord
  let place: Record<string, unknown> = copy as unknown as Record<string, unknown>
  for (const step of path) {
    const names = Object.keys(place)
    const name = names[step % Math.max(1, names.length)]
    if (name === undefined) break
    const inner = place[name]
    if (step === path.at(-1) || typeof inner !== 'object' || inner === null) {
      place[name] = value
      break
    }
    place = inner as Record<string, unknown>
  }
  return copy
}

t.test('any record is accepted or refused with a message', async t => {
  const path = join(t.testdir(), 'r.journal')
  let refused = 0
  await fc.assert(
    fc.asyncProperty(anyChange, async ({ record, path: steps, value }) => {
      const all = records.map((one, i) => (i === record ? changed(one, steps, value) : one))
      writeFileSync(path, all.map(recordLine).join(''))
      const state = readRun()
      const found = await readJournal(path, 'r', systemFiles, one => state.take(one))
      if (found?.damage === undefined) {
        // The rows of accepted records can be counted. The token must be a number, because the server requires it.
        state.rows()
        BigInt(`0x${state.run!.token}`)
        return
      }
      refused++
      if (!/^(its line \d+ |it is that of run |something in its middle)/.test(found.damage))
        throw new Error(found.damage)
    }),
    { numRuns: runs(400) },
  )
  t.ok(refused > 0)
})

t.test('a file that is not a journal is not read to its end', async t => {
  const path = join(t.testdir(), 'r.journal')
  writeFileSync(path, 'x'.repeat(5 * 2 ** 20))
  let reads = 0
  const counting: Files = {
    ...systemFiles,
    async open(name) {
      const file = await systemFiles.open(name)
      return {
        ...file,
        read(...args) {
          reads++
          return file.read(...args)
        },
      }
    },
  }
  t.match(await readJournal(path, 'r', counting, () => undefined), { damage: /not a record/ })
  t.equal(reads, 1)
})

t.test('lines may be longer than one chunk', async t => {
  const path = join(t.testdir(), 'r.journal')
  const long = runRecord('r', { folder: '/x'.repeat(2 ** 20) })
  writeFileSync(path, recordLine(long) + recordLine(processRecord(1)))
  const taken: JournalRecord[] = []
  t.match(await readJournal(path, 'r', systemFiles, record => taken.push(record)), {
    damage: undefined,
  })
  t.strictSame(taken, [long, processRecord(1)])
})
