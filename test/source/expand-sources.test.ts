/* The files that names, patterns and folders refer to. */
import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { dataExtensions } from '../../src/parse/formats.js'
import { systemFiles } from '../../src/platform/system-files.js'
import {
  dataFiles,
  newPassedOver,
  passedOverNotice,
  passOver,
} from '../../src/source/data-files.js'
import {
  expandSources as expandFor,
  type ExpandedSources,
  type ExpandOptions,
} from '../../src/source/expand-sources.js'
import { presentFiles } from '../../src/source/follow/present-files.js'
import { refuseForeignFormat } from '../../src/source/open-source.js'
import { fileFolder } from '../helpers/file-folder.js'

const folder = fileFolder(t, {
  'a.csv': '',
  'b.csv': '',
  'b.txt': '',
  '.hidden.csv': '',
  'odd[1].csv': '',
  'day=1': { 't.csv.gz': '', deep: { 't.csv.gz': '', 'x.json': '' } },
  'day=2': { 't.csv.gz': '' },
  empty: { 'readme.md': '' },
})

/** Calls the function with the default extensions, as the program does. */
const expandSources = async (
  inputs: readonly string[],
  options: Omit<ExpandOptions, 'extensions'> = {},
): Promise<Omit<ExpandedSources, 'paths'> & { paths: string[] }> => {
  const found = await expandFor(inputs, { extensions: dataExtensions, ...options })
  return { ...found, paths: [...found.paths] }
}

const expand = async (...inputs: string[]): Promise<string[]> => {
  const { paths } = await expandSources(
    inputs.map(input => (input === '-' ? input : join(folder, input))),
  )
  return paths.map(path => path.replace(`${folder}/`, ''))
}

t.test('patterns give sorted files, names give files in the given order', async t => {
  t.strictSame(await expand('b.csv', 'odd[1].csv', '-'), ['b.csv', 'odd[1].csv', '-'])
  t.strictSame(await expand('day=2', 'a.csv'), ['day=2/t.csv.gz', 'a.csv'])
  t.strictSame(await expand('*.csv'), ['a.csv', 'b.csv', 'odd[1].csv'])
  t.strictSame(await expand('**/*.gz'), ['day=1/deep/t.csv.gz', 'day=1/t.csv.gz', 'day=2/t.csv.gz'])
  const expected = ['day=1/deep/t.csv.gz', 'day=1/deep/x.json', 'day=1/t.csv.gz']
  t.strictSame(await expand('day=1/**'), expected)
})

t.test('lists in braces give names in their order, and each file must exist', async t => {
  t.strictSame(await expand('{b,a}.csv'), ['b.csv', 'a.csv'])
  t.strictSame(await expand('{day=2,day=1}/*.gz'), ['day=2/t.csv.gz', 'day=1/t.csv.gz'])
  t.strictSame(await expand('{a,b}.{csv,csv}'), ['a.csv', 'b.csv'], 'each file once')
  await t.rejects(expand('{a,c}.csv'), { code: 'DDB_INPUT_MISSING', message: /c\.csv/ })
  await t.rejects(expand('{a,c*}.csv'), { code: 'DDB_INPUT_MISSING', message: /c\*\.csv/ })
  await t.rejects(expand('{a}.csv'), { code: 'DDB_INPUT_MISSING' }, 'not a list')
  const name = join(t.testdir({ '{x,y}.csv': '' }), '{x,y}.csv')
  t.strictSame((await expandSources([name])).paths, [name], 'a file may have such a name')
})

t.test('a pattern for the files of folders may contain lists in braces', async t => {
  const { paths, passedOver } = await expandSources([folder], { include: ['{b,a}.{txt,csv}'] })
  const names = paths.map(path => path.replace(`${folder}/`, ''))
  t.strictSame(names, ['a.csv', 'b.csv', 'b.txt'])
  t.ok(passedOver.files > 0)
})

t.test('a link to a folder is not among the files that match', async t => {
  const dir = t.testdir({ 'a.csv': '', other: { 'x.csv': '' } })
  symlinkSync('other', join(dir, 'b.csv'))
  symlinkSync('a.csv', join(dir, 'c.csv'))
  const { paths } = await expandSources([join(dir, '*.csv')])
  t.strictSame(paths, [join(dir, 'a.csv')])
  t.strictSame((await expandSources([join(dir, '*/x.csv')])).paths, [join(dir, 'b.csv/x.csv')])
  symlinkSync('nowhere', join(dir, 'd.csv'))
  await t.rejects(expandSources([join(dir, '*.csv')]), { code: 'DDB_INPUT_MISSING' })
})

t.test('an input without files is an error', async t => {
  for (const input of ['nowhere.csv', 'x*.csv', 'empty', 'a.csv/b', 'nowhere/*.csv']) {
    await t.rejects(expand('a.csv', input), { code: 'DDB_INPUT_MISSING', exitCode: 66 }, input)
  }
})

t.test('if files have no number, names with the same resolved path are one input', async t => {
  const dir = t.testdir({ 'a.csv': 'a', 'b.csv': 'b' })
  const status = (path: string) => {
    const found = systemFiles.statusNow(path)
    return found && { ...found, inode: 0n }
  }
  const files = { ...systemFiles, statusNow: status }
  const inputs = [`${dir}/a.csv`, `${dir}/b.csv`, `${dir}/./a.csv`]
  t.strictSame((await expandSources(inputs, { files })).paths, inputs.slice(0, 2))
})

t.test('a pipe that is named twice is read twice, and a folder gives no pipes', async t => {
  const dir = t.testdir({ 'a.csv': 'a' })
  execFileSync('mkfifo', [join(dir, 'pipe.csv')])
  const pipe = join(dir, 'pipe.csv')
  t.strictSame((await expandSources([pipe, pipe])).paths, [pipe, pipe])
  const { paths, passedOver } = await expandSources([dir])
  t.strictSame(paths, [join(dir, 'a.csv')])
  t.match(passedOver, { files: 1, byKind: { special: 1 }, first: [pipe] })
})

t.test('standard input is different from all named files', async t => {
  const path = join(folder, 'a.csv')
  const stdin = systemFiles.statusNow(path)
  await t.rejects(expandSources(['-', path], { stdin }), { code: 'DDB_USAGE', message: /twice/ })
  t.strictSame((await expandSources(['-', join(folder, 'b.csv')], { stdin })).paths.length, 2)
  t.strictSame((await expandSources([path], { stdin })).paths, [path])
  const tty = systemFiles.statusNow('/dev/null')
  t.strictSame((await expandSources(['-', '/dev/null'], { stdin: tty })).paths.length, 2)
})

t.test('an unreadable file is an error before anything is read, whatever its mode', async t => {
  const dir = t.testdir({ 'a.csv': '', 'b.csv': '', sub: { 'c.csv': '' } })
  const named = join(dir, 'b.csv')
  const asked: string[] = []
  const files = {
    ...systemFiles,
    statusNow(path: string) {
      const status = systemFiles.statusNow(path)
      return status && { ...status, isForAll: path !== named }
    },
    status: async (path: string) => ({
      ...(await systemFiles.status(path)),
      isForAll: path !== named,
    }),
    checkReadable(path: string) {
      asked.push(path)
      return Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }))
    },
  }
  for (const input of [dir, join(dir, '*.csv'), named]) {
    await t.rejects(expandSources([input], { files }), {
      code: 'DDB_INPUT_MISSING',
      message: `"${named}" may not be read: check its permissions`,
      position: { file: named },
    })
    t.strictSame(asked.splice(0), [named])
  }
})

t.test('for a pattern, a folder that is only partly read is an error', async t => {
  const files = {
    ...systemFiles,
    async readFolder(...asked: Parameters<typeof systemFiles.readFolder>) {
      await systemFiles.readFolder(...asked)
      throw Object.assign(new Error('EIO'), { code: 'EIO' })
    },
  }
  await t.rejects(expandSources([join(folder, '*.csv')], { files }), { code: 'DDB_INPUT_MISSING' })
})

t.test('an error names the unreadable folder, however it was reached', async t => {
  const dir = t.testdir({ 'a.csv': '', open: { 'b.csv': '' }, locked: {} })
  const locked = join(dir, 'locked')
  const files = {
    ...systemFiles,
    async readFolder(...asked: Parameters<typeof systemFiles.readFolder>) {
      if (asked[0] === locked) throw Object.assign(new Error('EACCES'), { code: 'EACCES' })
      await systemFiles.readFolder(...asked)
    },
  }
  for (const input of [locked, `${dir}/*/*.csv`, `${dir}/**/b.csv`, `${dir}/locked/*`]) {
    await t.rejects(expandSources([input], { files }), {
      code: 'DDB_INPUT_MISSING',
      message: `"${locked}" may not be read: check its permissions`,
      position: { file: locked },
    })
  }
  const below = {
    ...systemFiles,
    readFolder: () => Promise.reject(Object.assign(new Error(), { code: 'EACCES', path: locked })),
  }
  const error = { message: /locked/, position: { file: locked } }
  await t.rejects(expandSources([dir], { files: below }), error)
  const { paths } = await expandSources([`${dir}/*.csv`, `${dir}/o*/*`], { files })
  t.strictSame([...paths], [join(dir, 'a.csv'), join(dir, 'open', 'b.csv')])
})

t.test('hidden folders and state of the program below a folder are passed over', async t => {
  const state = { logins: { 'localhost_8848.json': '' }, runs: { 'r.journal': '' } }
  const dir = t.testdir({
    ...{ '.x': { 'a.csv': '', d: { 'b.csv': '' } }, 'c.csv': '' },
    ...{ 'ddb-ingest': { ...state, told: { 'rsa-0123456789abcdef.json': '' } } },
  })
  const namesOf = async (input: string, include?: string[]): Promise<unknown[]> => {
    const { paths, passedOver } = await expandSources([input], { include })
    return [paths.map(path => path.slice(dir.length + 1)), passedOver.byKind]
  }
  t.strictSame(await namesOf(dir), [['c.csv'], { hidden: 1, '.journal': 1, state: 2 }])
  t.strictSame(await namesOf(dir, ['*']), [['c.csv'], { hidden: 1, state: 3 }])
  t.strictSame((await namesOf(dir, ['.x/**/b.*']))[0], ['.x/d/b.csv'], 'a pattern names it')
  t.strictSame(await namesOf(join(dir, '.x')), [['.x/a.csv', '.x/d/b.csv'], {}], 'a named source')
  const { files, passedOver } = await presentFiles([dir], systemFiles, {
    extensions: dataExtensions,
  })
  t.strictSame(
    files.map(({ path }) => path),
    [join(dir, 'c.csv')],
  )
  t.match(passedOver.byKind, { hidden: 1, state: 2 })
})

// Which files of a folder are data files, and how the program counts all other files.

const isTaken = (include: string[] | undefined, path: string): boolean =>
  dataFiles({ extensions: dataExtensions, include })(
    path.slice(path.lastIndexOf('/') + 1),
    () => path,
  )

t.test('data files have the extension of a format, compressed or not', async t => {
  for (const extension of ['csv', 'tsv', 'tab', 'ndjson', 'jsonl', 'json']) {
    for (const ending of ['', '.gz', '.zst', '.br', '.GZ']) {
      t.ok(isTaken(undefined, `a.${extension}${ending}`), `${extension}${ending}`)
    }
  }
  for (const name of ['a.txt', '.a.csv', 'csv', '.csv', 'a.csv.bz2', 'a.csv~', 'a.zip', 'a']) {
    t.notOk(isTaken(undefined, name), name)
  }
})

t.test('patterns replace the extensions', async t => {
  for (const [include, taken, passed] of [
    [['*.txt'], ['a.txt', 'd/a.txt'], ['a.csv', '.a.txt']],
    [['*.txt', 'x*'], ['a.txt', 'x', 'd/e/x.csv'], ['a.csv']],
    [['d/*.csv'], ['d/a.csv'], ['a.csv', 'e/d/a.csv', 'd/e/a.csv']],
    [
      ['./d/**/*.csv', '/e/?'],
      ['d/a.csv', 'd/x/y/a.csv', 'e/1'],
      ['a.csv', 'e/12', 'd/.x/a.csv'],
    ],
    [['d/**'], ['d/a', 'd/e/f.bin'], ['a', 'd/.a']],
    [['[!a]*'], ['b.csv', 'a/b.csv'], ['a.csv']],
    [['.*'], ['.a'], ['a']],
  ] as const) {
    for (const path of taken) t.ok(isTaken([...include], path), `${include.join(' ')}: ${path}`)
    for (const path of passed) t.notOk(isTaken([...include], path), `${include.join(' ')}: ${path}`)
  }
  for (const pattern of ['', '/', 'd/']) {
    const expected = { code: 'DDB_USAGE', message: /`input.include`/ }
    t.throws(() => dataFiles({ extensions: dataExtensions, include: [pattern] }), expected, pattern)
  }
})

t.test('skipped files are counted by kind, with a few names', async t => {
  const passed = newPassedOver()
  t.equal(passedOverNotice(passed), undefined)
  for (const name of ['b.TXT', 'c.txt', '.d', 'e']) passOver(passed, `x/${name}`, name)
  passOver(passed, 'x/f.csv', 'f.csv', 'special')
  t.strictSame(passed.byKind, { '.txt': 2, hidden: 1, 'no extension': 1, special: 1 })
  t.equal(
    passedOverNotice(passed),
    'passed over 5 files (.txt 2, hidden 1, no extension 1, special 1), such as "x/b.TXT": ' +
      '`input.include` says which files of a folder or an archive are data',
  )
  const followed = newPassedOver()
  passOver(followed, 'x/f.gz', 'f.gz', 'compressed')
  t.match(passedOverNotice(followed), /"x\/f\.gz": compressed files are not followed: load those/)
  for (let i = 0; i < 100; i++) passOver(passed, `x/g.${i}`, `g.${i}`)
  passOver(passed, 'x/c.txt', 'c.txt')
  t.equal(passed.files, 106)
  t.equal(passed.first.length, 20)
  t.match(passed.byKind, { '.txt': 3, '.15': 1, others: 84 })
})

t.test('the reasons beside a file tell that it has rejects', async t => {
  const long = `${'x'.repeat(251)}.csv`
  const reasons = {
    'r.csv.reasons.ndjson': '{"runId":"a","file":"a.csv"}\n',
    'k.csv.reasons.ndjson': '',
  }
  const others = { 'o.csv.reasons.ndjson': '{"id":1}\n', [long]: '' }
  const d = { 'a.csv': '', 'r.csv': '', 'k.csv': '', 'o.csv': '', ...reasons, ...others }
  const dir = t.testdir({ d })
  const inputs = ['a.csv', 'o.csv', 'o.csv.reasons.ndjson', long].map(name => join(dir, 'd', name))
  const folder = await expandSources([join(dir, 'd')])
  t.strictSame(folder.paths, inputs)
  t.strictSame(folder.passedOver.byKind, { rejects: 4 })
  t.match(passedOverNotice(folder.passedOver), /; name rejects themselves to load them$/)
  const pattern = await expandSources([join(dir, 'd', '*.csv')])
  t.strictSame(
    pattern.paths,
    inputs.filter(path => path.endsWith('.csv')),
  )
  t.strictSame(pattern.passedOver.byKind, { rejects: 2 })
  const named = await expandSources([join(dir, 'd', 'r.csv')])
  t.equal(named.paths.length, 1)
})

// Files that are not text, identified by the first bytes that their tools write.

const tar = Buffer.alloc(512)
tar.write('a.csv')
tar.write('ustar', 257)

const files: [what: string, head: Buffer, words: RegExp][] = [
  ['zip', Buffer.from('504b0304140000000800', 'hex'), /zip archive.*unzip -p/],
  [
    'xlsx',
    Buffer.concat([Buffer.from('504b030414000000', 'hex'), Buffer.from('[Content_Types].xml')]),
    /xlsx.*CSV/,
  ],
  ['xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /xls.*CSV/],
  ['parquet', Buffer.from('504152311504150a', 'hex'), /Parquet.*CSV/],
  ['bzip2', Buffer.from('425a68393141592653590000', 'hex'), /bzip2 -dc FILE \| ddb-ingest load -/],
  ['bzip2 of nothing', Buffer.from('425a683917724538509000000000', 'hex'), /bzip2 -dc/],
  ['xz', Buffer.from('fd377a585a000004', 'hex'), /xz -dc/],
  ['lz4', Buffer.from('04224d1864404c', 'hex'), /lz4 -dc/],
  ['snappy', Buffer.from('ff060000734e61507059', 'hex'), /snappy/],
  ['compress', Buffer.from('1f9d90', 'hex'), /uncompress -c/],
  ['7-Zip', Buffer.from('377abcaf271c0004', 'hex'), /7-Zip/],
  ['RAR', Buffer.from('526172211a0700', 'hex'), /RAR/],
  ['tar', tar, /tar archive/],
  ['ORC', Buffer.from('4f52430a030000', 'hex'), /ORC/],
  ['Avro', Buffer.from('4f626a0104', 'hex'), /Avro/],
  ['Arrow', Buffer.from('4152524f57310000', 'hex'), /Arrow/],
  ['SQLite', Buffer.from('SQLite format 3\0'), /SQLite/],
  ['PDF', Buffer.from('%PDF-1.7\n'), /PDF/],
  ['zeros', Buffer.alloc(512), /full of zeros.*copy it again/],
]

t.test('the notice names each kind and gives the remedy', async t => {
  for (const [what, head, words] of files) {
    t.throws(
      () => refuseForeignFormat(head, 'x.dat'),
      {
        code: 'DDB_INPUT_FORMAT',
        exitCode: 65,
        message: words,
        position: { file: 'x.dat', offsetBytes: 0 },
      },
      what,
    )
  }
})

t.test('text whose beginning resembles such a file is text', async t => {
  const texts = 'PK,a PAR1,b BZh91,b ORC,1 Objective,1 LZIP,1 Rar,1 7z,1'.split(' ')
  for (const text of ['', ...texts.map(line => `${line}\n`)]) {
    t.doesNotThrow(() => refuseForeignFormat(Buffer.from(text), 'x'), text)
  }
})

t.test('names with line breaks are names of data, in folders and for patterns', async t => {
  const names = ['a\nb.csv', 'a\rb.csv', 'a\u2028b.csv', 'a\u2029b.csv.gz']
  const dir = fileFolder(t, Object.fromEntries(names.map(name => [name, ''])))
  const isData = dataFiles({ extensions: dataExtensions })
  for (const name of names) {
    const isOne = isData(name, () => name)
    t.equal(isOne, true)
  }
  for (const input of [dir, join(dir, '*'), join(dir, 'a?b.csv*'), join(dir, '**/*.*')]) {
    const { paths } = await expandSources([input])
    t.strictSame(paths, names.map(name => join(dir, name)).sort())
  }
})
