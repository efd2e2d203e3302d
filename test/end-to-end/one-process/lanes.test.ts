/* Loads over several connections into tables with partitions and keys. Every row arrives once, no two connections write to the same
   partition, rows with the same key stay in order, and a run resumes with a different number of connections. */
import { join } from 'node:path'
import { readFile, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import type { DeliveryOptions, TargetOptions, LoadOptions } from '../../../src/load/options.js'
import { recordLine, recordOf } from '../../../src/load/journal/journal-record.js'
import { reasonsPath } from '../../../src/source/data-files.js'
import type { Faults, ServerOptions } from '../../../src/server/index.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { noRows } from '../../helpers/values.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const rowCount = 600
const symbols = ['A', 'B', 'C', 'D', 'E', 'F', 'G']
const day = (id: number): string => `2024.01.0${(id % 5) + 1}`
const lines = Array.from(
  { length: rowCount },
  (_, id) => `${id},${symbols[(id * 5) % symbols.length]},${day(id >> 3)}`,
)
const expected = lines.map(line => line.split(','))

const columns = '`id`sym`day, [INT,SYMBOL,DATE]'
const dfs = (database: string, by: string, text = ''): string => `${database}
db.createPartitionedTable(table(1:0, ${text === '' ? columns : `\`id\`sym\`day, [INT,${text},DATE]`}), \`t, ${by})`

const days = '2024.01.01..2024.01.05'
const partitioned: Record<string, string> = {
  'HASH of a SYMBOL': dfs('db=database("dfs://d", HASH, [SYMBOL,10])', '`sym'),
  'HASH of a STRING': dfs('db=database("dfs://d", HASH, [STRING,10])', '`sym', 'STRING'),
  'HASH of an INT': dfs('db=database("dfs://d", HASH, [INT,7])', '`id'),
  'VALUE of a DATE': dfs(`db=database("dfs://d", VALUE, ${days})`, '`day'),
  'RANGE of an INT': dfs('db=database("dfs://d", RANGE, 0 100 200 350 600)', '`id'),
  'LIST of SYMBOLs': dfs('db=database("dfs://d", LIST, [`A`B`C,`D`E,`F`G])', '`sym'),
  'VALUE and HASH': dfs(
    `a=database("", VALUE, ${days}); b=database("", HASH, [SYMBOL,4]); db=database("dfs://d", COMPO, [a,b])`,
    '`day`sym',
  ),
  'a month of VALUE': dfs('db=database("dfs://d", VALUE, 2024.01M..2024.02M)', '`day'),
}

async function scene(t: Test, script: string, faults: Faults = {}, more: ServerOptions = {}) {
  const here = await startLoadServer(t, script, { faults, ...more })
  const dir = t.testdir({ 'in.csv': `id,sym,day\n${lines.join('\n')}\n` })
  return {
    ...here,
    dir,
    run: (
      delivery: DeliveryOptions,
      target: TargetOptions = { table: 'dfs://d/t' },
      change: Partial<LoadOptions> = {},
    ) =>
      here.load(join(dir, 'in.csv'), {
        target,
        delivery: { connections: 4, batchRows: 20, ...delivery },
        ...change,
      }),
    stored: (from = 'loadTable("dfs://d","t")') => here.rows(`select * from ${from} order by id`),
  }
}

const ways: readonly DeliveryOptions[] = [{ mode: 'async' }, { mode: 'sync' }]

for (const [name, script] of Object.entries(partitioned)) {
  t.test(`by ${name}: every row arrives once, and connections do not block each other`, async t => {
    for (const way of ways) {
      const { run, stored } = await scene(t, script)
      const result = await run(way)
      const { exitCode, rows, connections, batches } = result
      t.match(
        { exitCode, rows, connections, batches },
        {
          exitCode: 0,
          rows: { read: rowCount, confirmed: rowCount },
          connections: 4,
          batches: { retried: 0, failed: 0 },
        },
        JSON.stringify([way, result.error]),
      )
      t.strictSame(await stored(), expected)
    }
  })
}

const hashed = partitioned['HASH of a SYMBOL']!

t.test('a null in a partition column is refused, found and reported with its position', async t => {
  const script = dfs(`db=database("dfs://d", VALUE, ${days})`, '`day')
  const { run, stored, dir } = await scene(t, script)
  const bad = new Set([0, 17, 18, 333, 599])
  const withNulls = lines.map((line, id) => (bad.has(id) ? line.replace(/,[^,]*$/, ',') : line))
  await writeFile(join(dir, 'in.csv'), `id,sym,day\n${withNulls.join('\n')}\n`)
  for (const way of [{ mode: 'async' }, { mode: 'sync' }] as const) {
    const file = join(dir, `rejects-${way.mode}.csv`)
    const result = await run(way, undefined, { rejects: { file } })
    t.match(result, { exitCode: 3, rows: { confirmed: rowCount - bad.size, rejected: bad.size } })
    const reasons = (await readFile(reasonsPath(file), 'utf8')).trim().split('\n')
    const places = reasons.map(line => (JSON.parse(line) as { lineNumber: number }).lineNumber)
    t.strictSame(
      places.sort((a, b) => a - b),
      [...bad].map(id => id + 2),
    )
  }
  t.equal((await stored()).length, 2 * (rowCount - bad.size))
})

t.test('new values get partitions on all connections or are refused, as configured', async t => {
  const script = dfs('db=database("dfs://d", VALUE, `A`B)', '`sym')
  for (const [newValuePartitions, confirmed, rejected] of [
    ['add', rowCount, 0],
    ['skip', -1, -1],
    ['fail', -1, -1],
  ] as const) {
    const { run, stored } = await scene(t, script, {}, { newValuePartitions })
    const result = await run({ mode: 'async' }, undefined, {
      rejects: { onError: 'skip', maxErrors: 1_000 },
    })
    const inside = expected.filter(([, sym]) => sym === 'A' || sym === 'B')
    const there = confirmed === -1 ? inside : expected
    t.match(
      result.rows,
      { confirmed: there.length, rejected: rejected === -1 ? rowCount - there.length : 0 },
      newValuePartitions,
    )
    t.strictSame(await stored(), there)
  }
})

t.test('a load works with few rows, many connections and little data in flight', async t => {
  const { run, stored } = await scene(t, hashed)
  const result = await run({ mode: 'async', connections: 64, batchRows: 1, maxInFlightBytes: 300 })
  t.match(result, { exitCode: 0, rows: { confirmed: rowCount }, connections: 64 })
  const limited = await run({ mode: 'async' }, undefined, { input: { limit: 33 } })
  t.match(limited, { exitCode: 0, rows: { confirmed: 33 } })
  t.equal((await stored()).length, rowCount + 33)
})

t.test('if rows cannot be divided, the run uses one connection and says so', async t => {
  const uuids = dfs('db=database("dfs://d", HASH, [UUID,4])', '`u').replace(
    columns,
    '`id`sym`day`u, [INT,SYMBOL,DATE,UUID]',
  )
  const scripts: [script: string, why: RegExp][] = [
    [
      `db=database("dfs://d", VALUE, 1..3); db.createTable(table(1:0, ${columns}), \`t)`,
      /one connection, because the target allows no more: it has no partitions/,
    ],
    [uuids, /its scheme does not show reliably/],
  ]
  for (const [script, why] of scripts) {
    const notices: string[] = []
    const { run, stored } = await scene(t, script)
    const result = await run({ mode: 'async' }, undefined, {
      mapping: { set: script === uuids ? { u: '00000000-0000-0000-0000-000000000001' } : {} },
      onNotice: (notice: string) => void notices.push(notice),
    })
    t.match(result, { exitCode: 0, connections: 1, rows: { confirmed: rowCount } })
    t.match(notices.join('\n'), why)
    const found = (await stored()).map(row => row.slice(0, 3))
    t.strictSame(found, expected)
  }
})

const keyedScripts: Record<string, [script: string, target: TargetOptions]> = {
  'a keyed table': [
    'share keyedTable(`sym, 1:0, `id`sym`day, [INT,SYMBOL,DATE]) as target',
    { table: 'target' },
  ],
  'an upsert': [
    'share keyedTable(`sym, 1:0, `id`sym`day, [INT,SYMBOL,DATE]) as target',
    { table: 'target', method: 'upsert' },
  ],
  'an upsert by named columns': [
    'share keyedTable(`sym, 1:0, `id`sym`day, [INT,SYMBOL,DATE]) as target',
    { table: 'target', method: 'upsert', keyColumns: ['sym'] },
  ],
  'an upsert into a DFS table': [
    hashed,
    { table: 'dfs://d/t', method: 'upsert', keyColumns: ['sym'] },
  ],
}

/** Stops the run after a number of requests and resumes it, again and again until the run is finished. */
async function interrupted(
  t: Test,
  script: string,
  way: DeliveryOptions,
  connections: readonly number[],
  target?: TargetOptions,
) {
  let stop = new AbortController()
  let requests = 0
  const here = await scene(t, script, {
    before({ rows, sessionId }) {
      if (rows < 1 || sessionId === '') return undefined
      requests++
      if (requests % 6 === 5) {
        stop.abort()
        // Some sessions are closed in the middle of a batch.
        return 'close'
      }
      return undefined
    },
  })
  const limits = { maxInFlightBytes: 900, retries: 0, confirmTimeoutMs: 400, retryTimeoutMs: 400 }
  const delivery = { ...way, ...limits }
  const named = { runId: 'nightly', journal: { folder: here.dir } }
  const results = []
  for (let process = 0; process < 200; process++) {
    stop = new AbortController()
    const leave = new AbortController()
    const result = await here.run(
      { ...delivery, connections: connections[process % connections.length]! },
      target,
      { ...named, signal: stop.signal, leave: leave.signal },
    )
    results.push(result)
    const { read, confirmed, skipped, rejected } = result.rows
    if (read === rowCount && confirmed + skipped + rejected === rowCount) break
  }
  return { ...here, results, last: results.at(-1)! }
}

t.test('a keyed table has the last row of each key after any number of interruptions', async t => {
  const [script, target] = keyedScripts['an upsert']!
  const way = { mode: 'async', unordered: true } as const
  const { stored, last } = await interrupted(t, script, way, [4, 2, 3], target)
  t.match(last, { exitCode: 0, error: null })
  const rows = new Map(expected.map(row => [row[1], row]))
  t.strictSame(
    await stored('target'),
    [...rows.values()].sort((a, b) => Number(a[0]) - Number(b[0])),
  )
})

for (const [name, [script, target]] of Object.entries(keyedScripts)) {
  t.test(`${name}: the last row of each key stays, whatever happens to connections`, async t => {
    for (const way of [{ mode: 'async' }, { mode: 'sync' }] as const) {
      let requests = 0
      const isLossy = way.mode !== 'sync'
      const { run, stored } = await scene(t, script, {
        before: ({ rows }) => (isLossy && rows > 1 && ++requests % 7 === 3 ? 'close' : undefined),
      })
      const delivery = { ...way, unordered: true, retries: 50, retryTimeoutMs: 60_000 }
      const result = await run(delivery, target)
      t.match(result, { exitCode: 0, connections: 4, rows: { confirmed: rowCount } })
      const last = new Map(expected.map(row => [row[1], row]))
      const from = target.table === 'target' ? 'target' : undefined
      t.strictSame(
        await stored(from),
        [...last.values()].sort((a, b) => Number(a[0]) - Number(b[0])),
      )
    }
  })
}

t.test('sixty-four connections cause no notices, with any confirmation', async t => {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  for (const way of ways) {
    const { run } = await scene(t, hashed)
    const signal = new AbortController().signal
    t.match(await run({ ...way, connections: 64 }, undefined, { signal }), { exitCode: 0 })
  }
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(warnings, [])
})

t.test('if the table now divides rows differently, known rows are not sent again', async t => {
  let requests = 0
  const { run, stored, dir } = await scene(t, hashed, {
    before: ({ rows }) => (rows > 1 && ++requests >= 6 && requests < 12 ? 'close' : undefined),
  })
  const named = { runId: 'nightly', journal: { folder: dir } }
  const impatient = { retries: 0, confirmTimeoutMs: 30_000, retryTimeoutMs: 4_000 }
  const first = await run({ mode: 'async', ...impatient }, undefined, named)
  // On a slow machine the process may end before it has asked whether the confirmed rows are still in the table.
  t.ok(first.rows.unconfirmed > 0)
  const path = join(dir, 'runs', 'nightly.journal')
  const changed = (await readFile(path, 'utf8')).trimEnd().split('\n')
  const lines = changed.map(line => {
    const record = recordOf(line)!
    return recordLine(
      record.kind === 'batch'
        ? { ...record, lanes: { count: 4, by: 'ranges were added' } }
        : record,
    )
  })
  // Of one row, an earlier process had recorded that it was not sent.
  const { stream, no } = changed.map(line => recordOf(line)!).findLast(one => one.kind === 'batch')!
  lines.push(recordLine({ ...noRows, kind: 'ended', stream, no, lane: 0, part: 1, unsent: 1 }))
  await writeFile(path, lines.join(''))
  const notices: string[] = []
  const second = await run({ mode: 'async' }, undefined, {
    ...named,
    onNotice: (notice: string) => void notices.push(notice),
  })
  t.match(notices.join('\n'), /the target has since changed how it divides rows/)
  t.match(second.error, { code: 'DDB_UNCONFIRMED', message: /left as they are.*An audit/ })
  const { confirmed, skipped, unconfirmed, unsent } = second.rows
  t.equal(confirmed + skipped + unconfirmed + unsent, rowCount)
  t.ok(unconfirmed > 0)
  t.not(second.exitCode, 0)
  const there = await stored()
  t.equal(new Set(there.map(([id]) => id)).size, there.length, 'no row is stored twice')
  t.ok(there.length >= confirmed + skipped)
})

t.test('a partitioned in-memory table', async t => {
  const script = `db=database("", HASH, [SYMBOL,10])
pt=db.createPartitionedTable(table(1:0, ${columns}), \`pt, \`sym)
share pt as target`
  for (const way of [{ mode: 'async' }, { mode: 'sync' }] as const) {
    const { run, stored } = await scene(t, script)
    const result = await run(way, { table: 'target' })
    t.match(result, { exitCode: 0, connections: 4, rows: { confirmed: rowCount } })
    t.strictSame(await stored('target'), expected)
  }
})
