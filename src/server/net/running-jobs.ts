/*
  The requests that are under way but wait, and those of their connections that wait behind them, as getConsoleJobs
  shows them (docs/server-semantics.md#console-jobs). Requests that never wait are over before anyone could ask.
*/
import type { Request, RequestHead } from '../../protocol/request.js'
import { requestText } from './faults.js'
import type { ConsoleJob, ServerNode } from '../node.js'
import { newUuid } from '../values/uuid.js'

/** Keeps `ServerNode.jobs` up to date. */
export class RunningJobs {
  readonly #node: ServerNode

  constructor(node: ServerNode) {
    this.#node = node
  }

  /** What is told of a request. A connect request is not a job. */
  jobOf(head: RequestHead, request: Request, cancel: () => void): ConsoleJob | undefined {
    if (request.kind === 'connect') return undefined
    return {
      rootJobId: newUuid(this.#node.random),
      jobType: request.kind,
      description: requestText(request),
      priority: head.priority,
      parallelism: head.parallelism,
      receivedAt: new Date(this.#node.now()),
      ...(head.cancellable !== false && { cancel }),
    }
  }

  /** @param queued  the jobs behind it, looked up whenever somebody asks */
  begin(sessionId: string, job: ConsoleJob, queued: () => readonly ConsoleJob[]): void {
    this.#node.jobs.set(sessionId, { running: job, queued })
  }

  /** Harmless for a session without a job. */
  end(sessionId: string): void {
    this.#node.jobs.delete(sessionId)
  }
}
