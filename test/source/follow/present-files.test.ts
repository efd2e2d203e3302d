import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemFiles } from '../../../src/platform/system-files.js'
import { presentFiles } from '../../../src/source/follow/present-files.js'

t.test('files, patterns and folders give what is there, and name what is not', async t => {
  const dir = t.testdir({
    'a.csv': 'a',
    logs: { 'b.csv': 'b', 'b.csv.gz': 'z', 'notes.txt': 'n', deep: { 'c.ndjson': '{}' } },
    'app.1': '',
    'app.2.gz': '',
    empty: {},
  })
  const inputs = ['app*', 'logs', 'a.csv', 'later.csv', 'none*', 'empty'].map(name =>
    join(dir, name),
  )
  const { files, missing } = await presentFiles(inputs, systemFiles)
  t.same(
    files.map(({ path }) => path),
    ['app.1', 'logs/b.csv', 'logs/deep/c.ndjson', 'a.csv'].map(name => join(dir, name)),
    'compressed ones are passed over',
  )
  t.same(
    missing,
    ['later.csv', 'none*', 'empty'].map(name => join(dir, name)),
  )
  writeFileSync(join(dir, 'later.csv'), 'x')
  t.match(await presentFiles([join(dir, 'later.csv')], systemFiles), {
    files: [{ status: { isFile: true, sizeBytes: 1 } }],
    missing: [],
  })
})

t.test('what was named and cannot be followed is refused', async t => {
  const dir = t.testdir({ 'a.csv.gz': 'z' })
  await t.rejects(presentFiles([join(dir, 'a.csv.gz')], systemFiles), {
    code: 'DDB_USAGE',
    message: /is compressed/,
  })
  await t.rejects(presentFiles(['/dev/null'], systemFiles), { message: /no ordinary file/ })
  mkdirSync(join(dir, 'folder.csv'))
  t.match(await presentFiles([join(dir, 'folder*')], systemFiles), {
    files: [],
    missing: [/folder/],
  })
})
