/*
  The server of a run: its address, and what the run knows about it.
*/
import type { ServerAddress, ServerTarget } from '../options.js'
import type { asynchronousThroughout } from './connect.js'
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
  /** The answer of `version()`; undefined if the server was not asked, or gave no text. */
  version: string | undefined
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
    version: undefined,
  }
}
