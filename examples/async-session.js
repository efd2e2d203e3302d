// An asynchronous session: requests are handed over, nothing is answered.
import { connect } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const session = await connect({ host, port, enableAsync: true })

console.log('result of run:', await session.run('1+1'))
try {
  await session.call('version', [])
} catch (error) {
  console.log(error.code, 'for a call that wants an answer')
}
await session.close()
await server.close()

/* prints:
result of run: undefined
DDB_ASYNC_SESSION for a call that wants an answer
*/
