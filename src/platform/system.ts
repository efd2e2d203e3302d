/* The machine that the program uses outside tests. Only this file and `system-tls.ts` open sockets. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import type { Network, Platform } from './platform.js'
import { systemClock } from './clocks.js'
import { systemFiles } from './system-files.js'
import { createTlsServer, dialTls, keepAlive, speaksTls } from './system-tls.js'

export { systemClock }

const systemNetwork: Network = {
  dial: (host, port, tls) =>
    tls === undefined ? connect({ host, port, ...keepAlive }) : dialTls(host, port, tls),
  speaksTls,
  async listen(host, port, accept, tls) {
    const server =
      tls === undefined ? createServer(keepAlive, accept) : createTlsServer(tls, accept)
    server.listen({ host, port })
    await once(server, 'listening')
    const address = server.address()
    return {
      port: typeof address === 'object' && address !== null ? address.port : port,
      close: closed => void server.close(() => closed()),
    }
  },
}

export const systemPlatform: Platform = {
  clock: systemClock,
  random: { number: () => Math.random(), bytes: length => randomBytes(length) },
  network: systemNetwork,
  files: systemFiles,
  hostName: hostname(),
}
