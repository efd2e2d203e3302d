// Wraps a pool in a class of the program: callers submit scripts and go on.
import { ConnectionPool } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })

class DolphinDBHelper {
  static pool

  static async open({ host, port }) {
    this.pool = await ConnectionPool.connect({ host, port, size: 10 })
  }

  static async runTest(script) {
    console.log(`run script: [${script}]`)
    const value = await this.pool.run(script)
    console.log('result:', value)
    return value
  }
}

await DolphinDBHelper.open(server)
const tasks = [
  DolphinDBHelper.runTest('sleep(100);1+1'),
  DolphinDBHelper.runTest('sleep(300);1+2'),
  DolphinDBHelper.runTest('sleep(500);1+3'),
]
console.log('the main program went on')
await Promise.all(tasks)
await DolphinDBHelper.pool.shutDown()
await server.close()

/* prints:
run script: [sleep(100);1+1]
run script: [sleep(300);1+2]
run script: [sleep(500);1+3]
the main program went on
result: 2
result: 3
result: 4
*/
