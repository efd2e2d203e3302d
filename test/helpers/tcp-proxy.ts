/*
  A TCP proxy that tests put in front of a server to break connections at a byte of their choice.
*/
import type { Test } from 'tap'
import { startProxy } from './proxied.js'

export interface Cut {
  /** Bytes of the client, from the connection's start, that still get through. */
  readonly afterBytes: number
  /** reset: both ends see RST. end: both ends see an orderly end. */
  readonly how: 'reset' | 'end'
}

export interface TcpProxy {
  readonly port: number
  /** Connections that were cut. */
  readonly cuts: number
  /** Ends connections in order, chosen by what their clients have sent. */
  endWhere(matches: (sent: Buffer) => boolean): void
}

/**
 * @param decide  asked with all that a client has sent on its connection so far; the first cut it gives is made
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
