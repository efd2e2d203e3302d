/* Batches that the server refuses, by its error text. The run rejects no stored row, sends no batch again that may be stored, and waits out
   temporary refusals. */
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { DeliveryOptions, LoadOptions, LoadResult } from '../../../src/load/options.js'
import type { Faults } from '../../../src/server/index.js'
import { requestedFaults } from '../../../src/server/net/faults.js'
import { csv, dfsScript, ids, streamScript, upTo } from '../../helpers/delivery.js'
import { closedGate } from '../../helpers/gate.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const ways: readonly (readonly [string, DeliveryOptions])[] = [
  ['receipts', { mode: 'async' }],
  ['sync', { mode: 'sync' }],
]

const words = 'SYSTEM_Runtime: something new in version 4'
const chunkScript = `db = database("dfs://d", VALUE, \`A\`B, , , 'CHUNK')
db.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`t, \`sym)`
const viewScript = `${streamScript}
def put(mutable data){ tableInsert(target, data) }
addFunctionView(put)`

interface Kind {
  readonly name: string
  readonly script: string
  readonly target: LoadOptions['target']
  readonly rows: string
}
const view: Kind = {
  name: 'a function view',
  script: viewScript,
  target: { function: 'put', types: 'id:INT,sym:SYMBOL' },
  rows: 'target',
}
const dfs: Kind = {
  name: 'a DFS table',
  script: dfsScript,
  target: { table: 'dfs://d/t' },
  rows: 'loadTable("dfs://d","t")',
}
const chunks: Kind = { ...dfs, name: "a database with atomic='CHUNK'", script: chunkScript }

/** Decides which inserts the server refuses, by their number (from 1) and the rows of the request. */
type Refuses = (insert: number, rows: number) => string | undefined

/** The result of a load, and the number of attempted inserts into the target. */
async function loadRefused(t: Test, kind: Kind, delivery: DeliveryOptions, refuses: Refuses) {
  let inserts = 0
  let rowsOfRequest = 0
  const faults: Faults = {
    before: ({ rows }) => {
      if (rows > 0) rowsOfRequest = rows
      return {
        insert: ({ table }) => {
          if (table.startsWith('ddbIngest')) return undefined
          const error = refuses(++inserts, rowsOfRequest)
          return error === undefined ? undefined : { error }
        },
      }
    },
  }
  const here = await startLoadServer(t, kind.script, { faults })
  const result = await here.load('-', {
    target: kind.target,
    input: { format: 'csv', stdin: Readable.from([csv(50)]) },
    delivery: { batchRows: 10, ...delivery },
    rejects: { onError: 'skip', maxErrors: 1_000 },
  })
  return { here, result, inserts }
}

t.test('a row without a partition is rejected alone, by an older server, too', async t => {
  for (const version of ['3.00.5', '2.00.10']) {
    const { load } = await startLoadServer(t, dfsScript, { version })
    const stdin = Readable.from(['id,sym\n1,A\n2,\n3,B\n4,A A\n'])
    const given = { target: dfs.target, input: { format: 'csv', stdin } } as const
    const result = await load('-', { ...given, rejects: { onError: 'skip' } })
    t.match(result, { exitCode: 3, rows: { confirmed: 2, rejected: 2 } }, version)
  }
})

for (const written of [{}, { method: 'upsert', keyColumns: ['id'] }] as const) {
  t.test('with CHUNK, a table with keys that counts too few rows may have lost them', async t => {
    const create = `createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`t, \`sym, sortColumns=\`sym\`id, keepDuplicates=LAST)`
    const database = 'db = database("dfs://d", VALUE, `A`B, , "TSDB", "CHUNK")'
    const { load, server } = await startLoadServer(t, `${database}\ndb.${create}`)
    const insert = () => void (server.node.config.newValuePartitionPolicy = 'skip')
    server.node.faults.before = () => ({ insert })
    const input = { format: 'csv', stdin: Readable.from(['id,sym\n1,A\n2,B\n3,C\n4,B\n']) } as const
    const target = { ...dfs.target, ...written }
    const result = await load('-', { target, input, delivery: { batchRows: 2 } })
    t.match(result, { exitCode: 4, rows: { confirmed: 3, unconfirmed: 1 } })
  })
}

for (const [way, delivery] of ways) {
  for (const kind of [view, chunks]) {
    t.test(`${way}: a batch of ${kind.name} refused with unknown words is unconfirmed`, async t => {
      const one = { ...delivery, connections: 1 }
      const { here, result, inserts } = await loadRefused(t, kind, one, insert =>
        insert === 2 ? words : undefined,
      )
      t.match(result, {
        exitCode: 4,
        rows: { confirmed: 40, unconfirmed: 10, rejected: 0 },
        confirm: {
          uncertain: [{ firstLine: 12, lastLine: 21, reason: /something new in version 4/ }],
          note: /something new in version 4/,
        },
        error: null,
      })
      t.equal(inserts, 5, 'nothing is sent again')
      const expected = upTo(50).filter(id => id < 10 || id >= 20)
      t.same(await ids(here, kind.rows), expected)
    })

    t.test(`${way}: two equal refusals of ${kind.name} in a row end the run`, async t => {
      const one = { ...delivery, connections: 1, maxInFlightBytes: 1 }
      const { result } = await loadRefused(t, kind, one, insert =>
        insert > 1 ? `${words}, transaction ${insert}` : undefined,
      )
      t.match(result, {
        exitCode: 75,
        error: { code: 'DDB_UNAVAILABLE', message: /something new in version 4/ },
        rows: { confirmed: 10, rejected: 0 },
      })
      t.ok(result.rows.unconfirmed >= 20 && result.rows.read < 50, 'reading stops')
    })
  }

  for (const text of [
    "<ChunkInTransaction>filepath '/d' has been owned by transaction 1 RefId:S00002",
    '<ChunkInRecovery>the chunk is being recovered',
    "The datanode isn't initialized yet. Please try again later",
    '<NotLeader>',
    words,
  ]) {
    t.test(`${way}: the run waits out a temporary refusal: ${text}`, async t => {
      const { here, result } = await loadRefused(t, dfs, delivery, insert =>
        insert >= 2 && insert <= 4 ? text : undefined,
      )
      t.match(result, { exitCode: 0, rows: { confirmed: 50 }, batches: { retried: 3 } })
      t.same(await ids(here, dfs.rows), upTo(50))
    })
  }

  t.test(`${way}: a batch too large for one transaction is divided`, async t => {
    const tooLarge =
      'Memory size of append transaction 2000000216 exceeds max limit (429496729) for OLAP. Please split data into batches.'
    const { here, result } = await loadRefused(t, dfs, delivery, (_, rows) =>
      rows > 3 ? tooLarge : undefined,
    )
    t.match(result, { exitCode: 0, rows: { confirmed: 50, rejected: 0 } })
    t.same(await ids(here, dfs.rows), upTo(50))
  })

  t.test(`${way}: without the right to write, no row is rejected and none is stored`, async t => {
    const reader = 'createUser("reader", "secret"); grant("reader", TABLE_READ, "dfs://d/t")'
    const here = await startLoadServer(t, `${dfsScript}\n${reader}`)
    const { host, port } = here.server
    const result = await here.load('-', {
      server: { host, port, user: 'reader', password: 'secret' },
      target: dfs.target,
      input: { format: 'csv', stdin: Readable.from([csv(20_000)]) },
      delivery: { batchRows: 1_000, ...delivery },
      rejects: { onError: 'skip', maxErrors: 100 },
    })
    t.match(result, {
      exitCode: 77,
      error: { code: 'DDB_PRIVILEGE' },
      rows: { confirmed: 0, unconfirmed: 0, rejected: 0 },
    })
    t.equal(result.rows.unsent, result.rows.read)
    t.same(await ids(here, dfs.rows), [])
  })
}

t.test('a guest learns that the server requires a login, not that a table lacks', async t => {
  const here = await startLoadServer(t, streamScript, { requireLogin: true })
  const { host, port } = here.server
  const path = `${t.testdir({ 'a.csv': csv(1) })}/a.csv`
  const result = await here.load(path, { server: { host, port } })
  t.match(result, { exitCode: 77, error: { code: 'DDB_LOGIN' } })
})

t.test('batches without a receipt are named as ranges of lines, not one by one', async t => {
  const thaw = closedGate()
  const here = await startLoadServer(t, streamScript, {
    before: ({ rows }) => (rows > 0 ? { until: thaw.opened } : undefined),
  })
  t.teardown(() => thaw.open())
  const dir = t.testdir({ 'A.csv': csv(5_000), 'B.csv': csv(10) })
  const { confirm, exitCode } = await here.load([`${dir}/A.csv`, `${dir}/B.csv`], {
    delivery: { mode: 'async', connections: 1, batchRows: 250, confirmTimeoutMs: 1_000 },
  })
  t.equal(exitCode, 4)
  const reason = 'no receipt came in time'
  t.same(confirm.uncertain, [
    { file: `${dir}/A.csv`, firstLine: 2, lastLine: 5_001, batches: 20, reason },
    { file: `${dir}/B.csv`, firstLine: 2, lastLine: 11, batches: 1, reason },
  ])
  t.match(confirm.note, /A\.csv, lines 2 to 5001 \(20 batches\): no receipt came in time;/)
})

t.test('tables of live and of killed runs stay', async t => {
  const thaw = closedGate()
  let isFrozen = true
  const stuck = closedGate()
  const here = await startLoadServer(t, streamScript, {
    before: ({ rows }) => {
      if (rows === 0 || !isFrozen) return undefined
      stuck.open()
      return { until: thaw.opened }
    },
  })
  t.teardown(() => thaw.open())
  const runTables = (): string[] =>
    [...here.server.node.shared.keys()].filter(name => name.startsWith('ddbIngestLedger'))
  const load = (runId: string, leave?: AbortSignal): Promise<LoadResult> =>
    here.load('-', {
      runId,
      input: { format: 'csv', stdin: Readable.from([csv(20)]) },
      delivery: { mode: 'async', batchRows: 10 },
      ...(leave === undefined ? {} : { leave }),
    })
  const killing = new AbortController()
  const killed = load('killed', killing.signal)
  await stuck.opened
  isFrozen = false
  t.match(await load('second'), { exitCode: 0 })
  const left = runTables()
  t.equal(left.length, 1)
  killing.abort()
  await killed
  thaw.open()
  // The server needs some time to notice that the connections are closed.
  const sessions = async (): Promise<number> =>
    (await here.rows('getSessionMemoryStat()')).filter(([user]) => user === 'admin').length
  while ((await sessions()) > 1) await new Promise(resolve => setImmediate(resolve))
  t.match(await load('third'), { exitCode: 0 })
  t.same(runTables(), left, 'nothing was removed')
})

t.test('if the tables of a run cannot be removed, its rows are not affected', async t => {
  for (const [name, delivery] of ways) {
    const here = await startLoadServer(t, streamScript, { faults: requestedFaults('S03000:1') })
    const file = t.testdir({ 'in.csv': csv(40) })
    const result = await here.load(`${file}/in.csv`, { delivery })
    t.match(result, { exitCode: 0, rows: { confirmed: 40 } }, name)
    t.strictSame(await ids(here), upTo(40))
  }
})
