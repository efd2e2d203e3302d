/*
  A proxy that keeps what a client sends, and `cat` of that into a server: the same requests, with no work left but to hand
  over bytes, which is the limit of every client.
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { connect, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'

/**
 * Starts it before a server on this machine.
 *
 * @param prefix  of the files: a connection's bytes go into this and the connection's number
 */
export async function startRecorder(port, prefix) {
  /** Of each connection the file, and the bytes of both directions. */
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
    /** Ends it when its connections have ended; resolves to what was recorded. */
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
  // Node no longer reads what it has handed to a process; answers left unread would have the kernel cut the connection.
  socket.resume().end()
  await closed
  return (performance.now() - startedMs) / 1000
}
