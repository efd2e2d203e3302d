/*
  A node that does not lead names the one that does (`<NotLeader>host:port`, docs/protocol.md#high-availability). It is
  followed only to hosts that the user has named: whoever answers as a server must not be able to send data and password
  elsewhere.
*/
import { ConnectionError, ServerError } from '../../errors.js'
import type { ServerAddress, ServerTarget } from '../options.js'

/** How many redirects in a row are followed: a cluster that has settled needs one. */
export const maxRedirects = 5

const notLeader = /<NotLeader>\s*(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):(\d{1,5})(?![\d.])/

/** Where the server's words lead; undefined for all other words. */
export function redirectIn(text: string): ServerAddress | undefined {
  const match = notLeader.exec(text)
  if (match === null) return undefined
  const port = Number(match[2])
  return port < 1 || port > 65_535 ? undefined : { host: withoutBrackets(match[1]!), port }
}

/** Where an error leads; undefined for all others. */
export function redirectOf(error: unknown): ServerAddress | undefined {
  return error instanceof ServerError ? redirectIn(error.received) : undefined
}

/**
 * The same target at the address a redirect leads to.
 * @throws {ConnectionError} DDB_CONNECT when the user has not named that host
 */
export function redirected(server: ServerTarget, to: ServerAddress): ServerTarget {
  if (!isAllowed(server, to.host)) {
    throw new ConnectionError(
      'DDB_CONNECT',
      `the server sends us to ${to.host}:${to.port}, a host that was not named: ` +
        `add ${to.host} to \`server.allowRedirect\` if it belongs to the cluster`,
    )
  }
  // Where we came from stays among the hosts to try: it may lead again.
  const others = [server, ...(server.otherHosts ?? [])]
    .map(({ host, port }) => ({ host, port }))
    .filter(({ host, port }) => host !== to.host || port !== to.port)
  return { ...server, ...to, otherHosts: others }
}

/** Whether the user has named the host, as one to begin with or one to be sent to. */
export function isAllowed(server: ServerTarget, host: string): boolean {
  const named = [server, ...(server.otherHosts ?? [])].map(each => each.host)
  return [...named, ...(server.allowRedirect ?? [])].map(comparable).includes(comparable(host))
}

/** Nodes that send us on and on. */
export function redirectedTooOften({ host, port }: ServerAddress): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECT',
    `one node sends us to the next, the last to ${host}:${port}: try again when the cluster has a leader`,
  )
}

function comparable(host: string): string {
  return withoutBrackets(host).toLowerCase()
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}
