/*
  A link slower than any timeout. On some connections it holds back the bytes that clients send, until the test releases
  them.
*/
import type { Test } from 'tap'
import { startProxy } from './proxied.js'

export interface HoldingProxy {
  readonly port: number
  /** Number of connections whose bytes the proxy holds or has held back. */
  readonly held: number
  /** Passes on the held bytes, and from then on all later bytes. */
  release(): void
}

/**
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
