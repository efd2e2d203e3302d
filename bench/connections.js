/*
  What several connections gain if each insert takes time. Compares four connections, and the number that the run chooses, with one
  connection. There are two targets: a hash-partitioned table, whose rows are routed by partition, and a shared table. The embedded
  server runs in its own process and takes 5 ms more for each insert.
*/
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withFolder, writeInput } from './lib/inputs.js'
import { alternate, program, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { startSink } from './lib/sink.js'

const insertMs = 5
const batchRows = 250
const rowsAtFullLength = 400_000
const slowServer = fileURLToPath(new URL('lib/slow-server.js', import.meta.url))
process.env.DDB_USER = 'admin'
process.env.DDB_PASSWORD = '123456'
const columns = '`time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]'

const targets = [
  {
    name: 'hash-partitioned table',
    table: 'dfs://bench/t',
    make: `if(existsDatabase("dfs://bench")) dropDatabase("dfs://bench")
db = database("dfs://bench", HASH, [SYMBOL,40])
db.createPartitionedTable(table(1:0, ${columns}), \`t, \`sym)`,
    flags: [],
    bar: { atLeast: 3 },
  },
  {
    name: 'stream table',
    table: 'shared_t',
    make: `undef(\`shared_t, SHARED); share streamTable(1:0, ${columns}) as shared_t`,
    flags: ['--unordered'],
  },
]

async function timedLoad(server, path, { table, make, flags }, connections) {
  await runNode([program, 'exec', '-e', make, ...server.server])
  const options = ['--mode', 'async', '--batch-rows', String(batchRows), '-q']
  const over = ['--connections', String(connections), ...flags]
  return (
    await runNode([program, 'load', path, '--table', table, ...options, ...over, ...server.server])
  ).seconds
}

/** Rows per second with four connections and with the number that the run chooses, as multiples of the rows with one connection. */
export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = join(folder, 'connections.dos')
    writeFileSync(init, `share streamTable(1:0, ${columns}) as shared_t\n`)
    const rows = Math.round(rowsAtFullLength * scale)
    const path = await writeInput(folder, 'narrow.csv', rows)
    const server = await startSink(init, [String(insertMs)], slowServer)
    const figures = []
    for (const target of targets) {
      for (const [connections, over] of [
        [4, '4 connections'],
        ['auto', '--connections auto'],
      ]) {
        const { ours, reference } = await alternate(
          () => timedLoad(server, path, target, connections),
          () => timedLoad(server, path, target, 1),
          repeats,
        )
        const work = `${over} against 1 connection, ${insertMs} ms per insert, ${target.name}`
        const speed = seconds => rows / seconds / 1e6
        figures.push({
          ...{ work, unit: 'Mrows/s', ours: speed(ours), reference: speed(reference) },
          ...{ ratio: reference / ours, bar: connections === 4 ? target.bar : undefined, rows },
        })
      }
    }
    await server.stop()
    return figures
  })
}

await runAlone(import.meta.url, 'connections', measure)
