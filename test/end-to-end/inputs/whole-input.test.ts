/* A run loads an input completely or reports that it did not: last records over the limit, files that are cut while they are read, and the
   accounting of every byte. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { loadOn } from '../../../src/load/load.js'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import type { Platform } from '../../../src/platform/platform.js'
import { systemFiles, systemPlatform } from '../../../src/platform/system-files.js'
import { asAdmin, startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'

const script = 'share streamTable(10000:0, `id`ticker`price, [INT,STRING,DOUBLE]) as trades'

/** Twice the limit: the reader is still skipping the record when the input ends. */
const long = 'x'.repeat(34_000_000)

function sumOf({ contentBytes }: LoadResult['inputs'][number]): number {
  const { rows, rejected, header, other } = contentBytes
  return rows + rejected + header + other
}

deepTest(t, 'a last record over the limit is rejected in every format', async t => {
  const { load, count } = await startLoadServer(t, script)
  const csv = `id,ticker,price\n1,A,1\n99,${long},1.5`
  const ndjson = `{"id":1,"ticker":"A","price":1}\n{"id":99,"ticker":"${long}","price":1.5}`
  const contents: [name: string, stored: string | Buffer, contentBytes: number][] = [
    ['in.csv', csv, csv.length],
    ['in.csv.gz', gzipSync(csv, { level: 1 }), csv.length],
    ['in.ndjson', ndjson, ndjson.length],
    ['-', csv, csv.length],
  ]
  const dir = t.testdir()
  for (const [name, stored, contentBytes] of contents) {
    const path = name === '-' ? '-' : join(dir, name)
    if (name !== '-') writeFileSync(path, stored)
    const input = (): Pick<LoadOptions, 'input'> =>
      name === '-' ? { input: { stdin: Readable.from([Buffer.from(stored)]) } } : {}
    const rejects = { file: join(dir, `rejects-${name}`) }
    const before = await count('trades')
    const kept = await load(path, { rejects, ...input() })
    t.match(
      kept,
      {
        exitCode: 3,
        rows: { read: 2, confirmed: 1, rejected: 1 },
        rejects: { byCode: { DDB_INPUT_RECORD_TOO_LONG: 1 } },
        inputs: [{ contentBytes: { read: contentBytes } }],
      },
      name,
    )
    t.equal(sumOf(kept.inputs[0]!), contentBytes, `${name}: every byte is accounted for`)
    t.equal(await count('trades'), before + 1)
  }
  t.match(await load(join(t.testdirName, 'in.csv')), {
    exitCode: 65,
    error: { code: 'DDB_INPUT_RECORD_TOO_LONG', message: /line 3/ },
    rows: { read: 2, rejected: 1 },
  })
})

/** A platform that cuts a file between opening and reading. */
function cutting(path: string, keptBytes: number): Platform {
  const files: Platform['files'] = {
    ...systemFiles,
    async open(opened) {
      const file = await systemFiles.open(opened)
      let looks = 0
      const status = async (): ReturnType<typeof file.status> => {
        const before = await file.status()
        // The first look compares it with other inputs.
        if (opened === path && ++looks === 2) truncateSync(path, keptBytes)
        return before
      }
      return { ...file, status }
    },
  }
  return { ...systemPlatform, files }
}

function loadCut(
  { server }: LoadServer,
  path: string,
  keptBytes: number,
  change: Partial<LoadOptions>,
): Promise<LoadResult> {
  return loadOn(cutting(path, keptBytes), {
    inputs: [path],
    server: asAdmin(server),
    target: { table: 'trades' },
    ...change,
  })
}

deepTest(t, 'if a file is cut, its rest is loaded, except the last record', async t => {
  const server = await startLoadServer(t, script)
  const lines = Array.from({ length: 20_000 }, (_, i) => `${i},"S\n${i}",${20_000 + i}.5\n`)
  const text = `id,ticker,price\n${lines.join('')}`
  // The cut is before the last digit of the price, so the shortened record is valid.
  const keptBytes = text.indexOf('5000,"S') + lines[5000]!.length - 3
  const record = lines[5000]!.slice(0, -3)
  const sizes = `it had ${text.length} bytes and ends after ${keptBytes}.`
  const cases: [Partial<LoadOptions>, Partial<LoadResult['rows']>][] = [
    [{}, { rejected: 1 }],
    [{ rejects: { onError: 'skip' } }, { confirmed: 5000, rejected: 1 }],
    [{ rejects: { file: join(t.testdir(), 'rejects.csv') } }, { confirmed: 5000, rejected: 1 }],
  ]
  for (const [change, rows] of cases) {
    const path = join(t.testdirName, 'in.csv')
    writeFileSync(path, text)
    const result = await loadCut(server, path, keptBytes, change)
    const error = { code: 'DDB_INPUT_TRUNCATED', message: sizes }
    t.match(result, { exitCode: 65, status: 'failed', error, rows: { read: 5001, ...rows } })
    t.equal(sumOf(result.inputs[0]!), keptBytes)
    t.equal(await server.count('trades where id >= 5000'), 0)
  }
  t.equal(
    readFileSync(join(t.testdirName, 'rejects.csv'), 'utf8'),
    `id,ticker,price\n${record}\n`,
    'the record is kept, to be completed by the user',
  )
})

deepTest(t, 'a file cut between two records is noticed, too', async t => {
  const server = await startLoadServer(t, script)
  const record = '{"id":1,"ticker":"A","price":1}\n'
  const path = join(t.testdir(), 'in.ndjson')
  writeFileSync(path, record.repeat(100))
  const rejects = { file: join(t.testdirName, 'rejects') }
  t.match(await loadCut(server, path, 10 * record.length, { rejects }), {
    exitCode: 65,
    error: { code: 'DDB_INPUT_TRUNCATED' },
    rows: { read: 10, confirmed: 10, rejected: 0 },
  })
})

t.test('the last record of a cut gzip file is not loaded', async t => {
  const { load, count } = await startLoadServer(t, script)
  const packed = gzipSync('id,ticker,price\n1,A,1\n2,B,26388')
  const dir = t.testdir({ 'cut.csv.gz': packed.subarray(0, packed.length - 4) })
  const result = await load(join(dir, 'cut.csv.gz'), {
    rejects: { file: join(dir, 'rejects.csv') },
  })
  t.match(result, {
    exitCode: 66,
    error: { code: 'DDB_INPUT_READ' },
    rows: { read: 2, confirmed: 1, rejected: 1 },
  })
  t.equal(await count('trades'), 1)
  t.equal(readFileSync(join(dir, 'rejects.csv'), 'utf8'), 'id,ticker,price\n2,B,26388\n')
})

t.test('every byte of an input belongs to a row, a reject, the header or the rest', async t => {
  const { load } = await startLoadServer(t, script)
  const text = '\ufeff# made by hand\r\nid,ticker,price\r\n1,A,1\r\n\r\nx,B,2\r\n3,C,3'
  const dir = t.testdir({ 'in.csv': text, 'in.csv.gz': gzipSync(text) })
  for (const name of ['in.csv', 'in.csv.gz']) {
    const change = { rejects: { onError: 'skip' }, input: { comment: '#' } } as const
    const { inputs, exitCode } = await load(join(dir, name), change)
    t.equal(exitCode, 3)
    t.same(inputs[0]!.contentBytes, {
      read: Buffer.byteLength(text),
      rows: '1,A,1\r\n3,C,3'.length,
      rejected: 'x,B,2\r\n'.length,
      header: 'id,ticker,price\r\n'.length,
      other: '???# made by hand\r\n\r\n'.length,
      skipped: 0,
    })
    const limited = await load(join(dir, name), { input: { comment: '#', limit: 1 } })
    t.equal(limited.exitCode, 0)
    t.ok(sumOf(limited.inputs[0]!) < limited.inputs[0]!.contentBytes.read)
  }
})
