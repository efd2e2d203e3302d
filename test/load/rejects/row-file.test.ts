import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { newRowFile, reasonOf } from '../../../src/load/rejects/row-file.js'
import { filesOn, type Disk } from '../../helpers/failing-files.js'

/**
 * A file with rows `aa
 * `, `b
 * `, `cccc
 * ` in its queue.
 */
function queued(t: Test, disk: Disk = {}) {
  const path = join(t.testdir(), 'rows')
  const file = newRowFile(path, filesOn(disk).create(path))
  for (const row of ['aa\n', 'b\n', 'cccc\n']) file.queue.add(Buffer.from(row))
  return { file, path, text: () => readFileSync(path, 'utf8') }
}

t.test('queued rows are not in the file; rows are written in steps', async t => {
  const { file, text } = queued(t)
  t.equal(file.wholeRows(), 0)
  t.equal(text(), '')
  file.write(0, 2)
  t.equal(text(), 'aa\nb\n')
  t.equal(file.wholeRows(), 2)
  file.write(2, 3)
  t.equal(text(), 'aa\nb\ncccc\n')
  t.equal(file.wholeRows(), 3)
  file.close()
})

t.test('a disk that takes few bytes at a time gets all bytes', async t => {
  const { file, text } = queued(t, { writeBytes: 1 })
  file.write(0, 3)
  t.equal(text(), 'aa\nb\ncccc\n')
  file.close()
})

t.test('on a full disk a partly written row does not count', async t => {
  // 3 + 2 + 2 bytes, so the third row is cut.
  const { file, path, text } = queued(t, { capacityBytes: 7 })
  t.throws(() => file.write(0, 3), { code: 'DDB_OUTPUT_WRITE', message: path })
  t.equal(text(), 'aa\nb\ncc')
  t.equal(file.wholeRows(), 2)
  file.keep(file.wholeRows())
  t.equal(text(), 'aa\nb\ncc')
  file.cut()
  t.equal(text(), 'aa\nb\n')
  file.close()
})

t.test('kept rows are the base of the next queue', async t => {
  const { file, text } = queued(t)
  file.write(0, 3)
  file.keep(1)
  file.cut()
  t.equal(text(), 'aa\n')
  t.equal(file.wholeRows(), 0, 'the queue is empty')
  file.queue.add(Buffer.from('d\n'))
  file.queue.add(Buffer.from('e\n'))
  file.write(0, 2)
  t.equal(text(), 'aa\nd\ne\n')
  file.cut()
  t.equal(text(), 'aa\n', 'kept rows are not cut off')
  file.close()
})

t.test('rows that were kept but not settled can be cut off', async t => {
  const { file, text } = queued(t)
  file.write(0, 3)
  file.keep(2)
  t.equal(file.settledBytes, 0)
  file.cut()
  file.settle()
  t.equal(file.settledBytes, 5)
  file.queue.add(Buffer.from('d\n'))
  file.write(0, 1)
  file.keep(1)
  file.cutUnsettled()
  t.equal(text(), 'aa\nb\n')
  t.equal(file.settledBytes, 5)
  file.cutUnsettled()
  t.equal(text(), 'aa\nb\n')
  file.close()
})

t.test('if all rows are complete, nothing is cut', async t => {
  const { file } = queued(t, { fails: call => call === 'truncate' })
  file.write(0, 3)
  file.keep(3)
  file.cut()
  t.throws(() => file.cutUnsettled(), { code: 'DDB_OUTPUT_WRITE' })
  file.close()
})

t.test('every error has its code and names the file', async t => {
  for (const call of ['write', 'sync', 'close'] as const) {
    const { file, path } = queued(t, { fails: each => each === call })
    const act = call === 'write' ? () => file.write(0, 1) : () => file[call]()
    t.throws(act, { code: 'DDB_OUTPUT_WRITE', message: path, cause: { code: 'EIO' } }, call)
  }
})

t.test('each system error has its text', async t => {
  t.equal(reasonOf(new Error('ENOSPC: no space left')), 'ENOSPC: no space left')
  t.equal(reasonOf('gone'), 'gone')
})
