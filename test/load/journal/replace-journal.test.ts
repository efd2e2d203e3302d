/*
  Replaces a journal by a different journal, on disks that can fail at any step.
*/
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { recordLine, type JournalRecord } from '../../../src/load/journal/journal-record.js'
import { replaceJournal } from '../../../src/load/journal/replace-journal.js'
import type { Files } from '../../../src/platform/platform.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { filesOn, type FileCall } from '../../helpers/failing-files.js'
import {
  batchRecord,
  endedRecord,
  endRecord,
  processRecord,
  runRecord,
} from '../../helpers/journals.js'

const records = [runRecord('r'), processRecord(1), batchRecord(1), endedRecord(1), endRecord()]
const textOf = (some: readonly JournalRecord[]): string => some.map(recordLine).join('')
const whole = textOf(records)

function place(t: Test, content?: string) {
  const dir = t.testdir()
  const path = join(dir, 'r.journal')
  if (content !== undefined) writeFileSync(path, content)
  return { dir, path }
}

t.test('a new journal appears complete, readable only by its owner', async t => {
  const { dir, path } = place(t)
  await replaceJournal(path, systemFiles, { sizeBytes: 0 }, records)
  t.equal(readFileSync(path, 'utf8'), whole)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.strictSame(readdirSync(dir), ['r.journal'])
})

t.test('some kinds of records are omitted, the rest stays, and new records follow', async t => {
  const { path } = place(t, `${whole}half of a`)
  const { ino } = statSync(path)
  const kept = { sizeBytes: whole.length, without: ['batch', 'ended'] as const }
  await replaceJournal(path, systemFiles, kept, [{ kind: 'leaving' }])
  const rest = [records[0]!, records[1]!, records[4]!, { kind: 'leaving' } as const]
  t.equal(readFileSync(path, 'utf8'), textOf(rest))
  t.not(
    statSync(path).ino,
    ino,
    'a process that writes into the old file writes where nobody reads',
  )
})

t.test('lines are found across chunks of the file', async t => {
  const trickling: Files = {
    ...systemFiles,
    async open(name) {
      const input = await systemFiles.open(name)
      return {
        ...input,
        readAt: (buffer, offset, length, at) =>
          input.readAt(buffer, offset, Math.min(length, 1 + (at % 13)), at),
      }
    },
  }
  const { path } = place(t, whole)
  const kept = { sizeBytes: whole.length, without: ['batch'] as const }
  await replaceJournal(path, trickling, kept, [])
  t.equal(readFileSync(path, 'utf8'), textOf(records.filter(({ kind }) => kind !== 'batch')))
})

t.test('a journal that is set aside is kept under a second name', async t => {
  const { dir, path } = place(t, `${whole}of no use`)
  const aside = join(dir, 'old')
  await replaceJournal(path, systemFiles, { sizeBytes: 0, asideTo: aside }, records)
  t.equal(readFileSync(aside, 'utf8'), `${whole}of no use`)
  t.equal(readFileSync(path, 'utf8'), whole)
})

t.test('after any failure the journal is unchanged, and no draft stays', async t => {
  for (const failing of ['create', 'write', 'sync', 'close'] as const satisfies FileCall[]) {
    const { dir, path } = place(t, whole)
    const files = filesOn({ fails: call => call === failing })
    await t.rejects(replaceJournal(path, files, { sizeBytes: whole.length }, records), {
      code: 'EIO',
    })
    t.equal(readFileSync(path, 'utf8'), whole, failing)
    t.strictSame(readdirSync(dir), ['r.journal'])
    t.equal(files.openCount, 0)
  }
  const { dir, path } = place(t, whole)
  const full = filesOn({ capacityBytes: 50 })
  await t.rejects(replaceJournal(path, full, { sizeBytes: whole.length }, []), { code: 'ENOSPC' })
  t.strictSame(readdirSync(dir), ['r.journal'])
  const shorter = { sizeBytes: whole.length + 1 }
  await t.rejects(replaceJournal(path, systemFiles, shorter, []), /shorter/)
  t.equal(readFileSync(path, 'utf8'), whole)
  t.notOk(existsSync(`${path}.new`))
})
