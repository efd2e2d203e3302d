/* What a run reports about confirmed rows after their server is gone. Rows in memory are lost with the server, rows on disk are kept.
   test/end-to-end/delivery-matrix.test.ts has the server whose table returns empty. */
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { DeliveryOptions, TargetOptions } from '../../../src/load/options.js'
import { startServer, type EmbeddedServer, type Faults } from '../../../src/server/index.js'
import { csv, dfsScript, streamScript } from '../../helpers/delivery.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'
import { turnPlatformFor } from '../../helpers/turn-platform.js'

const rowCount = 100
const receipts: DeliveryOptions = { mode: 'async', maxInFlightBytes: 100 }
/** `connections: 1`, so that one batch is in flight at a time. */
const sync: DeliveryOptions = { mode: 'sync', connections: 1 }

interface Restart {
  readonly target?: TargetOptions
  readonly script?: string
  /** How long no server listens. */
  readonly goneMs: number
  /** The server runs this script when it returns. With `keepsDisk` it also keeps its disk. */
  readonly nextScript?: string
  readonly keepsDisk?: boolean
}

/** A run of ten batches. The server disappears during the sixth batch. */
async function restarting(t: Test, delivery: DeliveryOptions, restart: Restart) {
  const { target = { table: 'target' }, script = streamScript, goneMs } = restart
  let batches = 0
  let goneAtMs: number | undefined
  let next: Promise<EmbeddedServer> | undefined
  const platform = turnPlatformFor(t, nowMs => goneAtMs === undefined || nowMs >= goneAtMs + goneMs)
  const faults: Faults = {
    before: ({ rows }) => {
      if (rows === 0 || ++batches !== 6) return undefined
      goneAtMs = platform.clock.nowMs()
      const { port } = here.server
      next = here.server.close().then(() =>
        startServer({
          port,
          ...(restart.nextScript === undefined ? {} : { initScript: restart.nextScript }),
          ...(restart.keepsDisk ? { restartOf: here.server } : {}),
        }),
      )
      return 'close'
    },
  }
  const here = await startLoadServer(t, script, { faults })
  const result = await here.load(
    '-',
    {
      target,
      input: { format: 'csv', stdin: Readable.from([csv(rowCount)]) },
      delivery: { batchRows: 10, ...delivery },
    },
    platform,
  )
  const last = (await next) ?? here.server
  t.teardown(() => last.close())
  const { databases, shared } = last.node
  const onDisk = [...databases.values()].flatMap(({ tables }) => [...tables.values()])
  const there = shared.get('target')?.table.rows ?? onDisk[0]?.rows ?? 0
  return { result, there }
}

for (const [name, delivery] of [
  ['receipts', receipts],
  ['sync', sync],
] as const) {
  deepTest(t, `${name}: if a server never returns, its rows are no longer confirmed`, async t => {
    const { result } = await restarting(
      t,
      { ...delivery, retryTimeoutMs: 30_000 },
      { goneMs: Infinity },
    )
    t.match(result, { exitCode: 4, rows: { confirmed: 0, rejected: 0 } })
    t.ok(result.rows.unconfirmed >= 60)
    t.match(result.confirm.note, /did not say again that it still has the confirmed rows/)
  })

  deepTest(t, `${name}: a server that returns without the table has lost all rows`, async t => {
    const { result, there } = await restarting(t, delivery, { goneMs: 8_000, nextScript: '1' })
    t.match(result, { exitCode: 4, rows: { confirmed: 0 } })
    t.equal(there, 0)
    t.match(result.confirm.note, /restarted/)
  })

  t.test(`${name}: rows on disk stay confirmed`, async t => {
    const { result, there } = await restarting(t, delivery, {
      target: { table: 'dfs://d/t' },
      script: dfsScript,
      goneMs: 8_000,
      keepsDisk: true,
    })
    t.match(result, { exitCode: 4 })
    const { confirmed, unconfirmed } = result.rows
    t.ok(there >= confirmed && there <= confirmed + unconfirmed, `${there} rows are stored`)
    t.ok(confirmed >= 50 && unconfirmed > 0)
  })
}
