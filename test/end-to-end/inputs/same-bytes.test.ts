/*
  The data requests, the batches in the journal, the rejects and the reasons of a load are the same byte for byte with
  one, two and five reading threads.
*/
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import iconv from 'iconv-lite'
import t, { type Test } from 'tap'
import type { LoadOptions } from '../../../src/load/options.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import type { Platform } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { turnThreads } from '../../parse/parallel/fake-threads.js'

const script = 'share streamTable(1:0, `id`text`sym`time, [INT,STRING,SYMBOL,TIMESTAMP]) as target'

const rowCount = 60_000

/** Lines with quoted line breaks, refused rows, symbols that first appear late, and text beyond ASCII. */
function lines(asLine: (cells: readonly string[]) => string): string {
  const all: string[] = []
  for (let row = 0; row < rowCount; row++) {
    const id = row % 4999 === 0 ? 'bad' : String(row)
    const text = row % 97 === 0 ? 'two\nlines, é' : `text ${row} 中文`
    const sym = `S${Math.floor(row / 1000)}_${row % 7}`
    all.push(asLine([id, text, sym, `2020.01.02T03:04:05.${100 + (row % 900)}`]))
  }
  return all.join('')
}

const names = ['id', 'text', 'sym', 'time'] as const
const csv = `${names.join()}\n${lines(cells => `${cells.map(cell => `"${cell}"`).join()}\n`)}`
const ndjson = lines(cells => {
  const [id, ...others] = cells
  const record = { id: id === 'bad' ? id : Number(id), text: others[0], sym: others[1] }
  return `${JSON.stringify({ ...record, time: others[2] })}\n`
})

/** Replaces random numbers by a constant, so that all runs get the same token. */
const random: Platform['random'] = {
  number: () => 0.5,
  bytes: length => new Uint8Array(length).fill(7),
}

/** The text after the head of a data request. */
const dataRequest = 'function\nddbIngestDeliver\n'

/**
 * @returns a hash of all bytes on the data connection from the first batch on (the login is random), and the journal
 *   before the end of the run shortens it
 */
function recording(): {
  platform: Platform
  requests: () => string
  journal: () => string
  pieces: () => number
} {
  const hash = createHash('sha256')
  const { network, files } = systemPlatform
  let journal = ''
  const rename: typeof files.rename = (from, to) => {
    if (to.endsWith('.journal') && existsSync(to)) journal = readFileSync(to, 'utf8')
    files.rename(from, to)
  }
  let data: unknown
  const dial: typeof network.dial = (...asked) => {
    const socket = network.dial(...asked)
    const send = socket.write.bind(socket) as (...all: unknown[]) => boolean
    socket.write = (chunk: Uint8Array | string, ...rest: unknown[]) => {
      if (data === undefined && Buffer.from(chunk).includes(dataRequest)) data = socket
      if (data === socket) hash.update(chunk)
      return send(chunk, ...rest)
    }
    return socket
  }
  let pieces = 0
  const threads = turnThreads(() => pieces++)
  const recorded = { threads, network: { ...network, dial }, files: { ...files, rename } }
  return {
    platform: { ...systemPlatform, random, ...recorded },
    requests: () => (data === undefined ? 'none' : hash.digest('hex')),
    journal: () => journal,
    pieces: () => pieces,
  }
}

/** Journal records about rows, without times and receipts, which differ between runs. */
function batchesOf(journal: string): JournalRecord[] {
  const records = journal
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line.slice(line.indexOf('{'))) as JournalRecord)
  const told = records.filter(({ kind }) => ['batch', 'reading', 'read'].includes(kind))
  return told.map(record => ({ ...record, at: '' }))
}

async function leftBy(
  t: Test,
  bytes: Uint8Array,
  name: string,
  threads: number,
  change: Partial<LoadOptions>,
): Promise<Record<string, unknown>> {
  const { load, server } = await startLoadServer(t, script)
  const dir = t.testdir()
  const [input, file] = [join(dir, name), join(dir, 'rejects.out')]
  writeFileSync(input, bytes)
  const { platform, requests, journal, pieces } = recording()
  const result = await load(
    [input],
    {
      target: { table: 'target' },
      runId: 'same',
      journal: { folder: dir },
      rejects: { file, maxErrors: 1000 },
      ...change,
      delivery: { connections: 1, batchRows: 777, ...change.delivery },
      input: { threads, ...change.input },
    },
    platform,
  )
  t.match(result, { threads, status: 'rejects' }, result.error?.message ?? '')
  const batches = batchesOf(journal())
  t.ok(batches.length > 20)
  t.ok(threads === 1 || pieces() > 1, `${pieces()} pieces were read ahead`)
  const sent = requests()
  t.not(sent, 'none')
  const plain = (text: string): string =>
    text.replaceAll(dir, '').replaceAll(`"port":${server.port}`, '')
  return {
    sent,
    rows: result.rows,
    rejects: readFileSync(file).toString('base64'),
    reasons: plain(readFileSync(`${file}.reasons.ndjson`, 'utf8')),
    batches: plain(JSON.stringify(batches)),
  }
}

const ways: Record<string, [name: string, bytes: Uint8Array, change: Partial<LoadOptions>]> = {
  CSV: ['in.csv', Buffer.from(csv), {}],
  'CSV, in batches by bytes': ['in.csv', Buffer.from(csv), { delivery: { batchBytes: 30_000 } }],
  'CSV, up to a limit': ['in.csv', Buffer.from(csv), { input: { limit: 41_234 } }],
  'CSV with templates': [
    'in.csv',
    Buffer.from(csv),
    { mapping: { set: { sym: '{sym}-{filename}', time: '{time}', text: '{text} {filename}' } } },
  ],
  'CSV in GB18030': ['in.csv', iconv.encode(csv, 'gb18030'), { input: { encoding: 'gb18030' } }],
  'NDJSON, gzipped': ['in.ndjson.gz', gzipSync(ndjson, { level: 1 }), {}],
}

for (const [way, [name, bytes, change]] of Object.entries(ways)) {
  t.test(way, async t => {
    const alone = await leftBy(t, bytes, name, 1, change)
    for (const threads of [2, 5]) {
      t.strictSame(await leftBy(t, bytes, name, threads, change), alone, `${threads} threads`)
    }
  })
}
