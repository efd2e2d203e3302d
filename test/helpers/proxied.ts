/*
  A proxy between clients and a server on this machine. The test controls each connection.
*/
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface Proxied {
  readonly port: number
  /** Both ends of all open connections. */
  readonly sockets: ReadonlySet<Socket>
}

/**
 * Passes no bytes on by itself. Closes all connections when the test ends.
 * @param connected called with both ends of each connection before anything is read from them
 */
export async function startProxy(
  t: Test,
  serverPort: () => number,
  connected: (client: Socket, server: Socket) => void,
): Promise<Proxied> {
  const sockets = new Set<Socket>()
  const proxy = createServer({ allowHalfOpen: true }, client => {
    const server = connect({ port: serverPort(), host: '127.0.0.1', allowHalfOpen: true })
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    }
    connected(client, server)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => {
    proxy.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (proxy.address() as AddressInfo).port, sockets }
}
