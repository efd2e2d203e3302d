// One by one the requests take 1 + 2 + 4 units; all at once, as long as the longest. One unit is 100 ms.
import { ConnectionPool } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const pool = await ConnectionPool.connect({ host, port, size: 3 })

async function doSomeWork(x) {
  const [start, end] = await pool.run(`start = now(); sleep(${x * 100}); [start, now()]`)
  console.log('Done after', x)
  return { start, end }
}

console.log('-- in a row')
const inARow = []
for (const x of [1, 2, 4]) inARow.push(await doSomeWork(x))
const waited = inARow.every(({ start }, i) => i === 0 || inARow[i - 1].end <= start)
console.log('each began after the one before had ended:', waited)

console.log('-- at once')
const atOnce = await Promise.all([1, 2, 4].map(doSomeWork))
const lastStart = atOnce
  .map(({ start }) => start)
  .sort()
  .at(-1)
console.log('all began before the first had ended:', lastStart < atOnce[0].end)
await pool.shutDown()
await server.close()

/* prints:
-- in a row
Done after 1
Done after 2
Done after 4
each began after the one before had ended: true
-- at once
Done after 1
Done after 2
Done after 4
all began before the first had ended: true
*/
