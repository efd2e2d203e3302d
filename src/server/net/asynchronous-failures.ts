/*
  The requests that a node keeps track of: running requests, and asynchronous requests that failed.
*/
import type { Request, RequestHead } from '../../protocol/request.js'
import { requestText } from './faults.js'
import type { ConsoleJob, ServerNode } from '../node.js'
import { newUuid } from '../values/scalar.js'

/** A failed request whose client got no answer. */
export interface AsynchronousFailure {
  readonly sessionId: string
  /** Script, function name or variable names, cut to 200 characters. */
  readonly text: string
  /** The error line that an answer would have contained. */
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

const keptFailures = 256

/** The last 256 failures of a server. */
export class AsynchronousFailures {
  readonly #onFailure: ((failure: AsynchronousFailure) => void) | undefined
  readonly #now: () => number
  #kept: AsynchronousFailure[] = []
  #count = 0

  constructor(now: () => number, onFailure?: (failure: AsynchronousFailure) => void) {
    this.#now = now
    this.#onFailure = onFailure
  }

  /** Number of all failures, including those that `recent` has dropped. */
  get count(): number {
    return this.#count
  }

  /** The latest failures, oldest first. */
  get recent(): readonly AsynchronousFailure[] {
    return this.#kept
  }

  add(sessionId: string, text: string, message: string): void {
    const failure = { sessionId, text, message, at: this.#now() }
    this.#count += 1
    this.#kept = [...this.#kept.slice(1 - keptFailures), failure]
    this.#onFailure?.(failure)
  }
}

/** Updates `ServerNode.jobs` when requests begin and end. */
export class RunningJobs {
  readonly #node: ServerNode

  constructor(node: ServerNode) {
    this.#node = node
  }

  /** A request's entry in the list of jobs that other sessions can query; undefined for a connect request. */
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

  /** @param queued  lists the jobs that wait behind this one; called when a client lists or cancels jobs */
  begin(sessionId: string, job: ConsoleJob, queued: () => readonly ConsoleJob[]): void {
    this.#node.jobs.set(sessionId, { running: job, queued })
  }

  end(sessionId: string): void {
    this.#node.jobs.delete(sessionId)
  }
}
