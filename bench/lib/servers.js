/*
  The servers of measured loads, and networks before them. A server is `ddb-ingest serve` in its own process. With --discard it counts
  rows and forgets them; figures are valid only if the counts agree with the input. Run as a program, this file is the embedded server that
  takes MS milliseconds more for each insert:
    node bench/lib/servers.js serve --port 0 --init FILE MS
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { tradeColumns } from './inputs.js'
import { program, runNode } from './measure.js'

export const slowServer = fileURLToPath(import.meta.url)

/**
 * Starts a server with the tables of a script file.
 * @param options  further options of `serve`
 * @param server  a different program with the same options
 */
export async function startSink(initFile, options = [], server = program) {
  const args = [server, 'serve', '--port', '0', '--init', initFile, ...options]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const lines = []
  const output = createInterface(child.stdout).on('line', line => lines.push(line))
  await Promise.race([once(output, 'line'), closed])
  const [, host, port] = /^listening on (.+):(\d+)$/.exec(lines[0] ?? '') ?? []
  if (port === undefined) throw new Error(`the server did not listen, it said: ${lines.join('\n')}`)
  return {
    /** Options with which a command connects to this server. */
    server: ['--host', `${host}:${port}`],
    host,
    port: Number(port),
    /** Ends the server. @param rows  throws if a server that counts did not receive exactly this many rows */
    async stop(rows) {
      child.kill('SIGTERM')
      await closed
      const arrived = rows === undefined ? rows : JSON.parse(lines.at(-1)).rows
      if (arrived !== rows) throw new Error(`${arrived} of ${rows} rows arrived`)
    },
  }
}

/** Creates a table for trades anew, so that every load starts with an empty table. */
export function emptyTable(table, where) {
  const script = table.startsWith('dfs://')
    ? `if(existsDatabase("dfs://bench")) dropDatabase("dfs://bench")
database("dfs://bench", HASH, [SYMBOL,40]).createPartitionedTable(table(1:0, ${tradeColumns}), \`t, \`sym)`
    : `undef(\`${table}, SHARED); share streamTable(10000:0, ${tradeColumns}) as ${table}`
  return runNode([program, 'exec', '-e', script, ...where])
}

/**
 * Starts a TCP proxy that simulates a network.
 * @param {number} port  of the server, on this machine
 * @param {{ bytesPerSecond?: number, delayMs?: number }} link  speed and delay in each direction
 */
export async function startLink(port, link) {
  const sockets = new Set()
  const proxy = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    }
    void carry(client, server, link)
    void carry(server, client, link)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    address: `127.0.0.1:${proxy.address().port}`,
    async stop() {
      proxy.close()
      for (const socket of sockets) socket.destroy()
      await once(proxy, 'close')
    },
  }
}

/** A sender may be this far ahead of the link, because a slow link must slow its sender down, like the window of a TCP connection. */
const aheadMs = 100

const until = async atMs => {
  const waitMs = atMs - performance.now()
  if (waitMs > 0) await delay(waitMs)
}

/** Passes the bytes of a socket on, at the speed and with the delay of a link. */
async function carry(from, to, { bytesPerSecond = Infinity, delayMs = 0 }) {
  let freeAtMs = 0
  let delivered
  try {
    // Half of a connection may end while the other half still carries answers.
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      freeAtMs = Math.max(freeAtMs, performance.now()) + (chunk.length / bytesPerSecond) * 1_000
      const arrival = until(freeAtMs + delayMs)
      delivered = Promise.all([delivered, arrival]).then(() => to.write(chunk))
      await until(freeAtMs - aheadMs)
    }
    await delivered
    to.end()
  } catch {
    to.destroy()
  }
}

if (process.argv[1] === slowServer) {
  const { startServer } = await import('../../dist/server/index.js')
  const [file, ms] = process.argv.slice(process.argv.indexOf('--init') + 1)
  const server = await startServer({
    port: 0,
    initScript: readFileSync(file, 'utf8'),
    faults: { before: ({ rows }) => (rows > 1 ? { until: delay(Number(ms)) } : undefined) },
  })
  console.log(`listening on ${server.host}:${server.port}`)
  process.once('SIGTERM', () => void server.close())
}
