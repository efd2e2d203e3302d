/*
  Functions about the cluster, which consists of this single node (docs/protocol.md#high-availability), its sessions and
  requests ("console jobs", docs/server-semantics.md#console-jobs), and what clients ask a server by themselves
  (docs/protocol.md#what-clients-call).
*/
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os'
import type { Builtin, Evaluation, ServerValue } from '../values/server-value.js'
import { ScriptError } from '../script-error.js'
import type { DataType } from '../../protocol/data-type.js'
import { createTable } from '../tables/memory-table.js'
import type { ServerTable } from '../tables/server-table.js'
import { castValue } from '../operators/cast.js'
import {
  boolScalar,
  intScalar,
  isVoid,
  longScalar,
  newUuid,
  stringScalar,
  stringVector,
  textsOf,
  voidValue,
} from '../values/scalar.js'
import { type ConsoleJob, type ServerNode, nodeAlias } from '../node.js'
import { columnOfScalar } from '../columns/convert-column.js'
import { builtin, dictionaryOf, tableOf, tableOfColumns } from './arguments.js'
import { tableBytes } from './schema.js'

const maxConnections = 512
const bytesPerGigabyte = 2 ** 30
const jobDefaults = { priority: 4, parallelism: 2 }

/** Clients read build date and platform from this text. */
const build = '2026.02.11 EMBEDDED ddb-ingest'

export const nodeFunctions: readonly Builtin[] = [
  /** Four numbers with dots, then words. C++ clients parse four numbers, Java three (docs/protocol.md#connecting). */
  builtin('version()', ({ node }) => stringScalar(`${node.version} ${build}`)),

  /** Clients call this right after connecting. */
  builtin('isNodeInitialized()', () => boolScalar(true)),

  /** Serves only calls in scripts. A client's request for this function is answered by `login/users.ts`. */
  builtin('isClientAuth()', () => boolScalar(false)),

  /** Always fails, because this server accepts clients of any version. Clients tolerate the failure. */
  builtin('getRequiredAPIVersion()', () => {
    throw new ScriptError('The embedded server works with API clients of any version.')
  }),
  builtin('getNodeAlias()', ({ node }) => stringScalar(nodeAlias(node))),

  /** The single node is its own controller. */
  builtin('getControllerAlias()', ({ node }) => stringScalar(nodeAlias(node))),

  /** One row, for this node. The Java client casts to exactly these types. Clients use only data nodes (mode 0). */
  builtin('getClusterPerf([includeMaster])', ({ node }) =>
    tableOf([node], {
      host: ['STRING', () => node.host],
      port: ['INT', () => node.port],
      mode: ['INT', () => 0],
      state: ['INT', () => 1],
      maxConnections: ['INT', () => maxConnections],
      maxMemSize: ['DOUBLE', () => totalmem() / bytesPerGigabyte],
      workerNum: ['INT', availableParallelism],
      executorNum: ['INT', availableParallelism],
      connectionNum: ['INT', () => node.sessions.size],
      name: ['STRING', nodeAlias],
      memoryUsed: ['LONG', () => BigInt(totalmem() - freemem())],
      avgLoad: ['DOUBLE', () => loadavg()[0]!],
      publicName: ['STRING', () => node.host],
    }),
  ),

  /** `host:port:alias` of each data node (docs/protocol.md#pools). */
  builtin('getClusterLiveDataNodes([includeComputeNodes])', ({ node }) =>
    stringVector([`${node.host}:${node.port}:${nodeAlias(node)}`, ...node.otherNodes]),
  ),

  /** Calls the function if `nodeAlias` is the alias of this node. */
  builtin('rpc(nodeAlias: text, func: function, ...rest)', (context, [alias, fn, ...args]) => {
    checkAlias(context.node, alias)
    return context.call(
      fn,
      args.map(value => value ?? voidValue),
    )
  }),

  /**
   * Calls the function on this node, which is the whole cluster. Turns a scalar result into a table of node and value,
   * and can add a column of aliases to a table (DolphinDB manual, page pnodeRun).
   */
  builtin(
    'pnodeRun(function: function, [nodes: texts], [addNodeAlias: bool])',
    function* (context, [fn, nodes = [], addsAlias = true]): Evaluation<ServerValue> {
      for (const name of nodes) checkAlias(context.node, name)
      const value = yield* context.call(fn, [])
      const alias = nodeAlias(context.node)
      if (value.form === 'serverTable' && addsAlias) {
        const columns = value.columnNames.map((name, index) => [name, value.column(index)] as const)
        const aliases = stringVector(new Array<string>(value.rows).fill(alias))
        return tableOfColumns({ ...Object.fromEntries(columns), node: aliases })
      }
      if (value.form !== 'scalar' || isVoid(value)) return value
      return tableOfColumns({ Node: stringVector([alias]), Value: columnOfScalar(value) })
    },
  ),

  builtin('getCurrentSessionAndUser()', ({ session }) => ({
    form: 'vector',
    type: 'ANY',
    length: 4,
    data: [
      longScalar(BigInt(session.id)),
      stringScalar(session.user),
      stringScalar(session.remoteAddress),
      intScalar(session.remotePort),
    ],
  })),

  /**
   * One row for the memory of shared tables, and one per session. Users who are not administrators see only their own
   * sessions; this is a choice of the embedded server, because no document describes it.
   */
  builtin('getSessionMemoryStat()', ({ node, session: { user, isAdmin } }) => {
    const shared = { user: '__SharedTable__', id: null, remoteAddress: '', remotePort: null }
    const sharedTables = [...node.shared.values()].map(({ table }) => table)
    const sessions = [...node.sessions.values()].filter(one => isAdmin || one.user === user)
    const rows = [
      { ...shared, values: sharedTables },
      ...sessions.map(({ user, id, remoteAddress, remotePort, variables }) => {
        return { user, id, remoteAddress, remotePort, values: [...variables.values()] }
      }),
    ]
    return tableOf(rows, {
      userId: ['STRING', row => row.user],
      sessionId: ['LONG', ({ id }) => (id === null ? null : BigInt(id))],
      memSize: ['LONG', ({ values }) => BigInt(bytesOf(values))],
      remoteIP: ['STRING', row => row.remoteAddress],
      remotePort: ['INT', row => row.remotePort],
      createTime: ['TIMESTAMP', () => null],
      lastActiveTime: ['TIMESTAMP', () => null],
    })
  }),

  /** No effect, because there is no cache. Clients' helpers call this (docs/server-semantics.md#small-functions). */
  builtin('clearAllCache()', () => voidValue),

  /**
   * Returns all settings of this server, or one setting as text; NULL for an unknown name. With
   * enableConfigAccessControl, guests see no settings (DolphinDB manual, page getConfig).
   */
  builtin('getConfig([key: text])', ({ node: { config }, session }, [key]) => {
    const isHidden = config.enableConfigAccessControl && session.user === 'guest'
    const known = isHidden ? [] : Object.entries(config).filter(([, value]) => value !== undefined)
    const settings = new Map(known.map(([name, value]) => [name, stringScalar(String(value))]))
    if (key === undefined) return dictionaryOf(Object.fromEntries(settings))
    return settings.get(key) ?? voidValue
  }),

  /** Returns one row per running or queued request, including this call. */
  builtin('getConsoleJobs()', ({ node, session }) => {
    const sessions = new Map(node.sessions).set(session.id, session)
    const rows = [...sessions.values()].flatMap(one => {
      const jobs = node.jobs.get(one.id)
      if (jobs === undefined && one !== session) return []
      const [running, ...queued] = jobs ? [jobs.running, ...jobs.queued()] : [askingJob(node)]
      return [
        { session: one, job: running, running: 1 },
        ...queued.map(job => ({ session: one, job, running: 0 })),
      ]
    })
    const received = ({ job }: { job: ConsoleJob }): bigint => BigInt(job.receivedAt.getTime())
    const started = (row: (typeof rows)[number]): bigint | null =>
      row.running === 0 ? null : received(row)
    return tableOf(rows, {
      node: ['STRING', () => nodeAlias(node)],
      userID: ['STRING', ({ session }) => session.user],
      rootJobId: ['UUID', ({ job }) => job.rootJobId],
      jobType: ['STRING', ({ job }) => job.jobType],
      desc: ['STRING', ({ job }) => job.description],
      priority: ['INT', ({ job }) => job.priority],
      parallelism: ['INT', ({ job }) => job.parallelism],
      receiveTime: ['TIMESTAMP', received],
      sessionId: ['LONG', ({ session }) => BigInt(session.id)],
      remoteIP: ['STRING', ({ session }) => session.remoteAddress],
      remotePort: ['INT', ({ session }) => session.remotePort],
      totalTasks: ['INT', () => 1],
      finishedTasks: ['INT', () => 0],
      runningTask: ['INT', row => row.running],
      firstTaskStartTime: ['TIMESTAMP', started],
      latestTaskStartTime: ['TIMESTAMP', started],
      queue: ['STRING', () => 'normal queue'],
    })
  }),

  /**
   * Accepts one or more ids, as STRING or UUID, and ignores ids of jobs that have ended (DolphinDB manual, page
   * cancelConsoleJob). A queued job never starts; a waiting job (`sleep`) ends; a computing job continues. Only
   * administrators can cancel the jobs of other users.
   */
  builtin('cancelConsoleJob(rootJobId)', ({ node, session }, [value]) => {
    const ids = new Set(textsOf(castValue(value, { type: 'STRING' })))
    const chosen = [...node.jobs].flatMap(([sessionId, { running, queued }]) =>
      [running, ...queued()].filter(job => ids.has(job.rootJobId)).map(job => ({ sessionId, job })),
    )
    for (const { sessionId } of chosen) {
      if (session.isAdmin || node.sessions.get(sessionId)?.user === session.user) continue
      throw new ScriptError('<NoPrivilege>Only administrators can cancel the jobs of other users')
    }
    for (const { job } of chosen) job.cancel?.()
    return voidValue
  }),

  /** The tables are empty, because nobody can subscribe to tables here (DolphinDB manual, page getStreamingStat). */
  builtin('getStreamingStat()', () => {
    const empty = (columns: Readonly<Record<string, DataType>>): ServerTable =>
      createTable(
        'basic',
        Object.keys(columns),
        Object.values(columns).map(type => ({ type })),
      )
    const queue = { queueDepthLimit: 'INT', queueDepth: 'INT' } as const
    const published = empty({
      tableName: 'STRING',
      subscriber: 'STRING',
      msgOffset: 'LONG',
      actions: 'STRING',
    })
    return dictionaryOf({
      pubConns: empty({ client: 'STRING', ...queue, tables: 'STRING' }),
      subConns: empty({ publisher: 'STRING', cumMsgCount: 'LONG', lastUpdate: 'NANOTIMESTAMP' }),
      pubTables: published,
      udpPubTables: published,
      persistWorkers: empty({ workerId: 'INT', ...queue, tables: 'STRING' }),
      subWorkers: empty({ workerId: 'INT', topic: 'STRING', ...queue, lastErrMsg: 'STRING' }),
    })
  }),
]

function checkAlias(node: ServerNode, alias: string): void {
  if (alias !== nodeAlias(node)) throw new ScriptError(`Can't find the node with alias ${alias}.`)
}

/** The size of all tables among the values. */
function bytesOf(values: readonly ServerValue[]): number {
  return values.reduce((sum, one) => sum + (one.form === 'serverTable' ? tableBytes(one) : 0), 0)
}

function askingJob(node: ServerNode): ConsoleJob {
  return {
    rootJobId: newUuid(node.random),
    jobType: 'script',
    description: 'getConsoleJobs()',
    ...jobDefaults,
    receivedAt: new Date(node.now()),
  }
}
