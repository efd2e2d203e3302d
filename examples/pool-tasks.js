// Tasks with ids that the program chooses.
import { setTimeout as delay } from 'node:timers/promises'
import { ConnectionPool } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const pool = await ConnectionPool.connect({ host, port, size: 8 })

const taskId = 12
await pool.addTask('sleep(150);1+2', taskId)
console.log('finished at once:', await pool.isFinished(taskId))
while (!(await pool.isFinished(taskId))) await delay(10)
console.log('task has done!')
console.log(await pool.getData(taskId))

try {
  await pool.getData(taskId)
} catch (error) {
  console.log('asked twice:', error.code)
}

await pool.addTask('1', taskId)
while (!(await pool.isFinished(taskId))) await delay(10)
await pool.addTask('2', taskId)
console.log('a later task replaced the result:', await pool.getData(taskId))
await pool.shutDown()
await server.close()

/* prints:
finished at once: false
task has done!
3
asked twice: DDB_TASK
a later task replaced the result: 2
*/
