import t, { type Test } from 'tap'
import { describeTarget } from '../../../src/load/target/describe-target.js'
import type { TargetOptions } from '../../../src/load/options.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'

const initScript = `share streamTable(10:0, \`time\`sym, [TIMESTAMP,SYMBOL]) as trades
share keyedTable(\`id, 10:0, \`id\`n, [INT,LONG]) as keyed
share indexedTable(\`id\`n, 10:0, \`id\`n, [INT,LONG]) as indexed
db = database("dfs://d", VALUE, \`A\`B)
db.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`t, \`sym)
share loadTable("dfs://d", "t") as handle
db.createPartitionedTable(table(1:0, \`sym\`note\`doc\`id, [SYMBOL,STRING,BLOB,INT]), \`texts, \`sym)
def put(mutable data) { tableInsert(objByName("trades"), data) }
addFunctionView(put)`

async function describer(t: Test) {
  const { session } = await startLoadServer(t, initScript)
  return async (target: TargetOptions) => {
    const run = testRun({ target })
    const { columns, keyed, partition } = await describeTarget(session, run.checked, run.options)
    return {
      columns: columns.map(({ name, type }) => `${name} ${type.type}`),
      keyed,
      partition: partition?.dimensions.map(({ columnName, kind }) => `${columnName} ${kind}`),
    }
  }
}

t.test('the columns of a function are given by the user or taken from a table', async t => {
  const describe = await describer(t)
  t.strictSame(await describe({ function: 'put', types: 'b:INT,a:DATE' }), {
    columns: ['b INT', 'a DATE'],
    keyed: false,
    partition: undefined,
  })
  t.match(await describe({ function: 'put', types: '@trades' }), {
    columns: ['time TIMESTAMP', 'sym SYMBOL'],
    keyed: false,
  })
  t.strictSame(
    await describe({ function: 'put', types: '@dfs://d/t' }),
    { columns: ['id INT', 'sym SYMBOL'], keyed: false, partition: undefined },
    'where a function writes is unknown',
  )
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
  t.match(await describe({ table: 'dfs://d/t', method: 'upsert', keyColumns: ['id'] }), {
    keyed: false,
  })
  await t.rejects(describe({ table: 'trades', method: 'upsert' }), { code: 'DDB_USAGE' })
  await t.rejects(describe({ table: 'dfs://d/t', method: 'upsert' }), {
    code: 'DDB_USAGE',
    message: /target\.keyColumns/,
  })
  await t.rejects(describe({ table: 'dfs://d/t', method: 'upsert', keyColumns: ['ids'] }), {
    code: 'DDB_USAGE',
    message: /"ids".*nearest: id\b/,
  })
})

const enginesScript = `${initScript}
p = database("dfs://p", VALUE, 1..3, engine="PKEY")
p.createPartitionedTable(table(1:0, \`id\`n, [INT,LONG]), \`t, \`id, primaryKey=\`id\`n)
s = database("dfs://s", VALUE, \`A\`B, engine="TSDB")
s.createPartitionedTable(table(1:0, \`id\`sym, [INT,SYMBOL]), \`last, \`sym, sortColumns=\`sym\`id, keepDuplicates=LAST)
h = database("", HASH, [SYMBOL, 2])
o = database("dfs://o", COMPO, [h, database("", VALUE, 2024.01.01..2024.01.02)], engine="TSDB")
o.createPartitionedTable(table(1:0, \`id\`sym\`day, [INT,SYMBOL,DATE]), \`other, \`sym\`day, sortColumns=[\`id], keepDuplicates=LAST)`

t.test(
  'engine and duplicate policy decide whether rows can be counted and how upserts work',
  async t => {
    for (const [version, counts] of [
      ['2.00.10', true],
      ['3.00.5', true],
      ['2.00.9', false],
    ] as const) {
      const script = version.startsWith('3') ? enginesScript : initScript
      const { session } = await startLoadServer(t, script, { version })
      const describe = (target: TargetOptions) => {
        const run = testRun({ target })
        return describeTarget(session, run.checked, run.options)
      }
      const upsert = { method: 'upsert', keyColumns: ['id'] } as const
      t.match(await describe({ table: 'dfs://d/t', ...upsert }), {
        keyed: false,
        upsert: { primaryKey: false, counts },
      })
      t.match(await describe({ table: 'keyed', method: 'upsert' }), { upsert: { counts } })
      t.equal((await describe({ table: 'keyed' })).upsert, undefined)
      if (version !== '3.00.5') continue
      t.match(await describe({ table: 'dfs://p/t' }), { keyed: true })
      t.match(await describe({ table: 'dfs://p/t', method: 'upsert' }), {
        keyed: true,
        upsert: { primaryKey: true, counts },
      })
      await t.rejects(describe({ table: 'dfs://p/t', ...upsert }), {
        code: 'DDB_USAGE',
        message: /primary key of its own.*target\.keyColumns/,
      })
      t.match(await describe({ table: 'dfs://s/last' }), { keyed: true })
      const keysOf = async (target: TargetOptions): Promise<unknown> => {
        const { keyColumns, partitionColumns } = await describe(target)
        return { keyColumns, partitionColumns }
      }
      const chosenBy = { partitionColumns: ['sym'] }
      t.same(await keysOf({ table: 'dfs://s/last' }), { keyColumns: ['sym', 'id'], ...chosenBy })
      t.same(
        await keysOf({ function: 'put', types: 'a:INT', confirmTable: 'dfs://s/last' }),
        { keyColumns: ['sym', 'id'], ...chosenBy },
        'keys of the table to be counted',
      )
      t.same(
        await keysOf({ table: 'dfs://o/other' }),
        { keyColumns: ['day', 'id'], partitionColumns: ['sym', 'day'] },
        'equal rows are replaced within a partition only, so partition columns are keys, too',
      )
      t.same(
        await keysOf({ table: 'dfs://o/other', method: 'upsert', keyColumns: ['sym', 'id'] }),
        { keyColumns: ['day', 'id'], partitionColumns: ['sym', 'day'] },
        'neither an upsert nor an equal row changes these',
      )
      t.same(
        (await describe({ table: 'dfs://d/t', ...upsert })).keyColumns,
        [...(await describe({ table: 'dfs://d/t' })).partitionColumns!, 'id'].filter(
          (name, i, all) => all.indexOf(name) === i,
        ),
        'partition columns are keys of an upsert',
      )
      t.same((await describe({ table: 'dfs://p/t' })).keyColumns, ['id', 'n'])
      t.same((await describe({ table: 'keyed' })).partitionColumns, [])
      t.match(await describe({ function: 'put', types: 'a:INT', confirmTable: 'dfs://s/last' }), {
        keyed: true,
      })
      t.match(await describe({ function: 'put', types: 'a:INT', confirmTable: 'trades' }), {
        keyed: false,
      })
    }
  },
)

t.test('a row written twice is stored once if the table has a key or drops duplicates', async t => {
  const { session } = await startLoadServer(
    t,
    `${initScript}
s = database("dfs://s", VALUE, \`A\`B, engine="TSDB")
tt = table(1:0, \`id\`sym, [INT,SYMBOL])
s.createPartitionedTable(tt, \`all, \`sym, sortColumns=\`sym\`id, keepDuplicates=ALL)
s.createPartitionedTable(tt, \`first, \`sym, sortColumns=\`sym\`id, keepDuplicates=FIRST)
s.createPartitionedTable(tt, \`last, \`sym, sortColumns=\`sym\`id, keepDuplicates=LAST)`,
  )
  for (const [table, drops] of [
    ['trades', false],
    ['keyed', true],
    ['indexed', true],
    ['dfs://d/t', false],
    ['dfs://s/all', false],
    ['dfs://s/first', true],
    ['dfs://s/last', true],
  ] as const) {
    const run = testRun({ target: { table } })
    const { dropsDuplicates } = await describeTarget(session, run.checked, run.options)
    t.equal(dropsDuplicates, drops, table)
  }
})

t.test('the limits for texts are those of the DFS table that the rows reach', async t => {
  const { session } = await startLoadServer(t, initScript)
  const limits = async (target: TargetOptions): Promise<(number | undefined)[]> => {
    const run = testRun({ target })
    const { columns } = await describeTarget(session, run.checked, run.options)
    return columns.map(({ maxBytes }) => maxBytes)
  }
  const [none, symbol, string, blob] = [undefined, 255, 65_535, 67_108_863]
  t.strictSame(await limits({ table: 'dfs://d/texts' }), [symbol, string, blob, none])
  t.strictSame(await limits({ table: 'handle' }), [none, symbol], 'a shared handle of a DFS table')
  t.strictSame(await limits({ table: 'trades' }), [none, none], 'tables in memory take any length')
  const types = 'note:SYMBOL,sym:BLOB,other:STRING,id:STRING,doc:INT'
  t.strictSame(
    await limits({ function: 'put', types, confirmTable: 'dfs://d/texts' }),
    [string, symbol, none, none, none],
    'for a function, limits of columns with the same name',
  )
  t.strictSame(await limits({ function: 'put', types }), [none, none, none, none, none])
  t.strictSame(await limits({ function: 'put', types: '@dfs://d/t' }), [none, symbol])
  const counted = { types: '@dfs://d/t', confirmTable: 'trades' }
  t.strictSame(await limits({ function: 'put', ...counted }), [none, none])
})
