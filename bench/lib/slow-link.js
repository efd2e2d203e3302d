/*
  A TCP proxy that simulates a network, with limited bytes per second and a delay in each direction.
*/
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

const stepMs = 5

/**
 * @param {number} port  of the server, on this machine
 * @param {{ bytesPerSecond?: number, delayMs?: number }} link  in each direction
 */
export async function startSlowLink(port, { bytesPerSecond = Infinity, delayMs = 0 }) {
  const sockets = new Set()
  const proxy = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    }
    carry(client, server, bytesPerSecond, delayMs)
    carry(server, client, bytesPerSecond, delayMs)
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
  }
}

/** Limit of bytes under way, like the window of a TCP connection, because a slow link must slow its sender down. */
const windowBytes = 4_194_304

function carry(from, to, bytesPerSecond, delayMs) {
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
      if (chunk === undefined) to.end()
      else {
        waitingBytes -= chunk.length
        to.write(chunk)
      }
    }
    if (waitingBytes < windowBytes) from.resume()
    if (onTheWay.length > 0)
      timer = setTimeout(deliver, Math.max(1, Math.min(stepMs, onTheWay[0].atMs - nowMs)))
  }
  const send = chunk => {
    const nowMs = performance.now()
    freeAtMs = Math.max(freeAtMs, nowMs) + ((chunk?.length ?? 0) / bytesPerSecond) * 1_000
    onTheWay.push({ atMs: freeAtMs + delayMs, chunk })
    waitingBytes += chunk?.length ?? 0
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
