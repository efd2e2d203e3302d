import t, { type Test } from 'tap'
import { connectTyped as connect, type Session } from '../../../src/client/open-session.js'
import { findTarget } from '../../../src/load/load.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { type Faults } from '../../../src/server/index.js'
import { asksSchema, startServerFor } from '../../helpers/load-server.js'
import { testRun } from '../../helpers/load-run.js'
import { startRewritingProxy } from '../../helpers/rewriting-proxy.js'
import { deepTest } from '../../helpers/runs.js'
import { turnPlatformFor } from '../../helpers/turn-platform.js'

const initScript = 'share streamTable(10:0, `id`sym, [INT,SYMBOL]) as target'

async function serverWith(t: Test, faults: Faults = {}) {
  const server = await startServerFor(t, { initScript, faults })
  return server
}

/** A run that connects to this port. `isUp` returns whether the server listens. */
function scene(
  t: Test,
  port: number,
  { isUp, ...change }: Partial<LoadOptions> & { isUp?: (nowMs: number) => boolean } = {},
) {
  const platform = turnPlatformFor(t, isUp)
  const notices: string[] = []
  const opened: Session[] = []
  t.teardown(() => Promise.all(opened.map(session => session.close().catch(() => undefined))))
  const run = testRun(
    { server: { host: '127.0.0.1', port }, onNotice: notice => notices.push(notice), ...change },
    platform,
  )
  return {
    run,
    notices,
    opened,
    platform,
    find: () => findTarget(run, session => opened.push(session)),
  }
}

t.test('a signal ends the wait for a server', async t => {
  const ending = new AbortController()
  const { find, run } = scene(t, 1, {
    signal: ending.signal,
    isUp: () => false,
    onNotice: () => ending.abort(),
  })
  await t.rejects(find(), { code: 'DDB_CONNECT' })
  t.ok(run.platform.clock.nowMs() < 1_000)
})

/**
 * Error texts of servers that are not ready, by the refused request. The texts for a login have a tag such as
 * `<NotLeader>`, because after a text without a tag the client first tries a different way to log in.
 */
const startingTexts: Readonly<Record<string, readonly string[]>> = {
  'schema(': [
    "The datanode isn't initialized yet. Please try again later",
    '<ControllerNotReady>',
    '<NotLeader>',
    'The leader has not been elected. Try again later. RefId: S03020',
  ],
  scramClientFirst: ['<ControllerNotReady>', '<NotLeader>'],
}

for (const [begin, texts] of Object.entries(startingTexts)) {
  for (const text of texts) {
    t.test(`the run waits for a server that answers ${begin} with ${text}`, async t => {
      let refused = 0
      const asks = begin === 'schema(' ? asksSchema : (text: string) => text.startsWith(begin)
      const { port } = await serverWith(t, {
        before: request => (asks(request.text) && refused++ < 3 ? { error: text } : undefined),
      })
      const { find, notices } = scene(t, port, {
        server: { host: '127.0.0.1', port, user: 'admin', password: '123456' },
      })
      await find()
      t.equal(notices.length, 1, 'one notice')
      t.equal(refused, 4)
    })
  }
}

t.test('a connection that is lost before the first row is opened again', async t => {
  for (const asks of [asksSchema, (text: string) => text.includes('ddbIngestApply')]) {
    let lost = 0
    const { port } = await serverWith(t, {
      before: ({ text }) => (asks(text) && lost++ === 0 ? 'close' : undefined),
    })
    const target = { table: 'target', transform: 'def(t){ return t }' }
    const { find, notices } = scene(t, port, { target })
    await find()
    t.match(notices, [/Trying again\.$/])
  }
})

t.test('the run waits for a server that has no free connection', async t => {
  const server = await startServerFor(t, { initScript, maxConnections: 1 })
  const { port } = server
  const other = await connect({ host: '127.0.0.1', port })
  const { find, notices, run } = scene(t, port)
  const found = find()
  while (notices.length === 0) await new Promise(resolve => setImmediate(resolve))
  t.match(notices, [/Maximum connections 1 reached/])
  t.ok(run.platform.clock.nowMs() < 10_000)
  await other.close()
  await found
})

deepTest(t, 'a server that stays unready is not reported as one without the table', async t => {
  const { port } = await serverWith(t, {
    before: ({ text }) => (asksSchema(text) ? { error: '<NotLeader>' } : undefined),
  })
  for (const target of [{ table: 'target' }, { table: 'target', create: 'stream' as const }]) {
    const { find } = scene(t, port, { target })
    await t.rejects(find(), {
      code: 'DDB_UNAVAILABLE',
      exitCode: 75,
      serverMessage: /NotLeader/,
      message: /try again later/,
    })
  }
  const { find } = scene(t, port, { delivery: { retries: 0 } })
  await t.rejects(find(), { code: 'DDB_UNAVAILABLE' })
})

t.test('servers older than the limits accept texts of any length in DFS tables', async t => {
  const server = await startServerFor(t, {
    initScript: `db = database("dfs://d", VALUE, \`A\`B)
db.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`t, \`sym)`,
  })
  const admin = { user: 'admin', password: '123456' }
  const limitsOf = async (port: number): Promise<unknown> => {
    const target = { table: 'dfs://d/t' }
    const { find } = scene(t, port, { server: { host: '127.0.0.1', port, ...admin }, target })
    return (await find()).columns.map(({ maxBytes }) => maxBytes)
  }
  t.strictSame(await limitsOf(server.port), [undefined, 255])
  const toClient = (chunk: string): string => chunk.replaceAll('3.00.5', '2.00.9')
  const older = await startRewritingProxy(t, server.port, { toClient })
  t.strictSame(await limitsOf(older), [undefined, undefined])
})
