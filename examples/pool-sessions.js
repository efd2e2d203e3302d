// The sessions of a pool, and its end.
import { ConnectionPool } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const pool = await ConnectionPool.connect({ host, port, size: 3 })

const sessionIds = await pool.getSessionId()
console.log(sessionIds.length, 'sessions, all different:', new Set(sessionIds).size === 3)

const task = pool.runTaskAsync('sleep(60000)')
await pool.shutDown()
for (const late of [task.result(), pool.run('1+1')]) {
  await late.catch(error => console.log(error.code, error.message))
}
await server.close()

/* prints:
3 sessions, all different: true
DDB_CLOSED The pool was shut down before the task was done.
DDB_CLOSED The pool was shut down: connect another one.
*/
