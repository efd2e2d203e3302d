/*
  The objects that all sessions of the embedded server share: tables, databases, function views, users.
*/
import type { Clock, Platform, Random } from '../platform/platform.js'
import { systemPlatform } from '../platform/system.js'
import type { Faults } from './net/faults.js'
import { defaultVersion, releaseOf, type Release } from './release.js'
import { defaultRequestBytes } from './values/request-memory.js'
import type { FunctionDefinition } from './script/parse/syntax.js'
import type { ScriptSession } from './values/builtin.js'
import type { DatabaseHandle } from './tables/database-handle.js'
import type { NewValuePartitionPolicy } from './tables/partitions/place-rows.js'
import type { ServerTable } from './tables/server-table.js'
import type { Transactions } from './tables/transactions.js'

/** A function that all sessions may call. */
export interface FunctionView {
  name: string
  definition: FunctionDefinition
  /** Source text of the definition. */
  body: string
  owner: string
  createdAt: Date
}

export interface SharedTable {
  table: ServerTable
  /** User who shared the table. */
  owner: string
  /** True if other users need rights (addAccessControl). */
  isControlled?: boolean
}

export interface DfsDatabase {
  handle: DatabaseHandle
  owner: string
  tables: Map<string, ServerTable>
}

/** A login, stored in plain text: SCRAM needs the password itself (docs/protocol.md#scram). */
export interface User {
  password: string
  isAdmin: boolean
  /** True if created with `authMode="scram"`; other users, including the first admin, cannot log in by SCRAM. */
  hasScram?: boolean
}

/** A request that is executing or waits for its turn. */
export interface ConsoleJob {
  /** UUID text. */
  rootJobId: string
  jobType: 'script' | 'function' | 'variable'
  /** The script, or the name of the function. */
  description: string
  priority: number
  parallelism: number
  receivedAt: Date
  /** Cancels the job; undefined if the client does not allow that. */
  cancel?: () => void
}

/** Requests of one connection run one after another. */
export interface SessionJobs {
  readonly running: ConsoleJob
  readonly queued: () => readonly ConsoleJob[]
}

/** Settings of `dolphindb.cfg` that the embedded server supports, under their own names. */
export interface NodeConfig {
  newValuePartitionPolicy: NewValuePartitionPolicy
  enableInsertStatementForDFSTable: boolean
  /** If empty, stream tables cannot be persisted. */
  persistenceDir: string
  /** With 0 nothing is published, so stream tables cannot be shared (S00001). */
  maxPubConnections: number
  /** If true, sharing a table needs CREATE_SHARED_VAR, which only user admin has initially. */
  enableSharedVarCreationControl: boolean
  /** Gigabytes. */
  maxMemSize: number
  /** With 1, a server flushes redo log, data and metadata to disk; default 0. */
  dataSync?: number
  /** Gigabytes; without it OLAP tables have no cache. */
  OLAPCacheEngineSize?: number
  dfsReplicationFactor?: number
  /** If true, guests cannot read settings. */
  enableConfigAccessControl: boolean
}

/** The state that the sessions of an embedded server share; it outlives each of them. */
export interface ServerNode {
  readonly shared: Map<string, SharedTable>
  readonly databases: Map<string, DfsDatabase>
  readonly functionViews: Map<string, FunctionView>
  readonly sessions: Map<string, ScriptSession>
  /** User name → user. */
  readonly users: Map<string, User>
  /** User name → privilege, such as `TABLE_WRITE dfs://db/pt` → granted or denied. */
  readonly privileges: Map<string, Map<string, boolean>>
  /** Session id → requests, for sessions with requests in progress. */
  readonly jobs: Map<string, SessionJobs>
  /** @internal Physical index of the next DFS table; a recreated table gets a new index. */
  nextPhysicalIndex: number
  /** Unfinished writes into DFS tables. */
  readonly transactions: Transactions
  readonly config: NodeConfig
  /** The first word that version() returns, such as `3.00.5.0`. */
  readonly version: string
  /** @internal The version as numbers. */
  readonly release: Release
  /** Limit of memory for one request in bytes. */
  readonly maxRequestBytes: number
  /** Limit of one write into a DFS table in bytes; Infinity for none. */
  readonly maxTransactionBytes: number
  /** If true, rows for shared and stored tables are counted and dropped. */
  readonly discards: boolean
  /** Fault hook for inserts; only for tests. */
  beforeWrite: Faults['beforeWrite']
  /** Fault hook for removals of shared stream tables; only for tests. */
  beforeRemoval: Faults['beforeRemoval']
  /** Fault hook for `limit` clauses; only for tests. */
  beforeSlice: Faults['beforeSlice']
  /** @internal */
  readonly clock: Clock
  /** @internal */
  readonly random: Random
  readonly host: string
  port: number
  /** @internal Other nodes of this node's cluster, as `host:port:alias`; only for tests. */
  otherNodes: readonly string[]
  /** Wall clock in ms since the epoch; replaced in tests. */
  now(): number
}

export interface NodeOptions {
  host?: string
  port?: number
  /** Default: DolphinDB's own initial password. */
  adminPassword?: string
  config?: Partial<NodeConfig>
  /** Three or four numbers joined by dots. */
  version?: string | undefined
  /** Default: clock and random numbers of the machine. */
  platform?: Pick<Platform, 'clock' | 'random'>
  /** Default 1 GiB. */
  maxRequestBytes?: number | undefined
  /** Default: no limit. */
  maxTransactionBytes?: number | undefined
  discards?: boolean
  now?: () => number
  /** A node that has ended, and whose disk content the new node takes over. */
  restartOf?: Pick<ServerNode, 'databases' | 'functionViews' | 'users' | 'privileges'> | undefined
}

/** A node whose only user is admin, unless `restartOf` brings its own users. Guests need no entry in `users`. */
export function createNode(options: NodeOptions = {}): ServerNode {
  const { clock, random } = options.platform ?? systemPlatform
  const { restartOf: before, version = defaultVersion } = options
  return {
    shared: new Map(),
    databases: new Map(before?.databases),
    functionViews: new Map(before?.functionViews),
    sessions: new Map(),
    users: new Map(
      before?.users ?? [['admin', { password: options.adminPassword ?? '123456', isAdmin: true }]],
    ),
    privileges: new Map(before?.privileges),
    jobs: new Map(),
    // Starts at the present time, so that tables taken over from an earlier node have smaller indexes.
    nextPhysicalIndex: Math.floor(clock.wallMs()),
    transactions: { open: new Set(), count: 0, unflushed: new Map() },
    config: {
      newValuePartitionPolicy: 'add',
      enableInsertStatementForDFSTable: false,
      persistenceDir: '',
      maxPubConnections: 4,
      enableSharedVarCreationControl: false,
      maxMemSize: 8,
      enableConfigAccessControl: false,
      ...options.config,
    },
    version,
    release: releaseOf(version) ?? [],
    maxRequestBytes: options.maxRequestBytes ?? defaultRequestBytes,
    maxTransactionBytes: options.maxTransactionBytes ?? Infinity,
    discards: options.discards === true,
    beforeWrite: undefined,
    beforeRemoval: undefined,
    beforeSlice: undefined,
    clock,
    random,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    otherNodes: [],
    now: options.now ?? (() => clock.wallMs()),
  }
}

/** The alias that getNodeAlias() and getControllerAlias() return: a single node is its own controller. */
export function nodeAlias(node: ServerNode): string {
  return `local${node.port}`
}
