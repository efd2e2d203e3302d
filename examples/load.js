// load() as the command uses it: reports while it runs, and the outcome of every row at the end.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from 'ddb-ingest'
import { startServer } from 'ddb-ingest/server'

const server = await startServer({
  port: 0,
  initScript: 'share streamTable(1:0, `id`price, [INT,DOUBLE]) as trades',
})
const folder = await mkdtemp(join(tmpdir(), 'ddb-ingest-example-'))
const file = join(folder, 'trades.csv')
await writeFile(file, 'id,price\n1,22\n2,3.5\n3,26\n')

const phases = new Set()
const options = {
  inputs: [file],
  server: { host: server.host, port: server.port },
  target: { table: 'trades' },
}
const result = await load({ ...options, onReport: ({ phase }) => phases.add(phase) })
console.log(result.status, result.rows.confirmed, 'of', result.rows.read, 'rows confirmed')
console.log('reported at the end:', [...phases].at(-1))

const stopped = await load({ ...options, signal: AbortSignal.abort() })
console.log(stopped.status, stopped.error.code)
await rm(folder, { recursive: true })
await server.close()

/* prints:
loaded 3 of 3 rows confirmed
reported at the end: done
interrupted DDB_INTERRUPTED
*/
