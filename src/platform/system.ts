/*
  The platform that the program really runs on. The only file that opens sockets, starts timers and asks for
  randomness.
*/
import { randomBytes } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import type { Clock, ListeningPort, Network, Platform, Random, Socket, Timer } from './platform.js'
import { systemFiles } from './system-files.js'

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, callback) => timerOf(setTimeout(callback, delayMs)),
  afterIfAlive: (delayMs, callback) => timerOf(setTimeout(callback, delayMs).unref()),
  nextTurn: callback => void setImmediate(callback),
}

function timerOf(timeout: NodeJS.Timeout): Timer {
  return { cancel: () => clearTimeout(timeout) }
}

const systemRandom: Random = {
  number: () => Math.random(),
  bytes: length => randomBytes(length),
}

const systemNetwork: Network = {
  dial: (host, port) =>
    connect({ host, port, noDelay: true, keepAlive: true, allowHalfOpen: true }),
  listen,
}

async function listen(
  host: string,
  port: number,
  accept: (socket: Socket) => void,
): Promise<ListeningPort> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, accept)
  server.listen({ host, port })
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: closed => void server.close(() => closed()),
  }
}

/** What every program but a test runs on. */
export const systemPlatform: Platform = {
  clock: systemClock,
  random: systemRandom,
  network: systemNetwork,
  files: systemFiles,
}
