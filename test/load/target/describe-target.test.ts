import t, { type Test } from 'tap'
import type { Session } from '../../../src/client/open-session.js'
import { describeTarget } from '../../../src/load/target/describe-target.js'
import type { TargetOptions } from '../../../src/load/options.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'

const initScript = `share streamTable(10:0, \`time\`sym, [TIMESTAMP,SYMBOL]) as trades
share keyedTable(\`id, 10:0, \`id\`n, [INT,LONG]) as keyed
share keyedStreamTable(\`id, 10:0, \`id\`n, [INT,LONG]) as keyedStream
share indexedTable(\`id\`n, 10:0, \`id\`n, [INT,LONG]) as indexed
db = database("dfs://d", VALUE, \`A\`B)
db.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`t, \`sym)
share loadTable("dfs://d", "t") as handle
db2 = database("dfs://b", VALUE, \`A\`B, engine="TSDB")
db2.createPartitionedTable(table(1:0, \`sym\`note\`doc\`id, [SYMBOL,STRING,BLOB,INT]), \`texts, \`sym, sortColumns=\`sym)
def put(mutable data) { tableInsert(objByName("trades"), data) }
addFunctionView(put)`

/** Describes targets on a new server. */
async function describer(t: Test, script = initScript, version?: string) {
  const { session } = await startLoadServer(t, script, version === undefined ? {} : { version })
  return (target: TargetOptions) => {
    const run = testRun({ target })
    return describeTarget({ ...run, control: session })
  }
}

t.test('the columns of a function are given by the user or taken from a table', async t => {
  const describe = await describer(t)
  for (const [types, expected] of [
    ['b:INT,a:DATE', 'b INT,a DATE'],
    ['@trades', 'time TIMESTAMP,sym SYMBOL'],
    ['@dfs://d/t', 'id INT,sym SYMBOL'],
  ] as const) {
    const { columns, keyed, partition } = await describe({ function: 'put', types })
    t.equal(columns.map(({ name, type }) => `${name} ${type.type}`).join(), expected)
    t.strictSame([keyed, partition], [false, undefined], 'where a function writes is unknown')
  }
})

t.test('a missing table or function is an error, whichever option names it', async t => {
  const describe = await describer(t)
  const missing: TargetOptions[] = [
    { table: 'trade' },
    { table: 'dfs://d/nothing' },
    { function: 'puts', types: 'a:INT' },
    { function: 'put', types: '@nothing' },
    { function: 'put', types: 'a:INT', confirmTable: 'nothing' },
  ]
  for (const target of missing) {
    await t.rejects(describe(target), { code: 'DDB_TARGET' }, JSON.stringify(target))
  }
})

t.test('an upsert needs keys that the target has', async t => {
  const describe = await describer(t)
  t.match(await describe({ table: 'keyed', method: 'upsert' }), { keyed: true })
  const named = { table: 'dfs://d/t', method: 'upsert', keyColumns: ['id'] } as const
  t.match(await describe(named), { keyed: true })
  await t.rejects(describe({ table: 'trades', method: 'upsert' }), { code: 'DDB_USAGE' })
  for (const [table, keyColumns, message] of [
    ['keyed', ['n'], /a key of its own \(id\)/],
    ['keyedStream', [], /is a stream table/],
  ] as const) {
    const given = { table, method: 'upsert', keyColumns } as const
    await t.rejects(describe(given), { code: 'DDB_USAGE', message })
  }
  const refusal = { code: 'DDB_USAGE', message: /target\.keyColumns/ }
  await t.rejects(describe({ table: 'dfs://d/t', method: 'upsert' }), refusal)
  const error = { code: 'DDB_USAGE', message: /"ids".*nearest: id\b/ }
  await t.rejects(describe({ table: 'dfs://d/t', method: 'upsert', keyColumns: ['ids'] }), error)
})

const enginesScript = `${initScript}
p = database("dfs://p", VALUE, 1..3, engine="PKEY")
p.createPartitionedTable(table(1:0, \`id\`n, [INT,LONG]), \`t, \`id, primaryKey=\`id\`n)
s = database("dfs://s", VALUE, \`A\`B, engine="TSDB")
s.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`last, \`sym, sortColumns=\`sym\`id, keepDuplicates=LAST)
h = database("", HASH, [SYMBOL, 2])
o = database("dfs://o", COMPO, [h, database("", VALUE, 2024.01.01..2024.01.02)], engine="TSDB")
o.createPartitionedTable(table(1:0, \`id\`sym\`day, [INT,SYMBOL,DATE]), \`other, \`sym\`day, sortColumns=[\`id], keepDuplicates=LAST)`

const byId = { method: 'upsert', keyColumns: ['id'] } as const

for (const [version, counts] of [
  ['2.00.10', true],
  ['3.00.5', true],
  ['2.00.9', false],
] as const) {
  t.test(`the version ${version} decides whether upserts are counted`, async t => {
    const describe = await describer(t, initScript, version)
    const upsert = { primaryKey: false, counts, distinctBy: [0, 1] }
    t.match(await describe({ table: 'dfs://d/t', ...byId }), { keyed: true, upsert })
    const keyed = version === '3.00.5' ? { method: 'upsert' as const } : byId
    t.match(await describe({ table: 'keyed', ...keyed }), { keyed: true, upsert: { counts } })
    if (version === '3.00.5') return
    // Such a server does not tell the key.
    const error = { code: 'DDB_USAGE', message: /before 3\.00\.3.*target\.keyColumns/ }
    await t.rejects(describe({ table: 'keyed', method: 'upsert' }), error)
    await t.rejects(describe({ table: 'trades', ...byId }), { code: 'DDB_USAGE' }, 'a stream')
    t.equal((await describe({ table: 'keyed' })).upsert, undefined)
  })
}

t.test('an upsert by a DOUBLE is refused where isDuplicated compares them wrongly', async t => {
  const key = { method: 'upsert', keyColumns: ['price'] } as const
  const script = `createPartitionedTable(database("dfs://f", VALUE, 1..3), table(1:0, \`id\`price, [INT,DOUBLE]), "t", "id")`
  for (const version of ['1.30.19', '2.00.7', '1.30.20', '2.00.8']) {
    const asked = (await describer(t, script, version))({ table: 'dfs://f/t', ...key })
    if (/20|8/.test(version)) t.match(await asked, { upsert: { distinctBy: [0, 1] } })
    else await t.rejects(asked, { code: 'DDB_USAGE', message: /2\.00\.8/ })
  }
})

t.test('conditions on sort columns change decimals, before 3.00.1.4', async t => {
  const script = `s = database("dfs://s", VALUE, 1..3, engine="TSDB")
s.createPartitionedTable(table(1:0, \`id\`x, [INT,DECIMAL32(2)]), \`t, \`id, sortColumns=\`id)`
  for (const version of ['3.00.1.3', '3.00.1.4', '2.00.9']) {
    const { misread } = await (await describer(t, script, version))({ table: 'dfs://s/t' })
    t.strictSame(misread, version === '3.00.1.3' ? ['id'] : [])
  }
})

t.test('engine and duplicate policy decide which columns are keys', async t => {
  const describe = await describer(t, enginesScript)
  t.match(await describe({ table: 'dfs://p/t', method: 'upsert' }), {
    ...{ keyed: true, upsert: { primaryKey: true, counts: true } },
  })
  const error = { code: 'DDB_USAGE', message: /primary key of its own.*target\.keyColumns/ }
  await t.rejects(describe({ table: 'dfs://p/t', ...byId }), error)
  const put = { function: 'put', types: 'a:INT' }
  const [sym, day] = [['sym'], ['sym', 'day']]
  // Equal rows are replaced within a partition only, so partition columns are keys, too.
  for (const [target, keyed, keyColumns, partitionColumns] of [
    [{ table: 'dfs://p/t' }, true, ['id', 'n'], ['id']],
    [{ table: 'dfs://d/t', ...byId }, true, ['sym', 'id'], sym],
    [{ table: 'dfs://s/last' }, true, ['sym', 'id'], sym],
    [{ ...put, confirmTable: 'dfs://s/last' }, true, ['sym', 'id'], sym],
    [{ ...put, confirmTable: 'trades' }, false, [], []],
    [{ table: 'dfs://o/other' }, true, ['day', 'id'], day],
    // Neither an upsert nor an equal row changes these.
    [{ table: 'dfs://o/other', ...byId, keyColumns: ['sym', 'id'] }, true, ['day', 'id'], day],
    [{ table: 'keyed' }, true, ['id'], []],
  ] as const) {
    const found = await describe(target)
    const keys = [found.keyed, found.keyColumns, found.partitionColumns]
    t.strictSame(keys, [keyed, keyColumns, partitionColumns], JSON.stringify(target))
  }
})

t.test('the limits for texts are those of the DFS table that the rows reach', async t => {
  const describe = await describer(t)
  const limits = async (target: TargetOptions): Promise<(number | undefined)[]> =>
    (await describe(target)).columns.map(({ maxBytes }) => maxBytes)
  const [none, symbol, string, blob] = [undefined, 255, 65_535, 67_108_863]
  t.strictSame(await limits({ table: 'dfs://b/texts' }), [symbol, string, blob, none])
  t.strictSame(await limits({ table: 'handle' }), [none, symbol], 'a shared handle of a DFS table')
  for (const table of ['handle', 'trades', 'dfs://d/t'])
    t.match(await describe({ table }), { isHandle: table === 'handle' })
  t.strictSame(await limits({ table: 'trades' }), [none, none], 'tables in memory take any length')
  const types = 'note:SYMBOL,sym:BLOB,other:STRING,id:STRING,doc:INT'
  t.strictSame(
    await limits({ function: 'put', types, confirmTable: 'dfs://b/texts' }),
    [string, symbol, none, none, none],
    'for a function, limits of columns with the same name',
  )
  t.strictSame(await limits({ function: 'put', types }), [none, none, none, none, none])
  t.strictSame(await limits({ function: 'put', types: '@dfs://d/t' }), [none, symbol])
  const counted = { types: '@dfs://d/t', confirmTable: 'trades' }
  t.strictSame(await limits({ function: 'put', ...counted }), [none, none])
})

t.test('an answer of another form is no description', async t => {
  const run = testRun({ target: { table: 'trades' } })
  const control = { run: () => Promise.resolve({ form: 'scalar', type: 'INT', value: 1 }) }
  const described = describeTarget({ ...run, control: control as unknown as Session })
  await t.rejects(described, { code: 'DDB_PROTOCOL', message: /trades is not understood/ })
})
