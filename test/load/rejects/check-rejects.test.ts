import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { JournaledRejects } from '../../../src/load/journal/journal-record.js'
import { checkRejects, isOfRun } from '../../../src/load/rejects/reject-path.js'
import { readRun } from '../../helpers/journals.js'
import { testRun } from '../../helpers/load-run.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { platformOn } from '../../helpers/failing-files.js'

const check = (path: string, inputs: readonly string[] = []): void =>
  checkRejects(path, inputs, systemPlatform)

t.test('a check whether the rejects file can be created leaves nothing on disk', async t => {
  const dir = t.testdir({ 'empty.csv': '' })
  check(join(dir, 'empty.csv'))
  check(join(dir, 'new.csv'))
  t.strictSame(readdirSync(dir), ['empty.csv'])
})

t.test('an input is never used as the rejects file, under any of its names', async t => {
  const dir = t.testdir({ 'in.csv': 'a\n', 'r.csv.reasons.ndjson': '' })
  const usage = { name: 'UsageError', code: 'DDB_USAGE' }
  t.throws(() => check(join(dir, 'in.csv'), [`${dir}/./in.csv`]), usage)
  t.throws(() => check(join(dir, 'r.csv'), [join(dir, 'r.csv.reasons.ndjson')]), usage)
  symlinkSync(join(dir, 'in.csv'), join(dir, 'link.csv'))
  t.throws(() => check(join(dir, 'link.csv'), [join(dir, 'in.csv')]), usage)
})

t.test('members of archives and the archives themselves are inputs', async t => {
  const dir = t.testdir({ 'a.zip': 'PK', 'r.csv.reasons.ndjson': '{}\n' })
  const members = [join(dir, 'a.zip/in.csv'), join(dir, 'gone.zip/in.csv')]
  const taken = { code: 'DDB_OUTPUT_CREATE', message: /reasons\.ndjson" exists/ }
  t.throws(() => check(join(dir, 'r.csv'), members), taken)
  t.throws(() => check(join(dir, 'a.zip'), members), { code: 'DDB_USAGE', message: /is an input/ })
})

t.test(
  'what a process leaves that is killed before its first reject is on the disk is no rejects file',
  async t => {
    const dir = t.testdir({ 'r.csv': '', 'r.csv.reasons.ndjson': '' })
    check(join(dir, 'r.csv'))
    t.strictSame(readdirSync(dir), ['r.csv'])
  },
)

t.test('a path that cannot hold rejects is refused before the first row', async t => {
  const dir = t.testdir({
    'full.csv': 'a\n',
    'empty.csv': '',
    folder: {},
    'stale.csv.reasons.ndjson': '{}\n',
    'yesterday.csv.reasons.ndjson': '{}\n',
  })
  symlinkSync(join(dir, 'empty.csv'), join(dir, 'link.csv'))
  symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling.csv'))
  symlinkSync(join(dir, 'nowhere'), join(dir, 'linked.csv.reasons.ndjson'))
  const cases: [path: string, message: RegExp][] = [
    [join(dir, 'full.csv'), /exists and is not empty: load or move it first/],
    [join(dir, 'folder'), /is not an ordinary file/],
    ['/dev/null', /is not an ordinary file.*in a load, `rejects.onError` skip/],
    ['/dev/full', /is not an ordinary file/],
    [join(dir, 'link.csv'), /is a symbolic link/],
    [join(dir, 'dangling.csv'), /is a symbolic link/],
    [join(dir, 'stale.csv'), /stale\.csv\.reasons\.ndjson" exists: .*Move or remove it/],
    [join(dir, 'yesterday.csv'), /reasons\.ndjson" exists/],
    [join(dir, 'linked.csv'), /reasons\.ndjson" exists/],
    [join(dir, 'no/such/folder/r.csv'), /cannot create .*ENOENT/],
    [join(dir, 'full.csv/r.csv'), /cannot create .*ENOTDIR/],
    [join(dir, 'new.csv/'), /cannot create/],
    [join(dir, 'x'.repeat(250)), /name is too long.*name a shorter one with `rejects.file`/],
    [join(dir, `${'x'.repeat(230)}.csv`), /name is too long/],
    // A folder in which not even root can create files.
    ['/proc/r.csv', /cannot create .*ENOENT/],
  ]
  for (const [path, message] of cases) {
    t.throws(() => check(path), { code: 'DDB_OUTPUT_CREATE', message }, path)
  }
  t.notOk(existsSync(join(dir, 'nowhere')))
  t.throws(
    () => checkRejects(join(dir, 'r.csv'), [], platformOn({ fails: call => call === 'create' })),
    { code: 'DDB_OUTPUT_CREATE', message: /EIO/ },
  )
})

t.test('a name that is too long is not one of the run, as asked before the check', async t => {
  const path = join(t.testdir(), 'x'.repeat(245))
  t.notOk(isOfRun(path, 'nightly', systemPlatform.files))
})

const of = (runId: string): string => `{"runId":"${runId}","file":"in.csv","lineNumber":3}\n`
const reasons = 'r.csv.reasons.ndjson'
const pair = { 'r.csv': 'id\nx\n', [reasons]: of('nightly') }

t.test('files that another shard names so in the middle of the check are no obstacle', async t => {
  for (const [runId, isAllowed] of [
    ['nightly', true],
    ['other', false],
  ] as const) {
    const dir = t.testdir({})
    const path = join(dir, 'r.csv')
    const platform = platformOn({
      fails(call) {
        if (call === 'openEmpty') {
          writeFileSync(path, pair['r.csv'])
          writeFileSync(join(dir, reasons), of(runId))
        }
        return false
      },
    })
    const isOwn = (): boolean => isOfRun(path, 'nightly', platform.files)
    const checking = (): void => checkRejects(path, [], platform, isOwn)
    if (isAllowed) t.doesNotThrow(checking)
    else t.throws(checking, { code: 'DDB_OUTPUT_CREATE' })
  }
})

/** What remains of a folder after the leftovers of the run `nightly` were removed, which has made `r.csv`. */
function left(
  t: Test,
  content: Parameters<Test['testdir']>[0],
  isCounted = false,
  restarted = false,
  own = 'r.csv',
) {
  const dir = t.testdir(content)
  const path = join(dir, 'r.csv')
  const sizes = { key: '', rows: 1, sizeBytes: 1, reasonsBytes: 1 }
  const kept: JournaledRejects = {
    ...{ byClass: { parse: 1, type: 0, server: 0 }, byCode: {}, byInput: {}, upTo: [] },
    files: isCounted ? [{ path, ...sizes }] : [],
  }
  const made = { kind: 'facts', rejectsFiles: [path, path] } as const
  const past = readRun(made, { kind: 'rejects', ...kept })
  const found = restarted ? readRun() : past
  const rejects = { file: join(dir, own) }
  testRun({ runId: 'nightly', rejects }).rejects.removeLeft({ found, now: past })
  return readdirSync(dir).sort()
}

t.test('files that a killed process made and the journal does not count are removed', async t => {
  const whole = of('nightly')
  t.strictSame(left(t, pair), [])
  t.strictSame(left(t, pair, true), ['r.csv', reasons], 'counted')
  t.strictSame(left(t, pair, true, true), [], 'counted, but the run starts over')
  t.strictSame(left(t, pair, false, false, 'other.csv'), ['r.csv', reasons], 'maybe repaired')
  t.strictSame(left(t, { [reasons]: whole }), [])
  for (let length = 0; length <= whole.length; length++) {
    t.strictSame(left(t, { 'r.csv': '', [reasons]: whole.slice(0, length) }), [], `${length}`)
  }
  t.strictSame(left(t, {}), [])
  const linked = {
    kept: { 'precious.csv': '' },
    'r.csv': t.fixture('symlink', 'kept/precious.csv'),
  }
  t.strictSame(left(t, { ...linked, [reasons]: whole }), ['kept'])
  t.strictSame(readdirSync(join(t.testdirName, 'kept')), ['precious.csv'])
})

t.test('files of others with such a name stay', async t => {
  const others = ['other', 'nightly-2', 'nightl'].map(of)
  for (const text of [...others, ' ', 'precious\n', '\0']) {
    const content = { 'r.csv': 'precious\n', [reasons]: text }
    t.strictSame(left(t, content), ['r.csv', reasons], JSON.stringify(text))
  }
  t.strictSame(left(t, { 'r.csv': 'precious\n' }), ['r.csv'], 'without reasons')
  t.strictSame(left(t, { [reasons]: {} }), [reasons], 'a folder')
})
