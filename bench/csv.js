/*
  Times loads from a file into a sink, except plain CSV, which bench/peers.js times. Compressed files are compared
  with Node's gunzip or the zstd decoder alone, NDJSON with a loop of JSON.parse, and all other inputs with the same rows from plain CSV in UTF-8. The ratio says how many times as fast the loader is. If the
  reference is a lower limit, the ratio says how many times as long the loader takes.
*/
import { fileURLToPath } from 'node:url'
import { hasZstd, withFolder, writeInput, writeTables } from './lib/inputs.js'
import { alternate, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { load, startSink, stopCounting } from './lib/sink.js'

const reference = fileURLToPath(new URL('lib/reference.js', import.meta.url))

const cases = [
  {
    work: 'CSV epoch, milliseconds since 1970, against text',
    input: 'epoch.csv',
    table: 'trades',
    flags: ['--date-format', 'time=epoch:ms'],
    rows: 2_000_000,
    againstInput: 'narrow.csv',
    bar: { atMost: 1.05 },
  },
  {
    work: 'CSV with date and time of day in two columns, which the load joins, against one column',
    input: 'split.csv',
    table: 'trades',
    flags: ['--set', 'time={day}T{clock}'],
    rows: 2_000_000,
    againstInput: 'narrow.csv',
    bar: { atMost: 1.3 },
  },
  {
    work: 'CSV narrow, gzip, against gunzip',
    input: 'narrow.csv.gz',
    table: 'trades',
    rows: 2_000_000,
    against: 'gunzip',
    bar: { atMost: 1.3 },
  },
  {
    work: 'CSV narrow, zstd, against its decoder',
    input: 'narrow.csv.zst',
    table: 'trades',
    rows: 2_000_000,
    against: 'unzstd',
    bar: { atMost: 1.3 },
  },
  {
    work: 'CSV Chinese, GB18030, against UTF-8',
    input: 'chinese.gb18030.csv',
    table: 'texts',
    flags: ['--encoding', 'gb18030'],
    rows: 1_000_000,
    againstInput: 'chinese.csv',
    bar: { atMost: 2 },
  },
  {
    work: 'NDJSON, 4 members, against readline and JSON.parse',
    input: 'narrow.ndjson',
    table: 'trades',
    rows: 1_000_000,
    against: 'readline',
    bar: { atLeast: 2 },
  },
]

async function measureCase(oneCase, folder, init, repeats) {
  const { work, input, table, flags, rows, against, againstInput, bar } = oneCase
  const path = await writeInput(folder, input, rows)
  const otherPath = againstInput === undefined ? path : await writeInput(folder, againstInput, rows)
  const sink = await startSink(init)
  const medians = await alternate(
    async () => (await load(sink, path, table, {}, flags)).seconds,
    async () =>
      againstInput === undefined
        ? (await runNode([reference, against, path])).seconds
        : (await load(sink, otherPath, table)).seconds,
    repeats,
  )
  await stopCounting(sink, rows * repeats * (againstInput === undefined ? 1 : 2))
  // "Times as fast" if the loader should be faster, "times as long" if the reference is a lower limit.
  const { ours, reference: other } = medians
  const ratio = bar.atMost === undefined ? other / ours : ours / other
  return { work, unit: 's', ours, reference: other, ratio, bar, rows }
}

export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const figures = []
    for (const oneCase of cases) {
      if (oneCase.input.endsWith('.zst') && !hasZstd()) {
        process.stderr.write(`left out, as there is no program zstd: ${oneCase.work}\n`)
        continue
      }
      const rows = Math.round(oneCase.rows * scale)
      figures.push(await measureCase({ ...oneCase, rows }, folder, init, repeats))
    }
    return figures
  })
}

await runAlone(import.meta.url, 'csv', measure)
