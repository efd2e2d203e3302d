/*
  The workload in DolphinDB's chapter on asynchronous writing: 50,000 requests of 100 rows each, with and without waiting for
  answers. `ddb-ingest bench` sends them to a server in its own process, one mode after the other, and waits until the server's
  table has every row.
*/
import { withFolder, writeTables } from './lib/inputs.js'
import { inTurn, median, program, runNode } from './lib/measure.js'
import { figureOf } from './lib/report.js'
import { startSink } from './lib/sink.js'

const fullRequests = 50_000

export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const requests = Math.round(fullRequests * scale)
    const measured = async () => {
      // Starts a server for each run, because the 10 million rows of one run would slow the garbage collector in the next.
      const sink = await startSink(init, [])
      const options = ['--json', '--requests', String(requests), ...sink.server]
      const run = runNode([program, 'bench', ...options]).finally(sink.stop)
      return JSON.parse((await run).stdout)
    }
    const [runs] = await inTurn([measured], repeats)
    const [ours, reference] = ['async', 'sync'].map(mode =>
      median(runs.map(run => run[mode].seconds)),
    )
    const work = `${requests} requests of ${runs[0].rowsPerRequest} rows, async against sync`
    return [figureOf(work, { ours, reference }, { atLeast: 1.5 })]
  })
}
