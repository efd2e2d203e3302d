import { join } from 'node:path'
import t from 'tap'
import type { AnyReject } from '../../../src/load/rejects/reject.js'
import { RunRejects } from '../../../src/load/rejects/run-rejects.js'
import type { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import type { JournaledRejects } from '../../../src/load/journal/journal-record.js'
import type { RecordShape } from '../../../src/parse/batch.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { utf8Source } from '../../helpers/utf8-source.js'

const shape: RecordShape = {
  format: 'csv',
  delimiter: ',',
  fieldNames: ['a'],
  fieldCount: 1,
  headerBytes: Buffer.from('a\n'),
  text: utf8Source,
}

const reject = (kind: AnyReject['class'], code: AnyReject['code']): AnyReject => ({
  file: 'in.csv',
  lineNumber: 3,
  offsetBytes: 17,
  lengthBytes: 2,
  bytes: Buffer.from('x\n'),
  code,
  class: kind,
  message: 'bad',
  columnName: undefined,
  value: undefined,
})

/** Rejects that are only counted and written, and do not end a run. */
const rejectsOf = (setup: ConstructorParameters<typeof RunRejects>[0]): RunRejects =>
  new RunRejects(setup, {} as ConstructorParameters<typeof RunRejects>[1])

const cell = reject('type', 'DDB_INPUT_CELL')

t.test('the result has the first three rejects of each code, for up to twenty codes', async t => {
  const rejects = rejectsOf({
    checked: { rejectsFile: undefined, runId: 'r' },
    files: systemFiles,
  })
  for (let row = 0; row < 5; row++) {
    for (let code = 0; code < 25; code++) {
      rejects.add({ ...reject('type', `CODE_${code}` as 'DDB_INPUT_CELL'), lineNumber: row }, shape)
    }
  }
  const { first } = rejects.result()
  t.equal(first.length, 60)
  t.strictSame([...new Set(first.map(({ lineNumber }) => lineNumber))], [0, 1, 2])
  t.equal(new Set(first.map(({ code }) => code)).size, 20)
})

t.test('a reject that is neither in a file nor unplaced is an internal error', async t => {
  const path = join(t.testdir(), 'r.csv')
  const rejects = rejectsOf({ checked: { rejectsFile: path, runId: 'r' }, files: systemFiles })
  rejects.add(cell, shape)
  rejects.close()
  t.equal(rejects.equationError(1), undefined)
  t.match(rejects.equationError(2), { code: 'DDB_INTERNAL' })
  t.match(rejects.equationError(0), { code: 'DDB_INTERNAL' })
})

/** Continues a run whose journal has these rejects. */
function goOn(run: RunRejects, rejects: JournaledRejects): void {
  run.goOn({ rejects } as Partial<RecordedRun> as RecordedRun)
}

t.test('the journal gets the inputs with new rejects, and all counts', async t => {
  const path = join(t.testdir(), 'r.csv')
  const rejects = rejectsOf({ checked: { rejectsFile: path, runId: 'r' }, files: systemFiles })
  t.equal(rejects.count, 0)
  rejects.add(cell, shape)
  rejects.add({ ...cell, file: 'b.csv' }, shape)
  rejects.flush()
  t.equal(rejects.count, 2)
  t.match(rejects.journaled(), {
    byClass: { type: 2 },
    byCode: { DDB_INPUT_CELL: 2 },
    files: [{ path, rows: 2, sizeBytes: 6 }],
    byInput: { 'in.csv': { rejected: 1 }, 'b.csv': { rejected: 1 } },
  })
  rejects.add(cell, shape)
  rejects.flush()
  const { byInput, byClass } = rejects.journaled()
  t.match(byClass, { type: 3 })
  t.strictSame(Object.keys(byInput), ['in.csv'], 'those that have changed')
  t.strictSame(rejects.journaled().byInput, {})
  rejects.close()
})

t.test('without a file, a resumed process also continues the counts', async t => {
  const before = rejectsOf({
    checked: { rejectsFile: undefined, runId: 'r' },
    files: systemFiles,
  })
  before.add(cell, shape)
  const journaled = { ...before.journaled(), upTo: [[0, 18]] as const }
  const rejects = rejectsOf({
    checked: { rejectsFile: undefined, runId: 'r' },
    files: systemFiles,
  })
  goOn(rejects, journaled)
  rejects.add(cell, shape)
  t.match(rejects.result(), { byClass: { type: 2 } })
  t.match(rejects.ofInput('in.csv'), { rejected: 2 })
})
