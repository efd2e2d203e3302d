/*
  A link slower than any timeout: bytes that clients send on some connections are held back until the test releases
  them.
*/
import type { Test } from 'tap'
import { startProxy } from './proxied.js'

export interface HoldingProxy {
  readonly port: number
  /** Number of connections with bytes that are or were held back. */
  readonly held: number
  /** Passes on held bytes, and all later ones. */
  release(): void
}

/**
 * @param holdsFrom called with all bytes that a client has sent on its connection; if true, the latest piece and all
 * later ones are held back
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
