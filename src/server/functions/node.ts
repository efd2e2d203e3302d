/* The cluster, which is this node, its sessions and requests ("console jobs", docs/server-semantics.md#console-jobs), and what clients ask
   by themselves (docs/protocol.md#what-clients-call). */
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os'
import type { Evaluation, ServerValue } from '../values/server-value.js'
import { check } from '../script-error.js'
import { entryOf } from '../elements/elements.js'
import { castValue } from '../operators/operators.js'
import {
  isVoid,
  newUuid,
  stringScalar,
  stringVector,
  textsOf,
  tupleOf,
  voidValue,
} from '../values/values.js'
import { type ConsoleJob, type ServerNode, nodeAlias } from '../node.js'
import { columnOfScalar } from '../columns/convert-column.js'
import { dictionaryOf, family, tableOf, tableOfColumns, valueOf } from './arguments.js'
import { tableBytes } from './schema.js'

const maxConnections = 512
const bytesPerGigabyte = 2 ** 30

/** Clients read build date and platform from this text. */
const build = '2026.02.11 EMBEDDED ddb-ingest'

export const nodeFunctions = family({
  /** Four numbers with dots, then words. C++ clients parse four numbers, Java three (docs/protocol.md#connecting). */
  'version()': ({ node }) => `${node.version} ${build}`,
  /** Clients call this right after connecting. */
  'isNodeInitialized()': () => true,
  'getNodeAlias()': ({ node }) => nodeAlias(node),
  /** The single node is its own controller. */
  'getControllerAlias()': ({ node }) => nodeAlias(node),
  /** One row, for this node. The Java client casts to exactly these types. Clients use only data nodes (mode 0). */
  'getClusterPerf([includeMaster])': ({ node }) =>
    tableOf(
      'host STRING, port INT, mode INT, state INT, maxConnections INT, maxMemSize DOUBLE, workerNum INT, executorNum INT, connectionNum INT, name STRING, memoryUsed LONG, avgLoad DOUBLE, publicName STRING',
      [
        [
          ...[node.host, node.port, 0, 1, maxConnections, totalmem() / bytesPerGigabyte],
          ...[availableParallelism(), availableParallelism(), node.sessions.size, nodeAlias(node)],
          ...[BigInt(totalmem() - freemem()), loadavg()[0]!, node.host],
        ],
      ],
    ),
  /** `host:port:alias` of each data node (docs/protocol.md#pools). */
  'getClusterLiveDataNodes([includeComputeNodes])': ({ node }) =>
    stringVector([`${node.host}:${node.port}:${nodeAlias(node)}`, ...node.otherNodes]),
  'rpc(nodeAlias: text, func: function, ...rest)': (context, [alias, fn, ...args]) => {
    checkAlias(context.node, alias)
    return context.call(
      fn,
      args.map(value => value ?? voidValue),
    )
  },
  /** A scalar result becomes a table of node and value; a table may get a column of aliases (DolphinDB manual, page pnodeRun). */
  *'pnodeRun(function: function, [nodes: texts], [addNodeAlias: bool])'(
    context,
    [fn, nodes = [], addsAlias = true],
  ): Evaluation<ServerValue> {
    for (const name of nodes) checkAlias(context.node, name)
    const value = yield* context.call(fn, [])
    const alias = nodeAlias(context.node)
    if (value.form === 'serverTable' && addsAlias) {
      const columns = value.columns.map((column, at) => [value.columnNames[at]!, column] as const)
      const aliases = stringVector(new Array<string>(value.rows).fill(alias))
      return tableOfColumns({ ...Object.fromEntries(columns), node: aliases })
    }
    if (value.form !== 'scalar' || isVoid(value)) return value
    return tableOfColumns({ Node: stringVector([alias]), Value: columnOfScalar(value) })
  },
  'getCurrentSessionAndUser()': ({ session: { id, user, remoteAddress, remotePort } }) =>
    tupleOf([BigInt(id), user, remoteAddress, remotePort].map(valueOf)),
  /** Other users than administrators see only their own sessions. That is our choice, because no document describes it. */
  'getSessionMemoryStat()': ({ node, session: { user, isAdmin } }) => {
    const sharedTables = [...node.shared.values()].map(({ table }) => table)
    const sessions = [...node.sessions.values()].filter(one => isAdmin || one.user === user)
    return tableOf(
      'userId STRING, sessionId LONG, memSize LONG, remoteIP STRING, remotePort INT, createTime TIMESTAMP, lastActiveTime TIMESTAMP',
      [
        ['__SharedTable__', null, bytesOf(sharedTables), '', null, null, null],
        ...sessions.map(({ user, id, remoteAddress, remotePort, variables }) => {
          const bytes = bytesOf([...variables.values()])
          return [user, BigInt(id), bytes, remoteAddress, remotePort, null, null]
        }),
      ],
    )
  },
  /** No effect, because there is no cache. Clients' helpers call this (docs/server-semantics.md#small-functions). */
  'clearAllCache()': () => undefined,
  /** Returns all settings of this server, or one setting as text; NULL for an unknown name (DolphinDB manual, page getConfig). */
  'getConfig([key: text])': ({ node: { config } }, [key]) => {
    const known = Object.entries(config).filter(([, value]) => value !== undefined)
    const texts = known.map(([name, value]) => [name, String(value)])
    const settings = dictionaryOf(Object.fromEntries(texts) as Record<string, string>)
    return key === undefined ? settings : entryOf(settings, stringScalar(key))
  },
  /** Returns one row per running request, including this call. */
  'getConsoleJobs()': ({ node, session }) => {
    const sessions = [...new Map(node.sessions).set(session.id, session).values()]
    const asking: ConsoleJob = {
      ...{ rootJobId: newUuid(node.random), jobType: 'script', description: 'getConsoleJobs()' },
      ...{ priority: 4, parallelism: 2, receivedAt: new Date(node.now()) },
    }
    return tableOf(
      'node STRING, userID STRING, rootJobId UUID, jobType STRING, desc STRING, priority INT, parallelism INT, receiveTime TIMESTAMP, sessionId LONG, remoteIP STRING, remotePort INT, totalTasks INT, finishedTasks INT, runningTask INT, firstTaskStartTime TIMESTAMP, latestTaskStartTime TIMESTAMP, queue STRING',
      sessions.flatMap(one => {
        const job = node.jobs.get(one.id) ?? (one === session ? asking : undefined)
        if (job === undefined) return []
        const { rootJobId, jobType, description, priority, parallelism } = job
        const since = BigInt(job.receivedAt.getTime())
        const { user, id, remoteAddress, remotePort } = one
        const about = [nodeAlias(node), user, rootJobId, jobType, description]
        const asked = [priority, parallelism, since, BigInt(id), remoteAddress, remotePort]
        return [[...about, ...asked, 1, 0, 1, since, since, 'normal queue']]
      }),
    )
  },
  /** Ignores ids of jobs that have ended (DolphinDB manual, page cancelConsoleJob). A waiting job ends; a computing job continues. */
  'cancelConsoleJob(rootJobId)': ({ node, session }, [value]) => {
    const ids = new Set(textsOf(castValue(value, { type: 'STRING' })))
    const chosen = [...node.jobs].filter(([, job]) => ids.has(job.rootJobId))
    for (const [sessionId] of chosen) {
      const mayCancel = session.isAdmin || node.sessions.get(sessionId)?.user === session.user
      check(mayCancel, '<NoPrivilege>Only administrators can cancel the jobs of other users')
    }
    for (const [, job] of chosen) job.cancel?.()
  },
})

function checkAlias(node: ServerNode, alias: string): void {
  check(alias === nodeAlias(node), `Can't find the node with alias ${alias}.`)
}

function bytesOf(values: readonly ServerValue[]): bigint {
  const tables = values.filter(one => one.form === 'serverTable')
  return BigInt(tables.reduce((sum, table) => sum + tableBytes(table), 0))
}
