/*
  The cost of receipts: compares loads of narrow.csv with receipts and with `--confirm none`, in large and in small
  batches. The server is `serve` in its own process. It really inserts, like servers that give receipts.
*/
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { alternate, program, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { emptyTrades, startSink } from './lib/sink.js'

const cases = [
  { batchRows: 10_000, rows: 2_000_000, bar: { atMost: 1.1 } },
  { batchRows: 100, rows: 500_000, bar: { atMost: 1.25 } },
]

/**
 * Seconds of the whole process. Even without confirmation, the process ends only when the server closes the connection, which the
 * server does after it has executed everything.
 */
async function timedLoad(server, path, confirm, batchRows) {
  await emptyTrades(server)
  const how = confirm === 'none' ? ['--confirm', 'none'] : ['--mode', 'async']
  const options = ['--batch-rows', String(batchRows), ...how, '-q', ...server.server]
  return (await runNode([program, 'load', path, '--table', 'trades', ...options])).seconds
}

async function measureCase({ batchRows, rows, bar }, path, server, repeats) {
  const { ours, reference } = await alternate(
    () => timedLoad(server, path, 'receipts', batchRows),
    () => timedLoad(server, path, 'none', batchRows),
    repeats,
  )
  const work = `receipts against none, ${batchRows} rows a batch`
  return { work, unit: 's', ours, reference, ratio: ours / reference, bar, rows }
}

/** Time with receipts as a multiple of the time without. */
export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const figures = []
    for (const oneCase of cases) {
      const rows = Math.round(oneCase.rows * scale)
      const path = await writeInput(folder, 'narrow.csv', rows)
      const server = await startSink(init, [])
      figures.push(await measureCase({ ...oneCase, rows }, path, server, repeats))
      await server.stop()
    }
    return figures
  })
}

await runAlone(import.meta.url, 'receipts', measure)
