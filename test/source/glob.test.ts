/*
  Patterns for paths, over folders in memory; the names a pattern matches are worked out by hand.
*/
import t from 'tap'
import type { Files } from '../../src/platform/platform.js'
import { systemFiles } from '../../src/platform/system-files.js'
import { globFiles, hasGlob } from '../../src/source/glob.js'

/** Files by their paths; folders are what stands before a `/`. */
function filesOf(paths: readonly string[]): Files {
  return {
    ...systemFiles,
    async readFolder(folder) {
      if (folder === 'locked') throw Object.assign(new Error('EACCES'), { code: 'EACCES' })
      const prefix = folder === '.' ? '' : folder === '/' ? '/' : `${folder}/`
      const inside = paths.filter(
        path => path.startsWith(prefix) && (prefix !== '' || path[0] !== '/'),
      )
      const names = new Set(inside.map(path => path.slice(prefix.length).split('/')[0]!))
      if (names.size === 0) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
      return [...names].map(name => ({
        name,
        folder,
        isFolder: inside.some(path => path.startsWith(`${prefix}${name}/`)),
      }))
    },
  }
}

const files = filesOf([
  'b.csv',
  'a.csv',
  '.hidden.csv',
  'a.txt',
  'a+b.csv',
  'a1.csv',
  'a22.csv',
  'día.csv',
  'line\nbreak.csv',
  'day=1/t.csv',
  'day=2/t.csv',
  'day=2/deep/er/t.csv',
  '.git/t.csv',
  'locked/t.csv',
  '/data/x.csv',
])

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
  ['locked/*', []],
  ['nowhere/*', []],
  ['[z-a]*', []],
  ['day=*', []],
  ['a[', []],
] as const) {
  t.test(`${JSON.stringify(pattern)} matches ${found.length}`, async t => {
    t.strictSame(await globFiles(pattern, files), found)
  })
}

t.test('what a pattern may be', async t => {
  for (const text of ['*', 'a?', '[a]', '[', 'x/**']) t.ok(hasGlob(text), text)
  for (const text of ['', 'a.csv', 'a]', '{a,b}', 'day=1/t.csv']) t.notOk(hasGlob(text), text)
})
