/*
  What all sessions of the embedded server share: tables, databases, function views, users.
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

/** A function all sessions may call. */
export interface FunctionView {
  name: string
  definition: FunctionDefinition
  /** Source text of the definition. */
  body: string
  owner: string
  createdAt: Date
}

/** A table that all sessions know. */
export interface SharedTable {
  table: ServerTable
  /** User who shared it. */
  owner: string
  /** Others need rights (addAccessControl). */
  isControlled?: boolean
}

/** A database and the tables made in it. */
export interface DfsDatabase {
  handle: DatabaseHandle
  owner: string
  tables: Map<string, ServerTable>
}

/** A login, kept in clear: SCRAM needs the password itself (docs/protocol.md#scram). */
export interface User {
  password: string
  isAdmin: boolean
  /** Made with `authMode="scram"`; others, the first admin among them, cannot log in by SCRAM. */
  hasScram?: boolean
}

/** A request that is being executed, or waits behind one that is. */
export interface ConsoleJob {
  /** UUID text. */
  rootJobId: string
  jobType: 'script' | 'function' | 'variable'
  /** The script, or the name of the function. */
  description: string
  priority: number
  parallelism: number
  receivedAt: Date
  /** Ends it; undefined when the client wants it not to be cancelled. */
  cancel?: () => void
}

/** Requests of one connection run one after another. */
export interface SessionJobs {
  readonly running: ConsoleJob
  /** Those that have arrived behind it. */
  readonly queued: () => readonly ConsoleJob[]
}

/** Settings of `dolphindb.cfg` that the embedded server knows, under their own names. */
export interface NodeConfig {
  newValuePartitionPolicy: NewValuePartitionPolicy
  enableInsertStatementForDFSTable: boolean
  /** '' means that stream tables cannot be persisted. */
  persistenceDir: string
  /** With 0 nothing is published: stream tables cannot be shared (S00001). */
  maxPubConnections: number
  /** Who shares a table needs CREATE_SHARED_VAR, which user admin alone has from the start. */
  enableSharedVarCreationControl: boolean
  /** Gigabytes. */
  maxMemSize: number
  /** 1: redo log, data and metadata are forced to disk; 0 when left out. */
  dataSync?: number
  /** Gigabytes; without it OLAP tables have no cache. */
  OLAPCacheEngineSize?: number
  dfsReplicationFactor?: number
  /** Guests are not told settings. */
  enableConfigAccessControl: boolean
}

/** Everything of a server that outlives a session. There is one for each embedded server. */
export interface ServerNode {
  readonly shared: Map<string, SharedTable>
  readonly databases: Map<string, DfsDatabase>
  readonly functionViews: Map<string, FunctionView>
  readonly sessions: Map<string, ScriptSession>
  /** By user name. */
  readonly users: Map<string, User>
  /** User name → privilege, such as `TABLE_WRITE dfs://db/pt` → granted or denied. */
  readonly privileges: Map<string, Map<string, boolean>>
  /** The requests of each session that has any under way, by session id. */
  readonly jobs: Map<string, SessionJobs>
  /** @internal Of the DFS table that is made next; one that is made again gets another. */
  nextPhysicalIndex: number
  /** Writes into DFS tables that are under way. */
  readonly transactions: Transactions
  readonly config: NodeConfig
  /** The first numbers of version(). */
  readonly version: string
  /** @internal The same as numbers. */
  readonly release: Release
  /** Bytes of memory that one request may take. */
  readonly maxRequestBytes: number
  /** Bytes of one write into a DFS table; Infinity when there is no limit. */
  readonly maxTransactionBytes: number
  /** Rows for shared and stored tables are counted and forgotten. */
  readonly discards: boolean
  /** Fault hook for inserts; tests only. */
  beforeWrite: Faults['beforeWrite']
  /** The same for removals of shared stream tables. */
  beforeRemoval: Faults['beforeRemoval']
  /** The same for parts of results. */
  beforeSlice: Faults['beforeSlice']
  /** @internal */
  readonly clock: Clock
  /** @internal */
  readonly random: Random
  readonly host: string
  port: number
  /** @internal Of its cluster, as `host:port:alias`; tests only. */
  otherNodes: readonly string[]
  /** Wall clock in ms since the epoch; replaced in tests. */
  now(): number
}

/** What a node may be told; tests bring a clock. */
export interface NodeOptions {
  host?: string
  port?: number
  /** DolphinDB's own initial password when left out. */
  adminPassword?: string
  config?: Partial<NodeConfig>
  /** Four numbers, or three. */
  version?: string | undefined
  /** The machine's when left out. */
  platform?: Pick<Platform, 'clock' | 'random'>
  /** 1 GiB when left out. */
  maxRequestBytes?: number | undefined
  /** No limit when left out. */
  maxTransactionBytes?: number | undefined
  discards?: boolean
  now?: () => number
  /** A node that has ended: what it kept on disk is taken over. */
  restartOf?: Pick<ServerNode, 'databases' | 'functionViews' | 'users' | 'privileges'> | undefined
}

/** A node with nothing on it but the user admin; guests need no entry. */
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
    // Above those of all nodes that had this one's tables before.
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

/** The alias that getNodeAlias() answers; a node alone is its own controller. */
export function nodeAlias(node: ServerNode): string {
  return `local${node.port}`
}
