/*
  The live data nodes of a cluster, asked for as official pools ask (docs/protocol.md#pools).
*/
import { ConnectionError } from '../../errors.js'
import type { ConnectOptions } from '../session-options.js'
import { toPlain } from '../plain-output.js'
import { connect } from '../open-session.js'

/** Where a node listens. */
export interface NodeAddress {
  host: string
  port: number
}

/** @throws {ConnectionError} DDB_CONNECT when the cluster names no live node */
export async function liveNodes(options: ConnectOptions): Promise<readonly NodeAddress[]> {
  const session = await connect(options)
  try {
    const names = toPlain(
      await session.run('rpc(getControllerAlias(), getClusterLiveDataNodes{false})'),
    )
    const nodes = (Array.isArray(names) ? names : [names]).flatMap(name => {
      const match = /^(.+?):(\d+)(?::|$)/.exec(typeof name === 'string' ? name : '')
      return match === null ? [] : [{ host: match[1]!, port: Number(match[2]) }]
    })
    if (nodes.length > 0) return nodes
    throw new ConnectionError(
      'DDB_CONNECT',
      'the cluster names no live data node to spread sessions over',
    )
  } finally {
    await session.close()
  }
}
