// A hundred concurrent requests take as long as the slowest, not as long as all.
import { ConnectionPool } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server

for (const count of [100, 5]) {
  const pool = await ConnectionPool.connect({ host, port, size: count })
  const requests = Array.from({ length: count }, (_, i) =>
    pool.run(`start = now(); sleep(${1000 + i}); [start, now()]`),
  )
  const spans = await Promise.all(requests)
  const starts = spans.map(([start]) => start).sort()
  const ends = spans.map(([, end]) => end).sort()
  // Each answer has two times of the server's clock.
  console.log(`${count} requests, all under way at once:`, starts.at(-1) < ends[0])
  await pool.shutDown()
}
await server.close()

/* prints:
100 requests, all under way at once: true
5 requests, all under way at once: true
*/
