/*
  Options of the embedded server, and the code that checks them.
*/
import type { AsynchronousFailure } from './net/request-queue.js'
import { UsageError } from '../errors.js'
import type { Faults } from './net/faults.js'
import type { NodeConfig } from './node.js'
import { releaseOf } from './release.js'
import type { EmbeddedServer } from './start.js'
import { initialAdmin } from './login/users.js'
import type { NewValuePartitionPolicy } from './tables/partitions/partition-level.js'

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
   * If true, the server counts the rows of tables that clients pass to functions, and drops them. It runs no built-in
   * function with such a table. Function views and functions of the session run, but their inserts into shared and
   * stored tables store nothing. Exception: keyed stream tables still store rows that are not passed as a table.
   */
  discard?: boolean
  /**
   * For rows that have no partition in a VALUE scheme of a DFS database: `add` adds the partition, `skip` drops the
   * rows silently, `fail` refuses the insert. Default `add`, as DolphinDB ships it (newValuePartitionPolicy).
   */
  newValuePartitions?: NewValuePartitionPolicy
  /** DolphinDB version to imitate, such as `1.30.22`. The server refuses features that are newer. Default 3.00.5. */
  version?: string
  /** Settings of `dolphindb.cfg`, under the names that they have there. */
  settings?: Partial<NodeConfig>
  /** Limit of simultaneous connections; default 512. */
  maxConnections?: number
  /** Largest value that a request may contain, in bytes; default 1 GiB. */
  maxValueBytes?: number
  /** Largest write into a DFS table, in bytes; default no limit. Servers from 3.00.3 on allow 20 % of the cache engine. */
  maxTransactionBytes?: number
  /** A closed server. The new server takes over its DFS databases, function views and users, as if from disk. */
  restartOf?: Pick<EmbeddedServer, 'node'>
  faults?: Faults
  /** Called when an asynchronous request fails. The client of such a request receives no error. */
  onAsyncError?: (failure: AsynchronousFailure) => void
}

/** True if only this machine can reach the address. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
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
  if (isLoopback(host) || options.allowInitialPassword === true) return
  if (password !== initialAdmin.password) return
  throw new UsageError(
    'DDB_CONFIG',
    `The server would be reachable from other machines on ${host} while user ${initialAdmin.user} still has the ` +
      'initial password. Give it another one (adminPassword), or stay on 127.0.0.1.',
    { fix: { options: { host: '127.0.0.1' } } },
  )
}

function checkInteger(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return
  throw new UsageError(
    'DDB_USAGE',
    `${name} must be an integer from ${min} to ${max}, not ${value}.`,
  )
}

const newValuePartitionPolicies: readonly NewValuePartitionPolicy[] = ['add', 'skip', 'fail']

function checkPolicy(policy: NewValuePartitionPolicy | undefined): void {
  if (policy === undefined || newValuePartitionPolicies.includes(policy)) return
  throw new UsageError(
    'DDB_USAGE',
    `newValuePartitions must be one of ${newValuePartitionPolicies.join(', ')}, not ${String(policy)}.`,
  )
}

const settingReaders: Readonly<Record<keyof NodeConfig, (text: string) => unknown>> = {
  newValuePartitionPolicy: text => text,
  persistenceDir: text => text,
  enableInsertStatementForDFSTable: flagOf,
  enableSharedVarCreationControl: flagOf,
  enableConfigAccessControl: flagOf,
  maxPubConnections: countOf,
  maxMemSize: countOf,
  dataSync: countOf,
  OLAPCacheEngineSize: countOf,
  dfsReplicationFactor: countOf,
}

function flagOf(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined
}

function countOf(text: string): number | undefined {
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined
}

/**
 * Reads settings in the form of `dolphindb.cfg`: name → text.
 * @throws {UsageError} DDB_USAGE for an invalid value, and for a name that the embedded server does not know
 */
export function readSettings(texts: Readonly<Record<string, string>>): Partial<NodeConfig> {
  const read = Object.entries(texts).map(([name, text]) => {
    const names = Object.keys(settingReaders)
    if (!names.includes(name)) {
      throw new UsageError(
        'DDB_USAGE',
        `the embedded server has no setting ${name}; it has ${names.join(', ')}`,
      )
    }
    const value = settingReaders[name as keyof NodeConfig](text)
    if (value !== undefined) return [name, value] as const
    throw new UsageError('DDB_USAGE', `the setting ${name} cannot be "${text}"`)
  })
  return Object.fromEntries(read)
}

function checkVersion(version: string | undefined): void {
  if (version === undefined || releaseOf(version) !== undefined) return
  throw new UsageError('DDB_USAGE', `version must be like 2.00.10 or 3.00.5.1, not ${version}.`)
}

/** @throws {UsageError} DDB_USAGE */
export function checkServerOptions(options: ServerOptions): void {
  checkInteger('port', options.port, 0, 65_535)
  checkPolicy(options.newValuePartitions)
  checkPolicy(options.settings?.newValuePartitionPolicy)
  checkVersion(options.version)
  checkInteger('maxConnections', options.maxConnections, 1, 65_535)
  checkInteger('maxValueBytes', options.maxValueBytes, 1, Number.MAX_SAFE_INTEGER)
  checkInteger('maxTransactionBytes', options.maxTransactionBytes, 1, Number.MAX_SAFE_INTEGER)
  if ((options.tlsCertFile === undefined) !== (options.tlsKeyFile === undefined)) {
    throw new UsageError(
      'DDB_USAGE',
      'A server that speaks TLS needs a certificate (tlsCertFile, --tls-cert) and its key (tlsKeyFile, --tls-key).',
    )
  }
  if (options.host === '') throw new UsageError('DDB_USAGE', 'host must not be empty.')
}
