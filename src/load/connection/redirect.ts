/*
  A node that is not the leader names the leader (`<NotLeader>host:port`, docs/protocol.md#high-availability). The run moves only to hosts
  that the user has named, so that a false server cannot redirect data and password.
*/
import { ConnectionError, ServerError, option } from '../../errors.js'
import type { ServerAddress, ServerTarget } from '../options.js'

/** Limit of redirects in a row. A cluster whose leading node does not change needs only one. */
export const maxRedirects = 5

const notLeader = /<NotLeader>\s*(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):(\d{1,5})(?![\d.])/

/** The address in a server's message; undefined if it is not a redirect. */
export function redirectIn(text: string): ServerAddress | undefined {
  const match = notLeader.exec(text)
  if (match === null) return undefined
  const port = Number(match[2])
  return port < 1 || port > 65_535 ? undefined : { host: withoutBrackets(match[1]!), port }
}

/** The address to which an error redirects; undefined for any other error. */
export function redirectOf(error: unknown): ServerAddress | undefined {
  return error instanceof ServerError ? redirectIn(error.received) : undefined
}

/**
 * The same target at the redirect's address.
 * @throws {ConnectionError} DDB_CONNECT if the user has not named that host
 */
export function redirected(server: ServerTarget, to: ServerAddress): ServerTarget {
  if (!isAllowed(server, to.host)) {
    throw new ConnectionError(
      'DDB_CONNECT',
      `the server redirects to ${to.host}:${to.port}, a host that was not named: ` +
        `add ${to.host} to ${option('server.allowRedirect')} if it belongs to the cluster`,
    )
  }
  // The previous host stays in the list, because it may become the leader again.
  const others = [server, ...(server.otherHosts ?? [])]
    .map(({ host, port }) => ({ host, port }))
    .filter(({ host, port }) => host !== to.host || port !== to.port)
  return { ...server, ...to, otherHosts: others }
}

/** Whether the user named the host as a server or as a permitted redirect. */
export function isAllowed(server: ServerTarget, host: string): boolean {
  const named = [server, ...(server.otherHosts ?? [])].map(each => each.host)
  return [...named, ...(server.allowRedirect ?? [])].map(comparable).includes(comparable(host))
}

export function redirectedTooOften({ host, port }: ServerAddress): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECT',
    `nodes redirect in turn, the last one to ${host}:${port}: try again when the cluster has a leader`,
  )
}

function comparable(host: string): string {
  return withoutBrackets(host).toLowerCase()
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}
