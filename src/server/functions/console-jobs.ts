/*
  getConsoleJobs(): which interactive requests are under way (server notes §5.2, §5.3). Clients ask it whether a
  session that does not answer still works.
*/
import { randomUUID } from 'node:crypto'
import type { Builtin } from '../script/builtin.js'
import type { ConsoleJob, ServerNode } from '../node.js'
import { nodeAlias } from '../node.js'
import type { ScriptSession } from '../script/session-state.js'
import { tableOfRecords } from './result-table.js'

const defaultPriority = 4
const defaultParallelism = 2

/** getConsoleJobs(): one row a request; the asking one is among them. */
const getConsoleJobs: Builtin = {
  name: 'getConsoleJobs',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: ({ node, session }) => {
    const sessions = new Map(node.sessions).set(session.id, session)
    const records = [...sessions.values()].flatMap(one => {
      const own: readonly ConsoleJob[] = one === session ? [askingJob(node)] : []
      return (node.jobs.get(one.id) ?? own).map(job => recordOf(node, one, job))
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
  },
}

export const consoleJobFunctions: readonly Builtin[] = [getConsoleJobs]

function askingJob(node: ServerNode): ConsoleJob {
  return {
    rootJobId: randomUUID(),
    jobType: 'script',
    description: 'getConsoleJobs()',
    priority: defaultPriority,
    parallelism: defaultParallelism,
    receivedAt: new Date(node.now()),
  }
}

function recordOf(node: ServerNode, session: ScriptSession, job: ConsoleJob) {
  const receiveTime = BigInt(job.receivedAt.getTime())
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
    runningTask: 1,
    firstTaskStartTime: receiveTime,
    latestTaskStartTime: receiveTime,
    queue: 'normal queue',
  }
}
