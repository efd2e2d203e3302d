/* What a load stores and sends: stream tables, DFS tables, function views, JSON, policies, and the number of requests. */
import { join } from 'node:path'
import t from 'tap'
import { startLoadServer, tradesHeader, tradesScript } from '../../helpers/load-server.js'
import { cells, noRows } from '../../helpers/values.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { readFileSync } from 'node:fs'
import { deepTest } from '../../helpers/runs.js'
import { closedGate } from '../../helpers/gate.js'
import { csv, streamScript } from '../../helpers/delivery.js'

useTurnClock()

const fourRows = `${tradesHeader}2020.01.02T09:30:00.032,FHU,63.6,5
2020-01-02 09:30:00.1,"IBN",,1
,,-0.5,
2020.12.31T23:59:59.999,数据,1e3,-2147483647
`

t.test('rows arrive in order, with their nulls', async t => {
  const { load, rows } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ 'trades.csv': fourRows })
  const result = await load(join(dir, 'trades.csv'))
  t.match(result, {
    status: 'loaded',
    exitCode: 0,
    rows: { ...noRows, read: 4, confirmed: 4 },
    confirm: { asked: 'auto', used: 'receipts' },
    inputs: [{ format: 'csv', compression: 'none', bytes: Buffer.byteLength(fourRows), rows: 4 }],
    error: null,
  })
  const expected = cells(
    '2020.01.02T09:30:00.032,FHU,63.6,5',
    '2020.01.02T09:30:00.100,IBN,,1',
    ',,-0.5,',
    '2020.12.31T23:59:59.999,数据,1000,-2147483647',
  )
  t.same(await rows('select * from trades'), expected)
  t.same(
    result.columns.map(({ name, type, nulls }) => [name, type, nulls]),
    [
      ['time', 'TIMESTAMP', 1],
      ['sym', 'SYMBOL', 1],
      ['price', 'DOUBLE', 1],
      ['id', 'INT', 1],
    ],
  )
})

t.test('no data request is answered, and every batch is a single request', async t => {
  const requests: { asynchronous: boolean; rows: number }[] = []
  const { load, server } = await startLoadServer(t, tradesScript, {
    before: request => {
      if (request.rows > 0) requests.push(request)
      return undefined
    },
  })
  const dir = t.testdir({
    'trades.csv': tradesHeader + '2020.01.02T09:30:00.032,FHU,63.6,5\n'.repeat(25),
  })
  const result = await load(join(dir, 'trades.csv'), { delivery: { batchRows: 10 } })
  t.equal(result.exitCode, 0)
  const rowCounts = requests.map(request => request.rows)
  t.same(rowCounts, [10, 10, 5])
  t.ok(requests.every(request => request.asynchronous))
  t.equal(server.counters.asynchronousFailures, 0)
})

t.test('an empty input loads: nothing is read, nothing is sent, exit code 0', async t => {
  const { load } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ 'empty.csv': '', 'header.csv': tradesHeader })
  for (const name of ['empty.csv', 'header.csv']) {
    t.match(await load(join(dir, name)), { exitCode: 0, rows: { read: 0, confirmed: 0 } }, name)
  }
})

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/${name}`, import.meta.url), 'utf8')

const dfsScript = `db = database("dfs://d", VALUE, \`A\`B)
db.createPartitionedTable(table(1:0, \`id\`sym\`price, [INT,SYMBOL,DOUBLE]), \`t, \`sym)`

t.test("DolphinDB's DFS example runs unchanged, with tableInsert and with append!", async t => {
  for (const method of ['insert', 'append'] as const) {
    const names: string[] = []
    const { load, rows } = await startLoadServer(t, fixture('scripts/dfs.dos'), {
      before: request => {
        if (request.rows > 0) names.push(request.text)
        return undefined
      },
    })
    const dir = t.testdir({ 'tb1.csv': fixture('csv/tb1.csv') })
    const result = await load(join(dir, 'tb1.csv'), {
      target: { table: 'dfs://testDB/tb1', method },
      delivery: { confirm: 'none' },
    })
    t.match(result, { exitCode: 0, rows: { read: 4, unconfirmed: 4 }, confirm: { used: 'none' } })
    const call = method === 'insert' ? 'tableInsert' : 'append!'
    t.same(names, [`${call}{loadTable("dfs://testDB","tb1")}`])
    const stored = await rows('select * from loadTable("dfs://testDB", "tb1") order by price')
    t.same(stored, cells('2,AMZN,3.5', '2,AMZN,21', '1,AAPL,22', '3,A,26'))
  }
})

t.test("DolphinDB's function view converts rows", async t => {
  const { load, rows } = await startLoadServer(t, fixture('scripts/function-view.dos'))
  const dir = t.testdir({ 'in.csv': `${tradesHeader}2020.01.02T09:30:00.032,FHU,63.6,5\n` })
  const target = {
    function: 'appendStreamingData',
    types: 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT',
  }
  t.match(await load(join(dir, 'in.csv'), { target: { ...target, confirmTable: 'tradeDates' } }), {
    exitCode: 0,
    rows: { confirmed: 1 },
  })
  t.same(await rows('select * from tradeDates'), [['2020.01.02', 'FHU', '63.6', '5']])
})

t.test('the arguments of a function come before the batch', async t => {
  const { load, rows } = await startLoadServer(
    t,
    `share streamTable(10:0, \`sym\`note, [SYMBOL,STRING]) as noted
def note(text, factor, mutable data){
    tableInsert(noted, data.sym, take(text + string(factor), data.rows()))
}
addFunctionView(note)`,
  )
  const dir = t.testdir({ 'in.csv': 'sym\nA\nB\n' })
  const result = await load(join(dir, 'in.csv'), {
    target: {
      function: 'note',
      types: 'sym:SYMBOL',
      functionArguments: ['"quoted" \\ text ', 3],
      confirmTable: 'noted',
    },
  })
  t.equal(result.exitCode, 0, JSON.stringify(result.error))
  t.same(await rows('select * from noted'), cells('A,"quoted" \\ text 3', 'B,"quoted" \\ text 3'))
})

t.test('JSON is matched by name; the reject for a mismatch names the member', async t => {
  const { load, rows } = await startLoadServer(t, tradesScript)
  const good = '{"id":1,"sym":"A","time":"2020.01.02T09:30:00.032","price":1.5}'
  const dir = t.testdir({
    'in.ndjson': `${good}\n{"id":"x","sym":"B","time":null,"price":1}\n{"sym":"C","time":null,"price":1}\n{"id":1,"sym":"D","time":null,"price":1,"more":0}\n`,
    'in.json': `[${good},\n {"id":2,"sym":null,"time":null,"price":null}]`,
    'cut.json': `[${good},\n {"id":2,"sym"`,
  })
  const rejects = join(dir, 'rejects.ndjson')
  t.match(await load(join(dir, 'in.ndjson'), { rejects: { file: rejects } }), {
    exitCode: 3,
    rows: { read: 4, confirmed: 1, rejected: 3 },
  })
  t.match(readFileSync(`${rejects}.reasons.ndjson`, 'utf8'), /"id"[^]*"id"[^]*"more"/)
  t.match(await load(join(dir, 'in.json')), { exitCode: 0, rows: { read: 2, confirmed: 2 } })
  const expected = { exitCode: 65, error: { code: 'DDB_INPUT_JSON' }, rows: { confirmed: 1 } }
  t.match(await load(join(dir, 'cut.json')), expected)
  t.same((await rows('select * from trades')).length, 4)
  t.match(
    await load(join(dir, 'in.ndjson'), {
      mapping: { allowMissing: true, ignoreExtra: true },
      rejects: { onError: 'skip' },
    }),
    { exitCode: 3, rows: { read: 4, confirmed: 3, rejected: 1 } },
  )
})

deepTest(t, 'rows outside the scheme are named only if the server reveals its policy', async t => {
  const dir = t.testdir({ 'in.csv': 'id,sym,price\n1,A,1\n2,ZZ,2\n3,B,3\n' })
  for (const [policy, isTold, expected] of [
    ['add', true, { exitCode: 0, rows: { confirmed: 3, rejected: 0 } }],
    ['add', false, { exitCode: 0, rows: { confirmed: 3, rejected: 0 } }],
    ['skip', true, { exitCode: 3, rows: { confirmed: 2, rejected: 1, unconfirmed: 0 } }],
    ['skip', false, { exitCode: 4, rows: { confirmed: 2, rejected: 0, unconfirmed: 1 } }],
  ] as const) {
    for (const delivery of [{ mode: 'async' }, { mode: 'sync' }] as const) {
      const here = await startLoadServer(t, dfsScript, { newValuePartitions: policy })
      // The server follows the policy, and getConfig does not find it.
      const { config } = here.server.node
      if (!isTold) Object.defineProperty(config, 'newValuePartitionPolicy', { enumerable: false })
      const result = await here.load(join(dir, 'in.csv'), {
        target: { table: 'dfs://d/t' },
        rejects: { onError: 'skip' },
        delivery,
      })
      const way = `${policy}, ${isTold ? 'told' : 'not told'}, ${JSON.stringify(delivery)}`
      t.match(result, expected, way)
    }
  }
})

deepTest(t, 'if nothing was sent, the run reports no confirmation and no earlier load', async t => {
  const { load } = await startLoadServer(t, tradesScript)
  const bad = 'x,IBM,1,1\n'
  const dir = t.testdir({
    'header.csv': tradesHeader,
    'empty.csv': '',
    'bad.csv': tradesHeader + bad,
    'full.csv': `${tradesHeader}2020.01.02T09:30:00.032,IBM,1,1\n`,
  })
  for (const [name, change, rows] of [
    ['header.csv', {}, { read: 0 }],
    ['empty.csv', {}, { read: 0 }],
    ['full.csv', { input: { limit: 0 } }, { read: 0 }],
    ['full.csv', { input: { limit: 0 }, runId: 'r', journal: { folder: dir } }, { read: 0 }],
    ['bad.csv', { rejects: { onError: 'skip' } }, { read: 1, rejected: 1 }],
  ] as const) {
    const result = await load(join(dir, name), change)
    t.match(result, { alreadyLoaded: false, rows, confirm: { used: 'none', note: null } }, name)
  }
  const run = { runId: 'full', journal: { folder: dir } }
  const first = await load(join(dir, 'full.csv'), run)
  t.match(first, { alreadyLoaded: false, confirm: { used: 'receipts' }, rows: { confirmed: 1 } })
  const again = await load(join(dir, 'full.csv'), run)
  t.match(again, { alreadyLoaded: true, confirm: { used: 'none' }, rows: { skipped: 1 } })
})

const ofLogin = /^(|scramClientFirst|scramClientFinal|getDynamicPublicKey|login)$/

for (const [mode, most] of [
  ['async', 9],
  ['sync', 9],
] as const) {
  t.test(`a load of one file of 1,000 rows sends at most ${most} requests: ${mode}`, async t => {
    const requests: string[] = []
    const written = closedGate()
    let own = ''
    const here = await startLoadServer(t, streamScript, {
      before: ({ text, sessionId, rows }) => {
        if (sessionId === own || ofLogin.test(text)) return undefined
        requests.push(text)
        if (rows === 1_000) return { answer: () => void written.open() }
        // The run reads its ledger until the batch has its outcome: here, once.
        return text.startsWith('select streamNo') ? { until: written.opened } : undefined
      },
    })
    own = here.session.id
    requests.length = 0
    const folder = t.testdir({ 'a.csv': csv(1_000) })
    const result = await here.load(`${folder}/a.csv`, { delivery: { mode } })
    t.match(result, { exitCode: 0, rows: { confirmed: 1_000 } })
    t.ok(requests.length <= most, requests.map(text => text.slice(0, 60)).join('\n---\n'))
  })
}
