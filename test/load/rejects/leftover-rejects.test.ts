import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import { readRun } from '../../helpers/journals.js'
import { removeLeftovers } from '../../../src/load/rejects/check-rejects.js'
import { systemFiles } from '../../../src/platform/system-files.js'

const reasonOf = (runId: string): string => `{"runId":"${runId}","file":"in.csv","lineNumber":3}\n`

/** Files of the run `nightly` that remain after the program has removed leftovers. */
function left(
  t: Test,
  content: Record<string, string>,
  { made = ['r.csv'], counted = [] as readonly string[], restarted = false } = {},
): string[] {
  const dir = t.testdir(content)
  const of = (name: string): string => join(dir, name)
  const records: JournalRecord[] = [
    { kind: 'facts', rejectsFiles: made.map(of) },
    {
      kind: 'rejects',
      byClass: { parse: 1, type: 0, server: 0 },
      byCode: {},
      byInput: {},
      upTo: [],
      files: counted.map(name => ({
        key: name,
        path: of(name),
        rows: 1,
        sizeBytes: 1,
        reasonsBytes: 1,
      })),
    },
  ]
  const past = readRun(...records)
  removeLeftovers(restarted ? readRun() : past, past, 'nightly', systemFiles)
  return readdirSync(dir).sort()
}

const pair = { 'r.csv': 'id\nx\n', 'r.csv.reasons.ndjson': reasonOf('nightly') }

t.test('files that were created but not counted are removed, with their reasons', async t => {
  t.strictSame(left(t, pair), [])
  t.strictSame(left(t, { 'r.csv.reasons.ndjson': reasonOf('nightly') }), [])
  t.strictSame(left(t, pair, { made: ['r.csv', 'r.csv'] }), [], 'named twice')
})

t.test('counted files stay, unless the run starts over', async t => {
  const counted = ['r.csv']
  t.strictSame(left(t, pair, { counted }), ['r.csv', 'r.csv.reasons.ndjson'])
  t.strictSame(left(t, pair, { counted, restarted: true }), [])
})

t.test("if a file was cut, the run's own bytes in it are recognized", async t => {
  const whole = reasonOf('nightly')
  for (let length = 0; length <= whole.length; length++) {
    const content = { 'r.csv': '', 'r.csv.reasons.ndjson': whole.slice(0, length) }
    t.strictSame(left(t, content), [], `${length} bytes`)
  }
})

t.test('a file of another user with that name stays', async t => {
  const names = ['r.csv', 'r.csv.reasons.ndjson']
  for (const reasons of [
    reasonOf('other'),
    reasonOf('nightly-2'),
    reasonOf('nightl'),
    ' ',
    'precious\n',
    '\0',
  ]) {
    const content = { 'r.csv': 'precious\n', 'r.csv.reasons.ndjson': reasons }
    t.strictSame(left(t, content), names, JSON.stringify(reasons))
  }
  t.strictSame(left(t, { 'r.csv': 'precious\n' }), ['r.csv'], 'without reasons')
})

t.test('files never created, and paths that are not files, are left alone', async t => {
  t.strictSame(left(t, {}), [])
  const dir = t.testdir({ 'r.csv.reasons.ndjson': {} })
  const past = readRun({ kind: 'facts', rejectsFiles: [join(dir, 'r.csv')] })
  removeLeftovers(past, past, 'nightly', systemFiles)
  t.strictSame(readdirSync(dir), ['r.csv.reasons.ndjson'])
})

t.test('a link is removed, its target is not', async t => {
  const dir = t.testdir({ kept: {} })
  const target = join(dir, 'kept/precious.csv')
  writeFileSync(target, 'precious\n')
  writeFileSync(join(dir, 'r.csv.reasons.ndjson'), reasonOf('nightly'))
  symlinkSync(target, join(dir, 'r.csv'))
  const past = readRun({ kind: 'facts', rejectsFiles: [join(dir, 'r.csv')] })
  removeLeftovers(past, past, 'nightly', systemFiles)
  t.strictSame(readdirSync(join(dir, 'kept')), ['precious.csv'])
})
