/*
  Connecting a run's sessions: the first host that answers, in the time there is for all of them together.
*/
import { defaultConnectTimeoutMs, openSession, type Session } from '../../client/open-session.js'
import { loginOptionsOf } from '../../client/login/protection.js'
import { tlsOptionsOf } from '../../client/tls/tls-options.js'
import { ConnectionError } from '../../errors.js'
import type { Platform } from '../../platform/platform.js'
import type { ServerTarget } from '../options.js'
import type { Plan } from '../plan.js'
import { maxRedirects, redirected, redirectedTooOften, redirectOf } from './redirect.js'

/** How one session is opened. */
export interface ConnectRules {
  /** By the platform's clock: no host, redirect or login is waited for any longer. */
  deadlineMs: number
  signal?: AbortSignal | undefined
  /** See ConnectOptions. */
  highWaterBytes?: number
  closeTimeoutMs?: number
  enableAsync?: boolean
  loginWithConnect?: boolean
}

/** For a session that data goes out on, where the server cannot do both on one (`ServerFacts.mixedFlags`). */
export const asynchronousThroughout = { enableAsync: true, loginWithConnect: true } as const

/** Closing takes no longer than this without progress, or less where a shorter time is asked for. */
const longestCloseMs = 30_000

/** Closing a session of this run takes no longer than this without progress, ms. */
export function closeTimeoutMs({ confirmTimeoutMs }: Plan): number {
  return Math.min(longestCloseMs, confirmTimeoutMs)
}

/** When the time to connect to this server is over. */
export function connectDeadlineMs({ clock }: Platform, { connectTimeoutMs }: ServerTarget): number {
  return clock.nowMs() + (connectTimeoutMs ?? defaultConnectTimeoutMs)
}

/**
 * Connects, and follows redirects that come with the login.
 *
 * @throws {ConnectionError} DDB_CONNECT when no host can be reached, or a redirect leads to one that was not named
 * @throws {ServerError} DDB_LOGIN
 */
export async function connectServer(
  platform: Platform,
  server: ServerTarget,
  rules: ConnectRules,
): Promise<Session> {
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
  { deadlineMs, signal, ...limits }: ConnectRules,
): Promise<Session> {
  const addresses = [server, ...(server.otherHosts ?? [])]
  let failure: unknown
  for (const [index, { host, port }] of addresses.entries()) {
    // A host that does not answer must leave time for those behind it.
    const leftMs = (deadlineMs - platform.clock.nowMs()) / (addresses.length - index)
    const options = {
      host,
      port,
      ...(server.user === undefined ? {} : { user: server.user }),
      ...(server.password === undefined ? {} : { password: server.password }),
      ...loginOptionsOf(server),
      ...(server.compress === undefined ? {} : { compress: server.compress }),
      ...tlsOptionsOf(server),
      ...(server.trace === undefined ? {} : { trace: server.trace }),
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
