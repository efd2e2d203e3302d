/* Clusters that redirect to a different node: runs follow redirects to named hosts and refuse all others. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadOptions } from '../../../src/load/options.js'
import { actionOf, type RequestInfo } from '../../../src/server/index.js'
import { csv, ids, streamScript, upTo } from '../../helpers/delivery.js'
import { asksSchema, startLoadServer } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

/** Two nodes. The first one redirects matching requests to `host` and the port of the second. */
async function pair(t: Test, matches: (request: RequestInfo) => boolean, host = 'localhost') {
  const leader = await startLoadServer(t, streamScript)
  let armed = false
  const follower = await startLoadServer(t, streamScript, {
    before: request =>
      armed && matches(request)
        ? { error: `<NotLeader>${host}:${leader.server.port}:dnode2` }
        : undefined,
  })
  armed = true
  const dir = t.testdir({ 'in.csv': csv(30) })
  return {
    follower,
    leader,
    run: (change: Partial<LoadOptions> = {}, allowRedirect?: readonly string[]) =>
      follower.load(join(dir, 'in.csv'), {
        server: {
          host: '127.0.0.1',
          port: follower.server.port,
          user: 'admin',
          password: '123456',
          ...(allowRedirect === undefined ? {} : { allowRedirect }),
        },
        delivery: { batchRows: 10, mode: 'async', confirmTimeoutMs: 10_000 },
        rejects: { onError: 'skip' },
        ...change,
      }),
  }
}

const sync = { delivery: { mode: 'sync', batchRows: 10 } } as const
const phases: [name: string, matches: (request: RequestInfo) => boolean][] = [
  ['the login', ({ text }) => text.startsWith('scramClientFirst')],
  ['the question for the schema', ({ text }) => asksSchema(text)],
]

for (const [name, matches] of phases) {
  t.test(`a redirect that answers ${name} is followed to an allowed host`, async t => {
    const here = await pair(t, matches)
    t.match(await here.run({}, ['LOCALHOST']), { exitCode: 0, rows: { confirmed: 30 } })
    t.same(await ids(here.leader), upTo(30))
    t.equal(here.follower.server.node.shared.get('target')!.table.rows, 0)
  })

  t.test(`a redirect that answers ${name} is not followed to any other host`, async t => {
    const here = await pair(t, matches, 'evil.example')
    t.match(await here.run({}, ['localhost']), {
      exitCode: 69,
      error: { code: 'DDB_CONNECT', message: /evil\.example/ },
      rows: { read: 0 },
    })
  })
}

t.test('in sync mode a redirected batch goes to the leader, once', async t => {
  let number = 0
  const here = await pair(t, ({ rows }) => rows > 0 && ++number >= 2)
  const result = await here.run({ delivery: { ...sync.delivery, connections: 1 } }, ['localhost'])
  t.match(result, { exitCode: 0, rows: { confirmed: 30 }, batches: { retried: 1 } })
  t.same(await ids(here.follower), upTo(10))
  const expected = upTo(30).filter(id => id >= 10)
  t.same(await ids(here.leader), expected)
})

/** The first node accepts `before` batches and redirects every later batch to the second node. */
function leadUntil(
  here: Awaited<ReturnType<typeof pair>>,
  before: number,
  host = 'localhost',
): void {
  let batches = 0
  const { faults } = here.follower.server.node
  const given = faults.before
  faults.before = request => ({
    ...actionOf(given?.(request)),
    insert: ({ table }) =>
      table === 'target' && ++batches > before
        ? { error: `<NotLeader>${host}:${here.leader.server.port}:dnode2` }
        : undefined,
  })
}

t.test('with receipts, the batches of a former leader are sent to the new leader', async t => {
  const here = await pair(t, () => false)
  leadUntil(here, 1)
  const result = await here.run({}, ['localhost'])
  t.match(result, {
    exitCode: 0,
    rows: { confirmed: 30 },
    batches: { sent: 3, retried: 2, failed: 0 },
  })
  t.same(await ids(here.follower), upTo(10))
  const expected = upTo(30).filter(id => id >= 10)
  t.same(await ids(here.leader), expected)
  for (const { server } of [here.follower, here.leader]) {
    t.same([...server.node.shared.keys()], ['target'], 'no ledger is left behind on the server')
  }
})

t.test('with receipts a redirect to an unnamed host stops the run', async t => {
  const here = await pair(t, () => false)
  leadUntil(here, 1, 'evil.example')
  const result = await here.run({}, ['localhost'])
  t.match(result, {
    exitCode: 69,
    error: { code: 'DDB_CONNECT', message: /evil\.example/ },
    rows: { confirmed: 10, unconfirmed: 0 },
  })
  t.same(await ids(here.follower), upTo(10))
})

t.test('with receipts a function is not called again on another node', async t => {
  const here = await pair(t, () => false)
  const view = 'def intoTarget(mutable data) { tableInsert(objByName("target"), data) }'
  for (const { session } of [here.follower, here.leader]) {
    await session.run(`${view}\naddFunctionView(intoTarget)`)
  }
  leadUntil(here, 0)
  const target = { function: 'intoTarget', types: 'id:INT,sym:SYMBOL' }
  const result = await here.run({ target }, ['localhost'])
  t.match(result, { exitCode: 69, error: { code: 'DDB_CONNECT' }, rows: { confirmed: 0 } })
  t.same(await ids(here.leader), [])
})

t.test('until a leader is elected, a node names itself, and is asked again', async t => {
  let untilMs: number | undefined
  const here = await pair(t, () => false)
  const { node, port } = here.follower.server
  const insert = ({ table }: { table?: string | undefined }) => {
    if (table !== 'target' || performance.now() >= (untilMs ??= performance.now() + 4_000)) return
    return { error: `<NotLeader>127.0.0.1:${port}:dnode1` }
  }
  node.faults.before = () => ({ insert })
  t.match(await here.run(), { exitCode: 0, rows: { confirmed: 30 } })
})

t.test('circular redirects are not followed forever', async t => {
  const here = await startLoadServer(t, streamScript, {
    before: ({ text }): { error: string } | undefined =>
      asksSchema(text) ? { error: `<NotLeader>127.0.0.1:${here.server.port}` } : undefined,
  })
  const dir = t.testdir({ 'in.csv': csv(5) })
  const result = await here.load(join(dir, 'in.csv'), {})
  t.match(result, { error: { code: 'DDB_CONNECT' } })
})
