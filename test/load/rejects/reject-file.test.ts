import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  createRejectFile,
  reopenTruncated,
  reopenRejectFile,
  type RejectFile,
} from '../../../src/load/rejects/reject-file.js'
import { reasonsPath } from '../../../src/load/rejects/reject-path.js'
import type { RejectReason } from '../../../src/load/rejects/reject-run.js'
import { filesOn, type Disk } from '../../helpers/failing-files.js'
import type { RecordShape } from '../../../src/parse/batch.js'
import { utf8Source } from '../../helpers/utf8-source.js'

const reason: RejectReason = {
  runId: 'r1',
  file: 'in.csv',
  lineNumber: 3,
  offsetBytes: 17,
  columnName: 'price',
  code: 'DDB_INPUT_CELL',
  class: 'type',
  message: 'expected a number, got "x"',
  value: 'x',
}
const reasonLine =
  '{"runId":"r1","file":"in.csv","lineNumber":3,"offsetBytes":17,"columnName":"price",' +
  '"code":"DDB_INPUT_CELL","class":"type","message":"expected a number, got \\"x\\"","value":"x"}\n'

interface Place {
  readonly dir: string
  readonly path: string
  readonly create: (
    mayTakeEmpty: boolean,
    header?: string | Buffer,
    text?: RecordShape['text'],
  ) => RejectFile
}

function place(t: Test, content: Record<string, string> = {}, disk: Disk = {}): Place {
  const dir = t.testdir(content)
  const path = join(dir, 'r.csv')
  return {
    dir,
    path,
    create: (mayTakeEmpty, header, text = utf8Source) =>
      createRejectFile(
        path,
        {
          format: 'csv',
          delimiter: ',',
          fieldNames: undefined,
          fieldCount: 2,
          headerBytes: header === undefined ? undefined : Buffer.from(header),
          text,
        },
        filesOn(disk),
        mayTakeEmpty,
      ),
  }
}

const both = ['r.csv', 'r.csv.reasons.ndjson']

t.test('the reasons are in a file next to the records', async t => {
  t.equal(reasonsPath('dir/r.csv'), 'dir/r.csv.reasons.ndjson')
})

t.test('each record has a line of reasons; the header comes with the first record', async t => {
  const { dir, path, create } = place(t)
  const file = create(false, 'a,b\r\n')
  t.strictSame(readdirSync(dir).sort(), both)
  t.equal(readFileSync(path, 'utf8'), '')
  file.add(Buffer.from('1,x\r\n'), reason)
  file.add(Buffer.from('2,y'), reason)
  t.equal(file.rows, 0, 'queued rows do not count yet')
  file.flush()
  t.equal(file.rows, 2)
  // A record without a line end gets one byte: the last byte of the previous record's line end.
  t.equal(readFileSync(path, 'utf8'), 'a,b\r\n1,x\r\n2,y\n')
  t.equal(readFileSync(reasonsPath(path), 'utf8'), reasonLine + reasonLine)
  file.close()
  t.strictSame([file.rows, file.unplaced], [2, 0])
})

t.test('a pair of files without a row is removed', async t => {
  const { dir, create } = place(t)
  create(false, 'a,b\n').close()
  t.strictSame(readdirSync(dir), [])
})

t.test('an existing file of reasons keeps the pair from being created', async t => {
  const { dir, create } = place(t, { 'r.csv.reasons.ndjson': '' })
  t.throws(() => create(true), { code: 'EEXIST' })
  t.strictSame(readdirSync(dir), ['r.csv.reasons.ndjson'])
})

t.test('an existing empty file is used only if allowed, and stays at the end', async t => {
  const { dir, create } = place(t, { 'r.csv': '' })
  t.throws(() => create(false), { code: 'EEXIST' })
  t.strictSame(readdirSync(dir), ['r.csv'], 'no reasons are left')
  create(true).close()
  t.strictSame(readdirSync(dir), ['r.csv'])
})

t.test('a file with content is never used', async t => {
  const { dir, path, create } = place(t)
  writeFileSync(path, 'precious\n')
  for (const mayTakeEmpty of [true, false]) {
    t.throws(() => create(mayTakeEmpty), { code: 'EEXIST' })
  }
  t.strictSame(readdirSync(dir), ['r.csv'])
  t.equal(readFileSync(path, 'utf8'), 'precious\n')
})

t.test('after a failure later rows are unplaced, and earlier rows stay', async t => {
  // Header and first record take 8 bytes, and the reason takes the rest. So the second record does not fit.
  const { path, create } = place(t, {}, { capacityBytes: 8 + reasonLine.length })
  const file = create(false, 'a,b\n')
  file.add(Buffer.from('1,x\n'), reason)
  file.flush()
  file.add(Buffer.from('2,y\n'), reason)
  t.throws(() => file.flush(), { code: 'DDB_OUTPUT_WRITE' })
  t.strictSame([file.rows, file.unplaced], [1, 1])
  file.add(Buffer.from('3,z\n'), reason)
  t.strictSame([file.rows, file.unplaced], [1, 2])
  file.close()
  t.equal(readFileSync(path, 'utf8'), 'a,b\n1,x\n')
  t.equal(readFileSync(reasonsPath(path), 'utf8'), reasonLine)
})

t.test('rows that the disk may lose count as not kept, in both files', async t => {
  let syncs = 0
  // The first flush syncs both files. During the second flush, the sync of the reasons fails.
  const { path, create } = place(t, {}, { fails: call => call === 'sync' && ++syncs === 4 })
  const file = create(false)
  file.add(Buffer.from('1,x\n'), reason)
  file.flush()
  file.add(Buffer.from('2,y\n'), reason)
  t.throws(() => file.flush(), { code: 'DDB_OUTPUT_WRITE' })
  file.close()
  t.strictSame([file.rows, file.unplaced], [1, 1])
  t.equal(readFileSync(path, 'utf8'), '1,x\n')
  t.equal(readFileSync(reasonsPath(path), 'utf8'), reasonLine)
})

/** Adds records of 1,000 bytes. After every 100 records, passes the size of the file to `look`. */
function addLong(path: string, file: RejectFile, count: number, look: (sizeBytes: number) => void) {
  const record = Buffer.from(`${'x'.repeat(999)}\n`)
  for (let row = 1; row <= count; row++) {
    file.add(record, reason)
    if (row % 100 === 0) look(statSync(path).size)
  }
}

t.test('rejects do not accumulate in memory, and are not long without a sync', async t => {
  const { path, create } = place(t)
  const file = create(false)
  let added = 0
  let mostQueued = 0
  let mostUnsynced = 0
  addLong(path, file, 20_000, sizeBytes => {
    added += 100_000
    mostQueued = Math.max(mostQueued, added - sizeBytes)
    mostUnsynced = Math.max(mostUnsynced, sizeBytes - file.rows * 1_000)
  })
  t.ok(mostQueued > 0 && mostQueued < 500_000, `${mostQueued} bytes queued`)
  t.ok(mostUnsynced > 1_000_000 && mostUnsynced < 5_000_000, `${mostUnsynced} bytes not synced`)
  file.close()
  t.equal(statSync(path).size, 20_000_000)
  t.equal(file.rows, 20_000)
})

t.test('on a full disk all complete rows stay', async t => {
  const lineBytes = 1_000 + reasonLine.length
  const { path, create } = place(t, {}, { capacityBytes: 2_500 * lineBytes })
  const file = create(false)
  t.throws(() => addLong(path, file, 4_000, () => undefined), { code: 'DDB_OUTPUT_WRITE' })
  file.close()
  // Rows are written in groups of 64, and the records before the reasons.
  t.ok(file.rows > 2_500 - 64 && file.rows <= 2_500, `${file.rows} rows`)
  t.equal(statSync(path).size, file.rows * 1_000)
  t.equal(readFileSync(reasonsPath(path), 'utf8'), reasonLine.repeat(file.rows))
})

t.test('if a sync fails, all rows since the previous sync are lost', async t => {
  let syncs = 0
  const { path, create } = place(t, {}, { fails: call => call === 'sync' && ++syncs === 4 })
  const file = create(false)
  let rows = 0
  const addMore = () => addLong(path, file, 20_000, () => (rows ||= file.rows))
  t.throws(addMore, { code: 'DDB_OUTPUT_WRITE' })
  file.close()
  t.ok(rows > 1_000, `${rows} rows were synced before`)
  t.equal(file.rows, rows)
  t.ok(file.unplaced > 1_000, `${file.unplaced} rows have no place`)
  t.equal(statSync(path).size, rows * 1_000)
  t.equal(statSync(reasonsPath(path)).size, rows * reasonLine.length)
})

t.test('records in UTF-16 have its byte order mark and line ends', async t => {
  const cases = [
    ['utf-16le', (text: string) => Buffer.from(text, 'utf16le')],
    ['utf-16be', (text: string) => Buffer.from(text, 'utf16le').swap16()],
  ] as const
  for (const [encoding, encode] of cases) {
    const { path, create } = place(t)
    const file = create(false, encode('股,b\r\n'), { encoding, mark: encode('\ufeff') })
    // The second bytes of these characters equal the bytes of line ends.
    for (const record of ['1,\u0a0a', '2,\u0d0d', '3,x\r\n', '4,y'])
      file.add(encode(record), reason)
    file.close()
    t.ok(
      readFileSync(path).equals(encode('\ufeff股,b\r\n1,\u0a0a\n2,\u0d0d\n3,x\r\n4,y\n')),
      encoding,
    )
  }
})

const csvShape: RecordShape = {
  format: 'csv',
  delimiter: ',',
  fieldNames: undefined,
  fieldCount: 2,
  headerBytes: Buffer.from('a,b\n'),
  text: utf8Source,
}

/** A closed pair of files (records and reasons) with one row. */
function withOneRow(t: Test, disk: Disk = {}) {
  const here = place(t)
  const file = here.create(false, 'a,b\n')
  file.add(Buffer.from('1,x\n'), reason)
  file.close()
  const { rows, sizeBytes, reasonsBytes } = file
  const files = filesOn(disk)
  const size = { rows, sizeBytes, reasonsBytes }
  return { ...here, size, files, reopen: () => reopenRejectFile(here.path, csvShape, size, files) }
}

t.test('the sizes cover only rows that are certainly on disk', async t => {
  const { path, create } = place(t)
  const file = create(false, 'a,b\n')
  t.match(file, { rows: 0, sizeBytes: 0, reasonsBytes: 0 })
  file.add(Buffer.from('1,x\n'), reason)
  t.match(file, { rows: 0, sizeBytes: 0 })
  file.flush()
  t.match(file, { rows: 1, sizeBytes: 8, reasonsBytes: Buffer.byteLength(reasonLine) })
  t.equal(statSync(path).size, 8)
  file.close()
})

t.test('a pair is continued after its rows, without a second header', async t => {
  const { path, reopen, files } = withOneRow(t)
  appendFileSync(path, '2,to')
  const file = reopen()
  t.match(file, { rows: 1, sizeBytes: 8 })
  file.add(Buffer.from('3,y'), reason)
  file.close()
  t.equal(readFileSync(path, 'utf8'), 'a,b\n1,x\n3,y\n')
  t.equal(readFileSync(reasonsPath(path), 'utf8'), reasonLine + reasonLine)
  t.match(file, { rows: 2, sizeBytes: 12, reasonsBytes: 2 * Buffer.byteLength(reasonLine) })
  t.equal(files.openCount, 0)
})

t.test('if continuing a pair fails, the earlier rows stay', async t => {
  const { path, reopen, size } = withOneRow(t, { capacityBytes: 5 })
  const file = reopen()
  file.add(Buffer.from('2,y\n'), reason)
  t.throws(() => file.close(), { code: 'DDB_OUTPUT_WRITE' })
  t.equal(readFileSync(path, 'utf8'), 'a,b\n1,x\n')
  t.equal(readFileSync(reasonsPath(path), 'utf8'), reasonLine)
  t.match(file, { ...size, unplaced: 1 })
})

t.test('a file is cut exactly to the recorded size', async t => {
  const { path, files } = withOneRow(t)
  reopenTruncated(path, 8, files).close()
  reopenTruncated(path, 4, files).close()
  t.equal(readFileSync(path, 'utf8'), 'a,b\n')
  t.throws(() => reopenTruncated(path, 5, files), {
    code: 'EINVAL',
    message: /has 4 bytes and had 5/,
  })
  t.throws(() => reopenTruncated(`${path}.gone`, 0, files), { code: 'ENOENT' })
  const failing = filesOn({ fails: call => call === 'truncate' })
  t.throws(() => reopenTruncated(path, 1, failing), { code: 'EIO' })
  t.strictSame([files.openCount, failing.openCount], [0, 0])
})

t.test('if one file of a pair has changed, neither file is opened', async t => {
  const { path, reopen, files } = withOneRow(t)
  writeFileSync(reasonsPath(path), '')
  t.throws(reopen, { code: 'EINVAL' })
  t.equal(files.openCount, 0)
})
