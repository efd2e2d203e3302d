/* Patterns for paths, on folders in memory. The expected names were worked out by hand. */
import fc from 'fast-check'
import t from 'tap'
import type { Files } from '../../src/platform/platform.js'
import { systemFiles } from '../../src/platform/system-files.js'
import { expandBraces, globFiles, hasGlob } from '../../src/source/glob.js'
import { forAllAsync } from '../helpers/runs.js'

/** Files with these paths. The parts before a `/` are folders. */
function filesOf(paths: readonly string[]): Files {
  return {
    ...systemFiles,
    async readFolder(folder, found) {
      if (folder.startsWith('locked')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' })
      const prefix = folder === '.' ? '' : folder === '/' ? '/' : `${folder}/`
      const inside = paths.filter(
        path => path.startsWith(prefix) && (prefix !== '' || path[0] !== '/'),
      )
      const names = new Set(inside.map(path => path.slice(prefix.length).split('/')[0]!))
      if (names.size === 0) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
      for (const name of names) {
        const isFolder = inside.some(path => path.startsWith(`${prefix}${name}/`))
        found({ name, folder, isFolder, isFile: !isFolder })
      }
    },
  }
}

const paths = [
  ...'b.csv a.csv .hidden.csv a.txt a+b.csv a1.csv a22.csv día.csv line\nbreak.csv'.split(' '),
  ...'day=1/t.csv day=2/t.csv day=2/deep/er/t.csv .git/t.csv /data/x.csv p(1).csv'.split(' '),
  // Names that are not UTF-8 (docs/decisions/0034-file-identity-and-names.md).
  'p(1)\udcff.csv',
]
const files = filesOf(paths)

for (const [pattern, found] of [
  ['*.txt', ['a.txt']],
  ['a?.csv', ['a1.csv']],
  ['a??.csv', ['a+b.csv', 'a22.csv']],
  ['a[0-9].csv', ['a1.csv']],
  ['a[!0-9]*.csv', ['a+b.csv']],
  ['a[^1].csv', []],
  ['[ab].csv', ['a.csv', 'b.csv']],
  ['a+*.csv', ['a+b.csv']],
  ['d?a.csv', ['día.csv']],
  ['line*', ['line\nbreak.csv']],
  ['.*.csv', ['.hidden.csv']],
  ['*/t.csv', ['day=1/t.csv', 'day=2/t.csv']],
  ['day=*/*', ['day=1/t.csv', 'day=2/t.csv']],
  ['./a.*', ['a.csv', 'a.txt']],
  ['**/t.csv', ['day=1/t.csv', 'day=2/deep/er/t.csv', 'day=2/t.csv']],
  ['day=2/**', ['day=2/deep/er/t.csv', 'day=2/t.csv']],
  ['day=2/**/**/t.csv', ['day=2/deep/er/t.csv', 'day=2/t.csv']],
  ['.git/*', ['.git/t.csv']],
  ['.*/t.csv', ['.git/t.csv']],
  ['/data/*.csv', ['/data/x.csv']],
  ['nowhere/*', []],
  ['[z-a]*', []],
  ['day=*', []],
  ['a[', []],
  ['p(1)?.csv', ['p(1)\udcff.csv']],
  ['p(1)*.*', ['p(1).csv', 'p(1)\udcff.csv']],
] as const) {
  t.test(`${JSON.stringify(pattern)} matches ${found.length}`, async t => {
    t.strictSame(await matching(pattern, files), found)
  })
}

t.test('broken links are not folders', async t => {
  const folder = t.testdir({
    sub: { 'a.csv': '' },
    nowhere: t.fixture('symlink', 'gone'),
    circle: t.fixture('symlink', 'circle'),
    'file.csv': '',
  })
  t.strictSame(await matching(`${folder}/*/a.csv`, systemFiles), [`${folder}/sub/a.csv`])
})

// Trees and patterns of few letters, compared with a matcher that tries every possibility.

const names = ['a', 'b', 'ab', '.a']
const anyFiles = fc.uniqueArray(
  fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }).map(way => way.join('/')),
  { maxLength: 12 },
)
const anyPattern = fc
  .array(fc.constantFrom('*', '**', 'a', 'b', '?', 'a*', '*b', '.', '', '.a', '.*'), {
    minLength: 1,
    maxLength: 6,
  })
  .filter(parts => parts[0] !== '')

t.test('a pattern matches exactly what a slow matcher matches', async () => {
  await forAllAsync(300)(anyFiles, anyPattern, async (paths, parts) => {
    // A path is a folder if other paths are below it.
    const leaves = paths.filter(path => !paths.some(other => other.startsWith(`${path}/`)))
    const expected = leaves.filter(path => isMatch(parts, path.split('/'))).sort()
    const found = await matching(parts.join('/'), filesOf(leaves))
    if (found.join() !== expected.join())
      throw new Error(`${found.join()} is not ${expected.join()}`)
  })
})

function isMatch(parts: readonly string[], way: readonly string[]): boolean {
  const [part, ...rest] = parts
  const [name, ...below] = way
  if (part === undefined) return way.length === 0 && parts.length === 0
  if (part === '' || part === '.') return rest.length > 0 && isMatch(rest, way)
  if (name === undefined) return false
  if (part !== '**') return isName(part, name) && isMatch(rest, below)
  if (isMatch(rest.length === 0 ? ['*'] : rest, way)) return true
  return !name.startsWith('.') && isMatch(parts, below)
}

function isName(part: string, name: string): boolean {
  return (part.startsWith('.') || !name.startsWith('.')) && isText(part, name)
}

function isText(part: string, name: string): boolean {
  if (part === '' || name === '') return part === name || (part === '*' && name === '')
  const rest = part.slice(1)
  if (part[0] === '*') return isText(rest, name) || isText(part, name.slice(1))
  return (part[0] === '?' || part[0] === name[0]) && isText(rest, name.slice(1))
}

async function matching(
  pattern: string,
  files: Files,
  unread: (folder: string, cause: unknown) => void = (_folder, cause) => {
    throw cause
  },
): Promise<string[]> {
  return globFiles(pattern, files, unread)
}

t.test('texts that are patterns', async t => {
  for (const text of ['*', 'a?', '[a]', '[', 'x/**']) t.ok(hasGlob(text), text)
  for (const text of ['', 'a.csv', 'a]', '{a,b}', 'day=1/t.csv']) t.notOk(hasGlob(text), text)
})

// The expected names are those that `echo` prints in bash 5.
for (const [text, names] of [
  ['{a,b}', ['a', 'b']],
  ['x{a,b}{1,2}y', ['xa1y', 'xa2y', 'xb1y', 'xb2y']],
  ['{a,{b,c}d}', ['a', 'bd', 'cd']],
  ['{a,}x', ['ax', 'x']],
  ['{a}{b,c}', ['{a}b', '{a}c']],
  ['{a,b', ['{a,b']],
  ['a,b}', ['a,b}']],
  ['{}', ['{}']],
  ['{{a,b}', ['{a', '{b']],
] as const) {
  t.test(`${text} is ${names.length} names`, async t => {
    t.strictSame(expandBraces(text), names)
  })
}

t.test('lists that give too many names are refused quickly', async t => {
  t.equal(expandBraces('{a,b}'.repeat(13)).length, 8192)
  t.throws(() => expandBraces('{a,b}'.repeat(40)), { code: 'DDB_USAGE' })
  t.equal(expandBraces('{'.repeat(1000)).length, 1)
})
