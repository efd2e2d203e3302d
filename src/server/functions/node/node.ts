/*
  Functions about the cluster, which consists of this single node (docs/protocol.md#high-availability), its sessions and
  requests ("console jobs", docs/server-semantics.md#console-jobs), and what clients ask a server by themselves
  (docs/protocol.md#what-clients-call).
*/
import { availableParallelism, loadavg, totalmem } from 'node:os'
import type {
  Builtin,
  CallContext,
  Evaluation,
  FunctionValue,
  ScriptSession,
  ServerValue,
} from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { castValue } from '../../operators/cast.js'
import {
  boolScalar,
  intScalar,
  isVoid,
  longScalar,
  newUuid,
  stringScalar,
  stringVector,
  voidValue,
} from '../../values/scalar.js'
import { type ConsoleJob, type ServerNode, nodeAlias } from '../../node.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import {
  booleanArgument,
  builtin,
  functionArgument,
  isAbsent,
  textArgument,
  textsArgument,
} from '../arguments.js'
import { dictionaryOf, tableOf, tableOfColumns } from '../result-table.js'
import { tableBytes } from '../tables/schema.js'

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
      memoryUsed: ['LONG', () => BigInt(storedBytes(node))],
      avgLoad: ['DOUBLE', () => loadavg()[0]!],
      publicName: ['STRING', () => node.host],
    }),
  ),

  /** `host:port:alias` of each data node (docs/protocol.md#pools). */
  builtin('getClusterLiveDataNodes([includeComputeNodes])', ({ node }) =>
    stringVector([`${node.host}:${node.port}:${nodeAlias(node)}`, ...node.otherNodes]),
  ),

  /** Calls the function if `nodeAlias` is the alias of this node. */
  builtin('rpc(nodeAlias, func, ...rest)', (context, [alias, fn, ...args]) => {
    checkAlias(context.node, textArgument(alias, 'nodeAlias'))
    const given = args.map(value => value ?? voidValue)
    return context.call(functionArgument(fn, 'func'), given)
  }),

  /** Calls the function on this node, which is the whole cluster. */
  builtin('pnodeRun(function, [nodes], [addNodeAlias])', (context, [fn, nodes, addNodeAlias]) => {
    for (const alias of textsArgument(nodes, 'nodes')) checkAlias(context.node, alias)
    const addsAlias = booleanArgument(addNodeAlias, 'addNodeAlias', true)
    return runHere(context, functionArgument(fn, 'func'), addsAlias)
  }),

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
  builtin('getConfig([key])', ({ node: { config }, session }, [key]) => {
    const isHidden = config.enableConfigAccessControl && session.user === 'guest'
    const known = isHidden ? [] : Object.entries(config).filter(([, value]) => value !== undefined)
    const settings = new Map(known.map(([name, value]) => [name, stringScalar(String(value))]))
    if (isAbsent(key)) return dictionaryOf(Object.fromEntries(settings))
    return settings.get(textArgument(key, 'key')) ?? voidValue
  }),

  /** Returns one row per running or queued request, including this call. */
  builtin('getConsoleJobs()', ({ node, session }) => {
    const sessions = new Map(node.sessions).set(session.id, session)
    const rows = [...sessions.values()].flatMap(one => {
      const jobs = node.jobs.get(one.id)
      if (jobs === undefined) return one === session ? [jobRow(one, askingJob(node), 1)] : []
      return [jobRow(one, jobs.running, 1), ...jobs.queued().map(job => jobRow(one, job, 0))]
    })
    return tableOf(rows, {
      node: ['STRING', () => nodeAlias(node)],
      userID: ['STRING', ({ session }) => session.user],
      rootJobId: ['UUID', ({ job }) => job.rootJobId],
      jobType: ['STRING', ({ job }) => job.jobType],
      desc: ['STRING', ({ job }) => job.description],
      priority: ['INT', ({ job }) => job.priority],
      parallelism: ['INT', ({ job }) => job.parallelism],
      receiveTime: ['TIMESTAMP', row => row.receivedAt],
      sessionId: ['LONG', ({ session }) => BigInt(session.id)],
      remoteIP: ['STRING', ({ session }) => session.remoteAddress],
      remotePort: ['INT', ({ session }) => session.remotePort],
      totalTasks: ['INT', () => 1],
      finishedTasks: ['INT', () => 0],
      runningTask: ['INT', row => row.running],
      firstTaskStartTime: ['TIMESTAMP', row => row.startedAt],
      latestTaskStartTime: ['TIMESTAMP', row => row.startedAt],
      queue: ['STRING', () => 'normal queue'],
    })
  }),

  /**
   * Accepts one or more ids, as STRING or UUID, and ignores ids of jobs that have ended (DolphinDB manual, page
   * cancelConsoleJob). A queued job never starts; a waiting job (`sleep`) ends; a computing job continues. Only
   * administrators can cancel the jobs of other users.
   */
  builtin('cancelConsoleJob(rootJobId)', ({ node, session }, [value]) => {
    const ids = new Set(textsArgument(castValue(value, { type: 'STRING' }), 'rootJobId'))
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

  /**
   * One row per table whose transactions are in the cache engine but not yet in its files. The embedded server has no
   * files, so it lists a table until a flush. It allows only administrators, because no document says who may call this.
   */
  builtin(
    'getRedoLogGCStat()',
    ({ node }) =>
      tableOf([...node.transactions.unflushed], {
        physicalName: [
          'STRING',
          ([{ stored }]) =>
            `${stored!.databasePath.slice('dfs:/'.length)}/${stored!.tableName}_${stored!.physicalIndex}`,
        ],
        txnCount: ['INT', ([, { count }]) => count],
        numOfTxnPendingGC: ['INT', () => 0],
        minTidPendingGC: ['LONG', () => null],
        numOfTxnPendingFlush: ['INT', ([, { count }]) => count],
        minTidPendingFlush: ['LONG', ([, { first }]) => BigInt(first)],
      }),
    { adminOnly: true },
  ),
  flushFunction('OLAP'),
  flushFunction('TSDB'),
]

/** flushOLAPCache() and flushTSDBCache() mark all finished transactions of the engine as written to files. */
function flushFunction(engine: 'OLAP' | 'TSDB'): Builtin {
  return builtin(`flush${engine}Cache()`, ({ node: { transactions } }) => {
    for (const table of transactions.unflushed.keys()) {
      if (table.stored?.engine === engine) transactions.unflushed.delete(table)
    }
    return voidValue
  })
}

/** Turns a scalar result into a table of node and value. Can add a column of aliases (manual, page pnodeRun). */
function* runHere(
  context: CallContext,
  fn: FunctionValue,
  addsAlias: boolean,
): Evaluation<ServerValue> {
  const value = yield* context.call(fn, [])
  const alias = nodeAlias(context.node)
  if (value.form === 'serverTable' && addsAlias) {
    const columns = value.columnNames.map((name, index) => [name, value.column(index)] as const)
    const aliases = stringVector(new Array<string>(value.rows).fill(alias))
    return tableOfColumns({ ...Object.fromEntries(columns), node: aliases })
  }
  if (value.form !== 'scalar' || isVoid(value)) return value
  return tableOfColumns({ Node: stringVector([alias]), Value: columnOfScalar(value) })
}

function checkAlias(node: ServerNode, alias: string): void {
  if (alias !== nodeAlias(node)) throw new ScriptError(`Can't find the node with alias ${alias}.`)
}

function storedBytes(node: ServerNode): number {
  const tables = [
    ...[...node.shared.values()].map(entry => entry.table),
    ...[...node.databases.values()].flatMap(database => [...database.tables.values()]),
  ]
  return bytesOf([...new Set(tables)])
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

interface JobRow {
  readonly session: ScriptSession
  readonly job: ConsoleJob
  readonly running: 0 | 1
  readonly receivedAt: bigint
  readonly startedAt: bigint | null
}

/** @param running  1 for a running job, 0 for a queued job */
function jobRow(session: ScriptSession, job: ConsoleJob, running: 0 | 1): JobRow {
  const receivedAt = BigInt(job.receivedAt.getTime())
  return { session, job, running, receivedAt, startedAt: running === 0 ? null : receivedAt }
}
