/* The journal file on disks that tear writes, fill up, fail or lose data. */
import { readFileSync, rmSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import {
  JournalFile,
  readJournal,
  type FoundJournal,
} from '../../../src/load/journal/journal-file.js'
import { recordLine, type JournalRecord } from '../../../src/load/journal/journal-record.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import type { Files } from '../../../src/platform/platform.js'
import { handClock } from '../../helpers/clocks.js'
import { runRecord } from '../../helpers/journals.js'
import { filesOn, type Disk } from '../../helpers/failing-files.js'
import { closedGate } from '../../helpers/gate.js'
import { deepTest, forAllAsync, isTried } from '../../helpers/runs.js'

const ended = (no: number): JournalRecord => ({
  ...{ kind: 'ended', stream: 1, no, lane: 0, part: 1 },
  ...{ confirmed: no, rejected: 0, unconfirmed: 0, unsent: 0, filtered: 0 },
})
/** Records of several lengths. Some names contain characters of several bytes. */
const records: readonly JournalRecord[] = [
  runRecord('r'),
  { kind: 'process', startedAt: '2026-01-02T03:04:05.000Z' },
  { kind: 'facts', rejectsFiles: ['/tmp/größer-価格.csv'] },
  ended(1),
  ended(22_222_222),
  { kind: 'facts', isForgotten: true },
]
const lines = records.map(recordLine)
const whole = Buffer.from(lines.join(''))

interface Found extends FoundJournal {
  readonly records: JournalRecord[]
}

async function found(path: string, files: Files = systemFiles): Promise<Found> {
  const taken: JournalRecord[] = []
  const size = await readJournal(path, 'r', files, record => taken.push(record))
  if (size === undefined) throw new Error('there is none')
  return { ...size, records: taken }
}

function place(t: Test, content?: string | Buffer, disk: Disk = {}) {
  const path = join(t.testdir(), 'r.journal')
  if (content !== undefined) writeFileSync(path, content)
  const clock = handClock()
  const files = filesOn(disk)
  return {
    path,
    clock,
    files,
    open: (kept: readonly JournalRecord[] = []) => opened(path, { files, clock }, kept),
  }
}

/** A journal file that begins with these records. */
function opened(
  path: string,
  machine: ConstructorParameters<typeof JournalFile>[1],
  kept: readonly JournalRecord[],
): JournalFile {
  const file = new JournalFile(path, machine, () => undefined)
  file.replace(kept)
  return file
}

const put = (file: JournalFile, ...more: readonly JournalRecord[]): void => {
  for (const record of more) file.add(record)
  file.write()
}

t.test('the next process reads the written records, in order', async t => {
  const { path, open } = place(t)
  const file = open()
  t.equal(statSync(path).mode & 0o777, 0o600)
  file.add(records[0]!)
  t.equal(statSync(path).size, 0, 'kept in memory until write is called')
  put(file, records[1]!)
  t.equal(readFileSync(path, 'utf8'), lines.slice(0, 2).join(''), 'handed to the system at once')
  file.write()
  put(file, ...records.slice(2))
  file.close()
  t.strictSame(readFileSync(path), whole)
  t.strictSame(await found(path), { records: [...records], tornBytes: 0, damage: undefined })
})

t.test('a missing journal cannot be read', async t => {
  const { path } = place(t)
  t.equal(await readJournal(path, 'r', systemFiles, () => undefined), undefined)
  t.equal(await readJournal(join(path, 'x'), 'r', systemFiles, () => undefined), undefined)
})

deepTest(t, 'if a journal is cut, the complete records remain, and new records follow', async t => {
  for (let cut = Buffer.byteLength(lines[0]!); cut <= whole.length; cut++) {
    const { path, open } = place(t, whole.subarray(0, cut))
    let count = 0
    let sizeBytes = 0
    while (count < lines.length && sizeBytes + Buffer.byteLength(lines[count]!) <= cut) {
      sizeBytes += Buffer.byteLength(lines[count++]!)
    }
    const size = await found(path)
    const expected: Found = {
      records: records.slice(0, count),
      tornBytes: cut - sizeBytes,
      damage: undefined,
    }
    if (!t.strictSame(size, expected, `cut at ${cut}`)) return
    const file = open(size.records)
    put(file, ended(7))
    file.close()
    const again = await found(path)
    t.strictSame(again.records, [...records.slice(0, count), ended(7)])
    t.equal(again.tornBytes, 0)
  }
})

t.test('zeros left by a power cut count as an incomplete last record', async t => {
  const { path, open } = place(t, Buffer.concat([whole, Buffer.alloc(5_000)]))
  const size = await found(path)
  t.match(size, { tornBytes: 5_000, damage: undefined })
  const file = open(size.records)
  put(file, ended(7))
  file.close()
  t.match(await found(path), { tornBytes: 0, records: [...records, ended(7)] })
})

deepTest(t, 'if one bit flips, reading stops before the damaged record', async t => {
  let tried = 0
  for (let bit = 0; bit < 8 * whole.length; bit++) {
    if (!isTried(bit)) continue
    tried++
    const bytes = Buffer.from(whole)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    const { path } = place(t, bytes)
    const size = await found(path)
    let count = 0
    let sizeBytes = 0
    while (sizeBytes + Buffer.byteLength(lines[count]!) <= bit >> 3) {
      sizeBytes += Buffer.byteLength(lines[count++]!)
    }
    // A damaged line end joins the record with the next record.
    const isLineEnd = sizeBytes + Buffer.byteLength(lines[count]!) - 1 === bit >> 3
    const behind = lines.length - 1 - count - Number(isLineEnd)
    const { damage, records: read } = size
    if (!t.strictSame(read, records.slice(0, count), `bit ${bit}`)) return
    if (!t.equal(damage !== undefined, behind > 0 || count === 0, `bit ${bit}`)) return
  }
  t.ok(tried > 10)
})

deepTest(t, 'records are read across chunks of the file', async t => {
  const long: JournalRecord = { kind: 'facts', rejectsFiles: ['ä'.repeat(700_000)] }
  const many = Array.from({ length: 20_000 }, (_, no) => ended(no))
  const all = [runRecord('r'), long, ...many, long, long]
  const { path, open } = place(t)
  const file = open()
  put(file, ...all)
  file.close()
  const { size } = statSync(path)
  t.ok(size > 5 * 2 ** 20)
  const size1 = await found(path)
  t.match(size1, { tornBytes: 0 })
  t.equal(JSON.stringify(size1.records), JSON.stringify(all))
  // The same with reads that return fewer bytes than requested.
  const trickling: Files = {
    ...systemFiles,
    open: async name => {
      const input = await systemFiles.open(name)
      let asked = 0
      return {
        ...input,
        read: (buffer, offset, length) =>
          input.read(buffer, offset, Math.min(length, 1 + ((asked++ * 7_919) % 99_991))),
      }
    },
  }
  t.equal(JSON.stringify((await found(path, trickling)).records), JSON.stringify(all))
})

t.test('on a full disk complete records stay, and nothing is written after them', async t => {
  t.testdir()
  let number = 0
  await forAllAsync(80)(
    fc.nat({ max: 1_500 }),
    fc.constantFrom(1, 7, 100_000),
    fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 8 }),
    async (capacityBytes, writeBytes, groups) => {
      const path = join(t.testdirName, `${number++}.journal`)
      const disk: Disk = { capacityBytes: lines[0]!.length + capacityBytes, writeBytes }
      const files = filesOn(disk)
      const file = opened(path, { files, clock: handClock() }, [records[0]!])
      const written = [records[0]!]
      let failed = false
      for (const group of groups) {
        const more = records.slice(1, group + 2)
        try {
          put(file, ...more)
          if (failed) throw new Error('written behind a failure')
          written.push(...more)
        } catch (error) {
          if ((error as { code?: string }).code !== 'DDB_OUTPUT_WRITE') throw error
          if (file.failure !== error) throw new Error('another failure', { cause: error })
          failed = true
        }
      }
      try {
        file.close()
      } catch (cause) {
        if (!failed) throw cause
      }
      if (files.openCount > 0) throw new Error('it stays open')
      const read = await found(path)
      if (JSON.stringify(read.records) !== JSON.stringify(written) || read.tornBytes > 0) {
        throw new Error(`wrote ${written.length}, read ${read.records.length}`)
      }
    },
  )
})

t.test('the next process uses space that is freed later', async t => {
  const size = Buffer.byteLength(lines[0]!)
  const { path, open } = place(t, undefined, { capacityBytes: size + 10 })
  const file = open()
  put(file, records[0]!)
  t.throws(() => put(file, records[1]!), { code: 'DDB_OUTPUT_WRITE', message: /ENOSPC/ })
  t.equal(statSync(path).size, size, 'half a record was cut off')
  t.throws(() => file.write(), { message: /ENOSPC/ }, 'later writes fail, too')
  const writing = () => put(file, { kind: 'facts', isForgotten: true })
  t.throws(writing, { message: /ENOSPC/ }, 'although this record would fit now')
  t.throws(() => file.close(), { code: 'DDB_OUTPUT_WRITE' })
  const whole = await found(path)
  const next = opened(path, { files: systemFiles, clock: handClock() }, whole.records)
  put(next, records[2]!)
  next.close()
  t.strictSame((await found(path)).records, [records[0], records[2]])
})

t.test('half a record that cannot be cut off is reported, and read as incomplete', async t => {
  const size = Buffer.byteLength(lines[0]!)
  const { path, open } = place(t, undefined, {
    capacityBytes: size + 10,
    fails: call => call === 'truncate',
  })
  const file = open()
  put(file, records[0]!)
  t.throws(() => put(file, records[1]!), { message: /ENOSPC/ })
  t.throws(() => file.close())
  t.match(await found(path), { records: [records[0]], tornBytes: 10, damage: undefined })
})

t.test('records reach the disk after half a second, without repeated syncs', async t => {
  const calls: string[] = []
  const { clock, open } = place(t, undefined, {
    fails: call => {
      calls.push(call)
      return false
    },
  })
  const file = open()
  calls.length = 0
  put(file, records[0]!)
  put(file, records[1]!)
  t.equal(clock.timers, 1)
  clock.advance(499)
  t.strictSame(calls, ['write', 'write'])
  clock.advance(1)
  await turn()
  t.strictSame(calls, ['write', 'write', 'sync'])
  clock.advance(10_000)
  t.equal(clock.timers, 0, 'nothing to sync')
  put(file, records[2]!)
  t.equal(clock.timers, 1)
  file.close()
  t.equal(clock.timers, 0, 'not after closing either')
  t.strictSame(calls.slice(3), ['write', 'sync', 'close'])
})

t.test('closing writes the waiting records and leaves no timer', async t => {
  const { path, clock, open } = place(t)
  const file = open()
  file.add(records[0]!)
  file.close()
  t.equal(clock.timers, 0)
  t.strictSame((await found(path)).records, [records[0]])
})

t.test('if the disk cannot sync, the journal fails, at once or later', async t => {
  const disk: Disk = {}
  const { clock, open } = place(t, undefined, disk)
  const file = open()
  const other = place(t, undefined, disk).open()
  disk.fails = call => call === 'sync'
  t.throws(place(t, undefined, disk).open, { code: 'DDB_OUTPUT_WRITE' })
  put(file, records[0]!)
  t.equal(file.failure, undefined)
  clock.advance(500)
  await turn()
  t.match(file.failure, { code: 'DDB_OUTPUT_WRITE' })
  t.throws(() => put(file, records[1]!), { code: 'DDB_OUTPUT_WRITE' })
  t.throws(() => file.close(), { code: 'DDB_OUTPUT_WRITE' })
  t.throws(() => other.sync(), { code: 'DDB_OUTPUT_WRITE' })
  t.throws(() => other.close(), { code: 'DDB_OUTPUT_WRITE' })
})

t.test('if a journal is removed or replaced during a run, it has failed', async t => {
  const changes: Record<string, (path: string) => void> = {
    removed: path => rmSync(path),
    renamed: path => renameSync(path, `${path}.old`),
    replaced(path) {
      const bytes = readFileSync(path)
      renameSync(path, `${path}.old`)
      writeFileSync(path, bytes)
    },
  }
  for (const [name, change] of Object.entries(changes)) {
    const { path, clock, open } = place(t)
    const file = open()
    put(file, records[0]!)
    change(path)
    clock.advance(500)
    // Syncs of these files end at once, so the test does not wait for a real disk.
    await turn()
    t.match(file.failure, { code: 'DDB_OUTPUT_WRITE', message: /removed/ }, name)
    t.throws(() => put(file, records[1]!), { code: 'DDB_OUTPUT_WRITE' })
    t.notOk(file.isInPlace())
    t.throws(() => file.close(), { code: 'DDB_OUTPUT_WRITE' })
    const late = place(t)
    const closing = late.open()
    put(closing, records[0]!)
    change(late.path)
    t.throws(() => closing.close(), { code: 'DDB_OUTPUT_WRITE', message: /removed/ }, name)
    t.equal(late.files.openCount, 0)
  }
})

t.test('closing waits for a sync in progress', async t => {
  const gate = closedGate()
  const { path, clock, files } = place(t)
  let isClosed = false
  const slow: Files = {
    ...files,
    create(name) {
      const file = files.create(name)
      return {
        ...file,
        syncMeanwhile: () => gate.opened,
        close() {
          isClosed = true
          file.close()
        },
      }
    },
  }
  const file = opened(path, { files: slow, clock }, [])
  put(file, records[0]!)
  clock.advance(500)
  put(file, records[1]!)
  t.equal(clock.timers, 0, 'one at a time')
  const other = opened(`${path}2`, { files: slow, clock }, [])
  put(other, records[0]!)
  clock.advance(500)
  put(other, records[1]!)
  file.close()
  t.equal(isClosed, false)
  gate.open()
  await turn()
  t.equal(clock.timers, 1, 'the one that goes on syncs what was written meanwhile')
  other.close()
  t.equal(clock.timers, 0)
  t.equal(isClosed, true)
  t.equal(file.failure, undefined)
})
