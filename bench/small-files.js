/*
  Compares a folder of many small files with one file of the same rows, without confirmation and with receipts. The server is `serve`
  in its own process; for loads with receipts, it really inserts.
*/
import { createReadStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { alternate, runNode, program } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { emptyTrades, load, startSink, stopCounting } from './lib/sink.js'

const fullFiles = 10_000
const rowsOfFile = 100

/** Divides a file among many files, each with the header. */
async function divide(path, folder) {
  await mkdir(folder)
  let header
  let lines = []
  let files = 0
  const write = async () => {
    const name = `${String(files++).padStart(6, '0')}.csv`
    await writeFile(join(folder, name), `${[header, ...lines].join('\n')}\n`)
    lines = []
  }
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (header === undefined) header = line
    else if (lines.push(line) === rowsOfFile) await write()
  }
}

async function measureNone(path, folder, init, rows, repeats) {
  const sink = await startSink(init)
  const secondsOf = async source => (await load(sink, source, 'trades', {}, ['-q'])).seconds
  const medians = await alternate(
    () => secondsOf(folder),
    () => secondsOf(path),
    repeats,
  )
  await stopCounting(sink, 2 * rows * repeats)
  return medians
}

async function measureReceipts(path, folder, init, repeats) {
  const sink = await startSink(init, [])
  const secondsOf = async source => {
    await emptyTrades(sink)
    const options = ['--table', 'trades', '--mode', 'async', '-q', ...sink.server]
    return (await runNode([program, 'load', source, ...options])).seconds
  }
  try {
    return await alternate(
      () => secondsOf(folder),
      () => secondsOf(path),
      repeats,
    )
  } finally {
    await sink.stop()
  }
}

export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const files = Math.round(fullFiles * scale)
    const rows = files * rowsOfFile
    const path = await writeInput(folder, 'narrow.csv', rows)
    const small = join(folder, 'small')
    await divide(path, small)
    const measured = {
      'without confirmation': await measureNone(path, small, init, rows, repeats),
      'with receipts': await measureReceipts(path, small, init, repeats),
    }
    return Object.entries(measured).flatMap(([how, { ours, reference }]) => [
      {
        work: `${files} files of ${rowsOfFile} rows against one file, ${how}`,
        unit: 's',
        ours,
        reference,
        ratio: ours / reference,
        bar: { atMost: 2.5 },
        rows,
      },
      {
        work: `one more file, ${how}`,
        unit: 'µs',
        ours: ((ours - reference) / files) * 1e6,
        cost: true,
      },
    ])
  })
}

await runAlone(import.meta.url, 'small-files', measure)
