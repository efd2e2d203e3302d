/*
  Reads rows back. If a value changed on the way or in the table, the report names its line.
*/
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadOptions } from '../../../src/load/options.js'
import { startLoadServer } from '../../helpers/load-server.js'

const names = '`id`sym`time`price`note`tags'
const types = '[LONG, SYMBOL, TIMESTAMP, DOUBLE, STRING, INT[]]'
const script = `share streamTable(10:0, ${names}, ${types}) as trades
share keyedStreamTable(\`id, 10:0, ${names}, ${types}) as byId
share keyedTable(\`id, 10:0, ${names}, ${types}) as latest
db = database("dfs://d", HASH, [LONG, 4], engine="TSDB")
db.createPartitionedTable(table(1:0, ${names}, ${types}), \`ordered, \`id, sortColumns=\`sym\`id)
db.createPartitionedTable(table(1:0, ${names}, ${types}), \`last, \`id, sortColumns=\`sym\`id, keepDuplicates=LAST)
plain = database("dfs://p", HASH, [LONG, 4], engine="OLAP")
plain.createPartitionedTable(table(1:0, \`id\`sym\`price, [LONG, SYMBOL, DOUBLE]), \`flat, \`id)
def put(mutable data) { tableInsert(trades, data) }
def shift(mutable data) { update data set price = price + 1 where id = 7
  tableInsert(trades, data) }
addFunctionView(put)
addFunctionView(shift)`

const rows = 3_000

function line(id: number): string {
  const price = id % 5 === 0 ? '' : id % 7 === 0 ? '-0' : `${id / 8}`
  const note = id % 3 === 0 ? '' : `"n, ${id}"`
  return `${id},s${id % 9},2024.01.02T03:04:05.${String(id % 1000).padStart(3, '0')},${price},${note},"${id},${id + 1}"`
}

function fileOf(t: Test, ids = Array.from({ length: rows }, (_, i) => i)): string {
  const text = `id,sym,time,price,note,tags\n${ids.map(line).join('\n')}\n`
  return join(t.testdir({ 'in.csv': text }), 'in.csv')
}

const delivery = { batchRows: 700, verify: 'all' } as const

const found: readonly (readonly [string, LoadOptions['target'], 'position' | string[]])[] = [
  ['a stream table', { table: 'trades' }, 'position'],
  ['a keyed stream table', { table: 'byId' }, ['id']],
  ['a keyed table', { table: 'latest', method: 'upsert' }, ['id']],
  ['a TSDB table', { table: 'dfs://d/ordered' }, ['sym', 'id']],
  ['a TSDB table that keeps the last', { table: 'dfs://d/last' }, ['sym', 'id']],
  ['a TSDB table by other columns', { table: 'dfs://d/ordered', keyColumns: ['id'] }, ['id']],
  [
    'a view',
    {
      function: 'put',
      types: 'id:INT,sym:STRING,time:DATETIME,price:DOUBLE,note:STRING,tags:INT[]',
      confirmTable: 'trades',
    },
    'position',
  ],
]

for (const [what, target, by] of found) {
  for (const mode of ['async', 'sync'] as const) {
    t.test(`${what}, ${mode}: rows read back equal the sent rows`, async t => {
      const here = await startLoadServer(t, script)
      const result = await here.load(fileOf(t), {
        target,
        delivery: { ...delivery, mode },
        cells: { lenient: true },
      })
      t.match(result, { exitCode: 0, rows: { confirmed: rows, unconfirmed: 0 } })
      t.match(result.confirm.verified, { by, rows: { compared: rows, different: 0, replaced: 0 } })
    })
  }
}

t.test('a sample is 100 of every 10,000 rows', async t => {
  const here = await startLoadServer(t, script)
  const result = await here.load(fileOf(t), { delivery: { verify: 'sample' } })
  t.match(result, { exitCode: 0, confirm: { verified: { rows: { compared: 100, different: 0 } } } })
})

t.test('a value changed on the way is reported, and its row is unconfirmed', async t => {
  const target = {
    function: 'shift',
    typesFrom: 'trades',
    confirmTable: 'trades',
  }
  for (const keyColumns of [undefined, ['id']]) {
    const here = await startLoadServer(t, script)
    const result = await here.load(fileOf(t), {
      target: { ...target, ...(keyColumns && { keyColumns }) },
      delivery,
    })
    t.match(result, {
      exitCode: 4,
      status: 'unconfirmed',
      rows: { confirmed: rows - 1, unconfirmed: 1 },
      confirm: {
        uncertain: [{ firstLine: 9, lastLine: 9, reason: 'not in the table as it was sent' }],
        verified: {
          rows: { compared: rows, different: 1 },
          first: [{ lineNumber: 9, column: 'price', sent: '0', found: '1' }],
        },
      },
    })
  }
})

t.test('rows of other clients between the batches are skipped', async t => {
  let batches = 0
  const here = await startLoadServer(t, script, {
    faults: {
      afterExecute: ({ rows }) => {
        if (rows > 0) batches++
        return undefined
      },
    },
  })
  const other = here.session
  const writing = (async () => {
    while (batches < 3) {
      await other.run(
        'insert into trades values(-1, `x, 2024.01.01T00:00:00.000, 1.0, "", [[1,2]])',
      )
    }
  })()
  const result = await here.load(fileOf(t), { delivery: { ...delivery, batchRows: 100 } })
  await writing
  t.match(result, {
    exitCode: 0,
    confirm: { verified: { rows: { compared: rows, different: 0 } } },
  })
})

t.test('rows with one key: dropped rows are not a difference', async t => {
  const here = await startLoadServer(t, script)
  const twice = [...Array.from({ length: 1_500 }, (_, i) => i), 7, 8, 9]
  const text = readFileSync(fileOf(t, twice), 'utf8').replace(/\n(9,.*)\n$/, '\n9,other,,,,\n')
  const path = join(t.testdir({ 'in.csv': text }), 'in.csv')
  for (const target of [
    { table: 'byId' },
    { table: 'latest', method: 'upsert' as const },
    { table: 'latest' },
  ]) {
    for (const mode of ['async', 'sync'] as const) {
      const result = await here.load(path, { target, delivery: { ...delivery, mode } })
      t.match(result, { exitCode: 0, rows: { confirmed: 1_503 } }, JSON.stringify([target, mode]))
      t.match(result.confirm.verified, { rows: { compared: 1_503, different: 0 } })
    }
  }
})

t.test('rows with a null in their key are counted, not compared', async t => {
  const here = await startLoadServer(t, script)
  const path = join(t.testdir({ 'in.csv': 'id,sym,price\n1,a,2\n2,,3\n' }), 'in.csv')
  const result = await here.load(path, {
    target: { table: 'dfs://p/flat', keyColumns: ['sym'] },
    delivery,
  })
  t.match(result, {
    exitCode: 0,
    confirm: { verified: { rows: { compared: 1, notComparable: 1, different: 0 } } },
  })
})

t.test('a connection lost while reading back is reopened', async t => {
  for (const [target, fault] of [
    [{ table: 'trades' }, 'close'],
    [{ table: 'dfs://d/ordered' }, 'close'],
    [{ table: 'dfs://d/ordered' }, 'forget'],
  ] as const) {
    let asked = 0
    const here = await startLoadServer(t, script, {
      faults: {
        beforeExecute: ({ text }) =>
          /^ddbIngestFind|^select \* from objByName\("trades"\) limit/.test(text) && ++asked === 2
            ? fault
            : undefined,
      },
    })
    const result = await here.load(fileOf(t), { target, delivery })
    t.match(result, { exitCode: 0, rows: { confirmed: rows } })
    t.match(result.confirm.verified, { rows: { compared: rows, different: 0 } })
    t.ok(asked > 2)
  }
})

t.test('rows that cannot be read back are not confirmed', async t => {
  let asked = 0
  const here = await startLoadServer(t, script, {
    faults: {
      beforeExecute: ({ text }) =>
        /limit \d+, \d+$/.test(text) && /trades/.test(text) && ++asked > 1
          ? { error: 'out of memory' }
          : undefined,
    },
  })
  const result = await here.load(fileOf(t), { delivery })
  t.not(result.exitCode, 0)
  t.match(result, { error: { message: /out of memory/ }, rows: { confirmed: 700 } })
  t.equal(result.rows.confirmed + result.rows.unconfirmed + result.rows.unsent, result.rows.read)
})

t.test('columns in which many rows are equal cannot be a key', async t => {
  const here = await startLoadServer(
    t,
    `${script}
alike = database("dfs://a", HASH, [SYMBOL, 4], engine="OLAP")
alike.createPartitionedTable(table(1:0, \`id\`sym\`price, [LONG, SYMBOL, DOUBLE]), \`flat, \`sym)
loadTable("dfs://a", "flat").append!(table(0..199999 as id, take(\`a, 200000) as sym, take(1.0, 200000) as price))`,
  )
  const path = join(t.testdir({ 'in.csv': 'id,sym,price\n1,a,2\n' }), 'in.csv')
  const target = { table: 'dfs://a/flat', keyColumns: ['sym'] }
  const result = await here.load(path, { target, delivery })
  t.match(result, { exitCode: 64, error: { message: /name columns that make a row unique/ } })
})

t.test('without a key or permission to read, nothing is sent', async t => {
  const words = '<NotAuthenticated>Not granted to read table dfs://d/ordered'
  const here = await startLoadServer(t, script, {
    faults: {
      beforeExecute: ({ text }) =>
        text.startsWith('select top 1 * from loadTable("dfs://d"') ? { error: words } : undefined,
    },
  })
  const path = join(t.testdir({ 'in.csv': 'id,sym,price\n1,a,2\n' }), 'in.csv')
  const cases: readonly (readonly [Partial<LoadOptions>, RegExp])[] = [
    [{ target: { table: 'dfs://p/flat' } }, /name the columns that make a row unique/],
    [{ target: { table: 'dfs://p/flat', keyColumns: ['idd'] } }, /\(nearest: id\)/],
    [
      { delivery: { verify: 'all', confirm: 'count' } },
      /cannot be used with `delivery.confirm` count/,
    ],
    [{ target: { table: 'dfs://d/ordered' } }, /those of dfs:..d.ordered may not be read/],
    [{ target: { function: 'put', types: 'id:LONG' } }, /needs `target.confirmTable`/],
  ]
  for (const [change, message] of cases) {
    const result = await here
      .load(path, { delivery, mapping: { allowMissing: true }, ...change })
      .then(
        ({ exitCode, error }) => ({ exitCode, message: error?.message }),
        (error: unknown) => error,
      )
    t.match(result, { exitCode: 64, message })
  }
  t.equal(await here.count('trades'), 0)
  t.equal(await here.count('loadTable("dfs://p", "flat")'), 0)
})
