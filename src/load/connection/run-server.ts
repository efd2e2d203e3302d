/*
  The server of a run: where it is, and what the run has learnt of it.
*/
import type { ServerAddress, ServerTarget } from '../options.js'
import type { asynchronousThroughout } from './connect.js'
import type { Facts } from './known-server.js'
import { redirected } from './redirect.js'

export interface RunServer {
  /** Where sessions go: as asked, until a redirect leads elsewhere. */
  readonly address: ServerTarget
  /** Nodes that are tried, too, once `reachOut` was called. */
  liveNodes: readonly ServerAddress[]
  /** The node at hand has been waited for: sessions may go to any that is live. */
  reachOut(): void
  /** Goes where a redirect leads. @throws {ConnectionError} DDB_CONNECT when the user has not named that host */
  follow(to: ServerAddress): void
  /** What the sessions that data goes out on are opened with, besides what all have; settled before the first is. */
  dataSession: Partial<typeof asynchronousThroughout>
  /** The node that was asked, and its version; undefined before, and where it does not tell. */
  asked: { readonly address: ServerAddress; readonly version: string } | undefined
  /** Of this server and user, as far as it is known. */
  facts: Facts
}

export function newRunServer(named: ServerTarget): RunServer {
  let address = named
  return {
    get address() {
      return address
    },
    liveNodes: [],
    reachOut() {
      const { otherHosts = [] } = address
      const known = [address, ...otherHosts]
      const isKnown = ({ host, port }: ServerAddress): boolean =>
        known.some(each => each.host === host && each.port === port)
      const others = this.liveNodes.filter(node => !isKnown(node))
      if (others.length > 0) address = { ...address, otherHosts: [...otherHosts, ...others] }
    },
    follow: to => void (address = redirected(address, to)),
    dataSession: {},
    asked: undefined,
    facts: {},
  }
}
