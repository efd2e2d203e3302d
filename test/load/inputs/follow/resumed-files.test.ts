import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { resumedFiles } from '../../../../src/load/inputs/follow/known-files.js'
import { readRun } from '../../../helpers/journals.js'
import { newResumption } from '../../../../src/load/journal/resumption.js'
import { newSummary, type InputSummary } from '../../../../src/load/inputs/input-reading.js'
import { systemFiles } from '../../../../src/platform/system-files.js'
import { fingerprintOfRead } from '../../../helpers/followed.js'

/** A journal of one file whose first `end` bytes were sent. */
async function journalOf(path: string, end: number, isRead = false) {
  const file = await systemFiles.open(path)
  const fingerprint = await fingerprintOfRead(file)
  await file.close()
  const found = readRun()
  found.take({ kind: 'inputs', inputs: [{ path, fingerprint }] })
  found.take({ kind: 'facts', target: {} as never, used: 'receipts' })
  const range = { input: 0, startBytes: 0, endBytes: end, rows: 1, endLine: 2, records: 1 }
  found.take({ kind: 'batch', stream: 1, no: 1, ranges: [range] })
  const ended = { confirmed: 1, rejected: 0, unconfirmed: 0, unsent: 0 }
  found.take({ kind: 'ended', stream: 1, no: 1, ...ended })
  if (isRead) found.take({ kind: 'input', input: 0, summary: newSummary(path), readAt: '' })
  found.take({ kind: 'input', input: 0, detected: 'csv' })
  return { found, resumption: newResumption(found, true) }
}

/** Files that were read to their end, and the others. */
async function resumed(journal: Parameters<typeof resumedFiles>[0]) {
  const done: string[] = []
  const read = { add: ({ path }: InputSummary) => void done.push(path) }
  return { open: await resumedFiles(journal, systemFiles, read), done }
}

t.test('a file is found under its name, or under another name in the same folder', async t => {
  const path = join(t.testdir({ 'a.csv': '1\n2\n', pipe: {} }), 'a.csv')
  const journal = await journalOf(path, 2)
  for (const move of [() => undefined, () => renameSync(path, `${path}.1`)]) {
    move()
    const { open, done } = await resumed(journal)
    t.match(open, [{ number: 0, path }])
    t.same(done, [])
    await open[0]!.file.close()
  }
  writeFileSync(path, '1\n2\n3\n')
  appendFileSync(`${path}.1`, 'more')
  const { open } = await resumed(journal)
  t.equal((await open[0]!.file.status()).sizeBytes, 8, 'not the file that took its name')
  await open[0]!.file.close()
})

t.test('a file that is gone, or shorter than the sent bytes, is refused', async t => {
  const path = join(t.testdir({ 'a.csv': '1\n2\n' }), 'a.csv')
  const tooLong = await journalOf(path, 5)
  await t.rejects(resumed(tooLong), { code: 'DDB_RUN_CHANGED' })
  const journal = await journalOf(path, 2)
  rmSync(path)
  await t.rejects(resumed(journal), { code: 'DDB_RUN_CHANGED', message: /inode/ })
})

t.test('a file that was read to its end may be missing', async t => {
  const path = join(t.testdir({ 'a.csv': '1\n2\n' }), 'a.csv')
  const journal = await journalOf(path, 4, true)
  rmSync(path)
  const { open, done } = await resumed(journal)
  t.same(open, [])
  t.equal(done.length, 1)
})
