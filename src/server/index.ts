/* The exports of `ddb-ingest/server`. Checks options, and assembles a server: its node, its port, the timers of sleeping scripts. */
import type { Clock, Platform } from '../platform/platform.js'
import { ServerError, UsageError, messageOf } from '../errors.js'
import { readPemFile } from '../platform/pem-file.js'
import { systemPlatform } from '../platform/system-files.js'
import { defaultRequestLimits } from '../protocol/request.js'
import { type Executor, requestRunner, type SessionInfo } from './net/request-runner.js'
import type { ConnectionContext } from './net/connection.js'
import { Listener } from './net/listener.js'
import { type DiscardCounters, type NodeConfig, ServerNode, releaseOf } from './node.js'
import type { Faults } from './net/faults.js'
import type { NewValuePartitionPolicy } from './tables/partitions/partition-level.js'
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

/** A failed request whose client got no answer. */
export interface AsynchronousFailure {
  readonly sessionId: string
  /** Script, function name or variable names, cut to 200 characters. */
  readonly text: string
  /** The error line that an answer would have contained. */
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The policy for new values has an option of its own. */
type Settings = Omit<NodeConfig, 'newValuePartitionPolicy'>

/** All options have defaults: `startServer()` listens on 127.0.0.1:8848. */
export interface ServerOptions {
  /** Address to listen on; default 127.0.0.1. */
  host?: string
  /** Port to listen on, 0 for any free port; default 8848, as in DolphinDB. */
  port?: number
  /** Password of the user admin; default: the initial password of DolphinDB. */
  adminPassword?: string
  /** If true, the server listens for other machines even if admin still has the initial password. */
  allowInitialPassword?: boolean
  /** The server's certificate, then intermediate ones (PEM). If set, every connection must use TLS, even WebSocket. */
  tlsCertFile?: string
  /** File with the private key of `tlsCertFile`, without a passphrase (PEM). */
  tlsKeyFile?: string
  /** If true, guests may not run anything (enableClientAuth in DolphinDB). */
  requireLogin?: boolean
  /** Script that the server runs as admin before it accepts the first connection. */
  initScript?: string
  /** Origins of the web pages whose scripts may connect, such as `https://example.org`; default none. */
  allowOrigins?: readonly string[]
  /** Inserts into shared and stored tables are checked, counted and dropped, except values (not tables) for keyed stream tables. */
  discard?: boolean
  /** For rows without a partition in a VALUE scheme: `add` one (the default), `skip` them, or `fail` (newValuePartitionPolicy). */
  newValuePartitions?: NewValuePartitionPolicy
  /** DolphinDB version to imitate, such as `1.30.22`. The server refuses features that are newer. Default 3.00.5. */
  version?: string
  /** A report of `selftest` (`--issue-text`): checked questions are answered as by the server of the report. Wins over other options. */
  report?: string
  /** Settings of `dolphindb.cfg`, under the names that they have there. */
  settings?: Partial<Settings>
  /** Limit of simultaneous connections; default 512. */
  maxConnections?: number
  /** Largest value that a request may contain, in bytes; default 1 GiB. */
  maxValueBytes?: number
  /** A closed server. The new server takes over its DFS databases, function views and users, as if from disk. */
  restartOf?: Pick<EmbeddedServer, 'node'>
  faults?: Faults
  /** Called when an asynchronous request fails. The client of such a request receives no error. */
  onAsyncError?: (failure: AsynchronousFailure) => void
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
  /** What the server dropped; all zero without the option `discard`. */
  readonly discarded: DiscardCounters
  /** Runs all requests that have arrived and ends all connections. Resolves when both are done. */
  close(): Promise<void>
}

// Session ids are decimal, as on a real server, and never 0, which clients send for "no session yet".
const firstSessionId = 1_000_000_001
// Node's timers accept delays of at most 31 bits.
const longestSleepMs = 2 ** 31 - 1

/**
 * Starts an independent server in this process. `close()` releases everything that the server uses. @throws {ServerError} DDB_SCRIPT
 * @throws {UsageError} DDB_USAGE for invalid options; DDB_CONFIG for an unusable address or file, or an exposed initial password
 * @throws {ConnectionError} DDB_CONNECT if the port is in use
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
  const { host = '127.0.0.1', maxValueBytes } = options
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
        : {
            certificate: await readPemFile(tlsCertFile, 'certificates', platform.files),
            key: await readPemFile(tlsKeyFile, 'key', platform.files),
          },
    maxConnections: options.maxConnections ?? 512,
    allowOrigins: options.allowOrigins ?? [],
    context: {
      node,
      limits: {
        ...defaultRequestLimits,
        ...(maxValueBytes && { maxValueBytes }),
        keepsEncoded: options.discard === true,
      },
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
  node.port = await listener.listen(host, options.port ?? 8848)
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
    const message = messageOf(cause)
    throw new ServerError(message, 'DDB_SCRIPT', `The initial script failed: ${message}`)
  } finally {
    executor.close(session)
  }
}

/** @internal @param password  that of admin @throws {UsageError} DDB_CONFIG if it is the initial one, and other machines could connect */
export function checkExposure(
  host: string,
  password: string | undefined,
  options: ServerOptions,
): void {
  const isLoopback = host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
  if (isLoopback || options.allowInitialPassword === true) return
  if (password !== initialAdmin.password) return
  throw new UsageError(
    'DDB_CONFIG',
    `The server would be reachable from other machines on ${host} while user ${initialAdmin.user} still has the ` +
      'initial password. Give it another one (adminPassword), or stay on 127.0.0.1.',
    { fix: { options: { host: '127.0.0.1' } } },
  )
}

const flagOf = (text: string): boolean | undefined =>
  text === 'true' ? true : text === 'false' ? false : undefined
const countOf = (text: string): number | undefined =>
  /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined

const settingReaders: Readonly<Record<keyof Settings, (text: string) => unknown>> = {
  persistenceDir: text => text,
  enableInsertStatementForDFSTable: flagOf,
  enableSharedVarCreationControl: flagOf,
  maxPubConnections: countOf,
  dataSync: countOf,
  dfsReplicationFactor: countOf,
}

/** Settings as in `dolphindb.cfg`, name → text. @throws {UsageError} DDB_USAGE for an invalid value, and for an unknown name */
export function readSettings(texts: Readonly<Record<string, string>>): Partial<Settings> {
  const names = Object.keys(settingReaders)
  const read = Object.entries(texts).map(([name, text]) => {
    const known = names.includes(name)
    check(known, `the embedded server has no setting ${name}; it has ${names.join(', ')}`)
    const value = settingReaders[name as keyof Settings](text)
    check(value !== undefined, `the setting ${name} cannot be "${text}"`)
    return [name, value] as const
  })
  return Object.fromEntries(read)
}

/** @internal @throws {UsageError} DDB_USAGE */
export function checkServerOptions(options: ServerOptions): void {
  const integers = {
    port: [0, 65_535],
    maxConnections: [1, 65_535],
    maxValueBytes: [1, Number.MAX_SAFE_INTEGER],
  } as const
  for (const [name, [min, max]] of Object.entries(integers)) {
    const value = options[name as keyof typeof integers] ?? min
    const fits = Number.isInteger(value) && value >= min && value <= max
    check(fits, `${name} must be an integer from ${min} to ${max}, not ${value}.`)
  }
  const { newValuePartitions = 'add', version, tlsCertFile, tlsKeyFile, host } = options
  const policies = ['add', 'skip', 'fail']
  check(
    policies.includes(newValuePartitions),
    `newValuePartitions must be one of ${policies.join(', ')}, not ${String(newValuePartitions)}.`,
  )
  const isVersion = version === undefined || releaseOf(version) !== undefined
  check(isVersion, `version must be like 2.00.10 or 3.00.5.1, not ${version}.`)
  check(
    (tlsCertFile === undefined) === (tlsKeyFile === undefined),
    'A server that speaks TLS needs a certificate (tlsCertFile, --tls-cert) and its key (tlsKeyFile, --tls-key).',
  )
  check(host !== '', 'host must not be empty.')
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new UsageError('DDB_USAGE', message)
}
