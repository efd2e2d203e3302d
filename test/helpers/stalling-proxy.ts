/*
  A link that goes dead: connections stay open, but from a chosen moment on nothing passes in either direction, not even
  the end of a connection.
*/
import type { Test } from 'tap'
import { startProxy } from './proxied.js'

export interface StallingProxy {
  readonly port: number
  /** Whether the link is dead. */
  readonly stalled: boolean
}

/**
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
