/* All rejects files of a run, on disks that work, fill up or fail. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { RecordShape } from '../../../src/parse/batch.js'
import type { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import type { AnyReject } from '../../../src/load/rejects/reject.js'
import type { KeptFile } from '../../../src/load/rejects/rejects-file.js'
import { RunRejects } from '../../../src/load/rejects/run-rejects.js'
import type { RejectReason } from '../../../src/load/rejects/retry.js'
import type { Files } from '../../../src/platform/platform.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { filesOn, type Disk } from '../../helpers/failing-files.js'
import { testRun } from '../../helpers/load-run.js'
import { forAll } from '../../helpers/runs.js'
import { utf8Source } from '../../helpers/utf8-source.js'

const reject: AnyReject = {
  ...{ file: 'in.csv', lineNumber: 3, offsetBytes: 17, columnName: 'price', lengthBytes: 0 },
  ...{ code: 'DDB_INPUT_CELL', class: 'type', message: 'bad', value: 'x', bytes: Buffer.alloc(0) },
}

const headless: RecordShape = {
  ...{ format: 'csv', delimiter: ',', fieldNames: undefined, fieldCount: 2 },
  ...{ headerBytes: undefined, text: utf8Source },
}
const shapeOf = (header: string): RecordShape => {
  return { ...headless, fieldNames: ['a', 'b'], headerBytes: Buffer.from(header) }
}
const ab = shapeOf('a,"b"\r\n')
const json: RecordShape = { ...headless, format: 'ndjson', delimiter: undefined, fieldCount: 0 }

const add = (rejects: RunRejects, record: string | Buffer, shape = ab, lineNumber = 3): void =>
  rejects.place({ ...reject, lineNumber, bytes: Buffer.from(record) }, shape)

interface Machine {
  readonly files: Files
  readonly isOurs?: () => boolean
  readonly making?: (path: string) => void
}

function filesAt(path: string, { files, isOurs, making = () => undefined }: Machine): RunRejects {
  const run = testRun({ runId: 'r1', rejects: { file: path } })
  const ending = { ...run.ending, ...(isOurs && { maySend: isOurs }) }
  return new RunRejects({ ...run, ending, platform: { ...run.platform, files } }, making)
}

const keptOf = (rejects: RunRejects): readonly KeptFile[] => rejects.journaled().files

const listOf = (rejects: RunRejects): { path: string; rows: number }[] =>
  keptOf(rejects).map(({ path, rows }) => ({ path, rows }))

/** Continues the files of earlier processes, of which the last was killed. */
function resume(rejects: RunRejects, files: readonly KeptFile[], hadEnded = false): void {
  const none = { byClass: { parse: 0, type: 0, server: 0 }, byCode: {}, byInput: {} }
  const end = { isDone: hadEnded } as RecordedRun['end']
  const begun = [{ end: undefined }]
  const found = { rejects: { ...none, files }, begun, rows: () => ({}), end, rejectsFiles: [] }
  rejects.goOn(found as Partial<unknown> as RecordedRun, 'a', 'a.journal')
  rejects.removeLeft({ found, now: found } as Partial<unknown> as Parameters<
    RunRejects['removeLeft']
  >[0])
}

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)

t.test('the header is copied once, records byte for byte, reasons next to them', async t => {
  const path = join(t.testdir(), 'rejects.csv')
  const file = filesAt(path, { files: systemFiles })
  t.notOk(existsSync(path), 'nothing is created before the first reject')
  const record = Buffer.from('1,"x\ny"\r\n')
  file.place({ ...reject, bytes: record }, ab)
  record.fill('-')
  add(file, '2,no end', ab, 5)
  file.flush()
  t.equal(readFileSync(path, 'latin1'), 'a,"b"\r\n1,"x\ny"\r\n2,no end\n')
  t.same(
    linesOf(`${path}.reasons.ndjson`).map(line => (JSON.parse(line) as RejectReason).lineNumber),
    [3, 5],
  )
  for (const name of [path, `${path}.reasons.ndjson`]) t.equal(statSync(name).mode & 0o777, 0o600)
  file.close()
  t.strictSame(listOf(file), [{ path, rows: 2 }])
  t.equal(file.unplaced, 0)
})

t.test('records are copied unchanged; headers are compared by fields, not by bytes', async t => {
  const of = (...records: (readonly [record: string, header: string])[]): string => {
    const path = join(t.testdir(), 'rejects.csv')
    const file = filesAt(path, { files: systemFiles })
    for (const [record, header] of records) add(file, record, shapeOf(header))
    file.close()
    return readFileSync(path, 'latin1')
  }
  const byCr = of(['1,x\r', 'a,b\r'], ['2,y', 'a,b\r'])
  t.equal(byCr, 'a,b\r1,x\r2,y\n', 'a record without an end gets one')
  const others = of(['1,x\n', 'a,b\n'], ['2,x\r\n', 'a,b\r\n'], ['3,x\n', '"a","b"\n'])
  t.equal(others, 'a,b\n1,x\n2,x\r\n3,x\n')
})

t.test('an additional file skips names that are taken', async t => {
  const dir = join(
    t.testdir({ 'r.v1': { 'r.2': 'of yesterday\n', 'r.3.reasons.ndjson': '' } }),
    'r.v1',
  )
  symlinkSync(join(dir, 'r.2'), join(dir, 'r.4'))
  const file = filesAt(join(dir, 'r'), { files: systemFiles })
  add(file, 'first\n')
  add(file, 'second\n', headless)
  add(file, 'third\n')
  file.close()
  t.strictSame(listOf(file), [
    { path: join(dir, 'r'), rows: 2 },
    { path: join(dir, 'r.5'), rows: 1 },
  ])
  t.equal(readFileSync(join(dir, 'r.2'), 'utf8'), 'of yesterday\n')
  const made = ['r', 'r.5', 'r.5.reasons.ndjson', 'r.reasons.ndjson']
  t.strictSame(readdirSync(dir).sort(), [...made, 'r.2', 'r.3.reasons.ndjson', 'r.4'].sort())
})

t.test('if there are more shapes than files, the rest is counted and reported', async t => {
  const dir = t.testdir()
  const file = filesAt(join(dir, 'r.csv'), { files: filesOn({}) })
  for (let number = 2; number <= 9; number++) writeFileSync(join(dir, `r.${number}.csv`), '')
  const ofWidth = (rejects: RunRejects, width: number): void =>
    add(rejects, 'x\n', { ...headless, fieldCount: width })
  for (let width = 1; width <= 100; width++) ofWidth(file, width)
  t.throws(() => ofWidth(file, 101), {
    code: 'DDB_OUTPUT_CREATE',
    message: /load them in several runs/,
  })
  file.close()
  t.equal(keptOf(file).length, 100)
  t.equal(file.unplaced, 1)
  const again = filesAt(join(dir, 'again.csv'), { files: filesOn({}) })
  resume(again, [])
  for (let width = 1; width <= 100; width++) ofWidth(again, width)
  t.throws(() => ofWidth(again, 101), { message: /go on with the run, and name another file with/ })
  again.close()
  const other = filesAt(join(dir, 'other.csv'), { files: filesOn({}) })
  resume(other, keptOf(again))
  t.doesNotThrow(() => ofWidth(other, 101), 'the run goes on with another file')
  other.close()
})

t.test('a link or a file that appears meanwhile is not written to', async t => {
  const dir = t.testdir({ 'precious.csv': 'of somebody else\n', 'r.csv': '' })
  const links = { 'a.csv': 'precious.csv', 'b.csv': 'no', 'r.csv.reasons.ndjson': 'precious.csv' }
  for (const [link, to] of Object.entries(links)) symlinkSync(join(dir, to), join(dir, link))
  const before = readdirSync(dir).sort()
  for (const name of ['a.csv', 'b.csv', 'r.csv', 'precious.csv']) {
    const file = filesAt(join(dir, name), { files: systemFiles })
    t.throws(() => add(file, '1,x\n'), { code: 'DDB_OUTPUT_CREATE' }, name)
    file.close()
  }
  t.strictSame(readdirSync(dir).sort(), before, 'no reasons are left without rejects')
  t.equal(readFileSync(join(dir, 'precious.csv'), 'utf8'), 'of somebody else\n')
})

/** Continues after failures, like a run. */
function attempt(action: () => void): void {
  try {
    action()
  } catch (error) {
    if (!String((error as { code: string }).code).startsWith('DDB_OUTPUT')) throw error
  }
}

/** Throws unless the files contain exactly the rows that were reported as kept, each complete and with its reason. */
function checkKept(dir: string, files: RunRejects, added: number): void {
  const listed = keptOf(files)
  const placed = listed.reduce((sum, { rows }) => sum + rows, 0)
  const wrong = (what: string): void => {
    throw new Error(`${what}: ${JSON.stringify({ listed, added, unplaced: files.unplaced })}`)
  }
  if (placed + files.unplaced !== added) wrong('the rows do not add up')
  for (const { path, rows } of listed) {
    const all = readFileSync(path, 'latin1')
    const records = linesOf(path).filter(line => line !== 'a,"b"\r')
    const reasons = linesOf(`${path}.reasons.ndjson`)
    if (!all.endsWith('\n') || records.length !== rows || reasons.length !== rows) wrong(path)
    const places = reasons.map(line => (JSON.parse(line) as RejectReason).lineNumber)
    if (records.some((record, at) => parseInt(record) !== places[at])) wrong('reasons of others')
  }
  const expected = listed.flatMap(({ path }) => [path, `${path}.reasons.ndjson`])
  const there = readdirSync(dir).map(name => join(dir, name))
  if (there.sort().join() !== expected.sort().join()) wrong(`there are ${there.join()}`)
}

function emptyFolder(t: Test, name: string): string {
  const dir = join(t.testdirName, name)
  mkdirSync(dir, { recursive: true })
  return dir
}

t.test('on a full disk, most rows that fit are kept with their reasons', async t => {
  const dir = t.testdir()
  const files = filesAt(join(dir, 'r.csv'), { files: filesOn({ capacityBytes: 40_000 }) })
  for (let row = 0; row < 300; row++) {
    const shape = row % 3 === 2 ? headless : ab
    attempt(() => add(files, `${row},${'x'.repeat(row % 50)}\n`, shape, row))
    if (row % 10 === 0) attempt(() => files.flush())
  }
  attempt(() => files.close())
  checkKept(dir, files, 300)
  t.ok(files.unplaced > 0 && files.unplaced < 250, `${files.unplaced} are not`)
})

t.test('an existing empty file is used, and stays if no reject could be kept', async t => {
  const dir = t.testdir({ 'r.csv': '' })
  const path = join(dir, 'r.csv')
  const files = filesAt(path, { files: filesOn({ capacityBytes: 10 }) })
  add(files, '1,x\n')
  t.throws(() => files.close(), { code: 'DDB_OUTPUT_WRITE', message: /r\.csv.*ENOSPC/ })
  t.strictSame(readdirSync(dir), ['r.csv'])
  t.equal(statSync(path).size, 0)
  const again = filesAt(path, { files: systemFiles })
  add(again, '1,x\n')
  again.close()
  t.equal(readFileSync(path, 'latin1'), 'a,"b"\r\n1,x\n')
})

/** A process has rejected three rows of three shapes. Opens its reject files for the process that resumes the run. */
function goneOn(dir: string, disk: Disk = {}) {
  const path = join(dir, 'r.csv')
  const before = filesAt(path, { files: systemFiles })
  resume(before, [])
  for (const shape of [ab, headless, json]) add(before, 'first\n', shape)
  before.close()
  const kept = keptOf(before)
  const making: string[] = []
  const platformFiles = filesOn(disk)
  const files = filesAt(path, { files: platformFiles, making: name => making.push(name) })
  return { path, kept, making, files, goOn: () => resume(files, kept), platformFiles }
}

t.test('a resumed process writes after the recorded rows, whatever follows them', async t => {
  const here = goneOn(t.testdir())
  for (const { path } of here.kept) {
    appendFileSync(path, 'torn')
    appendFileSync(`${path}.reasons.ndjson`, '{"runId":"r1","fi')
  }
  here.goOn()
  for (const { path, sizeBytes } of here.kept)
    t.equal(statSync(path).size, sizeBytes, 'cut at once')
  t.match(keptOf(here.files), [{ rows: 1 }, { rows: 1 }, { rows: 1 }])
  add(here.files, 'second\n', headless)
  add(here.files, 'second\n', ab)
  here.files.flush()
  t.strictSame(
    keptOf(here.files).map(({ key, path, rows }) => [key, path, rows]),
    here.kept.map(({ key, path }, at) => [key, path, at === 2 ? 1 : 2]),
    'in the order of creation, whichever was needed first',
  )
  here.files.close()
  t.equal(readFileSync(here.path, 'latin1'), 'a,"b"\r\nfirst\nsecond\n', 'one header')
  t.equal(linesOf(`${here.path}.reasons.ndjson`).length, 2)
  t.equal(here.platformFiles.openCount, 0)
  t.strictSame(here.making, [], 'none is created')
})

t.test('additional files are recorded before they are created, and get new numbers', async t => {
  const dir = t.testdir()
  const here = goneOn(dir)
  here.goOn()
  writeFileSync(join(dir, 'r.4.csv'), 'of yesterday\n')
  add(here.files, 'x\n', { ...headless, fieldCount: 3 })
  here.files.close()
  const ours = [join(dir, 'r.5.csv')]
  t.strictSame(here.making, ours, 'a file of somebody else is never recorded as ours')
  t.equal(keptOf(here.files).length, 4)
})

t.test('a file that has changed is not written to', async t => {
  const changes: Record<string, (path: string) => void> = {
    shorter: path => truncateSync(path, 3),
    gone: path => rmSync(path),
    'reasons shorter': path => truncateSync(`${path}.reasons.ndjson`, 3),
    'a link': path => {
      renameSync(path, `${path}.away`)
      symlinkSync(`${path}.away`, path)
    },
  }
  for (const [name, change] of Object.entries(changes)) {
    const here = goneOn(t.testdir())
    change(here.kept[1]!.path)
    t.throws(here.goOn, { code: 'DDB_OUTPUT_CREATE' }, name)
    t.equal(here.platformFiles.openCount, 0, name)
  }
})

t.test('a file that cannot be reopened keeps its rows; later rejects are unplaced', async t => {
  let isBroken = false
  const here = goneOn(t.testdir(), { fails: call => isBroken && call === 'reopen' })
  here.goOn()
  isBroken = true
  add(here.files, '1,x\n')
  t.throws(() => here.files.flush(), { code: 'DDB_OUTPUT_WRITE' })
  isBroken = false
  add(here.files, '2,x\n')
  here.files.close()
  t.equal(here.files.unplaced, 2)
  t.strictSame(keptOf(here.files), here.kept)
})

t.test('files of a run that had ended belong to the user', async t => {
  const { path, kept } = goneOn(t.testdir())
  writeFileSync(path, 'a,"b"\r\nrepaired, and longer than before\n')
  rmSync(kept[1]!.path)
  const files = filesAt(path, { files: systemFiles })
  resume(files, kept, true)
  t.equal(readFileSync(path, 'latin1'), 'a,"b"\r\nrepaired, and longer than before\n')
  add(files, 'new\n')
  files.close()
  t.strictSame(
    files.result().files.map(one => one.path),
    [path, kept[2]!.path, path.replace('r.csv', 'r.4.csv')],
    'a new file for new rejects; one that was removed is not listed',
  )
  const areLeft = keptOf(files)
    .slice(0, 3)
    .every(({ isLeft }) => isLeft)
  t.ok(areLeft)
  const later = filesAt(path, { files: systemFiles })
  resume(later, keptOf(files))
  add(later, 'newer\n')
  later.close()
  t.equal(readFileSync(path.replace('r.csv', 'r.4.csv'), 'latin1'), 'a,"b"\r\nnew\nnewer\n')
})

t.test('another name leaves the earlier files as the journal records them', async t => {
  const { path, kept } = goneOn(t.testdir())
  for (const file of [path, `${path}.reasons.ndjson`]) appendFileSync(file, 'of a killed process\n')
  truncateSync(kept[1]!.path, 1)
  const other = path.replace('r.csv', 'other.csv')
  const files = filesAt(other, { files: systemFiles })
  resume(files, kept)
  add(files, 'more\n')
  files.close()
  t.equal(readFileSync(path, 'latin1'), 'a,"b"\r\nfirst\n')
  t.equal(statSync(kept[1]!.path).size, 1, 'a file that was cut stays as it is')
  const paths = files.result().files.map(one => one.path)
  t.strictSame(paths, [path, kept[2]!.path, other])
})

t.test('once a different process has the run, its files are left unchanged', async t => {
  const dir = t.testdir()
  const path = join(dir, 'r.csv')
  let isOurs = true
  const files = filesAt(path, { files: systemFiles, isOurs: () => isOurs })
  resume(files, [])
  add(files, '1,x\n')
  files.flush()
  const before = readFileSync(path)
  add(files, '2,x\n')
  isOurs = false
  t.throws(() => files.flush(), /another process continues/)
  add(files, '2,late\n')
  t.throws(() => files.flush(), /another process continues/)
  const later = filesAt(path, { files: systemFiles, isOurs: () => false })
  t.throws(() => resume(later, keptOf(files)), /another process continues/)
  t.throws(() => add(files, '3\n', headless), /another process continues/)
  t.strictSame(readFileSync(path), before)
  appendFileSync(path, 'of the other process\n')
  t.throws(() => files.close(), /somebody has/)
  t.match(files.result(), { files: [], unplaced: 0 }, 'the rows are not lost')
  t.equal(files.equationError(4), undefined, 'each is counted once')
  t.notOk(existsSync(join(dir, 'r.2.csv')))
})

t.test('rejects do not accumulate in memory', async t => {
  const path = join(t.testdir(), 'r.csv')
  const files = filesAt(path, { files: systemFiles })
  const record = `${'x'.repeat(999)}\n`
  let mostQueued = 0
  for (let row = 1; row <= 5_000; row++) {
    add(files, record, headless)
    const size = existsSync(path) ? statSync(path).size : 0
    mostQueued = Math.max(mostQueued, row * 1_000 - size)
  }
  t.ok(mostQueued > 0 && mostQueued < 1_100_000, `${mostQueued} bytes queued`)
  files.close()
  t.equal(statSync(path).size, 5_000_000)
})

t.test('rows that the disk may lose count as not kept, in both files', async t => {
  const path = join(t.testdir(), 'r.csv')
  let syncs = 0
  // The first flush syncs both files. During the second flush, the sync of the reasons fails.
  const fails: Disk['fails'] = call => call === 'sync' && ++syncs === 4
  const files = filesAt(path, { files: filesOn({ fails }) })
  add(files, '1,x\n', headless)
  files.flush()
  const [before] = keptOf(files)
  add(files, '2,y\n', headless)
  t.throws(() => files.flush(), { code: 'DDB_OUTPUT_WRITE' })
  files.close()
  t.strictSame([keptOf(files), files.unplaced], [[before], 1])
  t.equal(readFileSync(path, 'utf8'), '1,x\n')
  t.equal(linesOf(`${path}.reasons.ndjson`).length, 1)
})

t.test('records in UTF-16 have its byte order mark and line ends', async t => {
  const cases = [
    ['utf-16le', (text: string) => Buffer.from(text, 'utf16le')],
    ['utf-16be', (text: string) => Buffer.from(text, 'utf16le').swap16()],
  ] as const
  for (const [encoding, encode] of cases) {
    const path = join(t.testdir(), 'r.csv')
    const files = filesAt(path, { files: systemFiles })
    const text = { encoding, mark: encode('\ufeff') }
    const shape: RecordShape = { ...ab, headerBytes: encode('股,b\r\n'), text }
    // The second bytes of these characters equal the bytes of line ends.
    for (const record of ['1,\u0a0a', '2,\u0d0d', '3,x\r\n', '4,y']) {
      add(files, encode(record), shape)
    }
    files.close()
    t.ok(
      readFileSync(path).equals(encode('\ufeff股,b\r\n1,\u0a0a\n2,\u0d0d\n3,x\r\n4,y\n')),
      encoding,
    )
    const cut = filesAt(join(t.testdir(), 'cut.csv'), { files: systemFiles })
    add(cut, encode('5,z').subarray(0, -1), shape)
    add(cut, encode('6,z'), shape)
    cut.close()
    const kept = readFileSync(join(t.testdirName, 'cut.csv'))
    const last = encode('6,z\n')
    t.ok(kept.length % 2 === 0 && kept.subarray(-last.length).equals(last), 'no row is shifted')
    const surrogate = encode('\ud800').subarray(encoding === 'utf-16le' ? 1 : 0)
    t.ok(kept.includes(surrogate), 'the record that is cut stays bad')
  }
})

t.test('every reject is in the files once, wherever the disk ends and a run resumes', async t => {
  t.testdir()
  let folders = 0
  forAll(60)(
    fc.array(
      fc.record({
        rows: fc.nat({ max: 40 }),
        // Rows that the process wrote after the recorded rows, and that were lost when it died.
        lost: fc.nat({ max: 5 }),
        capacityBytes: fc.oneof(fc.constant(Infinity), fc.nat({ max: 4_000 })),
        writeBytes: fc.constantFrom(1, 100, 100_000),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    processes => {
      const dir = emptyFolder(t, String(folders++))
      let kept: readonly KeptFile[] = []
      let unplaced = 0
      let added = 0
      for (const { rows, lost, ...disk } of processes) {
        const platformFiles = filesOn(disk)
        const files = filesAt(join(dir, 'r.csv'), { files: platformFiles })
        resume(files, kept)
        const reject = (row: number): void =>
          attempt(() => add(files, `${row},x\n`, row % 3 === 2 ? headless : ab, row))
        for (let row = 0; row < rows; row++) reject(added++)
        attempt(() => files.flush())
        kept = keptOf(files)
        unplaced += files.unplaced
        const { length } = kept
        for (let row = 0; row < lost && length === 2; row++) reject(900 + row)
        attempt(() => files.flush())
        attempt(() => files.close())
        if (platformFiles.openCount > 0) throw new Error('files stay open')
      }
      const last = filesAt(join(dir, 'r.csv'), { files: systemFiles })
      resume(last, kept)
      last.close()
      checkKept(dir, last, added - unplaced)
    },
  )
})
