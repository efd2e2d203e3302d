import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import type { Faults, FaultWrite, RequestInfo, WriteInfo } from '../../../src/server/index.js'
import { csv, dfsScript, ids, streamScript, upTo } from '../../helpers/delivery.js'
import { closedGate } from '../../helpers/gate.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const deliveries = (request: RequestInfo): boolean => request.text === 'ddbIngestDeliver'

/** A timeout short enough for a test, and long enough that a run asks the server before it ends. */
const receipts = { mode: 'async', batchRows: 10, confirmTimeoutMs: 4_000 } as const

async function run(t: Test, here: LoadServer, text: string, change: Partial<LoadOptions> = {}) {
  const dir = t.testdir({ 'in.csv': text })
  return here.load(join(dir, 'in.csv'), { delivery: receipts, ...change })
}

t.test('tables are looked up by calls that crash no server', async t => {
  const scripts: string[] = []
  const faults: Faults = { before: ({ text }) => void scripts.push(text) }
  const here = await startLoadServer(t, streamScript, { faults })
  t.equal((await run(t, here, csv(20), { runId: 'nightly' })).exitCode, 0)
  // `existsStreamTable` may crash servers before 3.00.2.6 and 3.00.3.1
  // (docs/server-semantics.md#versions).
  t.ok(scripts.some(script => script.includes('defined("ddbIngest')))
  const asking = scripts.filter(script => script.includes('existsStreamTable'))
  t.strictSame(asking, [])
})

deepTest(t, 'a DFS table dropped during the run ends it, and no batch is sent again', async t => {
  let sent = 0
  let here: LoadServer | undefined = undefined
  const drop = async (): Promise<void> => {
    await here?.session.run('dropTable(database("dfs://d"), "t")')
  }
  const faults: Faults = {
    before: request => (deliveries(request) && ++sent === 3 ? { until: drop() } : undefined),
  }
  here = await startLoadServer(t, dfsScript, { faults })
  const target = { table: 'dfs://d/t' }
  const delivery = { ...receipts, maxInFlightBytes: 1 }
  const result = await run(t, here, csv(95), { target, delivery })
  t.match(result, { exitCode: 78, error: { code: 'DDB_TARGET' }, batches: { retried: 0 } })
  t.equal(result.rows.confirmed, 0, 'confirmed rows were lost with the table')
  t.equal(result.rows.unconfirmed, 20)
  t.ok(result.rows.read < 95, 'reading stops')
})

t.test('if the server refuses a ledger, batches are answered, unless async was asked', async t => {
  const notices: string[] = []
  const here = await startLoadServer(t, streamScript, {
    before: ({ text }) => (text.includes('keyedStreamTable') ? { error: 'not here' } : undefined),
  })
  const onNotice = (notice: string): void => void notices.push(notice)
  const expected = { exitCode: 0, confirm: { used: 'answers' } }
  t.match(await run(t, here, csv(5), { delivery: {}, onNotice }), expected)
  t.match(notices.join(), /not here.*the answers of the server are the only proof/)
  t.match(await run(t, here, csv(5)), {
    exitCode: 77,
    error: { code: 'DDB_PRIVILEGE', message: /not here.*`delivery.mode` sync/ },
    rows: { read: 0 },
  })
})

t.test('lost batches are named without retries, and resent with retries', async t => {
  const lost: number[] = []
  let number = 0
  const faults: Faults = {
    before: request => {
      if (!deliveries(request)) return undefined
      number++
      if (number % 10 !== 3) return undefined
      lost.push(number)
      return 'drop'
    },
  }
  const without = await startLoadServer(t, streamScript, { faults })
  const result = await run(t, without, csv(300), { delivery: { ...receipts, retries: 0 } })
  t.match(result, { exitCode: 4, status: 'unconfirmed', rows: { confirmed: 270, unconfirmed: 30 } })
  t.same(
    result.confirm.uncertain.map(({ firstLine, lastLine, batches }) => [
      firstLine,
      lastLine,
      batches,
    ]),
    [
      [22, 31, 1],
      [122, 131, 1],
      [222, 231, 1],
    ],
    'exactly the lost batches are named',
  )
  const missing = upTo(300).filter(id => [2, 12, 22].includes(Math.floor(id / 10)))
  const expected = upTo(300).filter(id => !missing.includes(id))
  t.same(await ids(without), expected)

  number = 0
  const withRetries = await startLoadServer(t, streamScript, { faults })
  t.match(await run(t, withRetries, csv(300)), { exitCode: 0, rows: { confirmed: 300 } })
  t.same(await ids(withRetries), upTo(300), 'every row is stored once')
})

deepTest(t, 'rows of a function view that threw are unknown: its batch is unconfirmed', async t => {
  const here = await startLoadServer(
    t,
    `${streamScript}
def half(mutable data){ tableInsert(target, data)
 throw "after the insert" }
addFunctionView(half)`,
  )
  const result = await run(t, here, csv(10), {
    target: { function: 'half', types: 'id:INT,sym:SYMBOL' },
    rejects: { onError: 'skip' },
  })
  t.match(result, {
    exitCode: 4,
    rows: { rejected: 0, unconfirmed: 10 },
    confirm: { uncertain: [{ firstLine: 2, lastLine: 11, reason: /after the insert/ }] },
  })
})

/** Kills the job of batch 2 before or after its insert, so the ledger has the claim of the batch but no outcome. */
function killSecondBatch(insertHappens: boolean): Faults {
  let targetWrites = 0
  let killed = false
  const insert = ({ table }: WriteInfo): FaultWrite | undefined => {
    const isLedger = table.startsWith('ddbIngest')
    // The server writes three things for a batch, in this order: the claim, the rows, the outcome.
    if (!isLedger) return ++targetWrites === 2 && !insertHappens ? { error: 'killed' } : undefined
    if (targetWrites !== 2 || killed) return undefined
    killed = true
    return 'drop'
  }
  return { before: () => ({ insert }) }
}

for (const insertHappens of [true, false]) {
  const when = insertHappens ? 'after its insert' : 'before its insert'
  deepTest(t, `a batch whose job died ${when} is in doubt: reported, or resent`, async t => {
    const reported = await startLoadServer(t, streamScript, {
      faults: killSecondBatch(insertHappens),
    })
    const result = await run(t, reported, csv(50))
    t.match(result, {
      exitCode: 4,
      rows: { confirmed: 40, unconfirmed: 10 },
      confirm: { note: /uncertain: .*lines 12 to 21 \(1 batch\): begun/ },
    })
    const there = upTo(50).filter(id => insertHappens || Math.floor(id / 10) !== 1)
    t.same(await ids(reported), there, 'never written twice')

    const resent = await startLoadServer(t, streamScript, {
      faults: killSecondBatch(insertHappens),
    })
    t.match(await run(t, resent, csv(50), { delivery: { ...receipts, onDoubt: 'resend' } }), {
      exitCode: 0,
      rows: { confirmed: 50 },
    })
    const twice = insertHappens ? upTo(20).slice(10) : []
    const expected = [...upTo(50), ...twice].sort((a, b) => a - b)
    t.same(await ids(resent), expected)
  })
}

deepTest(t, 'if a ledger is dropped, open batches are in doubt; a new ledger follows', async t => {
  let writes = 0
  const here = await startLoadServer(t, streamScript, {
    settings: { persistenceDir: 'somewhere' },
    before: () => ({
      insert: ({ table }) => {
        if (table === 'target' && ++writes === 3) {
          for (const name of here.server.node.shared.keys()) {
            if (name.startsWith('ddbIngestLedger')) here.server.node.shared.delete(name)
          }
        }
        return undefined
      },
    }),
  })
  const result = await run(t, here, csv(200), { delivery: { ...receipts, maxInFlightBytes: 200 } })
  t.equal(result.exitCode, 4)
  const there = await ids(here)
  t.same(there, [...new Set(there)], 'nothing is stored twice')
  t.ok(there.length >= result.rows.confirmed, 'confirmed rows are in the table')
  t.ok(result.rows.confirmed > 100, 'the run continued')
  t.match(result.confirm.note, /forgot its receipts/)

  // A keyed stream table knows the keys of rows in memory only.
  await here.session.run(`undef("target", SHARED)
enableTableShareAndPersistence(keyedStreamTable(\`id, 10:0, \`id\`sym, [INT,SYMBOL]), "target", true, true, 1000)`)
  writes = 0
  const delivery = { ...receipts, batchRows: 1_000, maxInFlightBytes: 50_000 }
  const purged = await run(t, here, csv(9_000), { delivery })
  t.equal(purged.exitCode, 4)
  t.ok(here.server.node.shared.get('target')!.table.totalRows <= 9_000, 'nothing is stored twice')
})

t.test('a restart that the session for queries does not show is noticed', async t => {
  const gate = closedGate()
  let batches = 0
  let isAsking = false
  const here: LoadServer = await startLoadServer(t, streamScript, {
    before: request => {
      if (batches >= 3 && !isAsking && request.text.includes(' limit ')) {
        isAsking = true
        return { until: gate.opened }
      }
      if (!deliveries(request) || ++batches !== 3) return undefined
      const { shared } = here.server.node
      for (const name of shared.keys()) if (name.startsWith('ddbIngest')) shared.delete(name)
      return 'close'
    },
  })
  const result = await run(t, here, csv(200), { delivery: { ...receipts, maxInFlightBytes: 200 } })
  gate.open()
  t.match(result, { exitCode: 4, error: null, confirm: { note: /forgot its receipts/ } })
})

t.test('small batches in flight are limited by their number, too', async t => {
  const gate = closedGate()
  const here = await startLoadServer(t, streamScript, {
    before: request => (deliveries(request) ? { until: gate.opened } : undefined),
  })
  const result = await run(t, here, csv(5_000), { delivery: { ...receipts, batchRows: 1 } })
  gate.open()
  t.match(result, { exitCode: 4, rows: { unconfirmed: 4_096, confirmed: 0 } })
})

t.test('the session for data opens while the run examines the target', async t => {
  let connected = 0
  let second: () => void = () => undefined
  const opened = new Promise<void>(resolve => (second = resolve))
  const here = await startLoadServer(t, streamScript, {
    before({ kind, text }) {
      // The first connection belongs to the test.
      if (kind === 'connect' && ++connected === 3) second()
      return text.startsWith('ddbIngestRows = ') ? { until: opened } : undefined
    },
  })
  const result = await run(t, here, csv(3), { delivery: { ...receipts, confirmTimeoutMs: 60_000 } })
  t.match(result, { exitCode: 0, rows: { confirmed: 3 } })
})

deepTest(t, 'a run that is refused before its first row leaves no session open', async t => {
  const here = await startLoadServer(t, streamScript)
  const folder = t.testdir({ state: {}, days: { '1.csv': csv(20) } })
  const load = (): Promise<LoadResult> =>
    here.load(join(folder, 'days'), {
      runId: 'days',
      journal: { folder: join(folder, 'state') },
      delivery: receipts,
    })
  t.match(await load(), { exitCode: 0 })
  await here.session.run(`undef("target", SHARED)\n${streamScript}`)
  writeFileSync(join(folder, 'days', '2.csv'), csv(20))
  t.match(await load(), { exitCode: 75, error: { code: 'DDB_TARGET_CHANGED' } })
  const { sessions } = here.server.node
  while (sessions.size > 1) await new Promise(resolve => setImmediate(resolve))
  t.equal(sessions.size, 1)
})

deepTest(t, 'good rows after many bad rows are found even if the refusals are alike', async t => {
  const here = await startLoadServer(t, dfsScript)
  const rows = upTo(100).map(id => (id < 60 ? `${id},\n` : `${id},B\n`))
  const result = await run(t, here, `id,sym\n${rows.join('')}`, {
    target: { table: 'dfs://d/t' },
    rejects: { onError: 'skip', maxErrors: 1000 },
    delivery: { ...receipts, batchRows: 100 },
  })
  t.match(result, { exitCode: 3, rows: { rejected: 60, confirmed: 40 } })
  const expected = upTo(100).filter(id => id >= 60)
  t.same(await ids(here, 'loadTable("dfs://d","t")'), expected)
})
