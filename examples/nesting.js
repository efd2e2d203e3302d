// Asynchronous functions that call asynchronous functions: three ways to wait for the inner calls.
import { ConnectionPool } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const pool = await ConnectionPool.connect({ host, port, size: 3 })

async function doSomeWork(x) {
  console.log('waiting:', x)
  return pool.run(`sleep(${x * 50}); "Done after ${x}"`)
}

// 1: `main` waits for the results and uses them
async function main() {
  for (const result of await Promise.all([1, 2, 4].map(doSomeWork))) {
    console.log('Task ret:', result)
  }
}

// 2: the caller gets all outcomes, also failures
function outcomes() {
  return Promise.allSettled([doSomeWork(1), pool.run('noSuchFunction()')])
}

// 3: makes the tasks out of a list
async function job(t) {
  await pool.run(`sleep(${t * 50})`)
  console.log('used', t)
}

await main()
for (const { status } of await outcomes()) console.log(status)
await Promise.all([1, 2].map(job))
await pool.shutDown()
await server.close()

/* prints:
waiting: 1
waiting: 2
waiting: 4
Task ret: Done after 1
Task ret: Done after 2
Task ret: Done after 4
waiting: 1
fulfilled
rejected
used 1
used 2
*/
