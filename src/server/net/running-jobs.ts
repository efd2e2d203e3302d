/*
  The requests that are under way but wait (sleep), as getConsoleJobs shows them. Requests that never wait are over
  before anyone could ask.
*/
import type { Request, RequestHead } from '../../protocol/request.js'
import { requestText } from './faults.js'
import type { ServerNode } from '../node.js'
import { newUuid } from '../values/uuid.js'

/** Keeps `ServerNode.jobs` up to date. */
export class RunningJobs {
  readonly #node: ServerNode

  constructor(node: ServerNode) {
    this.#node = node
  }

  /** A connect request is not a job. */
  begin(sessionId: string, head: RequestHead, request: Request, cancel: () => void): void {
    if (request.kind === 'connect') return
    const job = {
      rootJobId: newUuid(this.#node.random),
      jobType: request.kind,
      description: requestText(request),
      priority: head.priority,
      parallelism: head.parallelism,
      receivedAt: new Date(this.#node.now()),
      ...(head.cancellable !== false && { cancel }),
    }
    this.#node.jobs.set(sessionId, [job])
  }

  /** Harmless for a session without a job. */
  end(sessionId: string): void {
    this.#node.jobs.delete(sessionId)
  }
}
