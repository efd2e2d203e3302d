/*
  The workload of DolphinDB's chapter on asynchronous writing: 50,000 requests of 100 rows each, without and with
  waiting for the answers, through `ddb-ingest bench` and a server in a process of its own. The command measures both
  modes in one run, one after the other, and waits until the server's table has every row.
*/
import { withFolder, writeTables } from './lib/inputs.js'
import { median, program, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { startSink } from './lib/sink.js'

/** How many times as long the answered requests take. */
export async function measure({ repeats }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const runs = []
    for (let run = 0; run < repeats; run++) {
      // A server per run: 10 million rows of one run would slow the next one's collector.
      const sink = await startSink(init, [])
      try {
        const { stdout } = await runNode([program, 'bench', '--json', ...sink.server])
        runs.push(JSON.parse(stdout))
      } finally {
        await sink.stop()
      }
    }
    const { requests, rowsPerRequest } = runs[0]
    const ours = median(runs.map(run => run.async.seconds))
    const reference = median(runs.map(run => run.sync.seconds))
    return [
      {
        work: `${requests} requests of ${rowsPerRequest} rows, async against sync`,
        unit: 's',
        ours,
        reference,
        ratio: reference / ours,
        bar: { atLeast: 1.5 },
      },
    ]
  })
}

await runAlone(import.meta.url, 'seeds-workload', measure)
