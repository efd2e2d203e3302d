/*
  The platform that the program really runs on. Together with `system-tls.ts` the only file that opens sockets, starts
  timers and asks for randomness.
*/
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import type {
  Clock,
  ListeningPort,
  ListenTls,
  Network,
  Platform,
  Random,
  Socket,
  Timer,
} from './platform.js'
import { systemFiles } from './system-files.js'
import { createTlsServer, dialTls, speaksTls } from './system-tls.js'

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

/** Systems begin after two hours; what stands between forgets silent connections long before. */
const keepAliveInitialDelay = 60_000

const keepAlive = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay,
  allowHalfOpen: true,
} as const

const systemNetwork: Network = {
  dial: (host, port, tls) =>
    tls === undefined ? connect({ host, port, ...keepAlive }) : dialTls(host, port, tls, keepAlive),
  speaksTls,
  listen,
}

async function listen(
  host: string,
  port: number,
  accept: (socket: Socket) => void,
  tls?: ListenTls,
): Promise<ListeningPort> {
  const server =
    tls === undefined ? createServer(keepAlive, accept) : createTlsServer(tls, accept, keepAlive)
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
  hostName: hostname(),
}
