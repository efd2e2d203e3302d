/*
  The scripts on DolphinDB's pages about asynchronous submission, word for word, and the scripts of the official JavaScript client.
*/
import t from 'tap'
import type { Table } from '../../../src/protocol/value.js'
import { createNode } from '../../../src/server/node.js'
import { testSession } from '../../helpers/script.js'
import { int } from '../../helpers/values.js'

const createDatabase = `
    dbPath="dfs://testDB"
    tbName=\`tb1
    if(existsDatabase(dbPath))
        dropDatabase(dbPath)
    db=database(dbPath, VALUE, ["AAPL", "AMZN", "A"])
    testDictSchema=table(5:0, \`id\`ticker\`price, [INT,SYMBOL,DOUBLE])
    tb1=db.createPartitionedTable(testDictSchema, tbName, \`ticker)
`

const shareTrades = `
    share streamTable(10000:0,\`time\`sym\`price\`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]) as trades
`

const functionView = `login("admin","123456")
share streamTable(10000:0,\`time\`sym\`price\`id, [DATE,SYMBOL,DOUBLE,INT]) as trades
def appendStreamingData(mutable data){
    tableInsert(trades, data.replaceColumn!(\`time, date(data.time)))
}
addFunctionView(appendStreamingData)
`

/** The frame of the example in the form in which pandas sends it. */
const frame: Table = {
  form: 'table',
  name: '',
  rows: 4,
  columnNames: ['id', 'ticker', 'price'],
  columns: [
    { form: 'vector', type: 'INT', length: 4, data: Int32Array.of(1, 2, 2, 3) },
    { form: 'vector', type: 'STRING', length: 4, data: ['AAPL', 'AMZN', 'AMZN', 'A'] },
    { form: 'vector', type: 'DOUBLE', length: 4, data: Float64Array.of(22, 3.5, 21, 26) },
  ],
}

const dayNs = 86_400_000_000_000n

/** Rows with a time in nanoseconds, as pandas before 2 sends datetime64. */
const ticks = (rows: number): Table => ({
  form: 'table',
  name: '',
  rows,
  columnNames: ['time', 'sym', 'price', 'id'],
  columns: [
    {
      form: 'vector',
      type: 'NANOTIMESTAMP',
      length: rows,
      data: BigInt64Array.from({ length: rows }, (_, row) => BigInt(18262 + row) * dayNs),
    },
    { form: 'vector', type: 'STRING', length: rows, data: new Array<string>(rows).fill('IBN') },
    { form: 'vector', type: 'DOUBLE', length: rows, data: new Float64Array(rows).fill(1.5) },
    { form: 'vector', type: 'INT', length: rows, data: new Int32Array(rows).fill(7) },
  ],
})

t.test('the first example creates a partitioned table and appends to it', async t => {
  const { run, show, call } = testSession()
  t.equal(await run(createDatabase), undefined)
  await run(createDatabase)
  await call("append!{loadTable('dfs://testDB', `tb1)}", frame)
  t.equal(
    await show("select * from loadTable('dfs://testDB', `tb1) order by price"),
    '2 AMZN 3.5;2 AMZN 21;1 AAPL 22;3 A 26',
  )
})

t.test('example 1 inserts frames into a shared stream table', async t => {
  const { run, show, call } = testSession()
  await run(shareTrades)
  for (let i = 0; i < 3; i++) t.match(await call('tableInsert{trades}', ticks(2)), { value: 2 })
  t.equal(await show('exec count(*) from trades'), '6')
  t.equal(await show('select * from trades limit 1, 1'), '2020.01.02T00:00:00.000 IBN 1.5 7')
})

t.test('example 2 converts with a function view that other sessions can call', async t => {
  const node = createNode()
  const one = testSession({ node, user: 'guest' })
  await one.run(functionView)
  const two = testSession({ node })
  await two.call('appendStreamingData', ticks(3))
  t.equal(await two.show('select time, id from trades'), '2020.01.01 7;2020.01.02 7;2020.01.03 7')
})

t.test('the pool examples sleep and answer', async t => {
  const { show } = testSession()
  t.equal(await show('sleep(0);1+2'), '3')
  t.equal(await show('sleep(0); 1+0'), '1')
})

t.test('the functions that the JavaScript client defines for invoke and jsrpc run', async t => {
  const { run, show, call } = testSession()
  await run(
    'def invoke (func, args_json) {\n' +
      '    args = fromStdJson(args_json)\n' +
      '    func_ = func\n' +
      '    if (type(func) == STRING)\n' +
      '        func_ = funcByName(func)\n' +
      '    if (type(args) != ANY)\n' +
      '        args = cast(args, ANY)\n' +
      '    return unifiedCall(func_, args)\n' +
      '}\n',
  )
  t.equal(await show('invoke("add", "[1, 2]")'), '3')
  t.equal(await show('invoke("add", "[\\"a\\", \\"b\\"]")'), 'ab')
  await run(
    'def collect (func_name, args) {\n    nargs = size(args)\n    func = funcByName(func_name)\n    args_partial = array(any, 1 + nargs, 1 + nargs)\n    args_partial[0] = func\n    args_partial[1:] = args\n    return unifiedCall(partial, args_partial)()\n}',
  )
  t.equal(await show('collect("add", (1, 2))'), '3')
  t.match(await call('size', int(1)), { value: 1 })
})

t.test('idioms from the official tests run', async t => {
  const { run, show } = testSession()
  await run('try{undef(`t1,SHARED)}catch(ex){}\nt1 = 0')
  await run(
    'share table(1 2 as x) as t2\nobj = exec name from objs(true) where shared=true; for(s in obj){undef(s, SHARED);}',
  )
  t.equal(await show('exec count(*) from objs(true) where shared=1'), '0')
  await run('for(db in getClusterDFSDatabases()){dropDatabase(db)}')
  await run(`dbName = "dfs://kinds"
if(exists(dbName)){
  dropDatabase(dbName)
}
db = database(dbName, RANGE, 0 50 100,,'TSDB')
t = table(rand(100, 10) as id, take(now(), 10) as ts, rand(1.0, 10) as v)
pt = db.createPartitionedTable(t, \`pt, \`id, , \`id\`ts)
pt.append!(t)`)
  t.equal(await show('exec count(*) from pt'), '10')
})
