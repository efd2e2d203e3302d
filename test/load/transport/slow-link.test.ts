/* A link on which requests travel for longer than a server may be silent: nothing is lost, and nothing is sent twice. */
import t from 'tap'
import { fairWeather } from '../../simulator/network.js'
import { drawScenario, firstDfsSeed, targetKinds } from '../../simulator/scenario.js'
import { simulateScenario } from '../../simulator/simulate.js'

t.test('requests that still travel are not sent again', async t => {
  const { loaders, ...drawn } = drawScenario(firstDfsSeed)
  const rows = Array.from({ length: 20_000 }, (_, id) => {
    return { id: 100_000 + id, sym: 'A', kind: 'good', line: `${100_000 + id},A` } as const
  })
  const loader = {
    ...({ ...loaders[0]!, format: 'csv', runId: undefined } as const),
    inputs: [{ path: '/in/0.csv', rows, cut: undefined }],
    delivery: { confirmTimeoutMs: 20_000, maxInFlightBytes: 10_000_000 },
  }
  // The kernel takes all, and five kilobytes a second arrive.
  const weather = { ...fairWeather, latencyMs: 20, pieceBytes: 100, windowBytes: 10_000_000 }
  const scenario = { ...drawn, kind: targetKinds[0]!, weather, loaders: [loader] }
  const { runs, complaints, virtualMs } = await simulateScenario(scenario)
  t.strictSame(complaints, [])
  const { exitCode, rows: counts, batches } = runs[0]!.result!
  t.strictSame([exitCode, counts.confirmed, batches.retried], [0, rows.length, 0])
  t.ok(virtualMs > 40_000, `${virtualMs} ms`)
})
