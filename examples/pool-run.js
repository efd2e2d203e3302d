// Four tasks of the same length on a pool of eight take as long as one.
import { ConnectionPool } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const pool = await ConnectionPool.connect({ host, port, size: 8 })
await pool.run('share table(100:0, `task`start`end, [INT,TIMESTAMP,TIMESTAMP]) as log', {
  clearMemory: false,
})

async function testRun(i) {
  try {
    return await pool.run(
      `start = now(); sleep(200); insert into log values(${i}, start, now()); 1+${i}`,
    )
  } catch (error) {
    console.log(error.code)
  }
}

const results = await Promise.all([testRun(1), testRun(3), testRun(5), testRun(7)])
for (const value of results) console.log(value)

const value = await pool.run('exec max(start) < min(end) from log')
console.log('all ran at the same time:', value)
await pool.shutDown()
await server.close()

/* prints:
2
4
6
8
all ran at the same time: true
*/
