import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkRejects } from '../../../src/load/rejects/check-rejects.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { platformOn } from '../../helpers/failing-files.js'

const check = (path: string, inputs: readonly string[] = []): void =>
  checkRejects(path, inputs, systemPlatform)

t.test(
  'a check tests that the rejects file can be created, and leaves nothing on disk',
  async t => {
    const dir = t.testdir({ 'empty.csv': '' })
    check(join(dir, 'empty.csv'))
    check(join(dir, 'new.csv'))
    t.strictSame(readdirSync(dir), ['empty.csv'])
  },
)

t.test('an input is never used as the rejects file, under any of its names', async t => {
  const dir = t.testdir({ 'in.csv': 'a\n', 'r.csv.reasons.ndjson': '' })
  const usage = { name: 'UsageError', code: 'DDB_USAGE' }
  t.throws(() => check(join(dir, 'in.csv'), [`${dir}/./in.csv`]), usage)
  t.throws(() => check(join(dir, 'r.csv'), [join(dir, 'r.csv.reasons.ndjson')]), usage)
  symlinkSync(join(dir, 'in.csv'), join(dir, 'link.csv'))
  t.throws(() => check(join(dir, 'link.csv'), [join(dir, 'in.csv')]), usage)
})

t.test('members of archives and the archives themselves are inputs', async t => {
  const dir = t.testdir({ 'a.zip': 'PK', 'r.csv.reasons.ndjson': '' })
  const members = [join(dir, 'a.zip/in.csv'), join(dir, 'gone.zip/in.csv')]
  const taken = { code: 'DDB_OUTPUT_CREATE', message: /reasons\.ndjson" exists/ }
  t.throws(() => check(join(dir, 'r.csv'), members), taken)
  t.throws(() => check(join(dir, 'a.zip'), members), { code: 'DDB_USAGE', message: /is an input/ })
})

t.test('a path that cannot hold rejects is refused before the first row', async t => {
  const dir = t.testdir({
    'full.csv': 'a\n',
    'empty.csv': '',
    folder: {},
    'stale.csv.reasons.ndjson': '',
    'yesterday.csv.reasons.ndjson': '{}\n',
  })
  symlinkSync(join(dir, 'empty.csv'), join(dir, 'link.csv'))
  symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling.csv'))
  symlinkSync(join(dir, 'nowhere'), join(dir, 'linked.csv.reasons.ndjson'))
  const cases: [path: string, message: RegExp][] = [
    [join(dir, 'full.csv'), /exists and is not empty: load or move it first/],
    [join(dir, 'folder'), /is not an ordinary file/],
    ['/dev/null', /is not an ordinary file.*`rejects.onError` skip/],
    ['/dev/full', /is not an ordinary file/],
    [join(dir, 'link.csv'), /is a symbolic link/],
    [join(dir, 'dangling.csv'), /is a symbolic link/],
    [join(dir, 'stale.csv'), /stale\.csv\.reasons\.ndjson" exists: .*Move or remove it/],
    [join(dir, 'yesterday.csv'), /reasons\.ndjson" exists/],
    [join(dir, 'linked.csv'), /reasons\.ndjson" exists/],
    [join(dir, 'no/such/folder/r.csv'), /cannot create .*ENOENT/],
    [join(dir, 'full.csv/r.csv'), /cannot create .*ENOTDIR/],
    [join(dir, 'new.csv/'), /cannot create/],
    [join(dir, 'x'.repeat(250)), /ENAMETOOLONG/],
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
