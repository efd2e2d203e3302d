/*
  Times whole loads. Each case compares two ways to do one piece of work, in turn (A B A B), and the figure is the median. A way is a
  load, with its input, options and kind of server, or a program that does only a part of the work.
*/
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasZstd, withFolder, writeInput, writeTables } from './lib/inputs.js'
import { alternate, program, runNode } from './lib/measure.js'
import { figureOf } from './lib/report.js'
import { emptyTable, startSink, stopCounting } from './lib/sink.js'
import { startSlowLink } from './lib/slow-link.js'

const programs = fileURLToPath(new URL('lib/programs.js', import.meta.url))
const slowServer = fileURLToPath(new URL('lib/slow-server.js', import.meta.url))
const million = 1_000_000
const mbit = 125_000

const idle = { program: ['-e', '0'] }
const only = (name, input) => ({ program: [programs, name], input })
/** Loads into a server that counts rows and forgets them. */
const plain = { input: 'narrow.csv', server: 'discard', flags: ['--confirm', 'none'] }
/** Loads with receipts into a server that really inserts. */
const insert = { input: 'narrow.csv', server: 'insert', flags: ['--mode', 'async'] }
const flagged = (way, ...flags) => ({ ...way, flags: [...way.flags, ...flags] })
const batches = (way, rows) => flagged(way, '--batch-rows', String(rows))
const unconfirmed = { ...insert, flags: ['--confirm', 'none'] }
/** The run's name makes the program keep a journal. */
const journal = way => flagged(way, '--run-id', 'bench')
/** The server takes 5 ms more for each insert. */
const slow = (table, ...flags) => ({
  ...flagged(batches(insert, 250), ...flags),
  server: 'slow',
  table,
})
const linked = (bytesPerSecond, delayMs, compress) => ({
  ...flagged(insert, '--compress', compress),
  link: { bytesPerSecond, delayMs },
})

/** Name, rows, the two ways, the bar, and how many times as many repeats (for short work). */
const cases = [
  ['--version against node -e 0', 0, { program: [program, '--version'] }, idle, { atMost: 1.5 }, 4],
  ['a load of ten rows against node -e 0', 10, plain, idle, { atMost: 3 }, 4],
  [
    'CSV epoch, milliseconds since 1970, against text',
    2 * million,
    { ...flagged(plain, '--date-format', 'time=epoch:ms'), input: 'epoch.csv' },
    plain,
    { atMost: 1.05 },
  ],
  [
    'CSV with date and time of day in two columns, which the load joins, against one column',
    2 * million,
    { ...flagged(plain, '--set', 'time={day}T{clock}'), input: 'split.csv' },
    plain,
    { atMost: 1.3 },
  ],
  [
    'CSV narrow, gzip, against gunzip',
    2 * million,
    { ...plain, input: 'narrow.csv.gz' },
    only('gunzip', 'narrow.csv.gz'),
    { atMost: 1.3 },
  ],
  [
    'CSV narrow, zstd, against its decoder',
    2 * million,
    { ...plain, input: 'narrow.csv.zst' },
    only('unzstd', 'narrow.csv.zst'),
    { atMost: 1.3 },
  ],
  [
    'CSV Chinese, GB18030, against UTF-8',
    million,
    { ...flagged(plain, '--encoding', 'gb18030'), input: 'chinese.gb18030.csv', table: 'texts' },
    { ...plain, input: 'chinese.csv', table: 'texts' },
    { atMost: 2 },
  ],
  [
    'NDJSON, 4 members, against readline and JSON.parse',
    million,
    { ...plain, input: 'narrow.ndjson' },
    only('readline', 'narrow.ndjson'),
    { atLeast: 2 },
  ],
  [
    '10000 files of 100 rows against one file, without confirmation',
    million,
    { ...plain, input: 'small' },
    plain,
    { atMost: 2.5 },
  ],
  [
    '10000 files of 100 rows against one file, with receipts',
    million,
    { ...insert, input: 'small' },
    insert,
    { atMost: 2.5 },
  ],
  [
    'receipts against none, 10000 rows a batch',
    2 * million,
    batches(insert, 10_000),
    batches(unconfirmed, 10_000),
    { atMost: 1.1 },
  ],
  [
    'receipts against none, 100 rows a batch',
    million / 2,
    batches(insert, 100),
    batches(unconfirmed, 100),
    { atMost: 1.25 },
  ],
  [
    'with a journal against without, 10000 rows a batch',
    10 * million,
    journal(batches(insert, 10_000)),
    batches(insert, 10_000),
    { atMost: 1.03 },
  ],
  [
    'with a journal against without, 100 rows a batch',
    2.5 * million,
    journal(batches(insert, 100)),
    batches(insert, 100),
    { atMost: 1.1 },
  ],
  [
    'verified TLS against plain, narrow file',
    2 * million,
    { ...insert, server: 'tls' },
    insert,
    { atMost: 1.3 },
  ],
  [
    'lz4 against none, 1 Gbit/s',
    2 * million,
    linked(1000 * mbit, 0, 'lz4'),
    linked(1000 * mbit, 0, 'none'),
    { atMost: 1.1 },
  ],
  [
    'lz4 against none, 100 Mbit/s',
    2 * million,
    linked(100 * mbit, 0, 'lz4'),
    linked(100 * mbit, 0, 'none'),
    { atMost: 0.8 },
  ],
  [
    'receipts, 100 Mbit/s, round trips of 200 ms against 1 ms',
    10 * million,
    linked(100 * mbit, 100, 'none'),
    linked(100 * mbit, 0.5, 'none'),
    { atMost: 1.1 },
  ],
  [
    '4 connections against 1 connection, 5 ms per insert, hash-partitioned table',
    0.4 * million,
    slow('dfs://bench/t', '--connections', '4'),
    slow('dfs://bench/t', '--connections', '1'),
    { atLeast: 3 },
  ],
  [
    '4 connections against 1 connection, 5 ms per insert, stream table',
    0.4 * million,
    slow('trades', '--unordered', '--connections', '4'),
    slow('trades', '--unordered', '--connections', '1'),
  ],
]

/** Starts a server of a kind. `more` are the options with which a load reaches it; `sent` counts the rows for a server that counts. */
async function startServer(kind, init, folder) {
  if (kind === 'discard') return { ...(await startSink(init)), more: [], sent: 0 }
  if (kind === 'insert') return { ...(await startSink(init, [])), more: [] }
  if (kind === 'slow') return { ...(await startSink(init, ['5'], slowServer)), more: [] }
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const made = [
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-out',
    cert,
    '-keyout',
    key,
  ]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', ['req', ...made, ...subject], { stdio: 'ignore' })
  const sink = await startSink(init, ['--tls-cert', cert, '--tls-key', key])
  return { ...sink, more: ['--tls', '--ca-file', cert] }
}

/** @returns a function that does the work of a way once, and resolves to its seconds */
async function prepare(way, rows, { folder, servers, links }) {
  const path = way.input === undefined ? [] : [await writeInput(folder, way.input, rows)]
  if (way.program !== undefined) {
    return async () => (await runNode([...way.program, ...path])).seconds
  }
  const { table = 'trades', flags } = way
  const sink = servers.get(way.server)
  const near = [...sink.server, ...sink.more]
  let where = near
  if (way.link !== undefined) {
    const link = await startSlowLink(sink.port, way.link)
    links.push(link)
    where = ['--host', `127.0.0.1:${link.port}`]
  }
  const state = join(folder, 'state')
  const args = [program, 'load', ...path, '--table', table, '-q', '--state-dir', state]
  return async () => {
    if (way.server === 'discard') sink.sent += rows
    else await emptyTable(table, near)
    rmSync(state, { recursive: true, force: true })
    return (await runNode([...args, ...flags, ...where])).seconds
  }
}

async function measureCase([work, mostRows, ours, reference, bar, more = 1], repeats, scale) {
  return withFolder(async folder => {
    const rows = Math.max(Math.round(mostRows * scale), Math.min(mostRows, 10))
    const init = await writeTables(folder)
    const [servers, links] = [new Map(), []]
    try {
      for (const { server: kind } of [ours, reference]) {
        if (kind !== undefined && !servers.has(kind)) {
          servers.set(kind, await startServer(kind, init, folder))
        }
      }
      const context = { folder, servers, links }
      const works = [await prepare(ours, rows, context), await prepare(reference, rows, context)]
      const medians = await alternate(...works, repeats * more)
      const discarding = servers.get('discard')
      servers.delete('discard')
      if (discarding !== undefined) await stopCounting(discarding, discarding.sent)
      return figureOf(work, medians, bar, { rows })
    } finally {
      await Promise.all([...links, ...servers.values()].map(each => each.stop()))
    }
  })
}

/** @param wanted  whether a line of this name is wanted */
export async function measure({ repeats, scale, wanted }) {
  // Loads into DFS tables need a login.
  process.env.DDB_USER = 'admin'
  process.env.DDB_PASSWORD = '123456'
  const figures = []
  for (const each of cases.filter(([work]) => wanted(work))) {
    if (each[2].input?.endsWith('.zst') && !hasZstd()) {
      process.stderr.write(`left out, as there is no program zstd: ${each[0]}\n`)
      continue
    }
    figures.push(await measureCase(each, repeats, scale))
  }
  return figures
}
