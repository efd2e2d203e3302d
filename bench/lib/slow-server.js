/*
  The embedded server, delayed by MS milliseconds for each insert: node bench/lib/slow-server.js --init FILE MS
*/
import { readFileSync } from 'node:fs'
import { startServer } from '../../dist/server/index.js'

const [file, ms] = process.argv.slice(process.argv.indexOf('--init') + 1)
const delayed = () => ({ until: new Promise(resolve => setTimeout(resolve, Number(ms))) })
const server = await startServer({
  port: 0,
  initScript: readFileSync(file, 'utf8'),
  faults: { beforeExecute: ({ rows }) => (rows > 1 ? delayed() : undefined) },
})
console.log(`listening on ${server.host}:${server.port}`)
process.once('SIGTERM', () => void server.close())
