/* Files that a run has followed are recognized under other names, and no other file is taken for one of them. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readBefore, reopened } from '../../../src/load/inputs/followed-inputs.js'
import { newSummary } from '../../../src/load/inputs/input-reading.js'
import type { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import type { InputFile } from '../../../src/platform/platform.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { fingerprintOfRead } from '../../helpers/followed.js'
import { readRun } from '../../helpers/journals.js'

async function opened(t: Test, path: string): Promise<InputFile> {
  const file = await systemFiles.open(path)
  t.teardown(() => file.close())
  return file
}

/** A run that has read these files to their end, with a row each. */
async function runOf(...files: readonly InputFile[]): Promise<RecordedRun> {
  const run = readRun()
  for (const [input, file] of files.entries()) {
    const fingerprint = await fingerprintOfRead(file)
    run.take({ kind: 'input', input, path: 'a.csv', fingerprint })
    run.take({ kind: 'input', input, summary: { ...newSummary('a.csv'), rows: 1 }, readAt: '' })
  }
  return run
}

t.test('a file and its growth are recognized; a different file with its inode is not', async t => {
  const path = join(t.testdir({ 'a.csv': 'id\n1\n' }), 'a.csv')
  const file = await opened(t, path)
  const run = await runOf(file)
  const find = async () => readBefore(run, file, await file.status())
  t.equal(await readBefore(readRun(), file, await file.status()), undefined)
  t.equal(await find(), 'read')
  appendFileSync(path, '2\n')
  t.equal(await find(), 'grown')
  writeFileSync(path, 'other,header\n')
  t.equal(await find(), undefined)
  writeFileSync(path, 'id')
  t.equal(await find(), undefined, 'a shorter file is another one')
  run.take({ kind: 'input', input: 0, summary: newSummary(path) })
  writeFileSync(path, 'id\n1\n')
  t.equal(await find(), undefined, 'a file without rows is read again')
})

t.test('of files with one inode number, the last is compared', async t => {
  const dir = t.testdir({ a: 'id\n1\n', b: 'id\n1\n2\n' })
  const files = await Promise.all(['a', 'b'].map(name => opened(t, join(dir, name))))
  const alike = files.map(file => ({
    ...file,
    status: async () => ({ ...(await file.status()), inode: 7n, bornNs: 0n }),
  }))
  const run = await runOf(...alike)
  t.equal(await readBefore(run, alike[1]!, await alike[1]!.status()), 'read')
})

t.test('a file with the same content, written later, may be a different file', async t => {
  const file = await opened(t, join(t.testdir({ 'a.csv': 'id\n1\n' }), 'a.csv'))
  const status = await file.status()
  const later = { modifiedMs: status.modifiedMs + 5_000, changedNs: status.changedNs + 1n }
  for (const [born, change, found] of [
    [0n, {}, 'read'],
    [0n, { ...later, bornNs: 0n }, 'touched'],
    [1n, { ...later, bornNs: 1n }, 'read'],
    [1n, { ...later, bornNs: 2n }, undefined],
  ] as const) {
    const before = { ...status, bornNs: born }
    const run = await runOf({ ...file, status: async () => before })
    const now = { ...before, ...change }
    t.equal(await readBefore(run, { ...file, status: async () => now }, now), found)
  }
})

t.test('on file systems without inode numbers, files are recognized by their content', async t => {
  const dir = t.testdir({ a: 'id\n1\n', b: 'id\n2\n', c: 'id\n3\n' })
  const [a, b, c] = await Promise.all(
    ['a', 'b', 'c'].map(async name => {
      const file = await opened(t, join(dir, name))
      return { ...file, status: async () => ({ ...(await file.status()), inode: 0n }) }
    }),
  )
  const run = await runOf(a!, b!)
  for (const [file, found] of [
    [a!, 'read'],
    [b!, 'read'],
    [c!, undefined],
  ] as const) {
    t.equal(await readBefore(run, file, await file.status()), found)
  }
})

/** A journal of one file whose first `end` bytes were sent. */
async function journalOf(path: string, end: number): Promise<RecordedRun> {
  const file = await systemFiles.open(path)
  const fingerprint = await fingerprintOfRead(file)
  await file.close()
  const found = readRun()
  found.take({ kind: 'input', input: 0, path, fingerprint })
  const range = { input: 0, startBytes: 0, endBytes: end, rows: 1, endLine: 2, records: 1 }
  found.take({ kind: 'batch', stream: 1, no: 1, ranges: [range] })
  return found
}

t.test('a file is found under its name, or under another name in the same folder', async t => {
  const path = join(t.testdir({ 'a.csv': '1\n2\n', pipe: {} }), 'a.csv')
  const journal = await journalOf(path, 2)
  for (const move of [() => undefined, () => renameSync(path, `${path}.1`)]) {
    move()
    const found = await reopened(journal, 0, systemFiles)
    t.equal(found.path, path)
    await found.close()
  }
  writeFileSync(path, '1\n2\n3\n')
  appendFileSync(`${path}.1`, 'more')
  const found = await reopened(journal, 0, systemFiles)
  t.equal((await found.file.status()).sizeBytes, 8, 'not the file that took its name')
  await found.close()
})
