/*
  Finds the live data nodes of a cluster as official pools do (docs/protocol.md#pools).
*/
import { ConnectionError } from '../../errors.js'
import type { Value } from '../../protocol/value.js'
import type { ConnectOptions } from '../session-options.js'
import { toPlain } from '../plain-output.js'
import { connectTyped } from '../open-session.js'

export interface NodeAddress {
  host: string
  port: number
}

/**
 * @param allowed  hosts that may get the user's login, besides the host that is asked
 * @throws {ConnectionError} DDB_CONNECT if the cluster names no live node, or a node that must not get the login
 */
export async function liveNodes(
  options: ConnectOptions,
  allowed: readonly string[],
): Promise<readonly NodeAddress[]> {
  const session = await connectTyped(options)
  try {
    const nodes = nodesIn(await session.run(liveNodesScript))
    const named = [options.host, ...allowed].map(host => host.toLowerCase())
    const other = nodes.find(({ host }) => !named.includes(host.toLowerCase()))
    if (options.user !== undefined && other !== undefined) {
      throw new ConnectionError(
        'DDB_CONNECT',
        `the cluster names ${other.host}:${other.port}, a host that you did not name: add ${other.host} to ` +
          '`allowRedirect` if it belongs to the cluster and may get the login',
      )
    }
    if (nodes.length > 0) return nodes
    throw new ConnectionError(
      'DDB_CONNECT',
      'the cluster names no live data node to spread sessions over',
    )
  } finally {
    await session.close()
  }
}

export const liveNodesScript = 'rpc(getControllerAlias(), getClusterLiveDataNodes{false})'

export function nodesIn(answer: Value | undefined): readonly NodeAddress[] {
  const names = toPlain(answer)
  return (Array.isArray(names) ? names : [names]).flatMap(name => {
    const match = /^(.+?):(\d+)(?::|$)/.exec(typeof name === 'string' ? name : '')
    return match === null ? [] : [{ host: match[1]!, port: Number(match[2]) }]
  })
}
