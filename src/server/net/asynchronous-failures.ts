/*
  The requests a node remembers: requests in progress, and asynchronous requests that failed.
*/
import type { Request, RequestHead } from '../../protocol/request.js'
import { requestText } from './faults.js'
import type { ConsoleJob, ServerNode } from '../node.js'
import { newUuid } from '../values/scalar.js'

/** A request that failed and whose client got no answer. */
export interface AsynchronousFailure {
  readonly sessionId: string
  /** Script, function name, or variable names, clipped. */
  readonly text: string
  /** The error line that a synchronous client would have received. */
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

const keptFailures = 256

/** The latest 256 failures of a server. */
export class AsynchronousFailures {
  readonly #onFailure: ((failure: AsynchronousFailure) => void) | undefined
  readonly #now: () => number
  #kept: AsynchronousFailure[] = []
  #count = 0

  constructor(now: () => number, onFailure?: (failure: AsynchronousFailure) => void) {
    this.#now = now
    this.#onFailure = onFailure
  }

  /** All failures so far, including forgotten ones. */
  get count(): number {
    return this.#count
  }

  /** The latest failures, oldest first. */
  get recent(): readonly AsynchronousFailure[] {
    return this.#kept
  }

  /** Forgets the oldest failure when there are too many. */
  add(sessionId: string, text: string, message: string): void {
    const failure = { sessionId, text, message, at: this.#now() }
    this.#count += 1
    this.#kept = [...this.#kept.slice(1 - keptFailures), failure]
    this.#onFailure?.(failure)
  }
}

/** Keeps `ServerNode.jobs` up to date. */
export class RunningJobs {
  readonly #node: ServerNode

  constructor(node: ServerNode) {
    this.#node = node
  }

  /** The job of a request, as other sessions see it; undefined for a connect request. */
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

  /** @param queued  finds, on demand, the jobs that wait after this one */
  begin(sessionId: string, job: ConsoleJob, queued: () => readonly ConsoleJob[]): void {
    this.#node.jobs.set(sessionId, { running: job, queued })
  }

  /** Has no effect on a session without a job. */
  end(sessionId: string): void {
    this.#node.jobs.delete(sessionId)
  }
}
