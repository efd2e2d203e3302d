/*
  Lists requests ("console jobs") and open transactions, and cancels requests (docs/server-semantics.md#console-jobs).
*/
import type { Builtin, ScriptSession } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castValue } from '../../operators/cast.js'
import { voidValue, newUuid } from '../../values/scalar.js'
import { type ConsoleJob, type ServerNode, nodeAlias } from '../../node.js'
import { builtin, textsArgument } from '../arguments.js'
import { tableOfRecords } from '../result-table.js'

const defaultPriority = 4
const defaultParallelism = 2

export const consoleJobFunctions: readonly Builtin[] = [
  /** Returns one row per running or queued request, including this call. */
  builtin('getConsoleJobs()', ({ node, session }) => {
    const sessions = new Map(node.sessions).set(session.id, session)
    const records = [...sessions.values()].flatMap(one => {
      const jobs = node.jobs.get(one.id)
      if (jobs === undefined)
        return one === session ? [recordOf(node, one, askingJob(node), 1)] : []
      return [
        recordOf(node, one, jobs.running, 1),
        ...jobs.queued().map(job => recordOf(node, one, job, 0)),
      ]
    })
    return tableOfRecords(
      {
        node: 'STRING',
        userID: 'STRING',
        rootJobId: 'UUID',
        jobType: 'STRING',
        desc: 'STRING',
        priority: 'INT',
        parallelism: 'INT',
        receiveTime: 'TIMESTAMP',
        sessionId: 'LONG',
        remoteIP: 'STRING',
        remotePort: 'INT',
        totalTasks: 'INT',
        finishedTasks: 'INT',
        runningTask: 'INT',
        firstTaskStartTime: 'TIMESTAMP',
        latestTaskStartTime: 'TIMESTAMP',
        queue: 'STRING',
      },
      records,
    )
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
]

function askingJob(node: ServerNode): ConsoleJob {
  return {
    rootJobId: newUuid(node.random),
    jobType: 'script',
    description: 'getConsoleJobs()',
    priority: defaultPriority,
    parallelism: defaultParallelism,
    receivedAt: new Date(node.now()),
  }
}

/** @param running  1 for a running job, 0 for a queued job */
function recordOf(node: ServerNode, session: ScriptSession, job: ConsoleJob, running: 0 | 1) {
  const receiveTime = BigInt(job.receivedAt.getTime())
  const startTime = running === 0 ? null : receiveTime
  return {
    node: nodeAlias(node),
    userID: session.user,
    rootJobId: job.rootJobId,
    jobType: job.jobType,
    desc: job.description,
    priority: job.priority,
    parallelism: job.parallelism,
    receiveTime,
    sessionId: BigInt(session.id),
    remoteIP: session.remoteAddress,
    remotePort: session.remotePort,
    totalTasks: 1,
    finishedTasks: 0,
    runningTask: running,
    firstTaskStartTime: startTime,
    latestTaskStartTime: startTime,
    queue: 'normal queue',
  }
}

/**
 * One row per table whose transactions are in the cache engine but not yet in its files. The embedded server has no
 * files, so it lists a table until a flush. It allows only administrators, because no document says who may call this.
 */
export const getRedoLogGCStat = builtin(
  'getRedoLogGCStat()',
  ({ node }) =>
    tableOfRecords(
      {
        physicalName: 'STRING',
        txnCount: 'INT',
        numOfTxnPendingGC: 'INT',
        minTidPendingGC: 'LONG',
        numOfTxnPendingFlush: 'INT',
        minTidPendingFlush: 'LONG',
      },
      Array.from(node.transactions.unflushed, ([{ stored }, { count, first }]) => ({
        physicalName: `${stored!.databasePath.slice('dfs:/'.length)}/${stored!.tableName}_${stored!.physicalIndex}`,
        txnCount: count,
        numOfTxnPendingGC: 0,
        minTidPendingGC: null,
        numOfTxnPendingFlush: count,
        minTidPendingFlush: BigInt(first),
      })),
    ),
  { adminOnly: true },
)

function flushOf(name: string, engine: 'OLAP' | 'TSDB' | 'PKEY'): Builtin {
  return {
    name,
    parameters: [],
    minArguments: 0,
    maxArguments: 0,
    call: ({ node: { transactions } }) => {
      for (const table of transactions.unflushed.keys()) {
        if (table.stored?.engine === engine) transactions.unflushed.delete(table)
      }
      return voidValue
    },
  }
}

/** flushOLAPCache() and flushTSDBCache() mark all finished transactions of the engine as written to files. */
export const flushFunctions: readonly Builtin[] = [
  flushOf('flushOLAPCache', 'OLAP'),
  flushOf('flushTSDBCache', 'TSDB'),
]
