/*
  A link that goes dead: connections stay open, and from a moment of the test's choice nothing passes any more, in
  neither direction, not even an end.
*/
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface StallingProxy {
  readonly port: number
  /** Whether nothing passes any more. */
  readonly stalled: boolean
}

/**
 * @param stallsAt  asked with what a client has sent on its connection, before the latest piece of it passes
 * @param onStall  called once
 */
export async function startStallingProxy(
  t: Test,
  serverPort: number,
  stallsAt: (sent: Buffer) => boolean,
  onStall: () => void,
): Promise<StallingProxy> {
  const sockets = new Set<Socket>()
  let stalled = false
  const stall = (): void => {
    stalled = true
    for (const socket of sockets) socket.pause()
    onStall()
  }
  const proxy = createServer({ allowHalfOpen: true }, client => {
    const server = connect({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true })
    let sent = Buffer.alloc(0)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
      if (stalled) socket.pause()
    }
    client.on('data', (chunk: Buffer) => {
      if (stalled) return
      sent = Buffer.concat([sent, chunk])
      if (stallsAt(sent)) stall()
      else server.write(chunk)
    })
    server.on('data', (chunk: Buffer) => {
      if (!stalled) client.write(chunk)
    })
    client.on('end', () => {
      if (!stalled) server.end()
    })
    server.on('end', () => {
      if (!stalled) client.end()
    })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => {
    proxy.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    port: (proxy.address() as AddressInfo).port,
    get stalled() {
      return stalled
    },
  }
}
