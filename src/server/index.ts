/*
  The exports of `ddb-ingest/server`: the embedded DolphinDB-compatible server. Assembles a server: the node, its users, its
  port, and the timers of sleeping scripts.
*/
import type { Clock, Platform } from '../platform/platform.js'
import { ServerError } from '../errors.js'
import { systemPlatform } from '../platform/system.js'
import { defaultRequestLimits } from '../protocol/request.js'
import { type Executor, requestRunner, type SessionInfo } from './net/request-runner.js'
import type { ConnectionContext } from './net/connection.js'
import { Listener, readListenTls } from './net/listener.js'
import { type DiscardCounters, ServerNode } from './node.js'
import { type ServerOptions, checkExposure, checkServerOptions } from './options.js'
import { replayOf } from './replay.js'
import type { ScriptSession } from './values/server-value.js'
import { initialAdmin } from './login/users.js'
import { scriptExecutor } from './script/session/session.js'

export {
  actionOf,
  requestedFaults,
  type FaultAction,
  type FaultAfter,
  type FaultBefore,
  type Faults,
  type FaultWrite,
  type RequestInfo,
  type WriteInfo,
} from './net/faults.js'
export type { DiscardCounters, NodeConfig, ServerNode } from './node.js'
export type { NewValuePartitionPolicy } from './tables/partitions/partition-level.js'
export { readSettings, type AsynchronousFailure, type ServerOptions } from './options.js'

export interface ServerCounters {
  /** Requests decoded so far, including connect requests. */
  readonly requests: number
  /** The number of these requests whose client asked for no answer. */
  readonly asynchronousRequests: number
  readonly asynchronousFailures: number
  /** Sockets open now. */
  readonly connections: number
}

/** A server that accepts connections until `close` is called. */
export interface EmbeddedServer {
  readonly host: string
  readonly port: number
  readonly node: ServerNode
  readonly counters: ServerCounters
  /** What the server dropped; all zero without the option `discard`. */
  readonly discarded: DiscardCounters
  /** Runs all requests that have arrived and ends all connections. Resolves when both are done. */
  close(): Promise<void>
}

const defaultHost = '127.0.0.1'
const defaultPort = 8848
const defaultMaxConnections = 512
// Session ids are decimal, as on a real server, and never 0, which clients send for "no session yet".
const firstSessionId = 1_000_000_001
// Node's timers accept delays of at most 31 bits.
const longestSleepMs = 2 ** 31 - 1

/**
 * Starts an independent server in this process. `close()` releases everything that the server uses.
 * @throws {UsageError} DDB_USAGE for invalid options; DDB_CONFIG for an unusable address, certificate or file, or if
 *   other machines could log in with the initial password
 * @throws {ConnectionError} DDB_CONNECT if the port is in use
 * @throws {ServerError} DDB_SCRIPT if the initial script fails
 */
export function startServer(options: ServerOptions = {}): Promise<EmbeddedServer> {
  return startServerOn(systemPlatform, options)
}

/** @internal Like `startServer`, on the given platform. @param makeExecutor  creates the interpreter of the node */
export async function startServerOn(
  platform: Platform,
  given: ServerOptions,
  makeExecutor: (node: ServerNode) => Executor = scriptExecutor,
): Promise<EmbeddedServer> {
  const replay = given.report === undefined ? undefined : replayOf(given.report)
  const options = { ...given, ...replay?.options }
  checkServerOptions(options)
  const { host = defaultHost, maxValueBytes } = options
  const { newValuePartitions: newValuePartitionPolicy, settings, tlsCertFile, tlsKeyFile } = options
  const node = new ServerNode({
    ...options,
    host,
    config: { ...settings, ...(newValuePartitionPolicy && { newValuePartitionPolicy }) },
    platform,
    restartOf: options.restartOf?.node,
  })
  const executor = makeExecutor(node)
  const counts = { requests: 0, asynchronousRequests: 0, asynchronousFailures: 0 }
  let isClosed = false
  const sleep = sleepOn(platform.clock, () => isClosed)
  let lastSessionId = firstSessionId - 1
  const openSession: ConnectionContext['open'] = ({ remoteAddress, remotePort, refusal }) => {
    const id = String((lastSessionId += 1))
    return executor.open({ id, remoteAddress, remotePort, refusal, delay: sleep })
  }
  const run = requestRunner(node, executor)
  const listener = new Listener({
    network: platform.network,
    tls:
      tlsCertFile === undefined || tlsKeyFile === undefined
        ? undefined
        : await readListenTls(tlsCertFile, tlsKeyFile, platform.files),
    maxConnections: options.maxConnections ?? defaultMaxConnections,
    allowOrigins: options.allowOrigins ?? [],
    context: {
      clock: platform.clock,
      node,
      limits: { ...defaultRequestLimits, ...(maxValueBytes && { maxValueBytes }) },
      executor,
      run: replay?.around(run) ?? run,
      open: openSession,
      countRequest: asynchronous => {
        counts.requests += 1
        if (asynchronous) counts.asynchronousRequests += 1
      },
      countFailure: (sessionId, text, message) => {
        counts.asynchronousFailures += 1
        options.onAsyncError?.({ sessionId, text, message, at: node.now() })
      },
    },
  })
  if (options.initScript !== undefined) {
    const noClient = { remoteAddress: '', remotePort: 0, refusal: undefined }
    await runAsAdmin(executor, openSession(noClient), options.initScript)
  }
  checkExposure(host, node.users.get(initialAdmin.user)?.password, options)
  node.port = await listener.listen(host, options.port ?? defaultPort)
  return {
    host,
    port: node.port,
    node,
    get counters() {
      return { ...counts, connections: listener.connectionCount }
    },
    get discarded() {
      return { ...(node.discarded ?? { inserts: 0, rows: 0 }) }
    },
    close: async () => {
      await listener.close()
      isClosed = true
    },
  }
}

/** Waits even for sleep(0), so that other sessions get a turn. A sleep never ends once the server has closed. */
function sleepOn(clock: Clock, isClosed: () => boolean): SessionInfo['delay'] {
  return durationMs =>
    new Promise(resolve => {
      const wake = (): void => (isClosed() ? undefined : resolve())
      clock.afterIfAlive(Math.min(durationMs, longestSleepMs), wake)
    })
}

async function runAsAdmin(
  executor: Executor,
  session: ScriptSession,
  script: string,
): Promise<void> {
  session.user = initialAdmin.user
  try {
    await executor.run(session, { kind: 'script', script })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new ServerError(message, 'DDB_SCRIPT', `The initial script failed: ${message}`)
  } finally {
    executor.close(session)
  }
}
