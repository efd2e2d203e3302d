import { resolve } from 'node:path'
import t from 'tap'
import { fileKey } from '../../src/platform/file-name.js'

t.test('names with one device and inode are one file', async t => {
  const file = { device: 3n, inode: 5n }
  t.equal(fileKey('a', file), fileKey('/b', file))
  t.not(fileKey('a', file), fileKey('a', { device: 4n, inode: 5n }))
  t.not(fileKey('a', file), fileKey('a', { device: 3n, inode: 6n }))
})

t.test('if files have no number, a file is identified by its path', async t => {
  const file = { device: 3n, inode: 0n }
  t.equal(fileKey('./d/../a', file), fileKey(resolve('a'), file))
  t.not(fileKey('a', file), fileKey('b', file))
})
