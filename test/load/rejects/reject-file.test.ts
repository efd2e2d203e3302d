import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  checkRejectPath,
  openRejectFile,
  type RejectReason,
} from '../../../src/load/rejects/reject-file.js'
import { systemFiles } from '../../../src/platform/system-files.js'

const reason: RejectReason = {
  runId: 'r1',
  file: 'in.csv',
  lineNumber: 3,
  offsetBytes: 17,
  columnName: 'price',
  code: 'DDB_INPUT_CELL',
  class: 'type',
  message: 'DOUBLE column "price": expected a number, got "x" (line 3)',
  value: 'x',
}

t.test('the header is copied once, records byte for byte, reasons beside them', async t => {
  const path = join(t.testdir(), 'rejects.csv')
  const file = openRejectFile(path, systemFiles)
  t.notOk(existsSync(path), 'nothing is created before the first reject')
  const header = Buffer.from('a,"b"\r\n')
  file.add(Buffer.from('1,"x\ny"\r\n'), header, reason)
  file.add(Buffer.from('2,no end'), header, { ...reason, lineNumber: 5 })
  file.flush()
  t.equal(readFileSync(path, 'latin1'), 'a,"b"\r\n1,"x\ny"\r\n2,no end\n')
  const reasons = readFileSync(`${path}.reasons.ndjson`, 'utf8').trim().split('\n')
  t.same(
    reasons.map(line => (JSON.parse(line) as RejectReason).lineNumber),
    [3, 5],
  )
  file.close()
})

t.test('an existing file with content, a folder and an input are never touched', async t => {
  const dir = t.testdir({ 'full.csv': 'a\n', 'empty.csv': '', folder: {} })
  t.throws(() => checkRejectPath(join(dir, 'full.csv'), [], systemFiles), {
    code: 'DDB_OUTPUT_CREATE',
  })
  t.throws(() => checkRejectPath(join(dir, 'folder'), [], systemFiles), {
    code: 'DDB_OUTPUT_CREATE',
  })
  t.throws(() => checkRejectPath(join(dir, 'full.csv'), [`${dir}/./full.csv`], systemFiles), {
    code: 'DDB_USAGE',
  })
  t.doesNotThrow(() => checkRejectPath(join(dir, 'empty.csv'), [], systemFiles))
  t.doesNotThrow(() => checkRejectPath(join(dir, 'new.csv'), [], systemFiles))
  writeFileSync(join(dir, 'new.csv.reasons.ndjson'), '{}\n')
  t.throws(() => checkRejectPath(join(dir, 'new.csv'), [], systemFiles), {
    code: 'DDB_OUTPUT_CREATE',
  })
})

t.test('a file that cannot be created or written says so with its code', async t => {
  const missing = openRejectFile(join(t.testdir(), 'no', 'such', 'folder.csv'), systemFiles)
  t.throws(() => missing.add(Buffer.from('x'), undefined, reason), { code: 'DDB_OUTPUT_CREATE' })
  const full = join(t.testdir(), 'full.csv')
  symlinkSync('/dev/full', full)
  const file = openRejectFile(full, systemFiles)
  file.add(Buffer.from('x'), undefined, reason)
  t.throws(() => file.flush(), { code: 'DDB_OUTPUT_WRITE' })
})
