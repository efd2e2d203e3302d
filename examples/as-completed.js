// Results in the order in which tasks end, the state of a task, and the first result of several.
import { asCompleted, ConnectionPool } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const pool = await ConnectionPool.connect({ host, port, size: 3 })

function doSomeWork(x) {
  console.log('Waiting:', x)
  return pool.runTaskAsync(`sleep(${x * 200}); "Done after ${x}"`)
}

const tasks = [doSomeWork(4), doSomeWork(1), doSomeWork(2)]
console.log('state:', tasks.map(task => task.state).join(' '))
tasks[0].result().then(() => console.log('callback: the first task is done'))

const first = await Promise.race(tasks.map(task => task.result()))
console.log('first:', first)
for await (const result of asCompleted(tasks.map(task => task.result()))) {
  console.log('Task ret:', result)
}
console.log('state:', tasks.map(task => task.state).join(' '))
await pool.shutDown()
await server.close()

/* prints:
Waiting: 4
Waiting: 1
Waiting: 2
state: pending pending pending
first: Done after 1
Task ret: Done after 1
Task ret: Done after 2
callback: the first task is done
Task ret: Done after 4
state: finished finished finished
*/
