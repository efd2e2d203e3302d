import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { newFinishedFiles } from '../../../../src/load/inputs/follow/known-files.js'
import { newSummary } from '../../../../src/load/inputs/input-reading.js'
import type { InputFile } from '../../../../src/platform/platform.js'
import { systemFiles } from '../../../../src/platform/system-files.js'
import { fingerprintOfRead } from '../../../helpers/followed.js'

async function opened(t: Test): Promise<{ path: string; file: InputFile }> {
  const path = join(t.testdir({ 'a.csv': 'id\n1\n' }), 'a.csv')
  const file = await systemFiles.open(path)
  t.teardown(() => file.close())
  return { path, file }
}

t.test('a file and its growth are recognized; a different file with its inode is not', async t => {
  const { path, file } = await opened(t)
  const read = newFinishedFiles()
  const find = async () => read.find(file, await file.status())
  t.equal(await find(), undefined)
  read.add({ ...newSummary(path), rows: 1, bytes: 5 }, await fingerprintOfRead(file))
  t.equal(await find(), 'read')
  t.equal(read.bytes, 5)
  appendFileSync(path, '2\n')
  t.equal(await find(), 'grown')
  writeFileSync(path, 'other,header\n')
  t.equal(await find(), undefined)
  writeFileSync(path, 'id')
  t.equal(await find(), undefined, 'a shorter file is another one')
})

t.test('a file with the same content, written later, may be a different file', async t => {
  const { path, file } = await opened(t)
  const status = await file.status()
  const at = (change: object) => ({ ...file, status: async () => ({ ...status, ...change }) })
  const unknown = at({ bornNs: 0n })
  const read = newFinishedFiles()
  read.add({ ...newSummary(path), rows: 1 }, await fingerprintOfRead(unknown))
  const later = { modifiedMs: status.modifiedMs + 5_000, changedNs: status.changedNs + 1n }
  t.equal(await read.find(unknown, await unknown.status()), 'read')
  t.equal(await read.find(unknown, { ...status, ...later, bornNs: 0n }), 'touched')
  const known = at({ bornNs: 1n })
  read.add({ ...newSummary(path), rows: 1 }, await fingerprintOfRead(known))
  t.equal(
    await read.find(known, { ...status, ...later, bornNs: 1n }),
    'read',
    'it is the same file',
  )
  const other = at({ bornNs: 2n, ...later })
  t.equal(await read.find(other, await other.status()), undefined)
})

t.test('on file systems without inode numbers, files are recognized by their content', async t => {
  const dir = t.testdir({ a: 'id\n1\n', b: 'id\n2\n', c: 'id\n3\n' })
  const read = newFinishedFiles()
  const numberless = async (name: string) => {
    const file = await systemFiles.open(join(dir, name))
    t.teardown(() => file.close())
    return { ...file, status: async () => ({ ...(await file.status()), inode: 0n }) }
  }
  for (const name of ['a', 'b']) {
    const file = await numberless(name)
    read.add({ ...newSummary(name), rows: 1 }, await fingerprintOfRead(file))
  }
  for (const [name, found] of [
    ['a', 'read'],
    ['b', 'read'],
    ['c', undefined],
  ] as const) {
    const file = await numberless(name)
    t.equal(await read.find(file, await file.status()), found, name)
  }
})
