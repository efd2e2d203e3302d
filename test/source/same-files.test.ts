import t from 'tap'
import type { FileStatus } from '../../src/platform/platform.js'
import { newSameFiles, sameFilesNotice } from '../../src/source/same-files.js'

const file = (inode: bigint, isFile = true): FileStatus => ({
  isFile,
  isFolder: false,
  sizeBytes: 1,
  device: 1n,
  inode,
  modifiedMs: 0,
  bornNs: 0n,
  changedNs: 0n,
})

t.test('only the first name of a file counts', async t => {
  const names = newSameFiles()
  t.ok(names.isFirst('a', file(1n)))
  t.ok(names.isFirst('b', file(2n)))
  t.equal(sameFilesNotice(names), undefined)
  t.notOk(names.isFirst('c', file(1n)))
  t.equal(sameFilesNotice(names), '"c" is "a" by another name: each file is loaded once')
  t.notOk(names.isFirst('b', file(2n)))
  t.match(names, {
    count: 2,
    first: [
      { path: 'c', input: 'a' },
      { path: 'b', input: 'b' },
    ],
  })
  t.match(sameFilesNotice(names), /^"c" is "a" by another name \(and 1 more are named twice\): /)
})

t.test('what is no file may come more than once, but for standard input', async t => {
  const names = newSameFiles()
  t.ok(names.isFirst('pipe', file(1n, false)))
  t.ok(names.isFirst('pipe', file(1n, false)))
  t.ok(names.isFirst('-'))
  t.notOk(names.isFirst('-'))
  t.equal(sameFilesNotice(names), '"-" is named twice: each file is loaded once')
})

t.test('a million names are a few examples', async t => {
  const names = newSameFiles()
  for (let i = 0; i < 100; i++) names.isFirst(`a${i}`, file(1n))
  t.equal(names.count, 99)
  t.equal(names.first.length, 20)
})
