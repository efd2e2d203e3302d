/* Proxies between clients and a server on this machine: one that a test controls, one that breaks connections, and one whose link goes
   dead. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

/**
 * Passes no bytes on by itself. Closes all connections when the test ends.
 * @param connected called with both ends of each connection before anything is read from them
 */
export async function startProxy(
  t: Test,
  serverPort: () => number,
  connected: (client: Socket, server: Socket) => void,
): Promise<{ port: number; sockets: ReadonlySet<Socket> }> {
  /** Both ends of all open connections. */
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

export interface Cut {
  /** The proxy cuts the connection after this many bytes of the client. */
  readonly afterBytes: number
  /** reset: both ends see RST. end: both ends see a normal end. */
  readonly how: 'reset' | 'end'
}

/**
 * Breaks connections at a chosen byte.
 * @param decide called with all bytes that a client has sent on its connection so far; the proxy makes the first cut
 *   that `decide` returns, and ignores later ones
 */
export async function startTcpProxy(
  t: Test,
  serverPort: () => number,
  decide: (sent: Buffer) => Cut | undefined,
) {
  const connections = new Set<{ end: () => void; sent: () => Buffer }>()
  let cuts = 0
  const { port } = await startProxy(t, serverPort, (client, server) => {
    server.pipe(client)
    let sent = Buffer.alloc(0)
    const end = (): void => {
      for (const socket of [client, server]) socket.end()
    }
    connections.add({ end, sent: () => sent })
    const forward = (chunk: Buffer): void => {
      const before = sent.length
      sent = Buffer.concat([sent, chunk])
      const cut = cuts === 0 ? decide(sent) : undefined
      if (cut === undefined) {
        server.write(chunk)
        return
      }
      cuts++
      client.off('data', forward)
      const last = chunk.subarray(0, Math.max(0, cut.afterBytes - before))
      server.write(last, () => {
        if (cut.how === 'end') return end()
        for (const socket of [client, server]) socket.resetAndDestroy()
      })
    }
    client.on('data', forward)
    client.on('end', () => server.end())
  })
  return {
    port,
    get cuts() {
      return cuts
    },
    /** Cleanly ends each connection whose client sent matching bytes. */
    endWhere(matches: (sent: Buffer) => boolean) {
      for (const connection of connections) {
        if (matches(connection.sent())) connection.end()
      }
    },
  }
}

/**
 * From a chosen moment on, nothing passes in either direction, not even the end of a connection.
 * @param stallsAt called for each piece before it passes, with all bytes that the client has sent on its connection
 * @param onStall called once
 */
export async function startStallingProxy(
  t: Test,
  serverPort: number,
  stallsAt: (sent: Buffer) => boolean,
  onStall: () => void,
) {
  let stalled = false
  const stall = (): void => {
    stalled = true
    for (const socket of proxy.sockets) socket.pause()
    onStall()
  }
  const proxy = await startProxy(
    t,
    () => serverPort,
    (client, server) => {
      let sent = Buffer.alloc(0)
      if (stalled) for (const socket of [client, server]) socket.pause()
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
    },
  )
  return {
    port: proxy.port,
    /** Whether the link is dead. */
    get stalled() {
      return stalled
    },
  }
}
