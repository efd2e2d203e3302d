/*
  The servers of measured loads, and networks before them. A server is `ddb-ingest serve` in its own process. With --discard it counts
  rows and forgets them; figures are valid only if the counts agree with the input. Run as a program, this file is the embedded server that
  takes MS milliseconds more for each insert:
    node bench/lib/servers.js serve --port 0 --init FILE MS
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { program, runNode } from './measure.js'

export const slowServer = fileURLToPath(import.meta.url)

/**
 * Starts a server with the tables of a script file.
 * @param options  further options of `serve`
 * @param server  a different program with the same options
 */
export async function startSink(initFile, options = ['--discard'], server = program) {
  const args = [server, 'serve', '--port', '0', '--init', initFile, ...options]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  // Ends the server even if the measurement fails.
  process.once('exit', () => child.kill())
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

/** Loads a file into a table of the sink, without confirmation. Returns the result of `runNode`. */
export function load({ server }, path, table, options, flags = []) {
  const target = ['--table', table, '--confirm', 'none', '--json', ...server, ...flags]
  return runNode([program, 'load', path, ...target], options)
}

const columns = '`time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]'

/** Creates a table for trades anew, so that every load starts with an empty table. */
export function emptyTable(table, where) {
  const script = table.startsWith('dfs://')
    ? `if(existsDatabase("dfs://bench")) dropDatabase("dfs://bench")
database("dfs://bench", HASH, [SYMBOL,40]).createPartitionedTable(table(1:0, ${columns}), \`t, \`sym)`
    : `undef(\`${table}, SHARED); share streamTable(10000:0, ${columns}) as ${table}`
  return runNode([program, 'exec', '-e', script, ...where])
}

const stepMs = 5

/** Limit of bytes under way, like the window of a TCP connection, because a slow link must slow its sender down. */
const windowBytes = 4_194_304

/**
 * Starts a TCP proxy that simulates a network.
 * @param {number} port  of the server, on this machine
 * @param {{ bytesPerSecond?: number, delayMs?: number, record?: string }} link  speed and delay in each direction; start of the paths to
 *   which what clients send is recorded, a file for each connection
 */
export async function startLink(port, { record, ...speed }) {
  const sockets = new Set()
  const recorded = []
  const proxy = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    }
    carry(client, server, speed)
    carry(server, client, speed)
    if (record === undefined) return
    const path = `${record}${recorded.length}`
    recorded.push({ path, client, closed: once(client.pipe(createWriteStream(path)), 'close') })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    port: proxy.address().port,
    async stop() {
      proxy.close()
      for (const socket of sockets) socket.destroy()
      await once(proxy, 'close')
    },
    /** Waits until every client has ended. Returns the path of the longest recording. */
    async recording() {
      await Promise.all(recorded.map(({ closed }) => closed))
      return recorded.toSorted((a, b) => b.client.bytesRead - a.client.bytesRead)[0].path
    },
  }
}

function carry(from, to, { bytesPerSecond = Infinity, delayMs = 0 }) {
  /** Chunks, each with the time of its arrival; `undefined` marks the end. */
  const onTheWay = []
  let waitingBytes = 0
  let freeAtMs = 0
  let timer
  const deliver = () => {
    timer = undefined
    const nowMs = performance.now()
    while (onTheWay.length > 0 && onTheWay[0].atMs <= nowMs) {
      const { chunk } = onTheWay.shift()
      waitingBytes -= chunk?.length ?? 0
      if (chunk === undefined) to.end()
      else to.write(chunk)
    }
    if (waitingBytes < windowBytes) from.resume()
    if (onTheWay.length === 0) return
    timer = setTimeout(deliver, Math.max(1, Math.min(stepMs, onTheWay[0].atMs - nowMs)))
  }
  const send = chunk => {
    const nowMs = performance.now()
    const bytes = chunk?.length ?? 0
    freeAtMs = Math.max(freeAtMs, nowMs) + (bytes / bytesPerSecond) * 1_000
    onTheWay.push({ atMs: freeAtMs + delayMs, chunk })
    waitingBytes += bytes
    if (waitingBytes >= windowBytes) from.pause()
    timer ??= setTimeout(deliver, delayMs === 0 ? 0 : 1)
  }
  from.on('data', send)
  from.on('end', () => send(undefined))
  from.on('close', () => {
    clearTimeout(timer)
    to.destroy()
  })
}

/**
 * Seconds from the start of `cat` until the server has read a recording and closes the connection. `cat` only hands over bytes, so no
 * client can be faster.
 */
export async function secondsOfCat(path, port) {
  const startedMs = performance.now()
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  const closed = once(socket, 'close')
  const cat = spawn('cat', [path], { stdio: ['ignore', socket, 'inherit'] })
  const [code] = await once(cat, 'close')
  if (code !== 0) throw new Error(`cat ${path} ended with ${code}`)
  // Node does not read a socket that it has given to a child process. Unread answers would make the kernel reset the connection.
  socket.resume().end()
  await closed
  return (performance.now() - startedMs) / 1000
}

if (process.argv[1] === slowServer) {
  const { startServer } = await import('../../dist/server/index.js')
  const [file, ms] = process.argv.slice(process.argv.indexOf('--init') + 1)
  const delayed = () => ({ until: new Promise(resolve => setTimeout(resolve, Number(ms))) })
  const server = await startServer({
    port: 0,
    initScript: readFileSync(file, 'utf8'),
    faults: { beforeExecute: ({ rows }) => (rows > 1 ? delayed() : undefined) },
  })
  console.log(`listening on ${server.host}:${server.port}`)
  process.once('SIGTERM', () => void server.close())
}
