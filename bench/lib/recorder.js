/*
  A proxy that records what a client sends. `cat` then sends the recording to a server. The requests are the same, but `cat` only
  hands over bytes, so no client can be faster.
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { connect, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'

/**
 * Starts the proxy in front of a server on this machine.
 * @param prefix  start of the paths of recordings; the number of the connection is appended
 */
export async function startRecorder(port, prefix) {
  /** For each connection, the path of its recording, and the number of bytes in both directions. */
  const recorded = []
  const closed = []
  const proxy = createServer({ noDelay: true }, client => {
    const connection = { path: `${prefix}${recorded.length}`, sentBytes: 0, answeredBytes: 0 }
    recorded.push(connection)
    const server = connect({ port, host: '127.0.0.1', noDelay: true })
    const file = createWriteStream(connection.path)
    client.on('data', bytes => (connection.sentBytes += bytes.length))
    server.on('data', bytes => (connection.answeredBytes += bytes.length))
    client.pipe(server).pipe(client)
    client.pipe(file)
    closed.push(once(file, 'close'))
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    port: proxy.address().port,
    /** Waits until the proxy's connections have ended, then closes the proxy. Resolves to `recorded`. */
    async stop() {
      proxy.close()
      await Promise.all([once(proxy, 'close'), ...closed])
      return recorded
    },
  }
}

/** Seconds from the start of `cat` until the server has read everything and closes the connection. */
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
