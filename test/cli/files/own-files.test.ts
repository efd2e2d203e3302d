/*
  No run writes into files that the program keeps, whatever name they are given.
*/
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ownFileAt } from '../../../src/cli/files/own-files.js'
import { thisProcess } from '../../../src/platform/lock-holder.js'
import { processRecord, runRecord, writeJournal } from '../../helpers/journals.js'
import { runMain } from '../run-cli.js'

function scene(t: Test) {
  const dir = t.testdir({ 'in.csv': 'id\n1\n', state: { 'ddb-ingest': {} }, other: {} })
  const state = join(dir, 'state', 'ddb-ingest')
  const journal = writeJournal(state, 'nightly', [runRecord('nightly'), processRecord(1)])
  const elsewhere = writeJournal(join(dir, 'other'), 'weekly', [runRecord('weekly')])
  const lock = join(state, 'locks', 'nightly')
  for (const name of ['locks', 'logins', 'servers']) mkdirSync(join(state, name))
  writeFileSync(lock, JSON.stringify(thisProcess()))
  writeFileSync(join(state, 'logins', 'h_8848.json'), '{}')
  const environment = { XDG_STATE_HOME: join(dir, 'state') }
  return { dir, state, journal, elsewhere, lock, environment }
}

t.test('journals, locks and what is known of servers are known by place and content', async t => {
  const { dir, state, journal, elsewhere, lock, environment } = scene(t)
  symlinkSync(journal, join(dir, 'link'))
  symlinkSync(join(state, 'runs'), join(dir, 'runs'))
  linkSync(journal, join(dir, 'hard'))
  writeFileSync(join(dir, 'copy.lock'), readFileSync(lock))
  execFileSync('mkfifo', [join(dir, 'pipe')])
  const among = /keeps for itself/
  const cases: [path: string, what: RegExp | undefined][] = [
    [journal, among],
    [join(state, 'runs', 'new.csv'), among],
    [join(dir, 'runs', 'new.csv'), among],
    [join(dir, 'link'), among],
    [lock, among],
    [join(state, 'logins', 'h_8848.json'), among],
    [join(state, 'servers', 'x', 'y'), among],
    [join(state, 'told', 'group.json'), among],
    [join(dir, 'hard'), /the journal of a run/],
    [elsewhere, /the journal of a run/],
    [join(dir, 'copy.lock'), /a lock/],
    [join(dir, 'in.csv'), undefined],
    [join(dir, 'none'), undefined],
    [join(dir, 'pipe'), undefined],
    [join(state, 'my.csv'), undefined],
    [join(state, 'runs-of-mine.csv'), undefined],
    ['/dev/null', undefined],
  ]
  for (const [path, what] of cases) {
    const found = ownFileAt(path, environment)
    if (what === undefined) t.equal(found, undefined, path)
    else t.match(found, what, path)
  }
  t.match(ownFileAt(join(dir, 'other', 'runs', 'x'), environment, join(dir, 'other')), among)
})

t.test('every option that names a file to be written is looked at', async t => {
  const { dir, journal, elsewhere, lock, environment } = scene(t)
  const before = [journal, elsewhere, lock].map(path => readFileSync(path, 'utf8'))
  for (const option of ['--trace', '--summary', '--rejects', '--metrics-file']) {
    for (const path of [journal, elsewhere, lock]) {
      const argv = ['load', join(dir, 'in.csv'), '-t', 'x', '--port', '1', option, path]
      const refused = await runMain(argv, { environment })
      t.match(refused, { code: 64, stderr: /: name another file \[DDB_USAGE\]/ }, option)
    }
  }
  const state = ['--state-dir', join(dir, 'other')]
  const more: string[][] = [
    ['load', join(dir, 'in.csv'), '-t', 'x', '--summary', join(dir, 'other/runs/s.json'), ...state],
    ['resume', 'nightly', '--summary', elsewhere],
    ['selftest', '--trace', journal],
    ['selftest', '--issue-text', journal],
    ['check', join(dir, 'in.csv'), '-t', 'x', '--trace', journal],
    ['exec', '-e', '1', '--trace', journal],
  ]
  for (const argv of more) {
    const refused = await runMain([...argv, '--port', '1'], { environment })
    t.match(refused, { code: 64, stderr: /name another file/ }, argv.join(' '))
  }
  t.strictSame(
    [journal, elsewhere, lock].map(path => readFileSync(path, 'utf8')),
    before,
  )
  t.strictSame(readdirSync(join(dir, 'other', 'runs')), ['weekly.journal'])
})
