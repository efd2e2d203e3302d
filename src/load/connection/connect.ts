/*
  The server of a run: connects its sessions to the first host that answers, within one time limit for all hosts, and follows redirects. A
  node that is not the leader names the leader (`<NotLeader>host:port`, docs/protocol.md#high-availability). The run moves only to hosts
  that the user has named, so that a false server cannot redirect data and password.
*/
import { defaultConnectTimeoutMs, openSession, type Session } from '../../client/open-session.js'
import { ConnectionError, ServerError, option } from '../../errors.js'
import type { Platform } from '../../platform/platform.js'
import type { CheckedOptions } from '../checked-options.js'
import type { ServerAddress, ServerTarget } from '../options.js'
import type { RunEnding } from '../run-ending.js'

export interface RunServer {
  /** Where to open sessions: as requested, until a redirect leads elsewhere. */
  readonly address: ServerTarget
  /** Follows a redirect. @throws {ConnectionError} DDB_CONNECT if the user has not named that host */
  follow(to: ServerAddress): void
  /** The answer of `version()`; undefined if the server was not asked, or gave no text. */
  version: string | undefined
}

export function newRunServer(named: ServerTarget): RunServer {
  let address = named
  return {
    get address() {
      return address
    },
    follow: to => void (address = redirected(address, to)),
    version: undefined,
  }
}

export interface ConnectRules {
  /** Deadline for all hosts, redirects and logins, by the platform's clock; default: as the server's options say, from now on. */
  deadlineMs?: number
  signal?: AbortSignal | undefined
  /** Senders should wait once this many bytes are not yet taken by the kernel. */
  highWaterBytes?: number
  closeTimeoutMs?: number
  enableAsync?: boolean
}

const longestCloseMs = 30_000

/** Longest time that closing a session of this run may take without progress, ms. */
export function closeTimeoutMs({ confirmTimeoutMs }: CheckedOptions): number {
  return Math.min(longestCloseMs, confirmTimeoutMs)
}

export function connectDeadlineMs({ clock }: Platform, { connectTimeoutMs }: ServerTarget): number {
  return clock.nowMs() + (connectTimeoutMs ?? defaultConnectTimeoutMs)
}

/**
 * Connects, and follows redirects that come with the login.
 * @throws {ConnectionError} DDB_CONNECT if no host can be reached, or a redirect leads to a host that the user has not
 *   named
 * @throws {ServerError} DDB_LOGIN
 */
export async function connectServer(
  platform: Platform,
  server: ServerTarget,
  given: ConnectRules = {},
): Promise<Session> {
  const rules = { deadlineMs: connectDeadlineMs(platform, server), ...given }
  let target = server
  for (let followed = 0; ; followed++) {
    try {
      return await connectAny(platform, target, rules)
    } catch (error) {
      const to = redirectOf(error)
      if (to === undefined) throw error
      if (followed === maxRedirects) throw redirectedTooOften(to)
      target = redirected(target, to)
    }
  }
}

/** What a run has that its sessions need. */
interface ConnectingRun {
  readonly platform: Platform
  readonly server: Pick<RunServer, 'address'>
  readonly checked: CheckedOptions
  readonly ending: Pick<RunEnding, 'leaving'>
}

/** Limits of one session of a run, besides those that all its sessions have. */
interface SessionRules extends ConnectRules {
  /** The node to connect to, and no other one; default: the hosts of the run in turn. */
  readonly node?: ServerAddress
}

/**
 * Opens a session of a run, within the time for connecting, or until `deadlineMs` if that is sooner.
 * @throws as `connectServer`
 */
export function connectRun(
  { platform, server: { address }, checked, ending }: ConnectingRun,
  { node, deadlineMs = Infinity, ...rules }: SessionRules = {},
): Promise<Session> {
  const server =
    node === undefined ? address : { ...address, host: node.host, port: node.port, otherHosts: [] }
  return connectServer(platform, server, {
    signal: ending.leaving,
    closeTimeoutMs: closeTimeoutMs(checked),
    ...rules,
    deadlineMs: Math.min(deadlineMs, connectDeadlineMs(platform, server)),
  })
}

async function connectAny(
  platform: Platform,
  server: ServerTarget,
  { deadlineMs, signal, ...limits }: ConnectRules & { deadlineMs: number },
): Promise<Session> {
  const { otherHosts = [], ...session } = server
  const addresses = [server, ...otherHosts]
  let failure: unknown
  for (const [index, { host, port }] of addresses.entries()) {
    // A silent host must leave time for the hosts after it.
    const leftMs = (deadlineMs - platform.clock.nowMs()) / (addresses.length - index)
    const options = {
      ...session,
      host,
      port,
      connectTimeoutMs: Math.max(1, Math.ceil(leftMs)),
      ...(signal === undefined ? {} : { signal }),
      ...limits,
    }
    try {
      return await openSession(options, platform)
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      failure ??= error
    }
  }
  throw failure
}

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
function isAllowed(server: ServerTarget, host: string): boolean {
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
