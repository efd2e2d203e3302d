import t, { type Test } from 'tap'
import {
  askCount,
  askFunction,
  askIdle,
  askSchema,
  type Asking,
} from '../../../src/load/connection/server-queries.js'
import { requestFlags } from '../../../src/protocol/request.js'
import { parseTableTarget } from '../../../src/load/target/target.js'
import { int, text } from '../../helpers/values.js'
import { startFakeServer } from '../../helpers/fake-server.js'
import { asAdmin, startLoadServer } from '../../helpers/load-server.js'
import { connectTyped as connect } from '../../../src/client/open-session.js'
import type { Faults } from '../../../src/server/index.js'
import type { Value } from '../../../src/protocol/value.js'

const initScript = `share table(1..3 as id) as trades
share table(1..2 as id) as quotes
db = database("dfs://d", VALUE, 1..3)
db.createPartitionedTable(table(1:0, \`id\`n, [INT, INT]), \`ticks, \`id)
chunk = database("dfs://chunk", VALUE, 1..3, , "OLAP", "CHUNK")
def intoTrades(mutable data) { tableInsert(objByName("trades"), data) }
addFunctionView(intoTrades)`

const trades = parseTableTarget('trades')
const ticks = parseTableTarget('dfs://d/ticks')

async function asked(t: Test, before?: Faults['before']) {
  const here = await startLoadServer(t, initScript, {
    faults: before === undefined ? {} : { before },
  })
  return { here, asking: { session: here.session, timeoutMs: 60_000 } }
}

async function answering(t: Test, value: Value | undefined, flags: number[] = []): Promise<Asking> {
  const server = await startFakeServer(t, ({ head }, peer) => {
    flags.push(head.flags)
    peer.reply({ value })
  })
  const session = await connect({ host: '127.0.0.1', port: server.port })
  t.teardown(() => session.close().catch(() => undefined))
  return { session, timeoutMs: 60_000 }
}

t.test('if similar names cannot be read, the error for a missing table names none', async t => {
  const { asking } = await asked(t, ({ text: script }) =>
    script.includes('objs(true)') ? { error: 'no rights' } : undefined,
  )
  const refusal = { code: 'DDB_TARGET', message: /^(?!.*"trades")/ }
  await t.rejects(askSchema(asking, parseTableTarget('trade')), refusal)
  const nothing = await asked(t)
  const error = { code: 'DDB_TARGET', message: /^(?!.*Did you mean)/ }
  await t.rejects(askSchema(nothing.asking, parseTableTarget('zzzzzzzzzzzz')), error)
})

t.test('a table without a schema counts as missing', async t => {
  await t.rejects(askSchema(await answering(t, undefined), trades), { code: 'DDB_TARGET' })
})

t.test('a function without permission to call is not reported as missing', async t => {
  for (const [words, code] of [
    ['<NoPrivilege>Not granted to execute function view intoTrades', 'DDB_PRIVILEGE'],
    ['Login is required for script execution. RefId: S04009', 'DDB_LOGIN'],
    ['Cannot recognize function: intoTrades. RefId: S00015', 'DDB_TARGET'],
  ] as const) {
    const { asking } = await asked(t, ({ text: script }) =>
      script.startsWith('typestr') ? { error: words } : undefined,
    )
    await t.rejects(askFunction(asking, 'intoTrades'), { code, serverMessage: words })
  }
})

t.test('row counts are read from INT and from LONG', async t => {
  const { asking } = await asked(t)
  t.equal(await askCount(asking, trades), 3)
  t.equal(await askCount(asking, ticks), 0)
  t.equal(await askCount(await answering(t, int(7)), trades), 7)
  const long: Value = { form: 'scalar', type: 'LONG', value: 3_000_000_000n }
  t.equal(await askCount(await answering(t, long), trades), 3_000_000_000)
})

t.test('a row count that is not a number is an error, not zero', async t => {
  for (const value of [undefined, text('7')]) {
    await t.rejects(askCount(await answering(t, value), trades), { code: 'DDB_SERVER' })
  }
})

t.test('a session is idle once none of its requests is running', async t => {
  const { asking, here } = await asked(t)
  const { node } = here.server
  const data = await connect(asAdmin(here.server))
  t.equal(await askIdle(asking, data.id), true)
  const running = data.run('sleep(600000)')
  while (!node.jobs.has(data.id)) await new Promise(resolve => setImmediate(resolve))
  t.equal(await askIdle(asking, data.id), false)
  // A server that has restarted gives the same numbers again.
  t.equal(await askIdle(asking, asking.session.id), undefined, 'its own is no earlier one')
  await here.session.run(
    `cancelConsoleJob(exec rootJobId from getConsoleJobs() where sessionId = ${data.id}l)`,
  )
  await t.rejects(running)
  t.equal(await askIdle(asking, data.id), true)
  await data.close()
})

t.test('a run that has reconnected a thousand times still learns whether it is idle', async t => {
  const { asking } = await asked(t)
  const ids = Array.from({ length: 1_030 }, (_, i) => `${1_000_000_000 + i}`)
  t.equal(await askIdle(asking, ...ids), true)
})

t.test('if a server does not report whether it is idle, the answer is unknown', async t => {
  const { asking, here } = await asked(t, ({ text: script }) =>
    script.includes('getConsoleJobs') ? { error: 'no rights' } : undefined,
  )
  t.equal(await askIdle(asking, '1'), undefined)
  t.equal(await askIdle(await answering(t, undefined), '1'), undefined)
  const requests = here.server.counters.requests
  for (const id of ['', '1 or true', '12345678901234567890']) {
    t.equal(await askIdle(asking, id), undefined, `"${id}" is no session id`)
  }
  t.equal(here.server.counters.requests, requests, 'no such text gets into a script')
})

t.test('questions about jobs are sent so that even busy workers answer soon', async t => {
  const flags: number[] = []
  const asking = await answering(t, int(0), flags)
  await askIdle(asking, '1')
  await askCount(asking, trades)
  const areUrgent = flags.map(one => (one & requestFlags.urgent) !== 0)
  t.strictSame(areUrgent, [true, false], 'counting rows is not a short question')
})

t.test('every question reports a lost connection, and never takes it for an answer', async t => {
  const questions: [string, (asking: Asking) => Promise<unknown>][] = [
    ['schema', asking => askSchema(asking, trades)],
    ['count', asking => askCount(asking, trades)],
    ['idle', asking => askIdle(asking, '1')],
  ]
  for (const [name, ask] of questions) {
    const { asking } = await asked(t, ({ kind }) => (kind === 'script' ? 'close' : undefined))
    await t.rejects(ask(asking), { code: 'DDB_CONNECTION_LOST' }, name)
  }
})

t.test('a connection lost while looking for similar names is reported as lost', async t => {
  for (const [list, ask] of [
    ['objs(true)', asking => askSchema(asking, parseTableTarget('trade'))],
    ['getFunctionViews', asking => askFunction(asking, 'intoTrade')],
  ] as [list: string, ask: (asking: Asking) => Promise<unknown>][]) {
    const { asking } = await asked(t, ({ text: script }) =>
      script.includes(list) ? 'close' : undefined,
    )
    await t.rejects(ask(asking), { code: 'DDB_CONNECTION_LOST' }, list)
  }
})
