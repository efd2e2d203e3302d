// A call starts at once. If each call is awaited before the next is made, they run one after the other. If both are
// made before the first `await`, they run at the same time.
import { connect } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({ port: 0 })
const { host, port } = server
const one = await connect({ host, port })
const other = await connect({ host, port })

async function sayAfter(session, delayMs, text) {
  console.log('say', text, 'start')
  const times = await session.run(`start = now(); sleep(${delayMs}); [start, now()]`)
  console.log('say', text, 'finished')
  return times
}

function overlap([[start1, end1], [start2, end2]]) {
  return start1 < end2 && start2 < end1
}

console.log('-- both at once, waited for together')
const together = [sayAfter(one, 200, 'hello'), sayAfter(other, 100, 'world')]
console.log('at the same time:', overlap(await Promise.all(together)))

console.log('-- awaited in turn')
const hello = await sayAfter(one, 200, 'hello')
const world = await sayAfter(other, 100, 'world')
console.log('at the same time:', overlap([hello, world]))

console.log('-- started first, then awaited')
const task = sayAfter(one, 200, 'hello')
const task2 = sayAfter(other, 100, 'world')
console.log('at the same time:', overlap([await task, await task2]))

await one.close()
await other.close()
await server.close()

/* prints:
-- both at once, waited for together
say hello start
say world start
say world finished
say hello finished
at the same time: true
-- awaited in turn
say hello start
say hello finished
say world start
say world finished
at the same time: false
-- started first, then awaited
say hello start
say world start
say world finished
say hello finished
at the same time: true
*/
