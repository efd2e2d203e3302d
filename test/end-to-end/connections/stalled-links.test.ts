/* Links that go dead at any point of a run. The run ends within its timeout and counts rows in flight as unconfirmed
   (docs/delivery.md#a-server-that-goes-silent). All waiting happens in virtual time. */
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import { Certificates } from '../../helpers/certificates.js'
import { csv, streamScript } from '../../helpers/delivery.js'
import { deepTest } from '../../helpers/runs.js'
import { startStallingProxy } from '../../helpers/proxies.js'
import { turnPlatformFor } from '../../helpers/turn-platform.js'
import { loadOn } from '../../../src/load/load.js'
import { startServerFor } from '../../helpers/load-server.js'

const confirmTimeoutMs = 2_000
const connectTimeoutMs = 500
/** Tolerance for the interval between checks, and for the last question about rows confirmed in memory. */
const slackMs = 500
const chunkLength = 65_536

const certificates = new Certificates(t)
const ca = certificates.make('authority', { isAuthority: true })
const identity = certificates.make('server', { by: ca })

interface LoadOutcome {
  readonly exitCode: number
  readonly rows: Partial<LoadResult['rows']>
}

/** The result of a run that ends before the first row. */
const unasked: LoadOutcome = { exitCode: 75, rows: { read: 0 } }

type Delivery = NonNullable<LoadOptions['delivery']>

async function runOver(
  t: Test,
  stallsAt: (sent: Buffer) => boolean,
  {
    delivery,
    isSecure = false,
    hasScram = false,
    rows = 100,
  }: { delivery: Delivery; isSecure?: boolean; hasScram?: boolean; rows?: number },
) {
  const server = await startServerFor(t, {
    initScript: streamScript,
    ...(isSecure ? { tlsCertFile: identity.certFile, tlsKeyFile: identity.keyFile } : {}),
  })
  server.node.users.get('admin')!.hasScram = hasScram
  const platform = turnPlatformFor(t)
  let stalledAtMs: number | undefined
  const proxy = await startStallingProxy(t, server.port, stallsAt, () => {
    stalledAtMs ??= platform.clock.nowMs()
  })
  let readAtMs = 0
  const readInput = function* (): Iterable<string> {
    for (let text = csv(rows); text !== ''; text = text.slice(chunkLength)) {
      readAtMs = platform.clock.nowMs()
      yield text.slice(0, chunkLength)
    }
  }
  const result = await loadOn(platform, {
    inputs: ['-'],
    input: { stdin: Readable.from(readInput()), header: 'yes' },
    server: {
      host: '127.0.0.1',
      port: proxy.port,
      user: 'admin',
      password: '123456',
      connectTimeoutMs,
      ...(isSecure ? { tls: true, caFile: ca.certFile } : {}),
    },
    target: { table: 'target' },
    delivery: {
      connections: 1,
      batchRows: 10,
      confirmTimeoutMs,
      retryTimeoutMs: 1_000,
      ...delivery,
    },
  })
  t.ok(proxy.stalled, 'the link went dead')
  const { read, confirmed, unconfirmed, rejected, skipped, unsent } = result.rows
  t.equal(read, confirmed + unconfirmed + rejected + skipped + unsent, 'the equation holds')
  // Since the link went dead and no more input was read: buffers on both sides take rows for a while.
  return { result, tookMs: platform.clock.nowMs() - Math.max(stalledAtMs!, readAtMs) }
}

/** Returns whether a client has sent this text at least `times` times. */
const after =
  (text: string, times = 1) =>
  (sent: Buffer): boolean =>
    sent.toString('latin1').split(text).length > times

const deliveries: Readonly<Record<string, Delivery>> = {
  'in sync mode': { mode: 'sync' },
  'with receipts': { mode: 'async' },
}

for (const [name, delivery] of Object.entries(deliveries)) {
  deepTest(t, `while data is sent ${name}`, async t => {
    const { result, tookMs } = await runOver(t, after('function\nddbIngestDeliver', 3), {
      delivery,
    })
    t.match(result, { exitCode: 4, rows: { rejected: 0 } })
    t.ok(tookMs >= confirmTimeoutMs - slackMs, `not before: ${tookMs} ms`)
    t.ok(tookMs < 2 * confirmTimeoutMs + 2 * connectTimeoutMs, `after ${tookMs} ms`)
  })
}

deepTest(t, 'while more data is sent than all buffers hold, over TLS', async t => {
  const { result, tookMs } = await runOver(t, sent => sent.length > 500_000, {
    delivery: { confirm: 'none', batchRows: 5_000, maxInFlightBytes: 100_000 },
    isSecure: true,
    rows: 2_000_000,
  })
  t.match(result, { exitCode: 4, error: { code: 'DDB_UNCONFIRMED' }, rows: { confirmed: 0 } })
  t.ok(result.rows.read < 2_000_000, 'reading stops')
  t.ok(tookMs < 2 * confirmTimeoutMs + slackMs, `after ${tookMs} ms`)
})

/** The question that is in progress when the link goes dead, and the outcome of the rows. */
const questions: Readonly<Record<string, readonly [text: string, Delivery, LoadOutcome]>> = {
  'a schema is asked for': ['schema(target)', { mode: 'sync' }, unasked],
  'receipts are read': [
    'errText from objByName("ddbIngestLedger',
    { mode: 'async' },
    { exitCode: 4, rows: { unconfirmed: 100 } },
  ],
  'goodbye is said': [
    'if(defined("ddbIngestLedger',
    { mode: 'async' },
    { exitCode: 0, rows: { confirmed: 100 } },
  ],
}

for (const [name, [text, delivery, outcome]] of Object.entries(questions)) {
  deepTest(t, `while ${name}`, async t => {
    const { result, tookMs } = await runOver(t, after(text), { delivery })
    t.match(result, outcome)
    t.ok(tookMs < 2 * confirmTimeoutMs, `after ${tookMs} ms`)
  })
}

deepTest(t, 'during the TLS handshake', async t => {
  const { result, tookMs } = await runOver(t, () => true, { delivery: {}, isSecure: true })
  t.match(result, { exitCode: 76, error: { code: 'DDB_TLS', message: /within 500 ms/ } })
  t.ok(tookMs <= connectTimeoutMs, `after ${tookMs} ms`)
})

t.test('during the login', async t => {
  for (const [step, hasScram] of [
    ['connect\n', false],
    ['scramClientFirst', true],
    ['scramClientFinal', true],
    ['getDynamicPublicKey', false],
    ['login\n3', false],
  ] as const) {
    const { result, tookMs } = await runOver(t, after(step), { delivery: {}, hasScram })
    t.match(result, { exitCode: 69, error: { code: 'DDB_CONNECT', message: /within 500 ms/ } })
    t.ok(tookMs <= connectTimeoutMs, `after ${tookMs} ms`)
  }
})
