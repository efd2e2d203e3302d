// Plain JavaScript in and out; output of scripts; a large result block by block.
import { connect, table } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
await show(await connect({ host, port, onMessage: text => console.log('printed:', text.trim()) }))

async function show(session) {
  await session.login('admin', '123456')
  await session.upload({
    limit: 3,
    trades: [
      { sym: 'A', price: 1.5 },
      { sym: 'B', price: null },
    ],
  })
  const result = await session.run('print(limit); select * from trades')
  console.log(result.rows())
  console.log(result.columns)
  console.log(await session.run('add', [1, 2, 3], 10, { priority: 5, timeoutMs: 5000 }))
  const typed = table({ day: ['2024.01.02', null] }, { day: 'DATE' })
  console.log(await session.run('typestr', typed))
  let rows = 0
  const script = 'select * from table(1..100000 as id)'
  for await (const block of session.readBlocks(script, { fetchSize: 8192 })) rows += block.length
  console.log(rows, 'rows in blocks')
  await session.close()
}
await server.close()

/* prints:
printed: 3
[ { sym: 'A', price: 1.5 }, { sym: 'B', price: null } ]
{ sym: [ 'A', 'B' ], price: [ 1.5, null ] }
[ 11, 12, 13 ]
IN-MEMORY TABLE
100000 rows in blocks
*/
