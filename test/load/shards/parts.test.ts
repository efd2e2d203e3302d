/* Parts of large files: where they begin and end, what is read of them, and a load of one file by two shards. */
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { loadOn } from '../../../src/load/load.js'
import { filesWithPart, partBytes, partsOf, sizeOf } from '../../../src/load/shards/streams.js'
import type { DatedFileStatus, Files, InputFile } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { runMain } from '../../cli/run-cli.js'
import { dfsScript, ids, streamScript, upTo } from '../../helpers/delivery.js'
import { startServerFor, asAdmin, startLoadServer } from '../../helpers/load-server.js'
import { deepTest, forAllAsync } from '../../helpers/runs.js'

/** A file of any size that takes no place: `start`, then lines of `x` that end at multiples of `lineBytes`, with blank lines below each. */
function files(sizeBytes: number, lineBytes: number, start = '', blankLines = 0): Files {
  const byteAt = (at: number): number => {
    if (at < start.length) return start.charCodeAt(at)
    return at % lineBytes >= lineBytes - 1 - blankLines ? 10 : 120
  }
  const file: Pick<InputFile, 'readAt' | 'status' | 'close'> = {
    readAt: (buffer, offset, length, at) => {
      const count = Math.max(0, Math.min(length, 1_000, sizeBytes - at))
      for (let i = 0; i < count; i++) buffer[offset + i] = byteAt(at + i)
      return Promise.resolve(count)
    },
    status: () => Promise.resolve({ sizeBytes } as DatedFileStatus),
    close: () => Promise.resolve(),
  }
  return { open: () => Promise.resolve(file as InputFile), status: file.status } as unknown as Files
}

const ndjson = { format: 'ndjson' } as const
const lines = { input: ndjson }
const plain = { delimiter: ',', quote: '', header: 'yes' } as const
const csv = { input: plain }

t.test('the parts of a file are all of it, and begin with lines', async () => {
  const size = fc.integer({ min: 1, max: 5 * partBytes })
  await forAllAsync(60)(size, fc.integer({ min: 2, max: 3_000 }), async (size, line) => {
    const parts = await partsOf('f', files(size, line), lines)
    if (parts === undefined) return assert.ok(size <= partBytes + line)
    assert.equal(parts[0]!.fromBytes, 0)
    assert.equal(parts.at(-1)!.toBytes, size)
    for (const [i, { fromBytes }] of parts.entries()) {
      if (i === 0) continue
      assert.equal(fromBytes, parts[i - 1]!.toBytes)
      assert.equal(fromBytes % line, 0, 'a line begins there')
      assert.ok(fromBytes >= i * partBytes && fromBytes < i * partBytes + line)
    }
  })
})

t.test('lines longer than a part, and a file without a line end', async t => {
  const long = await partsOf('f', files(4 * partBytes, 1.5 * partBytes), lines)
  const starts = long?.map(part => part.fromBytes / partBytes)
  t.strictSame(starts, [0, 1.5, 3])
  t.equal(await partsOf('f', files(4 * partBytes, 9 * partBytes), lines), undefined)
})

t.test('no part ends with blank lines, which would be nulls anywhere else', async t => {
  for (let line = 5; line < 30; line++) {
    const parts = await partsOf('f', files(3 * partBytes, line, '', 3), lines)
    const bounds = parts!.slice(1).map(part => (part.fromBytes + 3) % line)
    t.strictSame(bounds, [0, 0], `lines of ${line} bytes`)
  }
})

const fingerprint = { sizeBytes: 0, modifiedMs: 0, head: '', tail: '' }

t.test('a part has the header, and nothing of other parts', async t => {
  const whole = files(2 * partBytes, 7, 'id,x\n')
  const [, part] = (await partsOf('f', whole, csv))!
  const file = await filesWithPart(whole, part!).open('f')
  t.equal((await file.status()).sizeBytes, sizeOf({ path: 'f', fingerprint, part: part! }))
  const bytes = Buffer.alloc(30)
  const counts = [await file.read(bytes, 0, 3), await file.read(bytes, 3, 20)]
  t.strictSame(counts, [3, 2], 'a read ends with the header')
  await file.read(bytes, 5, 15)
  t.equal(bytes.toString('latin1', 0, 20), 'id,x\nxxxxxx\nxxxxxx\nx')
  t.equal(await file.readAt(bytes, 0, 30, sizeOf({ path: 'f', fingerprint, part: part! }) - 2), 2)
  t.equal(await file.readAt(bytes, 0, 30, sizeOf({ path: 'f', fingerprint, part: part! })), 0)
})

const undivided: Record<string, [Parameters<typeof partsOf>[2], string?, string?]> = {
  'quotes may hold line ends': [{ input: { delimiter: ',', header: 'yes' } }],
  'nobody says whether there is a header': [{ input: { delimiter: ',', quote: '' } }],
  'the first record says how many fields there are': [{ input: { ...plain, header: 'no' } }],
  'a delimiter that is detected': [{ input: { quote: '', header: 'yes' } }],
  'a decimal comma that is detected': [{ input: { ...plain, delimiter: ';' } }],
  'lines before the header': [{ input: { ...plain, skipLines: 1 } }],
  'comments may come before the header': [{ input: { ...plain, comment: '#' } }],
  'a line that names the separator': [csv, 'sep=;\nid;x\n'],
  'the same after a byte order mark': [csv, '\xef\xbb\xbfsep=;\nid;x\n'],
  'a blank first line': [csv, '\n\nid,x\n'],
  'rows after a header that ends with CR': [csv, 'id,x\r1,2\n'],
  'the numbers of its lines': [{ ...lines, mapping: { set: { x: 'a{line}' } } }],
  'the name of the file': [{ ...csv, mapping: { set: { id: '7', x: '{filename}' } } }],
  'documents of JSON': [{ input: { format: 'json' } }],
  'records inside of documents': [{ input: { ...ndjson, jsonPath: 'data' } }],
  'columns from the path': [{ input: { ...ndjson, path: '{day}.csv' } }],
  'another encoding': [{ input: { ...ndjson, encoding: 'gb18030' } }],
  'UTF-16': [lines, '\xff\xfe{\0'],
  gzip: [lines, '\x1f\x8b'],
  Brotli: [lines, '', 'f.br'],
}
for (const [why, [options, start = 'id,x\n', name = 'f.csv']] of Object.entries(undivided)) {
  t.test(`a file is one stream: ${why}`, async t => {
    t.equal(await partsOf(name, files(3 * partBytes, 10, start), options), undefined)
  })
}

/** Rows of the first part, of which the last lies across the bound. Long notes, which no column takes, fill it quickly. */
const firstRows = 358
const allRows = firstRows + 100

/** Writes a file of two parts. @returns where the second part begins */
function writeBig(path: string, badLine = ''): number {
  const file = openSync(path, 'w')
  let size = writeSync(file, 'id,sym,note\n')
  for (let id = 0; id < firstRows - 1; id++) {
    const start = `${id},A,`
    const left = partBytes - 3 - size - start.length - 1
    const fill = id < 101 ? 0 : id < firstRows - 2 ? 1_038_000 : left
    size += writeSync(file, `${start}${'x'.repeat(fill)}\n`)
  }
  assert.ok(size < partBytes)
  const second = size + writeSync(file, `${firstRows - 1},A,note\n`)
  assert.ok(second > partBytes)
  writeSync(
    file,
    `${badLine}${upTo(100)
      .map(id => `${firstRows + id},B,\n`)
      .join('')}`,
  )
  closeSync(file)
  return second
}

const big = { ...csv, mapping: { ignoreExtra: true }, runId: 'big' }

t.test('two shards load one file, and a bad row is where its part says', async t => {
  const here = await startLoadServer(t, streamScript)
  const { load, server } = here
  const dir = t.testdir({ in: { 'small.csv': `id,sym,note\n${allRows},C,\n` } })
  const path = join(dir, 'in', 'big.csv')
  const second = writeBig(path, 'bad,B,\n')
  const shard = (index: number) =>
    load([join(dir, 'in')], {
      target: { table: 'target' },
      ...{ ...big, shard: { index, count: 2 } },
      rejects: { onError: 'quarantine', file: join(dir, 'bad.csv') },
    })
  const [first, other] = await Promise.all([shard(1), shard(2)])
  t.match(first, { exitCode: 0, rows: { confirmed: firstRows } })
  t.match(other, { exitCode: 3, rows: { confirmed: 101, rejected: 1 } })
  t.strictSame(await ids(here), upTo(allRows + 1))
  t.equal(readFileSync(join(dir, 'bad.s2.csv'), 'utf8'), 'id,sym,note\nbad,B,\n')
  t.match(other.inputs, [{ path: `${path} from byte ${second}` }])
  t.match(await shard(1), { exitCode: 0, alreadyLoaded: true })
  const host = `127.0.0.1:${server.port}`
  const audited = await runMain(['audit', 'big', '--host', host, '--user', 'admin'], {
    environment: { DDB_PASSWORD: '123456' },
  })
  t.match(audited, { code: 3, stdout: /^complete: 460 rows read, 459 found/ })
})

for (const [done, left] of [
  [1, 2],
  [2, 1],
] as const) {
  deepTest(t, `after a restart, the rows of part ${done} are not stored again`, async t => {
    const { load, server } = await startLoadServer(t, dfsScript)
    const path = join(t.testdir({}), 'big.csv')
    const second = writeBig(path)
    const options = { ...big, target: { table: 'dfs://d/t' } }
    const shard = (index: number) => ({ ...options, shard: { index, count: 2 } })
    const stored = done === 1 ? firstRows : 100
    t.match(await load([path], shard(done)), { exitCode: 0, rows: { confirmed: stored } })
    const restarted = await startServerFor(t, { restartOf: server })
    const login = asAdmin(restarted)
    const again = (index: number) =>
      loadOn(systemPlatform, { ...shard(index), inputs: [path], server: login })
    const name = done === 1 ? '"[^"]*big.csv"' : `"[^"]*big.csv from byte ${second}"`
    t.match(await again(done), {
      ...{ exitCode: 75, rows: { confirmed: 0 } },
      error: { code: 'DDB_UNPROVEN', message: new RegExp(`${name}, and the table has rows`) },
    })
    t.match(await again(left), { exitCode: 0, rows: { confirmed: allRows - stored } })
  })
}
