/* Times whole loads. Each case does one piece of work in several ways, in turn (A B A B), and the figures are medians. A way is a load,
   with its input, options and kind of server, or a program that does only a part of the work. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { inTurn, median, program, runNode } from './lib/measure.js'
import { figureOf } from './lib/figures.js'
import { clientMissing, missing, programs, writeInternals } from './lib/programs.js'
import { emptyTable, slowServer, startLink, startSink } from './lib/servers.js'

/**
 * Kinds of loads, with server and options: into a server that counts rows and forgets them; with receipts or without into a server that
 * really inserts; with TLS; into a server that takes 5 ms more for each insert.
 */
const kinds = {
  discard: ['discard', '--confirm none'],
  receipts: ['insert', '--mode async'],
  unconfirmed: ['insert', '--confirm none'],
  tls: ['tls', '--mode async'],
  slow: ['slow', '--mode async --batch-rows 250'],
}

/**
 * Name, rows, the two ways, the bar, and how many times as many repeats (for short work). A way is a kind of load, its input and further
 * options, or `run` or `write` with a program of lib/programs.js; `@100/0.5` is a link of 100 Mbit/s with 0.5 ms in each direction. A run's name makes
 * the program keep a journal.
 */
const cases = `
--version against node -e 0 | 0 | version | idle | at most 1.5 | 4
a load of ten rows against node -e 0 | 10 | discard narrow.csv | idle | at most 3 | 4
CSV epoch, milliseconds since 1970, against text | 2e6 | discard epoch.csv --date-format time=epoch:ms | discard narrow.csv | at most 1.05
CSV with date and time of day in two columns, which the load joins, against one column | 2e6 | discard split.csv --set time={day}T{clock} | discard narrow.csv | at most 1.3
CSV narrow, gzip, against gunzip | 2e6 | discard narrow.csv.gz | run gunzip narrow.csv.gz | at most 1.3
CSV narrow, zstd, against its decoder | 2e6 | discard narrow.csv.zst | run unzstd narrow.csv.zst | at most 1.3
CSV Chinese, GB18030, against UTF-8 | 1e6 | discard chinese.gb18030.csv --encoding gb18030 --table texts | discard chinese.csv --table texts | at most 2
NDJSON, 4 members, against readline and JSON.parse | 1e6 | discard narrow.ndjson | run readline narrow.ndjson | at least 2
10000 files of 100 rows against one file, without confirmation | 1e6 | discard small | discard narrow.csv | at most 2.5
10000 files of 100 rows against one file, with receipts | 1e6 | receipts small | receipts narrow.csv | at most 2.5
receipts against none, 10000 rows a batch | 2e6 | receipts narrow.csv --batch-rows 10000 | unconfirmed narrow.csv --batch-rows 10000 | at most 1.1
receipts against none, 100 rows a batch | 5e5 | receipts narrow.csv --batch-rows 100 | unconfirmed narrow.csv --batch-rows 100 | at most 1.25
load of objects against narrow CSV | 2e6 | write rows narrow.csv | write csv narrow.csv | at most 2
with a journal against without, 10000 rows a batch | 1e7 | receipts narrow.csv --batch-rows 10000 --run-id bench | receipts narrow.csv --batch-rows 10000 | at most 1.03
with a journal against without, 100 rows a batch | 25e5 | receipts narrow.csv --batch-rows 100 --run-id bench | receipts narrow.csv --batch-rows 100 | at most 1.1
verified TLS against plain, narrow file | 2e6 | tls narrow.csv | receipts narrow.csv | at most 1.3
lz4 against none, 1 Gbit/s | 2e6 | receipts@1000/0 narrow.csv --compress lz4 | receipts@1000/0 narrow.csv --compress none | at most 1.1
lz4 against none, 100 Mbit/s | 2e6 | receipts@100/0 narrow.csv --compress lz4 | receipts@100/0 narrow.csv --compress none | at most 0.8
receipts, 100 Mbit/s, round trips of 200 ms against 1 ms | 1e7 | receipts@100/100 narrow.csv --compress none | receipts@100/0.5 narrow.csv --compress none | at most 1.1
4 connections against 1 connection, 5 ms per insert, hash-partitioned table | 4e5 | slow narrow.csv --table dfs://bench/t --connections 4 | slow narrow.csv --table dfs://bench/t --connections 1 | at least 3
4 connections against 1 connection, 5 ms per insert, stream table | 4e5 | slow narrow.csv --unordered --connections 4 | slow narrow.csv --unordered --connections 1 | none
`
  .trim()
  .split('\n')
  .map(line => {
    const [work, rows, ours, reference, bar, more = 1] = line.split(' | ')
    const [, limit, ratio] = /^at (most|least) (.*)$/.exec(bar) ?? []
    return {
      work,
      rows: Number(rows),
      ways: [ours, reference].map(way => way.split(' ')),
      bar: limit && { [limit === 'most' ? 'atMost' : 'atLeast']: Number(ratio) },
      more: Number(more),
    }
  })

/** Name, input, table, rows, and the bar of the ratio to csv-parse. */
const peerCases = [
  ['CSV narrow, 4 columns', 'narrow.csv', 'trades', 2e6, { atLeast: 5 }],
  ['CSV wide, 40 numeric columns', 'wide.csv', 'wide', 3e5, { atLeast: 3 }],
  ['CSV text, quotes and commas', 'text.csv', 'texts', 1e6, { atLeast: 3 }],
]

const clientLoader = 'a loader of the official JavaScript client'

/** Programs of lib/programs.js that read the file and drop the rows, with the package that each needs. */
const readers = {
  'csv-parse': undefined,
  uDSV: 'udsv',
  'DuckDB, one thread': '@duckdb/node-api',
  'its own parser alone': undefined,
}

/** `sent` counts the rows for a server that counts them. */
async function startServer(kind, init, folder) {
  if (kind === 'discard') return { ...(await startSink(init, ['--discard'])), sent: 0 }
  if (kind === 'insert') return startSink(init)
  if (kind === 'slow') return startSink(init, ['5'], slowServer)
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const made = `req -x509 -newkey rsa:2048 -nodes -days 2 -out ${cert} -keyout ${key} -subj /CN=localhost`
  const options = [...made.split(' '), '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', options, { stdio: 'ignore' })
  const sink = await startSink(init, ['--tls-cert', cert, '--tls-key', key])
  return { ...sink, server: [...sink.server, '--tls', '--ca-file', cert] }
}

/**
 * By the first word of a way: prepares the work, and returns a function that does it once and resolves to its times. A scene has the
 * folder for inputs, the rows, the options of `runNode`, and functions that start servers and links.
 */
const works = {
  idle: () => () => runNode(['-e', '0']),
  version: () => () => runNode([program, '--version']),

  async run({ folder, rows, options, serverOf }, name, input) {
    const path = await writeInput(folder, input, rows)
    const sink = await serverOf('discard')
    const args = [programs, name, path, await writeInternals(folder), sink.host, String(sink.port)]
    return async () => {
      const run = await runNode(args, options)
      const found = run.stdout.trim()
      if (name === clientLoader) sink.sent += rows
      else if (name in readers && Number(found) !== rows)
        throw new Error(`${name} read ${found} of ${rows} rows`)
      return run
    }
  },

  /** Loads what a program holds as objects. Time counts from opening to the last receipt. */
  async write({ folder, rows, serverOf }, how, input) {
    const path = await writeInput(folder, input, rows)
    const { server, host, port } = await serverOf('insert')
    return async () => {
      await emptyTable('trades', server)
      const run = await runNode([programs, 'write', how, path, host, String(port)])
      const { seconds, confirmed } = JSON.parse(run.stdout)
      if (confirmed !== rows) throw new Error(`${confirmed} of ${rows} rows are confirmed`)
      return { seconds }
    }
  },

  async load({ folder, rows, options, serverOf, linkTo }, way, input, ...given) {
    const [kind, speed] = way.split('@')
    const [server, usual] = kinds[kind]
    const sink = await serverOf(server)
    const [mbit, delayMs] = speed?.split('/').map(Number) ?? []
    const link = speed && (await linkTo(sink, { bytesPerSecond: mbit * 125_000, delayMs }))
    const where = link ? ['--host', link.address] : sink.server
    const state = join(folder, 'state')
    const flags = given.map(flag => flag.replace('{state}', state))
    if (!given.includes('--table')) flags.push('--table', 'trades')
    const path = await writeInput(folder, input, rows)
    const all = ['-q', '--state-dir', state, ...where, ...usual.split(' '), ...flags]
    return async () => {
      if (server === 'discard') sink.sent += options.exitCode ? 0 : rows
      else await emptyTable(flags[flags.indexOf('--table') + 1], sink.server)
      rmSync(state, { recursive: true, force: true })
      mkdirSync(state, { mode: 0o700 })
      return runNode([program, 'load', path, ...all], options)
    }
  },
}

/** Does the work in all ways, in turn. Returns the results of each way. */
async function runsOf(ways, rows, repeats, options = {}) {
  // Loads into DFS tables need a login.
  process.env.DDB_USER = 'admin'
  process.env.DDB_PASSWORD = '123456'
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const [servers, links] = [new Map(), []]
    const scene = {
      ...{ folder, rows, options },
      async serverOf(kind) {
        if (!servers.has(kind)) servers.set(kind, await startServer(kind, init, folder))
        return servers.get(kind)
      },
      async linkTo(sink, speed) {
        links.push(await startLink(sink.port, speed))
        return links.at(-1)
      },
    }
    try {
      const prepared = []
      for (const [first, ...words] of ways) {
        const work = Object.hasOwn(works, first) ? works[first](scene, ...words) : undefined
        prepared.push(await (work ?? works.load(scene, first, ...words)))
      }
      const runs = await inTurn(prepared, repeats)
      const discarding = servers.get('discard')
      await discarding?.stop(discarding.sent)
      return runs
    } finally {
      await Promise.all([...links, ...servers.values()].map(each => each.stop()))
    }
  })
}

const medianOf = (runs, name) => median(runs.map(run => run[name]))

/** @param wanted  whether a line of this name is wanted */
export async function loads({ repeats, scale, wanted }) {
  const figures = []
  const hasZstd = spawnSync('zstd', ['--version'], { stdio: 'ignore' }).status === 0
  for (const { work, rows: most, ways, bar, more } of cases.filter(({ work }) => wanted(work))) {
    if (work.includes('zstd') && !hasZstd) {
      process.stderr.write(`left out, as there is no program zstd: ${work}\n`)
      continue
    }
    const rows = Math.max(Math.round(most * scale), Math.min(most, 10))
    const [ours, reference] = await runsOf(ways, rows, repeats * more)
    const medians = { ours: medianOf(ours, 'seconds'), reference: medianOf(reference, 'seconds') }
    figures.push(figureOf(work, medians, bar, { rows }))
  }
  return figures
}

/**
 * Compares loading CSV into a sink with programs that read the same file: parsers that drop the rows, DuckDB, which makes a table in
 * memory, the loader's own parser, and a loader written with the official JavaScript client. The ratio says how many times as fast the
 * loader is.
 */
export async function peers({ repeats, scale }) {
  const figures = []
  for (const [work, input, table, fullRows, bar] of peerCases) {
    const rows = Math.round(fullRows * scale)
    const others = Object.entries(readers).map(([against, needs]) => {
      return { against, note: needs && missing(needs), way: ['run', against, input] }
    })
    if (input === 'narrow.csv') {
      others.push({
        against: clientLoader,
        note: clientMissing,
        way: ['run', clientLoader, input],
      })
    }
    const able = others.filter(({ note }) => note === undefined)
    const ways = [['discard', input, '--table', table], ...able.map(({ way }) => way)]
    const [ours, ...found] = await runsOf(ways, rows, repeats, { processor: true })
    const processorOf = runs => medianOf(runs, 'processorSeconds')
    for (const { against, note, way } of others) {
      const medians = { ours: medianOf(ours, 'seconds') }
      const more = { input, against, note }
      const runs = found[ways.slice(1).indexOf(way)]
      if (runs !== undefined) {
        medians.reference = medianOf(runs, 'seconds')
        more.rows = rows
        const processorSeconds = { ours: processorOf(ours), reference: processorOf(runs) }
        if (processorSeconds.reference > 0) more.processorSeconds = processorSeconds
      }
      const held = against === 'csv-parse' ? bar : undefined
      figures.push(figureOf(`${work}, against ${against}`, medians, held, more))
    }
  }
  return figures
}

/**
 * Peak memory of a whole load: for inputs of about 100 MB and 400 MB, and for an input whose rows are all rejected.
 * Memory must not grow with the input. The figures are the kernel's peak of resident memory, not the loader's own count.
 */
export async function memory({ repeats, scale }) {
  const peakOf = async (way, rows, exitCode = 0) => {
    const options = { watchMemory: true, exitCode }
    const [runs] = await runsOf([way.split(' ')], Math.round(rows * scale), repeats, options)
    const peak = medianOf(runs, 'peakMB')
    if (peak === 0) throw new Error('this platform does not tell the peak of a process')
    return peak
  }
  const short = await peakOf('discard narrow.csv', 2.5e6)
  const long = await peakOf('discard narrow.csv', 1e7)
  const skip = '--rejects {state}/rejects.csv --max-errors 100%'
  const rejected = await peakOf(`discard rejected.csv ${skip}`, 1e6, 3)
  const figure = (work, ours, reference, atMost) =>
    figureOf(work, { ours, reference }, { atMost }, { unit: 'MB' })
  return [
    figure('memory of a 100 MB load, against the ceiling', short, 150, 1),
    figure('memory of a load 4 times as long, against the short one', long, short, 1.1),
    figure('memory of a load of rejected rows, against one without', rejected, short, 1.1),
  ]
}
