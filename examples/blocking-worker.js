// Work that would block runs in a worker thread, so that requests continue.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { connect } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const session = await connect({ host, port })

// Waits, blocking its own thread, until the main program tells it to end.
const flag = new Int32Array(new SharedArrayBuffer(4))
const blocking = `
  const { parentPort, workerData } = require('node:worker_threads')
  Atomics.wait(workerData, 0, 0)
  parentPort.postMessage('the blocking work is done')`
const worker = new Worker(blocking, { eval: true, workerData: flag })
const done = once(worker, 'message')

for (const i of [1, 2, 3]) console.log('answer', await session.run(`${i}+${i}`))
Atomics.store(flag, 0, 1)
Atomics.notify(flag, 0)
console.log((await done)[0])
await session.close()
await server.close()

/* prints:
answer 2
answer 4
answer 6
the blocking work is done
*/
