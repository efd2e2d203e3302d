/* How long a run waits for a server that is missing, that disappeared, or that is silent. Each timeout covers all attempts together. */
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { loadOn } from '../../../src/load/load.js'
import type { DeliveryOptions, LoadOptions } from '../../../src/load/options.js'
import type { Faults, RequestInfo } from '../../../src/server/index.js'
import { csv, ids, streamScript, upTo } from '../../helpers/delivery.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'
import { turnPlatformFor, type TurnPlatform } from '../../helpers/turn-platform.js'

/** Timers may be this late, because simulated time moves in steps (turns of the event loop). */
const slackMs = 500

const input = (text: string | AsyncIterable<string>) => ({
  inputs: ['-'],
  input: { format: 'csv', stdin: Readable.from(typeof text === 'string' ? [text] : text) } as const,
})

const connectTimeoutMs = 5_000

/** A run to a port on which no server listens, or on which a server listens only later. */
function connecting(platform: TurnPlatform, change: Partial<LoadOptions> = {}) {
  return loadOn(platform, {
    ...input(csv(5)),
    server: { host: '127.0.0.1', port: 1, connectTimeoutMs },
    target: { table: 'target' },
    ...change,
  })
}

const notConnected = {
  exitCode: 69,
  error: { code: 'DDB_CONNECT', message: /ddb-ingest serve/ },
  rows: { read: 0 },
}

t.test('if nothing listens, all connection attempts together end within the timeout', async t => {
  const platform = turnPlatformFor(t, () => false)
  t.match(await connecting(platform), notConnected)
  const { dialledAtMs } = platform
  t.ok(platform.clock.nowMs() <= connectTimeoutMs + slackMs)
  t.ok(dialledAtMs.length >= 6 && dialledAtMs.at(-1)! > connectTimeoutMs / 4, 'and not before')
  t.ok(dialledAtMs.at(-1)! < connectTimeoutMs + slackMs)
})

deepTest(t, 'a server that starts within the timeout is found, however late', async t => {
  const here = await startLoadServer(t, streamScript)
  const { host, port } = here.server
  const platform = turnPlatformFor(t, nowMs => nowMs > 30_000)
  const result = await loadOn(platform, {
    ...input(csv(5)),
    server: { host, port, connectTimeoutMs: 60_000 },
    target: { table: 'target' },
  })
  t.match(result, { exitCode: 0, rows: { confirmed: 5 } })
})

deepTest(t, 'with 0 retries the first refusal is final', async t => {
  const platform = turnPlatformFor(t, () => false)
  t.match(await connecting(platform, { delivery: { retries: 0 } }), notConnected)
  t.equal(platform.dialledAtMs.length, 1)
})

for (const name of ['signal', 'leave'] as const) {
  deepTest(t, `an abort (${name}) does not wait for the next connection attempt`, async t => {
    const ending = new AbortController()
    const pausedMs = 100
    const platform: TurnPlatform = turnPlatformFor(t, nowMs => {
      // Aborts in the pause after this attempt. By then pauses are longer than `pausedMs`.
      if (nowMs > 1_000) platform.clock.after(pausedMs, () => ending.abort())
      return false
    })
    const result = await connecting(platform, {
      [name]: ending.signal,
      server: { host: '127.0.0.1', port: 1, connectTimeoutMs: 60_000 },
    })
    t.match(result, { status: 'interrupted', error: { code: 'DDB_INTERRUPTED' } })
    t.ok(platform.clock.nowMs() - platform.dialledAtMs.at(-1)! < pausedMs + slackMs)
  })
}

const isDelivery = (request: RequestInfo): boolean => request.text === 'ddbIngestDeliver'

interface Loss {
  readonly backAfterMs?: number
  /** Ends only the data connection; the connection that asks stays open. */
  readonly endsOne?: boolean
}

/** A server that ends its connections at the third batch and closes its port at the same time. */
async function losing(
  t: Test,
  delivery: DeliveryOptions,
  { backAfterMs = Infinity, endsOne = false }: Loss = {},
) {
  let lostAtMs: number | undefined
  let batches = 0
  const platform = turnPlatformFor(
    t,
    nowMs => lostAtMs === undefined || nowMs >= lostAtMs + backAfterMs,
  )
  const faults: Faults = {
    before: request => {
      const isLost = lostAtMs !== undefined && platform.clock.nowMs() < lostAtMs + backAfterMs
      if (isLost && !endsOne) return 'close'
      if (!isDelivery(request) || ++batches !== 3) return undefined
      lostAtMs = platform.clock.nowMs()
      return 'close'
    },
  }
  const here = await startLoadServer(t, streamScript, { faults })
  const result = await here.load(
    '-',
    {
      ...input(csv(100)),
      delivery: { mode: 'async', batchRows: 10, maxInFlightBytes: 100, ...delivery },
    },
    platform,
  )
  return {
    here,
    result,
    endMs: platform.clock.nowMs() - lostAtMs!,
    dialledAtMs: platform.dialledAtMs.map(ms => ms - lostAtMs!),
  }
}

deepTest(t, 'a run tries to reconnect during --retry-timeout, less and less often', async t => {
  const retryTimeoutMs = 120_000
  const { result, dialledAtMs, endMs } = await losing(t, { retryTimeoutMs })
  t.match(result, { exitCode: 4, rows: { confirmed: 0, rejected: 0 } })
  const tries = dialledAtMs.filter(ms => ms > 0)
  const pausesMs = tries.slice(1).map((ms, i) => ms - tries[i]!)
  for (const [i, ms] of pausesMs.entries()) {
    const fullMs = Math.min(100 * 2 ** i, 10_000)
    t.ok(ms >= fullMs / 2 && ms <= fullMs + slackMs, `pause ${i + 1}: ${ms} ms`)
  }
  t.ok(tries.at(-1)! > retryTimeoutMs - 10_000 - slackMs, `last at ${tries.at(-1)} ms`)
  t.ok(endMs <= retryTimeoutMs + slackMs, `ended after ${endMs} ms`)
})

t.test('if a server returns after a minute, it gets every row once', async t => {
  const { here, result } = await losing(t, { retryTimeoutMs: 120_000 }, { backAfterMs: 60_000 })
  t.match(result, { exitCode: 0, rows: { confirmed: 100 } })
  t.same(await ids(here), upTo(100))
})

deepTest(t, 'a server that only answers on its old connection has lost no row', async t => {
  const { result } = await losing(t, { retryTimeoutMs: 1_000, connections: 1 }, { endsOne: true })
  t.match(result, { exitCode: 4, rows: { confirmed: 20 } })
})

deepTest(t, 'with 0 retries no lost connection is reopened', async t => {
  const { result, dialledAtMs } = await losing(t, { retries: 0, connections: 1 })
  t.match(result, { exitCode: 4 })
  t.equal(dialledAtMs.length, 2, 'the two that the run began with')
})
