/*
  Compares batches of automatic size with batches of 10,000 rows, in time and memory. The embedded server runs in its
  own process. Each insert takes the server 0, 5 or 20 ms more, whatever the size of the batch.
*/
import { fileURLToPath } from 'node:url'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { inTurn, median, program, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { emptyTrades, startSink } from './lib/sink.js'

const insertsMs = [0, 5, 20]
const rowsAtFullLength = 2_000_000
const ceilingMB = 150
const slowServer = fileURLToPath(new URL('lib/slow-server.js', import.meta.url))
process.env.DDB_USER = 'admin'
process.env.DDB_PASSWORD = '123456'

async function measureInsert(init, path, rows, insertMs, repeats) {
  const server = await startSink(init, [String(insertMs)], slowServer)
  const peaks = []
  const loadWith = flags => async () => {
    await emptyTrades(server)
    const options = ['--table', 'trades', '--mode', 'async', '-q', ...flags]
    const watch = { watchMemory: true }
    const ran = await runNode([program, 'load', path, ...options, ...server.server], watch)
    if (flags.length === 0) peaks.push(ran.peakRssBytes / 1e6)
    return ran.seconds
  }
  try {
    const works = [loadWith([]), loadWith(['--batch-rows', '10000'])]
    const [ours, reference] = (await inTurn(works, repeats)).map(median)
    const when = `${insertMs} ms per insert`
    const peak = median(peaks)
    return [
      {
        work: `--batch-rows auto against 10000 rows, ${when}`,
        unit: 's',
        ours,
        reference,
        ratio: ours / reference,
        bar: { atMost: insertMs === 0 ? 1.05 : 0.8 },
        rows,
      },
      {
        work: `memory with --batch-rows auto, ${when}, against the ceiling`,
        unit: 'MB',
        ours: peak,
        reference: ceilingMB,
        ratio: peak / ceilingMB,
        bar: { atMost: 1 },
      },
    ]
  } finally {
    await server.stop()
  }
}

export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const rows = Math.round(rowsAtFullLength * scale)
    const path = await writeInput(folder, 'narrow.csv', rows)
    const figures = []
    for (const insertMs of insertsMs) {
      figures.push(...(await measureInsert(init, path, rows, insertMs, repeats)))
    }
    return figures
  })
}

await runAlone(import.meta.url, 'batch-size', measure)
