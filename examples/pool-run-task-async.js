// Tasks as objects: results in any order, with a time limit.
import { ConnectionPool, TimeoutError } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const pool = await ConnectionPool.connect({ host, port, size: 10 })
const script = (ms, answer) => `start = now(); sleep(${ms}); [${answer}, start, now()]`

const task1 = pool.runTaskAsync(script(100, '1+0'))
const task2 = pool.runTaskAsync(script(200, '1+1'))
const task3 = pool.runTaskAsync(script(400, '1+2'))
const task4 = pool.runTaskAsync(script(100, '1+3'))
console.log('state:', task3.state)
try {
  await task3.result(0.01)
} catch (error) {
  console.log('timeout:', error instanceof TimeoutError)
}

const results = []
for (const [name, task] of Object.entries({ task1, task2, task4, task3 })) {
  const result = await task.result()
  results.push(result)
  console.log(name, result[0])
}
console.log('state:', task3.state)

// By the server's own clock, the latest start was before the earliest end.
const starts = results.map(([, start]) => start).sort()
const ends = results.map(([, , end]) => end).sort()
console.log('all ran at the same time:', starts.at(-1) < ends[0])
await pool.shutDown()
await server.close()

/* prints:
state: pending
timeout: true
task1 1
task2 2
task4 4
task3 3
state: finished
all ran at the same time: true
*/
