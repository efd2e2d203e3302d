// Appends to a partitioned table asynchronously.
import { connect, table } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const login = { user: 'admin', password: '123456' }
const dbPath = 'dfs://testDB'
const tbName = 'tb1'

const session = await connect({ host, port, ...login, enableAsync: true })
await session.run(`
  dbPath="dfs://testDB"
  tbName=\`tb1
  if(existsDatabase(dbPath))
      dropDatabase(dbPath)
  db=database(dbPath, VALUE, ["AAPL", "AMZN", "A"])
  testDictSchema=table(5:0, \`id\`ticker\`price, [INT,SYMBOL,DOUBLE])
  tb1=db.createPartitionedTable(testDictSchema, tbName, \`ticker)
`)
const rows = table(
  { id: [1, 2, 2, 3], ticker: ['AAPL', 'AMZN', 'AMZN', 'A'], price: [22, 3.5, 21, 26] },
  { id: 'INT', ticker: 'SYMBOL', price: 'DOUBLE' },
)
await session.run(`append!{loadTable('${dbPath}', \`${tbName})}`, rows)
await session.close()

// Only a session with answers can ask what the server stored.
const asking = await connect({ host, port, ...login })
const result = await asking.run(
  `select * from loadTable('${dbPath}', '${tbName}') order by id, price`,
)
for (const { id, ticker, price } of result.rows()) console.log(id, ticker, price)
await asking.close()
await server.close()

/* prints:
1 AAPL 22
2 AMZN 3.5
2 AMZN 21
3 A 26
*/
