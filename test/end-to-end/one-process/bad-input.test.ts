import { readFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { startLoadServer, tradesHeader, tradesScript } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const good = '2020.01.02T09:30:00.032,FHU,63.6,5\n'

t.test('a bad row stops the run, naming line and column', async t => {
  const { load, count } = await startLoadServer(t, tradesScript)
  const cases: [string, string, string | Buffer, RegExp][] = [
    ['a cell that is not a number', 'DDB_INPUT_CELL', 'x,FHU,63.6,5\n', /time/],
    [
      'a number that its type cannot hold',
      'DDB_INPUT_RANGE',
      `${good.slice(0, -2)}2147483648\n`,
      /id/,
    ],
    ['a record with too few fields', 'DDB_INPUT_FIELD_COUNT', 'a,b\n', /2 fields|fields/],
    ['a record with too many fields', 'DDB_INPUT_FIELD_COUNT', `${good.trim()},1\n`, /fields/],
    [
      'bytes that are not UTF-8',
      'DDB_INPUT_ENCODING',
      Buffer.from('2020.01.02T09:30:00.032,\xff\xfe,1,5\n', 'latin1'),
      /UTF-8/,
    ],
    ['a text with a NUL', 'DDB_STRING_HAS_NUL', '2020.01.02T09:30:00.032,a\0b,1,5\n', /./],
    ['a quote without end', 'DDB_INPUT_QUOTE', '2020.01.02T09:30:00.032,"FHU,63.6,5\n', /quote/],
  ]
  for (const [what, code, bytes, message] of cases) {
    const dir = t.testdir({
      'in.csv': Buffer.concat([Buffer.from(tradesHeader + good), Buffer.from(bytes)]),
    })
    const before = await count('trades')
    const result = await load(join(dir, 'in.csv'))
    t.match(result, { exitCode: 65, status: 'failed', error: { code, message } }, what)
    const expected = result.rows.confirmed
    t.equal((await count('trades')) - before, expected, `${what}: confirmed rows are in the table`)
  }
})

t.test('bad rows are kept byte for byte, and load after they are repaired', async t => {
  const { load, rows } = await startLoadServer(t, tradesScript)
  const bad = ['x,A,1,1\r\n', '"2020.01.01",B,"1,5",1\n', 'short\n']
  const dir = t.testdir({ 'in.csv': tradesHeader + good + bad[0] + good + bad[1] + bad[2] + good })
  const rejects = join(dir, 'rejects.csv')
  const result = await load(join(dir, 'in.csv'), { rejects: { file: rejects } })
  t.match(result, {
    exitCode: 3,
    status: 'rejects',
    rows: { read: 6, confirmed: 3, rejected: 3 },
    rejects: { file: rejects, byClass: { parse: 1, type: 2, server: 0 } },
  })
  t.equal(readFileSync(rejects, 'utf8'), tradesHeader + bad.join(''))
  const reasons = readFileSync(`${rejects}.reasons.ndjson`, 'utf8').trim().split('\n')
  t.same(
    reasons.map(line => {
      const { lineNumber, offsetBytes, columnName } = JSON.parse(line) as Record<string, unknown>
      return [lineNumber, offsetBytes, columnName]
    }),
    [
      [3, tradesHeader.length + good.length, 'time'],
      [5, tradesHeader.length + 2 * good.length + bad[0]!.length, 'price'],
      [6, tradesHeader.length + 2 * good.length + bad[0]!.length + bad[1]!.length, null],
    ],
  )
  const repaired = join(dir, 'repaired.csv')
  const text = readFileSync(rejects, 'utf8').replace('x,', '2020.01.03,').replace('1,5', '1.5')
  const { writeFileSync } = await import('node:fs')
  writeFileSync(repaired, text.replace('short', '2020.01.04,C,2,3'))
  t.match(await load(repaired), { exitCode: 0, rows: { read: 3, confirmed: 3 } })
  t.same((await rows('select * from trades where sym in `A`B`C')).length, 3)
  t.match(
    await load(join(dir, 'in.csv'), { rejects: { file: rejects } }),
    { exitCode: 73, error: { code: 'DDB_OUTPUT_CREATE' } },
    'a second run never overwrites rejects',
  )
})

t.test('skipped rows are rejected and counted, up to the limit', async t => {
  const { load } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ 'in.csv': tradesHeader + good + 'x,A,1,1\n'.repeat(3) + good })
  t.match(await load(join(dir, 'in.csv'), { rejects: { onError: 'skip' } }), {
    exitCode: 3,
    rows: { read: 5, confirmed: 2, rejected: 3 },
  })
  t.notOk(existsSync(join(dir, 'rejects.csv')))
  const expected = { exitCode: 65, error: { code: 'DDB_INPUT_LIMIT' } }
  t.match(await load(join(dir, 'in.csv'), { rejects: { onError: 'skip', maxErrors: 2 } }), expected)
  t.match(
    await load(join(dir, 'in.csv'), { rejects: { onError: 'skip', maxErrors: '50%' } }),
    { exitCode: 65, error: { code: 'DDB_INPUT_LIMIT' } },
    'a share is checked at the end of a short input, too',
  )
})

t.test('lenient turns bad cells into nulls and counts them', async t => {
  const { load, rows } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ 'in.csv': `${tradesHeader}x,A,one,1\n` })
  const result = await load(join(dir, 'in.csv'), { cells: { lenient: true } })
  t.equal(result.exitCode, 0)
  const coercedCounts = result.columns.map(column => column.coerced)
  t.same(coercedCounts, [1, 0, 1, 0])
  t.same(await rows('select * from trades'), [['', 'A', '', '1']])
})

t.test('if a server disconnects during a load, the exit code is 4 and the rows add up', async t => {
  let batches = 0
  const { load, count } = await startLoadServer(t, tradesScript, {
    before: request => (request.rows > 0 && ++batches === 3 ? 'close' : undefined),
  })
  const dir = t.testdir({ 'in.csv': tradesHeader + good.repeat(500_000) })
  const result = await load(join(dir, 'in.csv'), {
    delivery: {
      mode: 'sync',
      connections: 1,
      batchRows: 1000,
      maxInFlightBytes: 100_000,
      confirmTimeoutMs: 5_000,
      retries: 0,
    },
  })
  const { read, confirmed } = result.rows
  t.match(result, { exitCode: 4, status: 'unconfirmed', error: { code: 'DDB_CONNECTION_LOST' } })
  t.ok(read < 500_000, 'reading stops')
  t.equal(confirmed, await count('trades'), 'confirmed rows are in the table')
  t.equal(confirmed, 2000)
})

t.test('a value that DolphinDB reads as null is rejected, or counted as null', async t => {
  const here = await startLoadServer(t, 'share streamTable(10:0, `a`n, [IPADDR,INT]) as target')
  const text = 'a,n\n0.0.0.0,1\n1.2.3.4,2\n,3\n'
  const load = (lenient: boolean) =>
    here.load('-', {
      input: { format: 'csv', stdin: Readable.from([text]) },
      cells: { lenient },
      rejects: { onError: 'skip' },
    })
  const strict = await load(false)
  t.match(strict, { exitCode: 3, rows: { confirmed: 2, rejected: 1 } })
  t.same(strict.rejects.byCode, { DDB_INPUT_RANGE: 1 })
  const lenient = await load(true)
  t.match(lenient, { exitCode: 0, rows: { confirmed: 3, rejected: 0 } })
  t.match(lenient.columns[0], { name: 'a', nulls: 2, coerced: 1 })
})

t.test("a row that the server refuses ends a run, with the server's error text", async t => {
  const script =
    'db = database("dfs://d", VALUE, `A`B); ' +
    'db.createPartitionedTable(table(1:0, `id`sym, [INT,SYMBOL]), `t, `sym)'
  const { load } = await startLoadServer(t, script, { newValuePartitions: 'skip' })
  const dir = t.testdir({ 'in.csv': 'id,sym\n1,A\n2,\n3,B\n' })
  const delivery = { mode: 'sync', batchRows: 4, connections: 1 } as const
  t.match(await load(join(dir, 'in.csv'), { target: { table: 'dfs://d/t' }, delivery }), {
    exitCode: 65,
    rows: { read: 3, confirmed: 1, rejected: 1, unsent: 1 },
    error: { code: 'DDB_SERVER_REFUSED_ROW', message: /line 3: .*cannot contain NULL/ },
  })
})
