// One pool for the whole program; a query and an insert at the same time.
import { ConnectionPool } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({
  port: 0,
  initScript: 'share table(1:0, [`name], [STRING]) as minifw; insert into minifw values("first")',
})
const { host, port } = server

async function select(pool, sql) {
  const result = await pool.run(sql)
  console.log(result.rows())
}

async function insert(pool, sql) {
  await pool.run(sql)
}

const pool = await ConnectionPool.connect({
  host,
  port,
  user: 'admin',
  password: '123456',
  size: 8,
})
await Promise.all([
  select(pool, 'select top 1 * from minifw'),
  insert(pool, 'insert into minifw values("hello")'),
])
await select(pool, 'select count(*) as rows from minifw')
await pool.shutDown()
await server.close()

/* prints:
[ { name: 'first' } ]
[ { rows: 2 } ]
*/
