/*
  A TCP proxy in front of a server. It breaks connections at a chosen byte.
*/
import type { Test } from 'tap'
import { startProxy } from './proxied.js'

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
