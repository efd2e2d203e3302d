/*
  Proxies between clients and a server on this machine: one that a test controls, one that breaks connections, one whose
  link goes dead, and one that is slower than any timeout.
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

export interface Cut {
  /** The proxy cuts the connection after this many bytes of the client. */
  readonly afterBytes: number
  /** reset: both ends see RST. end: both ends see a normal end. */
  readonly how: 'reset' | 'end'
}

export interface TcpProxy {
  readonly port: number
  readonly cuts: number
  /** Cleanly ends each connection whose client sent matching bytes. */
  endWhere(matches: (sent: Buffer) => boolean): void
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
): Promise<TcpProxy> {
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
    endWhere(matches) {
      for (const connection of connections) {
        if (matches(connection.sent())) connection.end()
      }
    },
  }
}

export interface StallingProxy {
  readonly port: number
  /** Whether the link is dead. */
  readonly stalled: boolean
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
): Promise<StallingProxy> {
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
    get stalled() {
      return stalled
    },
  }
}

export interface HoldingProxy {
  readonly port: number
  /** Number of connections whose bytes the proxy holds or has held back. */
  readonly held: number
  /** Passes on the held bytes, and from then on all later bytes. */
  release(): void
}

/**
 * On some connections it holds back the bytes that clients send, until the test releases them.
 * @param holdsFrom called with all bytes that a client has sent on its connection; if it returns true, the proxy
 *   holds back the latest piece and all later ones
 * @param onPass called for each piece that passes, with all bytes sent on its connection
 */
export async function startHoldingProxy(
  t: Test,
  serverPort: number,
  holdsFrom: (sent: Buffer) => boolean,
  onPass: (sent: Buffer) => void = () => undefined,
): Promise<HoldingProxy> {
  const releases: (() => void)[] = []
  let released = false
  let held = 0
  const { port } = await startProxy(
    t,
    () => serverPort,
    (client, server) => {
      let sent = Buffer.alloc(0)
      const kept: Buffer[] = []
      let holds = false
      let hasEnded = false
      client.on('data', (chunk: Buffer) => {
        sent = Buffer.concat([sent, chunk])
        if (!holds && !released && holdsFrom(sent)) {
          holds = true
          held++
          releases.push(() => {
            holds = false
            for (const piece of kept) server.write(piece)
            if (hasEnded) server.end()
          })
        }
        if (holds) {
          kept.push(chunk)
          return
        }
        server.write(chunk)
        onPass(sent)
      })
      client.on('end', () => {
        hasEnded = true
        if (!holds) server.end()
      })
      server.on('data', (chunk: Buffer) => client.write(chunk))
      server.on('end', () => client.end())
    },
  )
  return {
    port,
    get held() {
      return held
    },
    release() {
      released = true
      for (const release of releases.splice(0)) release()
    },
  }
}
