/* The server runs a transform after it has recorded that it begins a batch (the claim), and before it inserts the rows. The server inserts
   the rows that the transform keeps, and the run counts the rows that the transform drops. */
import assert from 'node:assert/strict'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import type { Faults } from '../../../src/server/index.js'
import { startCommands } from '../../helpers/commands.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { cells } from '../../helpers/values.js'
import { forAllAsync } from '../../helpers/runs.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const columns = '`id`sym`price, [INT,SYMBOL,DOUBLE]'
const streamScript = `share streamTable(10:0, ${columns}) as prices`
const dfsScript = `db = database("dfs://d", VALUE, \`A\`B)
db.createPartitionedTable(table(1:0, ${columns}), \`t, \`sym)`
const csv = 'id,sym,price\n1,A,1.5\n2,B,-2\n3,A,0\n4,B,4\n5,A,-5\n'
const positive = 'def(t){ return select * from t where price>0 }'

async function scene(t: Test, script = streamScript, text = csv, faults: Faults = {}) {
  const here = await startCommands(t, script, { 'in.csv': text }, { faults })
  const path = join(here.dir, 'in.csv')
  const table = script === dfsScript ? 'dfs://d/t' : 'prices'
  return {
    ...here,
    path,
    /** Loads with a transform, in small batches. */
    transformed: (transform: string, { target, ...change }: Partial<LoadOptions> = {}) =>
      here.load(path, {
        target: { table, transform, ...target },
        delivery: { batchRows: 2 },
        ...change,
      }),
  }
}

const delivered = { receipts: { mode: 'async' }, answers: { mode: 'sync' } } as const

for (const [used, delivery] of Object.entries(delivered)) {
  t.test(`${used}: kept rows are confirmed, dropped rows are filtered`, async t => {
    for (const script of [streamScript, dfsScript]) {
      const { transformed, rows } = await scene(t, script)
      const result = await transformed(positive, { delivery: { batchRows: 2, ...delivery } })
      t.match(result, {
        schema: 'ddb-ingest/load/2',
        exitCode: 0,
        status: 'loaded',
        rows: { read: 5, confirmed: 2, filtered: 3, unconfirmed: 0, rejected: 0, unsent: 0 },
        confirm: { used, uncertain: [] },
      })
      const table = script === dfsScript ? 'loadTable("dfs://d","t")' : 'prices'
      t.strictSame(await rows(`select * from ${table} order by id`), cells('1,A,1.5', '4,B,4'))
    }
  })
}

t.test('update, delete, replaceColumn! and partial application work as in the manual', async t => {
  const all = ['1.5', '-2', '0', '4', '-5']
  for (const [transform, prices] of [
    [
      'def(mutable t){ update t set price = 0 where price<0\n return t }',
      ['1.5', '0', '0', '4', '0'],
    ],
    ['def(mutable t){ delete from t where price<0\n return t }', ['1.5', '0', '4']],
    [
      'def(mutable t){ replaceColumn!(t, `price, 2 * t.price) return t }',
      ['3', '-4', '0', '8', '-10'],
    ],
    ['(def(least, t){ return select * from t where price>=least }){1}', ['1.5', '4']],
    ['replaceColumn!{, `sym, [`B]}', all],
    ['t -> select * from t where price<0', ['-2', '-5']],
    ['def(t): t', all],
    ['def(t){ return t } // as it is', all],
  ] as const) {
    const { transformed, rows } = await scene(t)
    const delivery = { batchRows: transform.includes('[`B]') ? 1 : 2 }
    const result = await transformed(transform, { delivery })
    t.match(result, { exitCode: 0, rows: { confirmed: prices.length } }, transform)
    t.strictSame((await rows('select price from prices order by id')).flat(), prices, transform)
  }
})

interface AnyRow {
  readonly id: number
  readonly sym: string
  readonly price: number
}

/** The same condition as a script and as JavaScript. */
interface Condition {
  readonly text: string
  readonly holds: (row: AnyRow) => boolean
}

const anyNumber = fc.integer({ min: -9, max: 9 })
const anyCondition: fc.Arbitrary<Condition> = fc.oneof(
  anyNumber.map(n => ({ text: `price > ${n}`, holds: ({ price }: AnyRow) => price > n })),
  anyNumber.map(n => ({ text: `price != ${n}`, holds: ({ price }: AnyRow) => price !== n })),
  fc
    .integer({ min: 2, max: 5 })
    .map(n => ({ text: `id % ${n} == 1`, holds: ({ id }: AnyRow) => id % n === 1 })),
  fc
    .constantFrom('A', 'B')
    .map(sym => ({ text: `sym = "${sym}"`, holds: (row: AnyRow) => row.sym === sym })),
)

t.test('for any condition and any batches, exactly the matching rows arrive', async t => {
  const { load, rows, session, dir } = await scene(t)
  const anyRows = fc.array(fc.record({ sym: fc.constantFrom('A', 'B'), price: anyNumber }), {
    minLength: 1,
    maxLength: 40,
  })
  let number = 0
  await forAllAsync(200)(
    anyRows.map(all => all.map((row, at): AnyRow => ({ ...row, id: at + 1 }))),
    fc.array(anyCondition, { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom(...Object.values(delivered)),
    async (all, conditions, batchRows, delivery) => {
      const table = `t${++number}`
      await session.run(`share(table(1:0, ${columns}), "${table}")`)
      const path = join(dir, `${table}.csv`)
      const lines = all.map(({ id, sym, price }) => `${id},${sym},${price}\n`)
      await writeFile(path, `id,sym,price\n${lines.join('')}`)
      const where = conditions.map(({ text }) => text).join(', ')
      const transform = `def(t){ return select * from t where ${where} }`
      const result = await load(path, {
        target: { table, transform },
        delivery: { batchRows, ...delivery },
      })
      const left = all.filter(row => conditions.every(({ holds }) => holds(row)))
      const { read, confirmed, filtered } = result.rows
      const counts = [all.length, left.length, all.length - left.length]
      assert.deepEqual([read, confirmed, filtered], counts)
      const there = (await rows(`select id from ${table} order by id`)).flat()
      const expected = left.map(({ id }) => String(id))
      assert.deepEqual(there, expected)
    },
  )
})

t.test("a transform gets the columns of --types; a bare name has the table's type", async t => {
  const text = 'who,id,price\nx,1,1.5\ny,2,2.5\n'
  const { transformed, rows } = await scene(t, streamScript, text)
  const make = 'def(t){ return select id, symbol(who) as sym, price from t }'
  const result = await transformed(make, { target: { types: 'who:STRING,id,price' } })
  t.match(result, {
    exitCode: 0,
    columns: [
      { name: 'who', type: 'STRING' },
      { name: 'id', type: 'INT' },
      { name: 'price', type: 'DOUBLE' },
    ],
  })
  t.strictSame(await rows('select * from prices'), cells('1,x,1.5', '2,y,2.5'))
  t.match(await transformed(make, { target: { types: 'who:STRING,ids' } }), {
    exitCode: 64,
    error: { message: /names "ids" without a type, and the target has no such column.*ids:TYPE/ },
  })
  t.match(
    await transformed('def(t){ return select id from t }', {
      target: { types: 'id' },
      mapping: { ignoreExtra: true },
    }),
    {
      exitCode: 78,
      error: {
        code: 'DDB_TARGET',
        message: /the server refused .*in.csv.*Number of columns in the data/,
      },
    },
  )
})

t.test("if a function throws, its batch is rejected with the server's error text", async t => {
  for (const delivery of Object.values(delivered)) {
    const { transformed, rows, dir } = await scene(t)
    const throwing = `def(t){ if((exec count(*) from t where id = 3) > 0) { throw "no third one" }
      return select * from t where price>0 }`
    const file = join(dir, `r-${Object.keys(delivery).join('')}.csv`)
    const result = await transformed(throwing, {
      delivery: { batchRows: 2, ...delivery },
      rejects: { file },
    })
    t.match(result, {
      exitCode: 3,
      rows: { read: 5, confirmed: 1, filtered: 2, rejected: 2, unconfirmed: 0 },
      rejects: { byCode: { DDB_SERVER_REFUSED_ROW: 2 } },
    })
    t.match(result.rejects.first[0]?.message, /in the transform: .*no third one/)
    t.equal(await readFile(file, 'utf8'), 'id,sym,price\n3,A,0\n4,B,4\n')
    t.strictSame((await rows('select id from prices')).flat(), ['1'])
    const first = await transformed(throwing, { delivery: { batchRows: 2, ...delivery } })
    t.match(first, { status: 'failed', error: { message: /no third one/ } }, 'the default stops')
  }
})

t.test('a result that is not a table or is too long is refused before the insert', async t => {
  for (const [transform, why] of [
    ['def(t){ return 5 }', /the transform gave no table/],
    ['def(t){ return exec price from t }', /the transform gave no table/],
    [
      'def(mutable t){ n = t.rows()\nreturn table(take(1, 2 * n) as id, take(`A, 2 * n) as sym, take(1.5, 2 * n) as price) }',
      /the transform gave 4 rows for 2: a transform may leave out rows, but must not add any/,
    ],
  ] as const) {
    const { transformed, count } = await scene(t)
    const result = await transformed(transform)
    t.match(result, { status: 'failed', error: { message: why } })
    t.equal(await count('prices'), 0)
  }
})

t.test('only a refused batch is divided, and dropped rows are not rejects', async t => {
  // The partition column must not be null.
  const text = 'id,sym,price\n1,A,1\n2,,2\n3,B,-3\n4,,-4\n5,B,5\n6,A,6\n'
  const { transformed, rows, dir } = await scene(t, dfsScript, text)
  const result = await transformed(positive, {
    delivery: { batchRows: 6 },
    rejects: { file: join(dir, 'r.csv') },
  })
  t.match(result, { exitCode: 3, rows: { read: 6, confirmed: 3, filtered: 2, rejected: 1 } })
  t.strictSame((await rows('select id from loadTable("dfs://d","t") order by id')).flat(), [
    ...['1', '5', '6'],
  ])
  t.match(await readFile(join(dir, 'r.csv'), 'utf8'), /^2,,2$/m)
})

t.test('a temporary refusal is tried again, and missing rights end the run', async t => {
  let refusals = 0
  const faults: Faults = {
    before: () => ({
      insert: ({ table }) =>
        table === 'noted' && ++refusals <= 2 ? { error: '<ChunkInTransaction>busy' } : undefined,
    }),
  }
  const script = `${streamScript}\nshare(table(1:0, \`n, [INT]), "noted")`
  const noting = `def(t){ tableInsert(objByName("noted"), t.rows())\n return t }`
  const { transformed } = await scene(t, script, csv, faults)
  const expected = { exitCode: 0, rows: { confirmed: 5 }, batches: { retried: 2 } }
  t.match(await transformed(noting), expected)

  const denied = await scene(t, streamScript)
  const result = await denied.transformed(
    'def(t){ throw "<NoPrivilege>Not granted to read data from table dfs://secret/t" }',
  )
  t.match(result, {
    exitCode: 77,
    rows: { confirmed: 0, unconfirmed: 0, rejected: 0, filtered: 0 },
    error: {
      code: 'DDB_PRIVILEGE',
      message: /in the transform: .*<NoPrivilege>Not granted to read/,
    },
  })
})

t.test('a transform that the server cannot parse ends the run before the first row', async t => {
  const { transformed, count } = await scene(t)
  for (const [transform, why] of [
    ['def(t){ return selec * from t }', /Syntax Error/],
    ['select * from t', /./],
    ['def(t){ return winsorize(t) }', /Cannot recognize the token winsorize/],
  ] as const) {
    const result = await transformed(transform)
    t.match(result, {
      status: 'failed',
      rows: { confirmed: 0, filtered: 0, unconfirmed: 0 },
      error: { message: /the server rejects `target.transform`: / },
    })
    t.match(result.error?.message, why)
  }
  t.equal(await count('prices'), 0)
})

t.test('with a transform, the run does not guess rows outside partitions', async t => {
  const here = await startLoadServer(t, dfsScript, { newValuePartitions: 'skip' })
  const folder = t.testdir({ 'in.csv': 'id,sym,price\n1,A,1\n2,ZZ,2\n3,B,-3\n' })
  const result = await here.load(join(folder, 'in.csv'), {
    target: { table: 'dfs://d/t', transform: positive },
    delivery: { connections: 4, unordered: true },
  })
  t.match(result, {
    exitCode: 4,
    connections: 1,
    rows: { confirmed: 1, filtered: 1, unconfirmed: 1 },
    confirm: { note: /the target took 1 of 2 rows of .* and does not say which/ },
  })
  t.match(result.notices.join(), /a transform decides which keys and partitions its rows have/)
})

t.test('incompatible options are refused with exit code 64', async t => {
  const { transformed, load, path } = await scene(t)
  for (const [change, why] of [
    [{ delivery: { confirm: 'none' } }, /none: only receipts and answers say how many rows remain/],
    [{ target: { create: 'stream' } }, /`target.create` cannot be used with `target.transform`/],
    [{ target: { types: '@prices' } }, /`target.types` is only for `target.function`/],
  ] as const) {
    const error = { code: 'DDB_USAGE', exitCode: 64, message: why }
    await t.rejects(transformed(positive, change as Partial<LoadOptions>), error)
  }
  const target = { function: 'f', types: 'id:INT', transform: positive }
  await t.rejects(load(path, { target }), { message: /a function can change its rows itself/ })
  const refusing: Faults = {
    before: ({ text }) => (text.includes('ddbIngestLedger8_') ? { error: 'not here' } : undefined),
  }
  const without = await scene(t, streamScript, csv, refusing)
  t.match(await without.transformed(positive, { delivery: { mode: 'async' } }), {
    exitCode: 77,
    rows: { confirmed: 0 },
    error: { message: /no receipts on this server \(not here\), and `delivery.mode` async needs/ },
  })
  t.match(await without.transformed(positive), {
    exitCode: 0,
    rows: { confirmed: 2, filtered: 3 },
    confirm: { used: 'answers' },
  })
})

t.test('the text of a transform cannot break out of its place', async t => {
  const { transformed, count, rows } = await scene(t)
  for (const text of [
    'def(t){ return t }) } undef("prices", SHARED) def ddbIngestOther(mutable data) { return ((data',
    'def(t){ return t }\n, data)\n undef("prices", SHARED)\n x = (5',
    'def(t){ return t } /*',
    'def(t){ return "t }',
  ]) {
    await t.rejects(transformed(text), { code: 'DDB_USAGE' }, text)
  }
  t.match(await transformed('def(t){ return t } // }) undef("prices", SHARED)'), { exitCode: 0 })
  t.match(await transformed('def(t){ return t }\nundef("prices", SHARED)'), { status: 'failed' })
  t.equal(await count('prices'), 5)
  t.equal((await rows('select * from prices')).length, 5, 'the table exists')
})

t.test('a transform comes from a file, and appears in summary, check and metrics', async t => {
  const { run, path, dir, count } = await scene(t)
  const file = join(dir, 'clean.dos')
  await writeFile(file, `// prices above 0\ndef(t){\n  return select * from t where price > 0\n}\n`)
  const checked = await run('check', path, '-t', 'prices', '--transform', `@${file}`)
  t.match(checked, { code: 0 })
  t.match(checked.stdout, `--transform @${file}`)
  t.match(
    checked.stderr,
    /only a load shows which of them --transform keeps, and whether the table takes those/,
  )
  t.equal(await count('prices'), 0)
  const metrics = join(dir, 'm.prom')
  const loaded = await run(
    ...['load', path, '-t', 'prices', '--transform', `@${file}`, '--metrics-file', metrics],
  )
  t.match(loaded, {
    code: 0,
    stdout: /^Loaded 2 rows into prices .*, of 5 read; the transform left out 3$/m,
  })
  t.match(await readFile(metrics, 'utf8'), /^ddb_ingest_rows\{.*outcome="filtered"\} 3$/m)
  t.match(await run('load', path, '-t', 'prices', '--transform', '@/no/such.dos'), {
    code: 66,
    stderr: /--transform: there is no file "\/no\/such\.dos"/,
  })
  t.match(await run('load', path, '-t', 'prices', '--transform', `@${dir}`), { code: 64 })
  t.match(await run('load', path, '-t', 'prices', '--transform', 'def(t){'), {
    code: 64,
    stderr: /--transform: the transform has a bracket that is not closed: \} is missing/,
  })
  await writeFile(file, Buffer.from([0xff, 0xfe]))
  const expected = { code: 64, stderr: /is not UTF-8/ }
  t.match(await run('load', path, '-t', 'prices', '--transform', `@${file}`), expected)
})

t.test('a resumed run keeps its transform and the count of dropped rows', async t => {
  let batches = 0
  const faults: Faults = {
    before: ({ rows }) => (rows > 0 && ++batches === 3 ? { error: 'not this time' } : undefined),
  }
  const { run, path, dir, rows, count } = await scene(t, dfsScript, csv, faults)
  const file = join(dir, 'clean.dos')
  await writeFile(file, positive)
  const argv = ['-t', 'dfs://d/t', '--transform', `@${file}`, '--run-id', 'day', '-b', '1']
  const first = await run('load', path, ...argv, '--retries', '0', '--json')
  t.equal(first.code, 4, first.stderr)
  // A resumed run uses the transform in the journal.
  await writeFile(file, 'def(t){ return t }')
  const expected = { code: 64, stderr: /has other options: .*--transform|--transform/ }
  t.match(await run('load', path, ...argv), expected)
  const resumed = await run('resume', 'day', '--json', '--on-doubt', 'resend')
  t.equal(resumed.code, 0, resumed.stderr)
  const result = JSON.parse(resumed.stdout) as LoadResult
  const { confirmed, skipped, filtered, read } = result.rows
  t.strictSame([read, confirmed + skipped, filtered], [5, 2, 3])
  t.equal(await count('loadTable("dfs://d","t")'), 2)
  const told = await run('runs', 'day', '--json')
  t.match(JSON.parse(told.stdout), {
    schema: 'ddb-ingest/runs/2',
    runs: [{ rows: { read: 5, confirmed: 2, filtered: 3 } }],
  })
  t.match(await run('runs'), { stdout: /3 filtered/ })
  await writeFile(file, positive)
  t.match(await run('load', path, ...argv), { code: 0, stdout: /^Already loaded/ })
  t.equal((await rows('select * from loadTable("dfs://d","t")')).length, 2)
  const journal = await readFile(join(dir, '.state/ddb-ingest/runs/day.journal'), 'utf8')
  t.match(journal, /"format":15/)
})

t.test('later processes look for transformed rows', async t => {
  const { run, path, session } = await scene(t)
  const argv = ['load', path, '-t', 'prices', '--transform', positive, '--run-id', 'day']
  t.match(await run(...argv), { code: 0 })
  t.match(await run(...argv), { code: 0, stderr: /already loaded/ })
  await session.run(
    `undef("prices", SHARED)\n${streamScript}\ntableInsert(prices, table(7 8 9 as id, \`A\`B\`A as sym, 1.0 2.0 3.0 as price))`,
  )
  t.match(await run(...argv), { code: 75, stderr: /rows that this run wrote into it are missing/ })
})

t.test('rejects are loaded again through the same transform, or through a given one', async t => {
  const text = 'id,sym,price\n1,A,1\nx,B,2\n3,A,-3\n'
  const { run, path, dir, rows } = await scene(t, streamScript, text)
  const rejects = join(dir, 'r.csv')
  const load = ['load', path, '-t', 'prices', '--transform', positive, '--rejects', rejects]
  t.match(await run(...load), { code: 3 })
  await writeFile(rejects, 'id,sym,price\n2,B,2\n4,B,-4\n')
  const reasons = `${rejects}.reasons.ndjson`
  await chmod(reasons, 0o666)
  const refused = await run('retry', rejects, '--host', '127.0.0.1', '--user', 'admin')
  t.match(refused, { code: 64 })
  t.match(refused.stderr, `confirm it with --transform '${positive}'`)
  await chmod(reasons, 0o600)
  const again = await run('retry', rejects, '--json')
  t.match(JSON.parse(again.stdout), { exitCode: 0, rows: { confirmed: 1, filtered: 1 } })
  t.strictSame((await rows('select id from prices order by id')).flat(), ['1', '2'])
  t.match(await readFile(reasons, 'utf8'), /"format":6/)
})

t.test('a journal open to other users does not decide what runs on the server', async t => {
  let batches = 0
  const faults: Faults = {
    before: ({ rows }) => (rows > 0 && ++batches === 2 ? { error: 'not this time' } : undefined),
  }
  const { run, path, dir } = await scene(t, streamScript, csv, faults)
  const argv = ['-t', 'prices', '--transform', positive, '--run-id', 'day', '-b', '1']
  t.match(await run('load', path, ...argv, '--retries', '0'), { code: 4 })
  const journal = join(dir, '.state/ddb-ingest/runs/day.journal')
  await chmod(journal, 0o666)
  t.match(await run('resume', 'day'), {
    code: 64,
    stderr:
      /other users may write ".*day\.journal", .* resume with the whole command: ddb-ingest load … --run-id day --transform 'def/,
  })
  await chmod(journal, 0o600)
  t.match(await run('resume', 'day', '--on-doubt', 'resend'), { code: 0 })
})
