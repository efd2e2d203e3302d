/*
  Connects a run's sessions to the first host that answers, within one time limit for all hosts.
*/
import { defaultConnectTimeoutMs, openSession, type Session } from '../../client/open-session.js'
import { ConnectionError } from '../../errors.js'
import type { Platform } from '../../platform/platform.js'
import type { ServerTarget } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'
import { maxRedirects, redirected, redirectedTooOften, redirectOf } from './redirect.js'

export interface ConnectRules {
  /** Deadline for all hosts, redirects and logins, by the platform's clock; default: as the server's options say, from now on. */
  deadlineMs?: number
  signal?: AbortSignal | undefined
  /** Senders should wait once this many bytes are not yet taken by the kernel. */
  highWaterBytes?: number
  closeTimeoutMs?: number
  enableAsync?: boolean
  loginWithConnect?: boolean
}

/** Options of data sessions if a session cannot mix asynchronous and answered requests (`ServerFacts.mixedFlags`). */
export const asynchronousThroughout = { enableAsync: true, loginWithConnect: true } as const

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
