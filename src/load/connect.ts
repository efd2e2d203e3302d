/*
  Connecting a run's sessions: the first host that answers.
*/
import { connect, type Session } from '../client/session.js'
import { ConnectionError } from '../errors.js'
import type { ServerTarget } from './options.js'

/**
 * @param highWaterBytes see ConnectOptions
 * @throws {ConnectionError} DDB_CONNECT when no host can be reached
 * @throws {ServerError} DDB_LOGIN
 */
export async function connectServer(
  server: ServerTarget,
  signal: AbortSignal | undefined,
  highWaterBytes?: number,
): Promise<Session> {
  const addresses = [server, ...(server.otherHosts ?? [])]
  let failure: unknown
  for (const { host, port } of addresses) {
    try {
      return await connect({
        host,
        port,
        ...(server.user === undefined ? {} : { user: server.user }),
        ...(server.password === undefined ? {} : { password: server.password }),
        ...(server.insecureLogin === undefined ? {} : { insecureLogin: server.insecureLogin }),
        ...(server.connectTimeoutMs === undefined
          ? {}
          : { connectTimeoutMs: server.connectTimeoutMs }),
        ...(signal === undefined ? {} : { signal }),
        ...(highWaterBytes === undefined ? {} : { highWaterBytes }),
      })
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      failure ??= error
    }
  }
  throw failure
}
