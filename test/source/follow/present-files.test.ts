import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
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
  const { files, missing, passedOver } = await presentFiles(inputs, systemFiles)
  t.same(
    files.map(({ path }) => path),
    ['app.1', 'logs/b.csv', 'logs/deep/c.ndjson', 'a.csv'].map(name => join(dir, name)),
    'compressed ones are passed over',
  )
  t.match(passedOver, { files: 3, byKind: { '.gz': 2, '.txt': 1 } })
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

t.test('lists in braces name files one by one', async t => {
  const dir = t.testdir({ 'a.log': 'a', 'b.log': 'b' })
  const { files, missing } = await presentFiles([join(dir, '{b,c,a}.log')], systemFiles)
  t.same(
    files.map(({ path }) => path),
    ['b.log', 'a.log'].map(name => join(dir, name)),
  )
  t.same(missing, [join(dir, 'c.log')])
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

t.test('a file is followed by its first name, and patterns say which ones of a folder', async t => {
  const dir = t.testdir({ 'a.csv': 'a', 'b.log': 'b', 'c.log.gz': 'z' })
  linkSync(join(dir, 'b.log'), join(dir, 'd.log'))
  const inputs = [join(dir, 'a.csv'), `${dir}/./a.csv`, dir]
  const { files, sameFiles, passedOver } = await presentFiles(inputs, systemFiles, ['*.log*'])
  t.same(
    files.map(({ path }) => path),
    ['a.csv', 'b.log'].map(name => join(dir, name)),
  )
  t.equal(sameFiles.count, 2)
  t.match(passedOver, { files: 2, byKind: { '.csv': 1, '.gz': 1 } })
})
