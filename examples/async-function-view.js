// Asynchronous requests send rows to a function view, which converts them.
import { connect, table } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const login = { user: 'admin', password: '123456' }

const setup = await connect({ host, port })
await setup.run(`
  login("admin","123456")
  share streamTable(10000:0,\`time\`sym\`price\`id, [DATE,SYMBOL,DOUBLE,INT]) as trades
  def appendStreamingData(mutable data){
      tableInsert(trades, data.replaceColumn!(\`time, date(data.time)))
  }
  addFunctionView(appendStreamingData)
`)

const session = await connect({ host, port, ...login, enableAsync: true })
const rows = table([{ time: '2020.06.13T13:30:10.008', sym: 'IBN', price: 63.6, id: 1 }], {
  time: 'TIMESTAMP',
  sym: 'SYMBOL',
  price: 'DOUBLE',
  id: 'INT',
})
for (let i = 0; i < 100; i++) await session.run('appendStreamingData', rows)
await session.close()

const counted = await setup.run('select count(*) as rows from trades group by time, sym')
console.log(counted.rows())
await setup.close()
await server.close()

/* prints:
[ { time: '2020-06-13', sym: 'IBN', rows: 100 } ]
*/
