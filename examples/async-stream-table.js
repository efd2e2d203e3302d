// Many small writes to a stream table, without and with waiting for the answers.
import { connect, table } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const login = { user: 'admin', password: '123456' }
const symbols = ['IBN', 'GTYU', 'FHU', 'DGT', 'FHU', 'YUG', 'EE', 'ZD', 'FYU']
const random = count => Math.floor(Math.random() * count)
const requests = 500 // 50,000 in DolphinDB's chapter and in `ddb-ingest bench`

const trades = table(
  Array.from({ length: 100 }, () => ({
    time: new Date(Date.UTC(2020, random(12), 1 + random(20))),
    sym: symbols[random(symbols.length)],
    price: Math.round(Math.random() * 990) / 10 + 1,
    id: 1 + random(5),
  })),
  { time: 'TIMESTAMP', sym: 'SYMBOL', price: 'DOUBLE', id: 'INT' },
)

async function write(enableAsync) {
  const session = await connect({ host, port, ...login, enableAsync })
  for (let i = 0; i < requests; i++) await session.run('tableInsert{trades}', trades)
  await session.close()
}

const session = await connect({ host, port, ...login })
await session.run(
  'share streamTable(10000:0,`time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]) as trades',
)
for (const enableAsync of [false, true]) {
  await write(enableAsync)
  const value = await session.run('exec count(*) from trades')
  console.log(enableAsync ? 'asynchronous:' : 'synchronous:', value, 'rows in the table')
}
await session.close()
await server.close()

/* prints:
synchronous: 50000 rows in the table
asynchronous: 100000 rows in the table
*/
