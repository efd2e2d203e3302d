/*
  Assembles an embedded server: the node, its users, its port, and the timers of sleeping scripts. The caller chooses the
  interpreter.
*/
import type { Clock, ListenTls, Platform, Timer } from '../platform/platform.js'
import { ServerError } from '../errors.js'
import { systemPlatform } from '../platform/system.js'
import { defaultRequestLimits } from '../protocol/request.js'
import { type AsynchronousFailure, AsynchronousFailures } from './net/request-queue.js'
import { Discard, type DiscardCounters } from './net/discard.js'
import { type Executor, RequestRunner, Retries, type SessionInfo } from './net/request-runner.js'
import { Listener, readListenTls } from './net/listener.js'
import { type NodeOptions, type ServerNode, createNode } from './node.js'
import { type ServerOptions, checkExposure, checkServerOptions } from './options.js'
import type { ScriptSession } from './values/server-value.js'
import { ConnectionFunctions, initialAdmin } from './login/users.js'

// Node's timers accept delays of at most 31 bits, so a longer wait takes several timers.
const longestMs = 2 ** 31 - 1

export class Delays {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  #stopped = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves after `durationMs`, or never if the server closes first. */
  readonly wait = async (durationMs: number): Promise<void> => {
    let restMs = durationMs
    // Waits even for sleep(0), so that other sessions get a turn.
    do {
      await new Promise<void>(resolve => this.#start(Math.min(restMs, longestMs), resolve))
      restMs -= longestMs
    } while (restMs > 0)
  }

  #start(durationMs: number, resolve: () => void): void {
    if (this.#stopped) return
    const timer = this.#clock.after(durationMs, () => {
      this.#timers.delete(timer)
      resolve()
    })
    this.#timers.add(timer)
  }

  /** Cancels all timers. The promises of `wait` stay pending forever. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }
}

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
  /** Counts of the requests and rows that the server dropped; all zero without the option `discard`. */
  readonly discarded: DiscardCounters
  /** The last 256 failures of asynchronous requests, oldest first. */
  readonly recentAsyncErrors: readonly AsynchronousFailure[]
  /** Runs all requests that have arrived and ends all connections. Resolves when both are done. */
  close(): Promise<void>
}

const defaultHost = '127.0.0.1'
const defaultPort = 8848
const defaultMaxConnections = 512
// Session ids are decimal, as on a real server, and never 0, which clients send for "no session yet".
const firstSessionId = 1_000_000_001

/**
 * @param makeExecutor  creates the interpreter of the node
 * @throws {UsageError} DDB_USAGE, DDB_CONFIG
 * @throws {ConnectionError} DDB_CONNECT if the port is in use
 * @throws {ServerError} DDB_SCRIPT if the initial script fails
 */
export async function startServerWith(
  options: ServerOptions,
  makeExecutor: (node: ServerNode) => Executor,
  platform: Platform = systemPlatform,
): Promise<EmbeddedServer> {
  checkServerOptions(options)
  const host = options.host ?? defaultHost
  const node = createNode({
    host,
    adminPassword: options.adminPassword ?? initialAdmin.password,
    maxTransactionBytes: options.maxTransactionBytes,
    discards: options.discard === true,
    faults: options.faults,
    ...nodeFacts(options),
    platform,
    restartOf: options.restartOf?.node,
  })
  const executor = makeExecutor(node)
  const discard = new Discard()
  const failures = new AsynchronousFailures(() => node.now(), options.onAsyncError)
  const counts = { requests: 0, asynchronousRequests: 0 }
  const nextSessionId = sessionIds()
  const delays = new Delays(platform.clock)
  const { wait: delay } = delays
  const runnerContext = {
    executor,
    retries: new Retries(),
    discard: options.discard === true ? discard : undefined,
    isDefined: (session: ScriptSession, name: string) =>
      session.functions.has(name) || node.functionViews.has(name),
  }
  const listener = new Listener({
    network: platform.network,
    tls: await listenTlsOf(options, platform),
    maxConnections: options.maxConnections ?? defaultMaxConnections,
    allowOrigins: options.allowOrigins ?? [],
    context: {
      clock: platform.clock,
      failures,
      node,
      faults: options.faults,
      limits: requestLimits(options),
      countRequest: asynchronous => {
        counts.requests += 1
        if (asynchronous) counts.asynchronousRequests += 1
      },
    },
    openSession: ({ remoteAddress, remotePort }, refusal) => {
      const session = executor.open({ id: nextSessionId(), remoteAddress, remotePort, delay })
      const functions = new ConnectionFunctions(node, options.requireLogin ?? false)
      return new RequestRunner(runnerContext, session, functions, refusal)
    },
  })
  if (options.initScript !== undefined) {
    await runAsAdmin(executor, { ...nobody, id: nextSessionId(), delay }, options.initScript)
  }
  checkExposure(host, node.users.get(initialAdmin.user)?.password, options)
  node.port = await listener.listen(host, options.port ?? defaultPort)
  return {
    host,
    port: node.port,
    node,
    get counters() {
      const { connectionCount: connections } = listener
      return { ...counts, asynchronousFailures: failures.count, connections }
    },
    get discarded() {
      return discard.counters
    },
    get recentAsyncErrors() {
      return failures.recent
    },
    close: async () => {
      await listener.close()
      delays.stop()
    },
  }
}

function sessionIds(): () => string {
  let last = firstSessionId - 1
  return () => String((last += 1))
}

async function listenTlsOf(
  { tlsCertFile, tlsKeyFile }: ServerOptions,
  { files }: Platform,
): Promise<ListenTls | undefined> {
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return undefined
  return readListenTls(tlsCertFile, tlsKeyFile, files)
}

/** Version and settings from the options. The option `newValuePartitions` overrides `newValuePartitionPolicy`. */
function nodeFacts({
  newValuePartitions: newValuePartitionPolicy,
  settings,
  version,
}: ServerOptions): Pick<NodeOptions, 'config' | 'version'> {
  const own = newValuePartitionPolicy === undefined ? {} : { newValuePartitionPolicy }
  return { config: { ...settings, ...own }, version }
}

function requestLimits(options: ServerOptions): typeof defaultRequestLimits {
  const { maxValueBytes } = options
  return maxValueBytes === undefined
    ? defaultRequestLimits
    : { ...defaultRequestLimits, maxValueBytes }
}

/** The client address of the initial script, which has no client. */
const nobody = { remoteAddress: '', remotePort: 0 }

async function runAsAdmin(executor: Executor, info: SessionInfo, script: string): Promise<void> {
  const session = executor.open(info)
  session.user = initialAdmin.user
  try {
    await executor.runScript(session, script)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new ServerError(message, 'DDB_SCRIPT', `The initial script failed: ${message}`)
  } finally {
    executor.close(session)
  }
}
