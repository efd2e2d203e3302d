/*
  The server of a run: its address, and the facts that the run knows about it.
*/
import type { ServerAddress, ServerTarget } from '../options.js'
import type { asynchronousThroughout } from './connect.js'
import type { Facts } from './known-server.js'
import { redirected } from './redirect.js'

export interface RunServer {
  /** Where to open sessions: as requested, until a redirect leads elsewhere. */
  readonly address: ServerTarget
  /** Further nodes to try after `reachOut` was called. */
  liveNodes: readonly ServerAddress[]
  /** Call this after waiting in vain for the present node: sessions may then use any live node. */
  reachOut(): void
  /** Follows a redirect. @throws {ConnectionError} DDB_CONNECT if the user has not named that host */
  follow(to: ServerAddress): void
  /** Options that only data sessions have; fixed before the first session is opened. */
  dataSession: Partial<typeof asynchronousThroughout>
  /** The node that was asked for its version, and the answer; undefined without an answer. */
  asked: { readonly address: ServerAddress; readonly version: string } | undefined
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
