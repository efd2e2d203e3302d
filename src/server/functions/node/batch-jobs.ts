/*
  Batch jobs: functions that go on behind the back of their session (docs/server-semantics.md#batch-jobs).
*/
import type { Builtin, CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { stringScalar, voidValue, newUuid } from '../../values/scalar.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import { nodeAlias, type BatchJob, type ServerNode } from '../../node.js'
import { weigh } from '../../values/request-memory.js'
import { builtin, booleanArgument, textArgument } from '../arguments.js'
import { tableOfRecords } from '../result-table.js'

const defaultPriority = 4
const defaultParallelism = 2
/** Jobs that are remembered; what each has answered as well. */
const maxJobs = 100

export const batchJobFunctions: readonly Builtin[] = [
  /** The id that the job got. */
  builtin(
    'submitJob(jobId, jobDesc, jobDef, ...rest)',
    (context, [jobId, jobDesc, jobDef, ...args]) => {
      const { node, session } = context
      const job: BatchJob = {
        id: freeId(node, textArgument(jobId, 'jobId')),
        user: session.user,
        description: textArgument(jobDesc, 'jobDesc'),
        remoteAddress: session.remoteAddress,
        remotePort: session.remotePort,
        receivedAt: new Date(node.now()),
      }
      const fn = functionArgument(jobDef)
      const oldest = [...node.batchJobs.values()].find(one => one.endedAt !== undefined)
      if (node.batchJobs.size >= maxJobs) {
        if (oldest === undefined) {
          throw new ScriptError(
            'Cannot accept new job submissions. The batch job queue has reached its maximum capacity.RefId: S00010',
          )
        }
        node.batchJobs.delete(oldest.id)
      }
      node.batchJobs.set(job.id, job)
      void follow(context, job, context.callApart(fn, args))
      return stringScalar(job.id)
    },
  ),

  /** One row a job; errorMsg tells why one failed. */
  builtin('getRecentJobs([top])', ({ node, session }) =>
    tableOfRecords(
      {
        node: 'STRING',
        userID: 'STRING',
        jobId: 'STRING',
        rootJobId: 'UUID',
        jobDesc: 'STRING',
        priority: 'INT',
        parallelism: 'INT',
        clientIp: 'IPADDR',
        clientPort: 'INT',
        receivedTime: 'TIMESTAMP',
        startTime: 'TIMESTAMP',
        endTime: 'TIMESTAMP',
        errorMsg: 'STRING',
      },
      [...node.batchJobs.values()]
        .filter(job => session.isAdmin || job.user === session.user)
        .map(job => ({
          node: nodeAlias(node),
          userID: job.user,
          jobId: job.id,
          rootJobId: newUuid(node.random),
          jobDesc: job.description,
          priority: defaultPriority,
          parallelism: defaultParallelism,
          clientIp: job.remoteAddress,
          clientPort: job.remotePort,
          receivedTime: BigInt(job.receivedAt.getTime()),
          startTime: BigInt(job.receivedAt.getTime()),
          endTime: job.endedAt === undefined ? null : BigInt(job.endedAt.getTime()),
          errorMsg: job.error ?? '',
        })),
    ),
  ),

  /** What the job answered, or the error it ended with. */
  builtin('getJobReturn(jobId, [blocking])', function* (context, [jobId, blocking]) {
    const job = jobArgument(context, jobId)
    while (job.endedAt === undefined) {
      if (!booleanArgument(blocking, 'blocking', false)) {
        throw new ScriptError(`The job [${job.id}] is not completed.`)
      }
      yield { until: context.session.delay(pollMs) }
    }
    if (job.error !== undefined) throw new ScriptError(job.error)
    return job.value ?? voidValue
  }),

  /** When it began and ended, and how. */
  builtin('getJobMessage(jobId)', (context, [jobId]) => {
    const { id, description, receivedAt, endedAt, error } = jobArgument(context, jobId)
    const lines = [`${timeText(receivedAt)} Start the job [${id}]: ${description}`]
    if (endedAt !== undefined) {
      lines.push(
        `${timeText(endedAt)} ${error === undefined ? 'The job is done.' : `The job failed: ${error}`}`,
      )
    }
    return stringScalar(lines.join('\n'))
  }),
]

const pollMs = 10

async function follow(
  { node }: CallContext,
  job: BatchJob,
  running: Promise<ServerValue>,
): Promise<void> {
  try {
    const value = await running
    // Answers are kept, so a large one is not.
    if (weigh(value, maxKeptBytes) <= maxKeptBytes) job.value = value
    else job.error = `The embedded server keeps answers of up to ${maxKeptBytes} bytes.`
  } catch (error) {
    job.error = error instanceof Error ? error.message : String(error)
  }
  job.endedAt = new Date(node.now())
}

const maxKeptBytes = 16_777_216

/** An id that is taken gets the day behind it, and then a number (DolphinDB manual, page submitJob). */
function freeId(node: ServerNode, wanted: string): string {
  if (!node.batchJobs.has(wanted)) return wanted
  const day = new Date(node.now()).toISOString().slice(0, 10).replaceAll('-', '')
  let id = wanted + day
  for (let next = 1; node.batchJobs.has(id); next++) {
    id = `${wanted}${day}${String(next).padStart(4, '0')}`
  }
  return id
}

function jobArgument({ node, session }: CallContext, value: ServerValue | undefined): BatchJob {
  const id = textArgument(value, 'jobId')
  const job = node.batchJobs.get(id)
  if (job !== undefined && (session.isAdmin || job.user === session.user)) return job
  throw new ScriptError(`The job [${id}] does not exist.`)
}

function functionArgument(value: ServerValue | undefined): FunctionValue {
  if (value?.form === 'function') return value
  throw new ScriptError('The argument [jobDef] must be a function.')
}

function timeText(date: Date): string {
  return date.toISOString().slice(0, -1).replace('T', ' ')
}
