/* The state that all sessions of the embedded server share: tables, databases, function views and users; and the DolphinDB version that the
   server imitates. The server refuses features that are newer (docs/server-semantics.md#versions). */
import type { Clock, Platform, Random } from '../platform/platform.js'
import { systemPlatform } from '../platform/system-files.js'
import type { Request } from '../protocol/request.js'
import type { Faults } from './net/faults.js'
import type { ServerOptions } from './index.js'
import type { ScriptSession, UserFunction } from './values/server-value.js'
import type { DatabaseHandle, ServerTable } from './tables/server-table.js'
import type { NewValuePartitionPolicy } from './tables/partitions/partition-level.js'
import type { Transactions } from './tables/write-rows.js'

export interface FunctionView extends UserFunction {
  readonly viewOwner: string
  readonly createdAt: Date
}

export interface SharedTable {
  table: ServerTable
  owner: string
  /** True if users need rights to use the table (addAccessControl). */
  isControlled?: boolean
}

/** A user account. The password is in plain text, because SCRAM needs the password itself (docs/protocol.md#scram). */
export interface User {
  password: string
  isAdmin: boolean
  /** True if created with `authMode="scram"`. Other users, including the first admin, cannot log in by SCRAM. */
  hasScram?: boolean
}

/** A running request that waits. */
export interface ConsoleJob {
  /** UUID text. */
  rootJobId: string
  jobType: Request['kind']
  description: string
  priority: number
  parallelism: number
  receivedAt: Date
  /** Cancels the job; undefined if the client marked the request as not cancellable. */
  cancel?: () => void
}

/** Settings of `dolphindb.cfg` that the embedded server supports, under their own names. */
export interface NodeConfig {
  newValuePartitionPolicy: NewValuePartitionPolicy
  enableInsertStatementForDFSTable: boolean
  /** If empty, the server refuses to persist stream tables. */
  persistenceDir: string
  /** If 0, the server publishes nothing and refuses to share stream tables (S00001). */
  maxPubConnections: number
  /** If true, sharing a table needs the right CREATE_SHARED_VAR, which at first only the user admin has. */
  enableSharedVarCreationControl: boolean
  /** If 1, a real server flushes redo log, data and metadata to disk. Default 0. */
  dataSync?: number
  dfsReplicationFactor?: number
}

export interface DiscardCounters {
  readonly inserts: number
  readonly rows: number
}

export interface NodeOptions extends Pick<
  ServerOptions,
  'host' | 'port' | 'adminPassword' | 'requireLogin' | 'version' | 'discard' | 'faults'
> {
  config?: Partial<NodeConfig>
  platform?: Pick<Platform, 'clock' | 'random'>
  now?: () => number
  /** A node that has ended. The new node takes over everything that a real server stores on disk. */
  restartOf?: Pick<ServerNode, 'databases' | 'functionViews' | 'users' | 'privileges'> | undefined
}

export class ServerNode {
  readonly shared: Map<string, SharedTable> = new Map()
  readonly databases: Map<string, DatabaseHandle>
  readonly functionViews: Map<string, FunctionView>
  readonly sessions: Map<string, ScriptSession> = new Map()
  /** User name → user. At first, the only user is admin, unless `restartOf` brings users. Guests need no entry. */
  readonly users: Map<string, User>
  /** User name → rights, such as `TABLE_WRITE dfs://db/pt`. */
  readonly privileges: Map<string, Set<string>>
  /** Session id → its running request, if that waits. */
  readonly jobs: Map<string, ConsoleJob> = new Map()
  /** @internal Physical index of the next DFS table. A table that is created again gets a new index. */
  nextPhysicalIndex: number
  readonly transactions: Transactions = { open: new Set(), count: 0 }
  readonly config: NodeConfig
  /** The first word that version() returns, such as `3.00.5.0`. */
  readonly version: string
  /** @internal The version as numbers. */
  readonly release: Release
  /** Set if the server counts and drops the rows of inserts into shared and stored tables. */
  readonly discarded: { -readonly [Count in keyof DiscardCounters]: number } | undefined
  /** If true, guests may call only the functions of a login. */
  readonly requireLogin: boolean
  /** Deliberate failures; only for tests. */
  readonly faults: Faults
  /** @internal */
  readonly clock: Clock
  /** @internal */
  readonly random: Random
  readonly host: string
  port: number
  /** @internal Other nodes of this node's cluster, as `host:port:alias`; only for tests. */
  otherNodes: readonly string[] = []
  /** Wall-clock time in ms since the epoch. Tests replace this function. */
  now: () => number

  constructor(options: NodeOptions = {}) {
    const { clock, random } = options.platform ?? systemPlatform
    const { restartOf: before, adminPassword: password = '123456', version } = options
    this.databases = new Map(before?.databases)
    this.functionViews = new Map(before?.functionViews)
    this.users = new Map(before?.users ?? [['admin', { password, isAdmin: true }]])
    this.privileges = new Map(before?.privileges)
    // Starts with the current time, so that the indexes of tables from an earlier node are always smaller.
    this.nextPhysicalIndex = Math.floor(clock.wallMs())
    this.config = {
      newValuePartitionPolicy: 'add',
      enableInsertStatementForDFSTable: false,
      persistenceDir: '',
      maxPubConnections: 4,
      enableSharedVarCreationControl: false,
      ...options.config,
    }
    this.version = version ?? '3.00.5.0'
    this.release = releaseOf(this.version) ?? []
    this.discarded = options.discard === true ? { inserts: 0, rows: 0 } : undefined
    this.requireLogin = options.requireLogin === true
    this.faults = options.faults ?? {}
    this.clock = clock
    this.random = random
    this.host = options.host ?? '127.0.0.1'
    this.port = options.port ?? 0
    this.now = options.now ?? (() => clock.wallMs())
  }
}

/** The result of getNodeAlias() and getControllerAlias(): a single node is its own controller. */
export function nodeAlias(node: ServerNode): string {
  return `local${node.port}`
}

/** The numbers of a version, for example `[2, 0, 10]`. */
export type Release = readonly number[]

/** @returns undefined unless `version` is three or four numbers joined by dots */
export function releaseOf(version: string): Release | undefined {
  return /^\d{1,4}(\.\d{1,4}){2,3}$/.test(version) ? version.split('.').map(Number) : undefined
}

/** @param of1  first version of the release line 1.30 */
export function isAtLeast(release: Release, first: Release, of1 = first): boolean {
  const line = release[0] === 1 ? of1 : first
  const differences = line.map((number, i) => (release[i] ?? 0) - number)
  return (differences.find(difference => difference !== 0) ?? 0) >= 0
}

/** First versions of the features that the loader's statements use (DolphinDB's release notes, pages of the manual). */
export const firstReleases = {
  /** First version with TSDB, the argument [engine] and array vectors. */
  engines: [2, 0, 0],
  decimals: [2, 0, 8],
  decimalArrays: [2, 0, 9],
  primaryKeyEngine: [3, 0, 1],
  sharedVariableControl: [3, 0, 4],
  /** Functions. */
  listTables: [2, 0, 4],
  tableUpsert: [2, 0, 10],
  /** Of refusals, many with a number. */
  newWords: [2, 0, 11],
  /** In the answer of getStreamTables. */
  cachePurgeEnabled: [3, 0, 2],
  /** In the answer of schema. */
  keyColumn: [3, 0, 3],
  /** Without a blank before `!=` in conditions; 1.30.15. */
  blanklessInequality: [2, 0, 3],
  /** Right answers for the first day of a month in tables with a partition for each month; 1.30.21.3. */
  firstsOfMonths: [2, 0, 9, 3],
  /** For upserts into DFS tables, a null in a key equals none; 1.30.22. */
  nullsDiffer: [2, 0, 10],
  /** Conditions may have 1,024 operators at most. */
  limitedConditions: [3, 0, 3],
} as const satisfies Record<string, Release>
