/*
  Compares loading CSV into a sink with programs that read the same file: parsers that drop the rows, DuckDB, which makes a table in
  memory, the loader's own parser, and a loader written with the official JavaScript client. The upper limit is `cat` of recorded
  requests into the same sink. The ratio says how many times as fast the loader is.
*/
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { writeInternals } from './lib/internals.js'
import { inTurn, median, runNode } from './lib/measure.js'
import { clientIsInstalled, missing } from './lib/packages.js'
import { secondsOfCat, startRecorder } from './lib/recorder.js'
import { load, startSink, stopCounting } from './lib/sink.js'

const programs = fileURLToPath(new URL('lib/programs.js', import.meta.url))

/** Name, input, table, rows, and the bar of the ratio to csv-parse. */
const cases = [
  ['CSV narrow, 4 columns', 'narrow.csv', 'trades', 2_000_000, { atLeast: 5 }],
  ['CSV wide, 40 numeric columns', 'wide.csv', 'wide', 300_000, { atLeast: 3 }],
  ['CSV text, quotes and commas', 'text.csv', 'texts', 1_000_000, { atLeast: 3 }],
]

/** Programs of lib/programs.js that read the file and drop the rows, with the package that each needs. */
const readers = {
  'csv-parse': undefined,
  uDSV: 'udsv',
  papaparse: 'papaparse',
  'DuckDB, one thread': '@duckdb/node-api',
  'DuckDB, all threads': '@duckdb/node-api',
  'its own parser alone': undefined,
}
const clientLoader = 'a loader of the official JavaScript client'

/** Throws if the program did not see every row. */
async function runReader(name, args, rows) {
  const run = await runNode([programs, name, ...args], { processor: true })
  const found = run.stdout.trim()
  if (Number(found) !== rows) throw new Error(`${name} read ${found} of ${rows} rows`)
  return run
}

/** Records a load of the file. Returns the path of the recording of the connection that carried rows. */
async function record(sink, path, table, folder) {
  const recorder = await startRecorder(sink.port, join(folder, 'recorded'))
  const server = ['--host', `127.0.0.1:${recorder.port}`]
  await load({ server }, path, table, {}, ['-q'])
  const recorded = await recorder.stop()
  return recorded.toSorted((a, b) => b.sentBytes - a.sentBytes)[0].path
}

/** The loader, then each program to compare with. `sends` marks programs that send rows to the sink. */
function waysOf(sink, input, table, rows, { path, recorded, internals }) {
  const { host, port } = sink
  const clientArgs = [programs, clientLoader, path, host, String(port)]
  const client = {
    name: clientLoader,
    missing: clientIsInstalled ? undefined : 'not installed',
    sends: true,
    run: () => runNode(clientArgs, { processor: true }),
  }
  const cat = {
    name: 'cat into the sink',
    sends: true,
    run: async () => ({ seconds: await secondsOfCat(recorded, port) }),
  }
  return [
    { sends: true, run: () => load(sink, path, table, { processor: true }, ['-q']) },
    ...Object.entries(readers).map(([name, needs]) => ({
      name,
      missing: needs === undefined ? undefined : missing(needs),
      run: () => runReader(name, [path, internals], rows),
    })),
    ...(input === 'narrow.csv' ? [client] : []),
    cat,
  ]
}

async function measureCase([work, input, table, fullRows, bar], folder, init, repeats, scale) {
  const rows = Math.round(fullRows * scale)
  const path = await writeInput(folder, input, rows)
  const sink = await startSink(init)
  const recorded = await record(sink, path, table, folder)
  const places = { path, recorded, internals: writeInternals(folder) }
  const ways = waysOf(sink, input, table, rows, places)
  const able = ways.filter(way => way.missing === undefined)
  const runs = await inTurn(
    able.map(({ run }) => run),
    repeats,
  )
  await stopCounting(sink, rows * (1 + repeats * able.filter(({ sends }) => sends).length))
  const mediansOf = way => {
    const found = runs[able.indexOf(way)] ?? []
    const [seconds, processor] = ['seconds', 'processorSeconds'].map(name =>
      median(found.map(run => run[name])),
    )
    return { seconds, processor }
  }
  const ours = mediansOf(ways[0])
  return ways.slice(1).map(way => {
    const { name, missing: note } = way
    const { seconds, processor } = mediansOf(way)
    return {
      work: `${work}, against ${name}`,
      input,
      against: name,
      unit: 's',
      ours: ours.seconds,
      ...(note === undefined
        ? { reference: seconds, ratio: seconds / ours.seconds, rows }
        : { note }),
      ...(processor > 0 && {
        processorSeconds: { ours: ours.processor, reference: processor },
      }),
      ...(name === 'csv-parse' ? { bar } : {}),
    }
  })
}

export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const figures = []
    for (const each of cases) {
      figures.push(...(await measureCase(each, folder, init, repeats, scale)))
    }
    return figures
  })
}
