/*
  Compares loading rows that a program holds as objects with loading the same rows from a file. The objects are
  written one by one to a TableWriter, or given to `load`. All loads have receipts. Time counts from opening to the
  last receipt; making the objects does not count. The server is `serve` in its own process, which really inserts.
*/
import { fileURLToPath } from 'node:url'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { inTurn, median, runNode } from './lib/measure.js'
import { figureOf } from './lib/report.js'
import { emptyTable, startSink } from './lib/sink.js'

const writeRows = fileURLToPath(new URL('lib/write-rows.js', import.meta.url))

const mostRows = 2_000_000

export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const rows = Math.round(mostRows * scale)
    const path = await writeInput(folder, 'narrow.csv', rows)
    const server = await startSink(init, [])
    const { host, port } = server
    const timed = how => async () => {
      await emptyTable('trades', server.server)
      const { seconds, confirmed } = JSON.parse(
        (await runNode([writeRows, how, path, host, String(port)])).stdout,
      )
      if (confirmed !== rows) throw new Error(`${confirmed} of ${rows} rows are confirmed`)
      return seconds
    }
    const [writer, list, csv] = await inTurn(['writer', 'rows', 'csv'].map(timed), repeats)
    await server.stop()
    const figure = (work, seconds) =>
      figureOf(work, { ours: median(seconds), reference: median(csv) }, { atMost: 2 }, { rows })
    return [
      figure('TableWriter, objects against narrow CSV', writer),
      figure('load of objects against narrow CSV', list),
    ]
  })
}
