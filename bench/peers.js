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
import { clientIsInstalled } from './lib/official-client.js'
import { missing } from './lib/parsers.js'
import { secondsOfCat, startRecorder } from './lib/recorder.js'
import { load, startSink, stopCounting } from './lib/sink.js'

const reference = fileURLToPath(new URL('lib/reference.js', import.meta.url))
const ownReader = fileURLToPath(new URL('lib/read-file.js', import.meta.url))
const clientLoader = fileURLToPath(new URL('lib/js-client-load.js', import.meta.url))

const cases = [
  {
    work: 'CSV narrow, 4 columns',
    input: 'narrow.csv',
    table: 'trades',
    rows: 2_000_000,
    bar: { atLeast: 5 },
  },
  {
    work: 'CSV wide, 40 numeric columns',
    input: 'wide.csv',
    table: 'wide',
    rows: 300_000,
    bar: { atLeast: 3 },
  },
  {
    work: 'CSV text, quotes and commas',
    input: 'text.csv',
    table: 'texts',
    rows: 1_000_000,
    bar: { atLeast: 3 },
  },
]

/** Programs of bench/lib/reference.js, with the package that each needs. */
const readers = [
  { name: 'csv-parse' },
  { name: 'uDSV', needs: 'udsv' },
  { name: 'papaparse', needs: 'papaparse' },
  { name: 'DuckDB, one thread', needs: '@duckdb/node-api' },
  { name: 'DuckDB, all threads', needs: '@duckdb/node-api' },
]

/** Runs a program that reads the file and drops the rows. Throws if the program did not see every row. */
async function runReader(name, args, rows) {
  const run = await runNode(args, { processor: true })
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
function waysOf(sink, { input, table, rows }, { path, recorded, internals }) {
  const { host, port } = sink
  const clientArgs = [clientLoader, path, host, String(port)]
  return [
    { sends: true, run: () => load(sink, path, table, { processor: true }, ['-q']) },
    ...readers.map(({ name, needs }) => ({
      name,
      missing: needs === undefined ? undefined : missing(needs),
      run: () => runReader(name, [reference, name, path], rows),
    })),
    {
      name: 'its own parser alone',
      run: () => runReader('the parser', [ownReader, path, internals], rows),
    },
    {
      name: 'a loader of the official JavaScript client',
      isLeftOut: input !== 'narrow.csv',
      missing: clientIsInstalled ? undefined : 'not installed',
      sends: true,
      run: () => runNode(clientArgs, { processor: true }),
    },
    {
      name: 'cat into the sink',
      sends: true,
      run: async () => ({ seconds: await secondsOfCat(recorded, port) }),
    },
  ].filter(({ isLeftOut }) => isLeftOut !== true)
}

async function measureCase(oneCase, folder, init, repeats) {
  const { work, input, table, rows, bar } = oneCase
  const path = await writeInput(folder, input, rows)
  const sink = await startSink(init)
  const internals = join(folder, 'internals.mjs')
  writeInternals(internals)
  const recorded = await record(sink, path, table, folder)
  const ways = waysOf(sink, oneCase, { path, recorded, internals })
  const able = ways.filter(way => way.missing === undefined)
  const runs = await inTurn(
    able.map(({ run }) => run),
    repeats,
  )
  await stopCounting(sink, rows * (1 + repeats * able.filter(({ sends }) => sends).length))
  const medianOf = (way, name) => median(runs[able.indexOf(way)].map(run => run[name]))
  const [ours, ...others] = ways.map(way => ({
    ...way,
    seconds: able.includes(way) ? medianOf(way, 'seconds') : undefined,
    processor: able.includes(way) ? medianOf(way, 'processorSeconds') : undefined,
  }))
  return others.map(({ name, seconds, processor, missing: note }) => ({
    work: `${work}, against ${name}`,
    input,
    against: name,
    unit: 's',
    ours: ours.seconds,
    ...(seconds === undefined
      ? { note }
      : {
          reference: seconds,
          ratio: seconds / ours.seconds,
          ...(Number.isNaN(processor)
            ? {}
            : { processorSeconds: { ours: ours.processor, reference: processor } }),
          rows,
        }),
    ...(name === 'csv-parse' ? { bar } : {}),
  }))
}

export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const figures = []
    for (const oneCase of cases) {
      const rows = Math.round(oneCase.rows * scale)
      figures.push(...(await measureCase({ ...oneCase, rows }, folder, init, repeats)))
    }
    return figures
  })
}
