/*
  Compares many short tasks on a pool with the same tasks on as many sessions. The server runs in its own process.
*/
import { performance } from 'node:perf_hooks'
import { connect, ConnectionPool } from '../dist/index.js'
import { withFolder, writeTables } from './lib/inputs.js'
import { alternate } from './lib/measure.js'
import { startSink } from './lib/sink.js'

const size = 8
const script = '1+2'

async function secondsOf(work) {
  const startedMs = performance.now()
  await work()
  return (performance.now() - startedMs) / 1000
}

/** Each session takes the next task as soon as it is free. */
async function onSessions(sessions, tasks) {
  let left = tasks
  await Promise.all(
    sessions.map(async session => {
      while (left-- > 0) await session.run(script, { clearMemory: true })
    }),
  )
}

/** Tasks per second. */
export async function measure({ repeats, scale }) {
  const tasks = Math.round(10_000 * scale)
  return withFolder(async folder => {
    const sink = await startSink(await writeTables(folder), [])
    const address = { host: sink.host, port: sink.port }
    const pool = await ConnectionPool.connect({ ...address, size })
    const sessions = await Promise.all(Array.from({ length: size }, () => connect(address)))
    const ours = () =>
      secondsOf(() => Promise.all(Array.from({ length: tasks }, () => pool.run(script))))
    const reference = () => secondsOf(() => onSessions(sessions, tasks))
    try {
      // Warms up the compiler before the clock starts.
      await ours()
      await reference()
      const medians = await alternate(ours, reference, repeats)
      return [
        {
          work: `${tasks} short tasks, a pool of ${size} against ${size} sessions`,
          unit: 'tasks/s',
          ours: tasks / medians.ours,
          reference: tasks / medians.reference,
          ratio: medians.reference / medians.ours,
          bar: { atLeast: 0.8 },
        },
      ]
    } finally {
      await pool.shutDown()
      await Promise.all(sessions.map(session => session.close()))
      await sink.stop()
    }
  })
}
