/* Files of the operating system, compared with node:fs. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  createWriteStream,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  type BigIntStats,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemFiles } from '../../src/platform/system-files.js'
import { fileFolder } from '../helpers/file-folder.js'

const folder = fileFolder(t, { 'a.txt': 'hello', sub: { 'b.txt': '' } })
const path = (name: string): string => join(folder, name)
const stats = (name: string): BigIntStats => statSync(path(name), { bigint: true })

t.test('the start of a file is read at once, without waiting for a pipe', async t => {
  const buffer = Buffer.alloc(4, '.')
  t.equal(systemFiles.readNow(path('a.txt'), buffer), 4)
  t.equal(String(buffer), 'hell')
  t.equal(systemFiles.readNow(path('sub/b.txt'), buffer), 0)
  t.throws(() => systemFiles.readNow(path('none'), buffer), { code: 'ENOENT' })
  t.throws(() => systemFiles.readNow(folder, buffer), { code: 'EISDIR' })
  execFileSync('mkfifo', [path('pipe')])
  t.equal(systemFiles.readNow(path('pipe'), buffer), 0)
})

t.test('a named pipe waits for its writer in no thread, and can be closed meanwhile', async t => {
  const [pipe, buffer] = [path('waited'), Buffer.alloc(3)]
  execFileSync('mkfifo', [pipe])
  const closed = await systemFiles.open(pipe)
  const reading = closed.read(buffer, 0, 3)
  await closed.close()
  await t.rejects(reading)
  const file = await systemFiles.open(pipe)
  t.match(await file.status(), { isFile: false, isFolder: false })
  await t.rejects(file.readAt(buffer, 0, 1, 0))
  const first = file.read(buffer, 0, 3)
  const writer = createWriteStream(pipe)
  writer.end('héllo')
  let text = buffer.toString('latin1', 0, await first)
  for (let count = 1; count > 0; text += buffer.toString('latin1', 0, count)) {
    count = await file.read(buffer, 0, 2)
  }
  t.equal(Buffer.from(text, 'latin1').toString(), 'héllo')
  await file.close()
})

t.test('folders are made, and where none can be made that is an error', async t => {
  const made = path('x/y/z')
  systemFiles.makeFolder(made)
  systemFiles.makeFolder(made)
  t.ok(statSync(made).isDirectory())
  for (const none of ['/proc/nonexistent/x', path('a.txt/x')]) {
    t.throws(() => systemFiles.makeFolder(none), none)
  }
})

t.test('information about a path is that of the system', async t => {
  chmodSync(path('a.txt'), 0o644)
  const { dev: device, ino: inode, mtimeMs, birthtimeMs, birthtimeNs, ctimeNs } = stats('a.txt')
  const modifiedMs = Number(mtimeMs)
  const times = { modifiedMs, bornNs: birthtimeNs, changedNs: ctimeNs }
  const kind = { isFile: true, isFolder: false, isForAll: true }
  const expected = { ...kind, sizeBytes: 5, device, inode, bornMs: Number(birthtimeMs) }
  t.strictSame(await systemFiles.status(path('a.txt')), { ...expected, ...times })
  t.strictSame(systemFiles.statusNow(path('a.txt')), expected)
  t.match(await systemFiles.status(folder), { isFile: false, isFolder: true })
  t.equal(systemFiles.statusNow(path('none')), undefined)
  await t.rejects(systemFiles.status(path('none')), { code: 'ENOENT' })
  symlinkSync(path('a.txt'), path('link'))
  t.strictSame(systemFiles.statusNow(path('link')), expected, 'about the target of a link')
  for (const mode of [0o640, 0o604, 0o044]) {
    chmodSync(path('a.txt'), mode)
    t.match(systemFiles.statusNow(path('a.txt')), { isForAll: false }, mode.toString(8))
  }
  chmodSync(path('a.txt'), 0o644)
})

t.test('only an empty regular file is opened as empty', async t => {
  writeFileSync(path('empty'), '')
  const file = systemFiles.openEmpty(path('empty'))
  file.write(Buffer.from('x'))
  file.close()
  t.equal(readFileSync(path('empty'), 'utf8'), 'x')
  t.throws(() => systemFiles.openEmpty(path('empty')), { code: 'EEXIST' })
  t.throws(() => systemFiles.openEmpty('/dev/null'), { code: 'EEXIST' })
  t.throws(() => systemFiles.openEmpty(path('none')), { code: 'ENOENT' })
  t.throws(() => systemFiles.openEmpty(folder), { code: 'EISDIR' })
  writeFileSync(path('target'), '')
  symlinkSync(path('target'), path('to-empty'))
  t.throws(() => systemFiles.openEmpty(path('to-empty')), { code: 'ELOOP' })
})

t.test('a read at any position does not move the position of later reads', async t => {
  const file = await systemFiles.open(path('a.txt'))
  const buffer = Buffer.alloc(8, '.')
  t.equal(await file.read(buffer, 0, 1), 1)
  t.equal(await file.readAt(buffer, 4, 2, 3), 2)
  t.equal(await file.readAt(buffer, 7, 1, 0), 1)
  t.equal(await file.read(buffer, 1, 2), 2)
  t.equal(String(buffer), 'hel.lo.h')
  t.equal(await file.readAt(buffer, 0, 8, 5), 0, 'past the end')
  t.equal(await file.readAt(buffer, 0, 8, 4_000), 0)
  await file.close()
})

t.test('writing to an existing file appends', async t => {
  writeFileSync(path('grown'), 'abc')
  const file = systemFiles.reopen(path('grown'))
  file.write(Buffer.from('de'))
  t.equal(readFileSync(path('grown'), 'utf8'), 'abcde')
  file.truncate(1)
  file.write(Buffer.from('X'))
  await file.syncMeanwhile()
  file.close()
  t.equal(readFileSync(path('grown'), 'utf8'), 'aX')
  await t.rejects(file.syncMeanwhile(), { code: 'EBADF' })
  t.throws(() => systemFiles.reopen(path('none')), { code: 'ENOENT' })
  t.throws(() => systemFiles.reopen(folder), { code: 'EISDIR' })
  t.throws(() => systemFiles.reopen('/dev/null'), { code: 'EINVAL' })
  symlinkSync(path('grown'), path('to-grown'))
  t.throws(() => systemFiles.reopen(path('to-grown')), { code: 'ELOOP' })
})

t.test('a scratch file has no name and keeps what was written', async t => {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  t.teardown(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  })
  const names = readdirSync(folder)
  const file = systemFiles.scratch()
  t.equal(file.write(Buffer.from('abc')), 0)
  t.equal(file.write(Buffer.from('defg')), 3)
  const buffer = Buffer.alloc(4)
  file.read(buffer, 2)
  t.equal(String(buffer), 'cdef')
  t.throws(() => file.read(buffer, 4), /too short/)
  t.strictSame(readdirSync(folder), names)
  file.close()
  systemFiles.scratch().close()
  process.env['TMPDIR'] = path('none')
  t.throws(() => systemFiles.scratch().write(buffer), { code: 'ENOENT' })
})
