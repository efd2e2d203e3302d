/*
  The workload in DolphinDB's chapter on asynchronous writing: 50,000 requests of 100 rows each, with and without waiting for
  answers. `ddb-ingest bench` sends them to a server in its own process, one mode after the other, and waits until the server's
  table has every row. Answered requests are also compared with an echo of as many bytes between bare Node sockets: once to a server
  that inserts, once to a server that only answers.
*/
import { join } from 'node:path'
import { secondsOfAnswers } from './lib/answered.js'
import { secondsOfEcho } from './lib/echo.js'
import { withFolder, writeTables } from './lib/inputs.js'
import { inTurn, median, program, runNode } from './lib/measure.js'
import { startRecorder } from './lib/recorder.js'
import { runAlone } from './lib/report.js'
import { startSink } from './lib/sink.js'

const fullRequests = 50_000

/** Bytes of one request and of one answer. Subtracting a run of 200 requests from a run of 400 cancels all other bytes. */
async function sizesOf(folder, sink) {
  const sums = []
  for (const requests of [200, 400]) {
    const recorder = await startRecorder(Number(sink.server[3]), join(folder, 'recorded'))
    const server = ['--host', `127.0.0.1:${recorder.port}`]
    await runNode([program, 'bench', '--json', '--requests', String(requests), ...server])
    const recorded = await recorder.stop()
    const sum = name => recorded.reduce((total, connection) => total + connection[name], 0)
    sums.push({ sent: sum('sentBytes'), answered: sum('answeredBytes') })
  }
  const [few, many] = sums
  // Both modes send requests, but only one mode gets answers.
  const requestBytes = Math.round((many.sent - few.sent) / 400)
  return { requestBytes, answerBytes: Math.round((many.answered - few.answered) / 200) }
}

export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const requests = Math.round(fullRequests * scale)
    const withServer = async use => {
      // Starts a server for each run, because the 10 million rows of one run would slow the garbage collector in the next.
      const sink = await startSink(init, [])
      return use(sink).finally(sink.stop)
    }
    const sizes = await withServer(sink => sizesOf(folder, sink))
    const measured = () =>
      withServer(async ({ server }) => {
        const options = ['--json', '--requests', String(requests), ...server]
        return JSON.parse((await runNode([program, 'bench', ...options])).stdout)
      })
    const [runs, echoes, alone] = await inTurn(
      [measured, () => secondsOfEcho({ ...sizes, requests }), () => secondsOfAnswers(requests)],
      repeats,
    )
    const [unanswered, answered] = ['async', 'sync'].map(mode =>
      median(runs.map(run => run[mode].seconds)),
    )
    const echo = median(echoes)
    const { rowsPerRequest } = runs[0]
    return [
      {
        work: `${requests} requests of ${rowsPerRequest} rows, async against sync`,
        unit: 's',
        ours: unanswered,
        reference: answered,
        ratio: answered / unanswered,
        bar: { atLeast: 1.5 },
      },
      {
        work: `${requests} sync requests, against exchanges between bare sockets (${sizes.requestBytes} bytes out, ${sizes.answerBytes} bytes back)`,
        unit: 's',
        ours: answered,
        reference: echo,
        ratio: answered / echo,
        bar: { atMost: 1.2 },
      },
      {
        work: `${requests} sync requests to a server that only answers, against the same exchanges`,
        unit: 's',
        ours: median(alone),
        reference: echo,
        ratio: median(alone) / echo,
        bar: { atMost: 1.2 },
      },
    ]
  })
}

await runAlone(import.meta.url, 'seeds-workload', measure)
