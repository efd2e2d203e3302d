/*
  Connecting a run's sessions: the first host that answers.
*/
import { openSession, type Session } from '../../client/session.js'
import { ConnectionError } from '../../errors.js'
import type { Platform } from '../../platform/platform.js'
import type { ServerTarget } from '../options.js'
import type { Plan } from '../plan.js'
import { maxRedirects, redirected, redirectOf } from './redirect.js'

/** See ConnectOptions. */
export interface SessionLimits {
  highWaterBytes?: number
  closeTimeoutMs?: number
}

/** Closing takes no longer than this without progress, or less where less patience is asked for. */
const longestCloseMs = 30_000

/** Those of a run's sessions; more for those that data goes out on. */
export function sessionLimits({ confirmTimeoutMs }: Plan): SessionLimits {
  return { closeTimeoutMs: Math.min(longestCloseMs, confirmTimeoutMs) }
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
  signal: AbortSignal | undefined,
  limits: SessionLimits = {},
): Promise<Session> {
  let target = server
  for (let followed = 0; ; followed++) {
    try {
      return await connectAny(platform, target, signal, limits)
    } catch (error) {
      const to = redirectOf(error)
      if (to === undefined || followed === maxRedirects) throw error
      target = redirected(target, to)
    }
  }
}

async function connectAny(
  platform: Platform,
  server: ServerTarget,
  signal: AbortSignal | undefined,
  limits: SessionLimits,
): Promise<Session> {
  const addresses = [server, ...(server.otherHosts ?? [])]
  let failure: unknown
  for (const { host, port } of addresses) {
    try {
      const options = {
        host,
        port,
        ...(server.user === undefined ? {} : { user: server.user }),
        ...(server.password === undefined ? {} : { password: server.password }),
        ...(server.insecureLogin === undefined ? {} : { insecureLogin: server.insecureLogin }),
        ...(server.connectTimeoutMs === undefined
          ? {}
          : { connectTimeoutMs: server.connectTimeoutMs }),
        ...(signal === undefined ? {} : { signal }),
        ...limits,
      }
      return await openSession(options, platform)
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      failure ??= error
    }
  }
  throw failure
}
