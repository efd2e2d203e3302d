// A function that is called when a task is done.
import { connect } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const session = await connect({ host, port })

async function doSomeWork(x) {
  console.log('waiting:', x)
  return session.run(`sleep(${x}); "Done after ${x} ms"`)
}

const task = doSomeWork(2)
task.then(
  result => console.log('callback:', result),
  error => console.log('callback of a failure:', error.code),
)
await task
await session.close()
await server.close()

/* prints:
waiting: 2
callback: Done after 2 ms
*/
