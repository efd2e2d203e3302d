/*
  `load` uses the facts that `selftest` found about a server: each fact, and a run that uses it.
*/
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type {
  DeliveryOptions,
  LoadResult,
  ServerFacts,
  ServerTarget,
  TargetOptions,
  UserFacts,
} from '../../../src/load/options.js'
import type { Faults } from '../../../src/server/index.js'
import { csv, dfsScript, streamScript } from '../../helpers/delivery.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { serverMemory, versionOf, type TestMemory } from '../../helpers/server-memory.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const view = `def put(mutable data){ tableInsert(target, data) }
addFunctionView(put)
createUser("ann", "abc12345")`

interface Knowing {
  readonly facts?: ServerFacts
  readonly user?: UserFacts
  readonly target?: TargetOptions
  readonly delivery?: DeliveryOptions
  readonly login?: Partial<ServerTarget>
  readonly faults?: Faults
}

interface Seen {
  readonly result: LoadResult
  readonly notices: string
  readonly memory: TestMemory
  /** Scripts sent to the server, cut after 200 characters. */
  readonly asked: readonly string[]
}

/** Loads 20 rows into a server with these known facts. */
async function load(
  t: Test,
  { facts = {}, user, target = { table: 'target' }, delivery, login, faults }: Knowing,
): Promise<Seen> {
  const asked: string[] = []
  const here = await startLoadServer(t, `${streamScript}\n${dfsScript}\n${view}`, {
    faults: {
      ...faults,
      beforeExecute(request) {
        asked.push(request.text)
        return faults?.beforeExecute?.(request)
      },
    },
  })
  const { host, port } = here.server
  const memory = serverMemory({
    version: await versionOf(here),
    facts: { mixedFlags: true, ...facts },
    users: user === undefined ? {} : { admin: user },
  })
  asked.length = 0
  const notices: string[] = []
  const result = await here.load('-', {
    server: { host, port, user: 'admin', password: '123456', ...login, serverMemory: memory },
    target,
    input: { format: 'csv', stdin: Readable.from([csv(20)]) },
    delivery: { confirmTimeoutMs: 3_000, ...delivery },
    onNotice: notice => void notices.push(notice),
  })
  return { result, notices: notices.join('\n'), memory, asked }
}

const receipts = { exitCode: 0, confirm: { used: 'receipts' }, rows: { confirmed: 20 } }
const counted = { exitCode: 0, confirm: { used: 'count' }, rows: { confirmed: 20 } }

t.test('limitFromEnd: whether a ledger query asks for the last known row again', async t => {
  const queries = (asked: readonly string[]): string[] =>
    asked.filter(text => text.startsWith('select * from objByName("ddbIngestLedger'))
  const beginsAtEnd = (text: string): boolean => /limit [1-9]\d*, 20000$/.test(text)
  const careful = await load(t, {})
  t.match(careful.result, receipts)
  t.notOk(queries(careful.asked).some(beginsAtEnd))
  const known = await load(t, {
    facts: { limitFromEnd: true },
    faults: { beforeSlice: () => undefined },
  })
  t.match(known.result, receipts)
  t.ok(queries(known.asked).length < 2 || queries(known.asked).some(beginsAtEnd))
})

t.test('sharesStreams: if the user may not share tables, receipts are not tried', async t => {
  const { result, notices, asked } = await load(t, { user: { sharesStreams: false } })
  t.match(result, counted)
  t.match(notices, /as selftest found on this server, this user may not share stream tables/)
  t.notOk(asked.some(text => text.includes('keyedStreamTable')))
  const asGuest = await load(t, {
    user: { sharesStreams: false },
    login: { user: 'ann', password: 'abc12345' },
  })
  t.match(asGuest.result, receipts, 'the fact does not apply to another user')
})

t.test(
  'sharesStreams: a user who requests receipts gets them, and the fact is corrected',
  async t => {
    const { result, memory } = await load(t, {
      user: { sharesStreams: false },
      delivery: { confirm: 'receipts' },
    })
    t.match(result, receipts)
    t.match(memory.kept, [{ known: { users: { admin: { sharesStreams: true } } } }])
  },
)

t.test('plainViews: a view is called directly if a call through a function fails', async t => {
  const target = { function: 'put', types: 'id:INT,sym:SYMBOL', confirmTable: 'target' }
  t.match((await load(t, { target })).result, receipts)
  const { result, notices } = await load(t, { target, facts: { plainViews: false } })
  t.match(result, counted)
  t.match(notices, /declared without mutable/)
  const table = await load(t, { facts: { plainViews: false } })
  t.match(table.result, receipts, 'a table is not affected')
})

t.test('insert…: a refusal names the rights that a load needs there', async t => {
  const facts = { insertShowsSchema: false, insertCounts: false, insertUpserts: false }
  const login = { user: 'ann', password: 'abc12345' }
  const refused = async (change: Knowing): Promise<string> => {
    const { result } = await load(t, { login, target: { table: 'dfs://d/t' }, ...change })
    t.match(result, { exitCode: 77, error: { code: 'DDB_PRIVILEGE' } })
    return result.error?.message ?? ''
  }
  const takes = 'As selftest found on this server, a load like this takes'
  t.notMatch(await refused({}), takes)
  t.match(await refused({ facts }), `${takes} TABLE_INSERT and TABLE_READ on dfs://d/t.`)
  const all = { insertShowsSchema: true, insertCounts: true, insertUpserts: true }
  t.match(await refused({ facts: all }), `${takes} TABLE_INSERT on dfs://d/t.`)
  const upsert = { table: 'dfs://d/t', method: 'upsert', keyColumns: ['id'] } as const
  t.match(await refused({ facts, target: upsert }), 'TABLE_UPDATE and TABLE_READ on')
  const memory = await load(t, {
    facts,
    faults: { beforeWrite: () => ({ error: 'No access to table [target]' }) },
  })
  t.notMatch(memory.result.error?.message, takes, 'selftest does not ask about tables in memory')
})

t.test('unchanged facts are not stored again', async t => {
  for (const user of [undefined, { sharesStreams: true }]) {
    const { memory } = await load(t, user === undefined ? {} : { user })
    t.strictSame(memory.kept, [])
  }
})
