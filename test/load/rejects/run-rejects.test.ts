import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { JournaledRejects } from '../../../src/load/journal/journal-record.js'
import { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import type { RejectOptions } from '../../../src/load/options.js'
import type { RunRejects } from '../../../src/load/rejects/run-rejects.js'
import type { AnyReject, RejectReading } from '../../../src/load/rejects/reject.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { testRun } from '../../helpers/load-run.js'
import { utf8Source } from '../../helpers/utf8-source.js'

const shape = {
  ...{ format: 'csv', delimiter: ',', fieldNames: ['a'], fieldCount: 1, text: utf8Source },
  headerBytes: Buffer.from('a\n'),
}

const cell: AnyReject = {
  ...{ file: 'in.csv', lineNumber: 3, offsetBytes: 17, lengthBytes: 2, bytes: Buffer.from('x\n') },
  ...{ code: 'DDB_INPUT_CELL', class: 'type', message: 'bad' },
  ...{ columnName: undefined, value: undefined },
}

/** Rejects that do not end the run. */
const rejectsOf = (rejects: RejectOptions = { onError: 'skip' }): RunRejects =>
  testRun({ rejects: { ...rejects, maxErrors: '100%' } }).rejects

t.test('the result has the first three rejects of each code', async t => {
  const rejects = rejectsOf()
  for (let row = 0; row < 5; row++) {
    for (let code = 0; code < 25; code++) {
      rejects.keep({ ...cell, code: `CODE_${code}` as 'DDB_INPUT_CELL', lineNumber: row }, shape)
    }
  }
  const { first } = rejects.result()
  t.equal(first.length, 75)
  t.strictSame([...new Set(first.map(({ lineNumber }) => lineNumber))], [0, 1, 2])
  t.equal(new Set(first.map(({ code }) => code)).size, 25)
})

t.test('the journal gets the inputs with new rejects, and all counts', async t => {
  const path = join(t.testdir(), 'r.csv')
  const rejects = rejectsOf({ file: path })
  t.notOk(rejects.hasNews)
  rejects.keep(cell, shape)
  rejects.keep({ ...cell, file: 'b.csv' }, shape)
  rejects.flush()
  t.ok(rejects.hasNews)
  t.match(rejects.journaled(), {
    byClass: { type: 2 },
    byCode: { DDB_INPUT_CELL: 2 },
    files: [{ path, rows: 2, sizeBytes: 6 }],
    byInput: { 'in.csv': { rejected: 1 }, 'b.csv': { rejected: 1 } },
  })
  rejects.keep(cell, shape)
  rejects.flush()
  const { byInput, byClass } = rejects.journaled()
  t.match(byClass, { type: 3 })
  t.strictSame(Object.keys(byInput), ['in.csv'], 'those that have changed')
  t.strictSame(rejects.journaled().byInput, {})
  rejects.close()
})

t.test('without a file, a resumed process also continues the counts', async t => {
  const before = rejectsOf()
  before.keep(cell, shape)
  const journaled: JournaledRejects = { ...before.journaled(), upTo: [[0, 18]] }
  const rejects = rejectsOf()
  rejects.goOn({ rejects: journaled } as Partial<RecordedRun> as RecordedRun, 'a', 'a.journal')
  rejects.keep(cell, shape)
  t.match(rejects.result(), { byClass: { type: 2 } })
  t.match(rejects.ofInput('in.csv'), { rejected: 2 })
})

t.test(
  'a name without room for names of further rejects ends the run, also in its middle',
  async t => {
    const long = join(t.testdir(), 'x'.repeat(220))
    const tooLong = { code: 'DDB_OUTPUT_CREATE', message: /name is too long.*name a shorter one/ }
    const rejects = rejectsOf({ file: `${long}${'x'.repeat(25)}` })
    t.throws(() => rejects.place(cell, shape), tooLong)
    t.throws(() => rejects.beginStream(long, '7'), tooLong, 'hidden until the stream ends')
  },
)

/** A stream of a shard that has a reject in its file, and has not ended. */
function begunStream(t: Test, shapes: readonly (typeof shape)[] = [shape], files = systemFiles) {
  const dir = t.testdir()
  const options = { runId: 'r', shard: { index: 1, count: 1 } }
  const { rejects } = testRun({ ...options, rejects: { file: join(dir, 'r.csv') } }, { files })
  rejects.beginStream(join(dir, 'r.s1.csv'), '7')
  rejects.reading('in.csv', { format: 'csv' } as RejectReading, shape)
  for (const one of shapes) rejects.keep(cell, one)
  rejects.flush()
  const hidden = readdirSync(dir).find(name => /^\.ddb-ingest-.*-r\.s1\.csv$/.test(name))
  return { dir, path: join(dir, hidden!), rejects }
}

t.test('a stream that has not ended leaves no file, even if closing fails', async t => {
  const { dir, path, rejects } = begunStream(t)
  rmSync(path)
  t.throws(() => rejects.close(), { code: 'DDB_OUTPUT_WRITE' })
  t.strictSame(readdirSync(dir), [])
  t.equal(rejects.equationError(1), undefined)
})

t.test('a stream that has not ended leaves the files of another process in place', async t => {
  const { path, rejects } = begunStream(t)
  writeFileSync(`${path}.other`, 'rows of others')
  renameSync(`${path}.other`, path)
  t.throws(() => rejects.close(), { code: 'DDB_OUTPUT_WRITE' })
  t.equal(readFileSync(path, 'utf8'), 'rows of others')
})

t.test(
  'the rejects of an earlier run of a name stay, even if they have the same bytes',
  async t => {
    const { dir, rejects } = begunStream(t)
    const file = join(dir, 'r.s1.csv')
    writeFileSync(file, 'a\nrepaired\n')
    writeFileSync(`${file}.reasons.ndjson`, '{"runId":"r","token":"6","file":"in.csv"}\n')
    const refusal = {
      code: 'DDB_OUTPUT_CREATE',
      message: /r\.s1\.csv" has rejects of an earlier run/,
    }
    t.throws(() => rejects.endStream(), refusal)
    t.equal(readFileSync(file, 'utf8'), 'a\nrepaired\n')
    writeFileSync(file, 'a\nx\n')
    t.throws(() => rejects.endStream(), refusal)
  },
)

t.test('of two processes that end a stream, the files of one stay', async t => {
  const { dir, rejects } = begunStream(t)
  rejects.endStream()
  t.strictSame(readdirSync(dir), ['r.s1.csv', 'r.s1.csv.reasons.ndjson'])
  rejects.dropStream()
  t.strictSame(readdirSync(dir), [], 'the other one has its files elsewhere')
  t.equal(rejects.equationError(1), undefined)
  const later = begunStream(t)
  writeFileSync(join(later.dir, 'r.s1.csv'), 'a\nx\n')
  const reasons = '{"runId":"r","token":"7","file":"in.csv"}\n'
  writeFileSync(join(later.dir, 'r.s1.csv.reasons.ndjson'), reasons)
  later.rejects.endStream()
  later.rejects.dropStream()
  t.strictSame(readdirSync(later.dir), ['r.s1.csv', 'r.s1.csv.reasons.ndjson'], 'or here')
  const link = (from: string, to: string): void => {
    copyFileSync(from, to)
    systemFiles.link(from, to)
  }
  const atOnce = begunStream(t, [shape], { ...systemFiles, link })
  atOnce.rejects.endStream()
  atOnce.rejects.dropStream()
  t.strictSame(readdirSync(atOnce.dir), ['r.s1.csv', 'r.s1.csv.reasons.ndjson'], 'or just then')
})

t.test(
  'the files of a stream have the same names, whichever shape has the first reject',
  async t => {
    const other = { ...shape, fieldNames: ['b'] }
    const namesOf = (shapes: readonly (typeof shape)[]): string[] => {
      const { dir, rejects } = begunStream(t, shapes)
      rejects.endStream()
      return readdirSync(dir).sort()
    }
    const names = namesOf([shape, other])
    t.equal(names.length, 4)
    t.strictSame(namesOf([other, shape]), names)
    const { path, rejects } = begunStream(t)
    const further = names.find(name => /^r\.s1\.\w{8}\.csv$/.test(name))!
    writeFileSync(path.replace('r.s1.csv', further), 'of somebody')
    rejects.keep(cell, other)
    t.equal(rejects.unplaced, 1, 'a name that is taken ends the run')
  },
)

t.test('a process replaces the rejects of an earlier process of its run', async t => {
  const { dir, rejects } = begunStream(t)
  const file = join(dir, 'r.s1.csv')
  writeFileSync(file, 'a\nother order\n')
  writeFileSync(`${file}.reasons.ndjson`, '{"runId":"r","token":"7","file":"in.csv"}\n')
  rejects.endStream()
  t.equal(readFileSync(file, 'utf8'), 'a\nx\n')
})

t.test('rejects of a process that began in another folder stay there', async t => {
  const there = t.testdir({
    'r.csv': 'a\nx\n',
    'r.csv.reasons.ndjson': '{"runId":"r","file":"in.csv"}\n',
  })
  const known = { key: '', path: 'r.csv', rows: 1, sizeBytes: 4, reasonsBytes: 30 }
  const recorded = Object.assign(new RecordedRun(), {
    run: { folder: there } as RecordedRun['run'],
    rejects: { byClass: { parse: 0, type: 1, server: 0 }, byCode: {}, byInput: {}, files: [known] },
    rejectsFiles: ['r.csv', join(there, 'r.csv')],
  })
  const { rejects } = testRun({ runId: 'r', rejects: { file: 'r.csv' } })
  rejects.goOn(recorded, 'a', 'a.journal')
  rejects.removeLeft({ found: recorded, now: recorded })
  t.strictSame(rejects.result().files, [{ path: join(there, 'r.csv'), rows: 1 }])
  t.equal(readFileSync(join(there, 'r.csv'), 'utf8'), 'a\nx\n')
})

t.test('a file is continued, and not removed as another one, by a link to its folder', async t => {
  const dir = t.testdir({ link: t.fixture('symlink', '.') })
  const file = join(dir, 'r.csv')
  const linked = join(dir, 'link/r.csv')
  const first = rejectsOf({ file })
  first.goOn(new RecordedRun(), 'a', 'a.journal')
  first.place(cell, shape)
  first.flush()
  first.close()
  const rejects = { ...first.journaled(), upTo: [] }
  const recorded = Object.assign(new RecordedRun(), { rejects, rejectsFiles: [file, linked] })
  const { runId } = JSON.parse(readFileSync(`${file}.reasons.ndjson`, 'utf8')) as { runId: string }
  const second = testRun({ runId, rejects: { file: linked } }).rejects
  second.goOn(recorded, 'a', 'a.journal')
  second.removeLeft({ found: recorded, now: recorded })
  second.place(cell, shape)
  second.close()
  t.equal(readFileSync(file, 'utf8'), 'a\nx\nx\n')
})
