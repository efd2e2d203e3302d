/*
  Options of the embedded server, and the code that checks them.
*/
import { UsageError } from '../errors.js'
import type { Faults } from './net/faults.js'
import { type NodeConfig, releaseOf } from './node.js'
import type { EmbeddedServer } from './index.js'
import { initialAdmin } from './login/users.js'
import type { NewValuePartitionPolicy } from './tables/partitions/partition-level.js'

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
  /**
   * If true, inserts into shared and stored tables check and count the rows, and store nothing. Exception: keyed stream
   * tables still store rows that are not passed as a table.
   */
  discard?: boolean
  /**
   * For rows that have no partition in a VALUE scheme of a DFS database: `add` adds the partition, `skip` drops the
   * rows silently, `fail` refuses the insert. Default `add`, as DolphinDB ships it (newValuePartitionPolicy).
   */
  newValuePartitions?: NewValuePartitionPolicy
  /** DolphinDB version to imitate, such as `1.30.22`. The server refuses features that are newer. Default 3.00.5. */
  version?: string
  /**
   * A report of `selftest` (the text of `--issue-text`). The server answers the checked questions as the server of the report
   * did: words of errors, types of counts, rights, requests without answers. What the report says wins over other options.
   */
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

/**
 * @param password  the current password of admin
 * @throws {UsageError} DDB_CONFIG if it is the initial password and other machines could connect
 */
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

/**
 * Reads settings in the form of `dolphindb.cfg`: name → text.
 * @throws {UsageError} DDB_USAGE for an invalid value, and for a name that the embedded server does not know
 */
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

/** @throws {UsageError} DDB_USAGE */
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
