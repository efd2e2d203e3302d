/*
  The requests that a node keeps track of: queued requests of a connection, running requests, and asynchronous requests that
  failed. A request is decoded when its turn comes, or earlier if a client lists queued jobs (getConsoleJobs).
*/
import {
  type Request,
  type RequestHead,
  type RequestLimits,
  decodeRequest,
} from '../../protocol/request.js'
import { requestText } from './faults.js'
import type { ConsoleJob, ServerNode } from '../node.js'
import { newUuid } from '../values/scalar.js'
import { ByteReader } from '../../wire/byte-reader.js'

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

/** A request's entry in the list of jobs that other sessions can query; undefined for a connect request. */
export function jobOf(
  node: ServerNode,
  head: RequestHead,
  request: Request,
  cancel: () => void,
): ConsoleJob | undefined {
  if (request.kind === 'connect') return undefined
  return {
    rootJobId: newUuid(node.random),
    jobType: request.kind,
    description: requestText(request),
    priority: head.priority,
    parallelism: head.parallelism,
    receivedAt: new Date(node.now()),
    ...(head.cancellable !== false && { cancel }),
  }
}

export interface ArrivedRequest {
  readonly kind: 'request'
  readonly head: RequestHead
  readonly request: Request
  /** The job that clients have seen for this request in the queue; undefined if no client has listed the queue. */
  job: ConsoleJob | undefined
  /** True if a client cancelled the job before its turn. */
  isCancelled: boolean
}

/** A request, the end of the stream, or invalid bytes. Nothing can follow invalid bytes. */
type Arrival =
  ArrivedRequest | { readonly kind: 'end' } | { readonly kind: 'broken'; readonly error: unknown }

export class RequestQueue {
  readonly #limits: RequestLimits
  readonly #node: ServerNode
  readonly #reader: ByteReader = new ByteReader()
  #decoding: ReturnType<typeof decodeRequest>
  /** Requests decoded before their turn. */
  readonly #ahead: Arrival[] = []
  #aheadBytes = 0

  constructor(limits: RequestLimits, node: ServerNode) {
    this.#limits = limits
    this.#node = node
    this.#decoding = decodeRequest(this.#reader, limits)
  }

  /** Number of bytes that have arrived for requests whose turn has not come. */
  get waitingBytes(): number {
    return this.#reader.available + this.#aheadBytes
  }

  /** True once the peer has finished sending. */
  get ended(): boolean {
    return this.#reader.ended
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk)
  }

  end(): void {
    this.#reader.end()
  }

  /** Returns undefined while the next request is incomplete. */
  next(): Arrival | undefined {
    const ahead = this.#ahead.shift()
    if (this.#ahead.length === 0) this.#aheadBytes = 0
    return ahead ?? this.#read()
  }

  /** Decodes all waiting requests and returns their jobs. */
  readonly jobs = (): ConsoleJob[] => {
    while (this.#ahead.length === 0 || this.#ahead.at(-1)!.kind === 'request') {
      const before = this.#reader.available
      const arrival = this.#read()
      if (arrival === undefined) break
      this.#aheadBytes += before - this.#reader.available
      if (arrival.kind === 'request') {
        const cancel = (): void => void (arrival.isCancelled = true)
        arrival.job = jobOf(this.#node, arrival.head, arrival.request, cancel)
      }
      this.#ahead.push(arrival)
    }
    return this.#ahead.flatMap(arrival =>
      arrival.kind === 'request' && arrival.job !== undefined ? [arrival.job] : [],
    )
  }

  #read(): Arrival | undefined {
    try {
      const step = this.#decoding.next()
      if (step.done !== true) return undefined
      if (step.value === undefined) return { kind: 'end' }
      this.#decoding = decodeRequest(this.#reader, this.#limits)
      return { kind: 'request', ...step.value, job: undefined, isCancelled: false }
    } catch (error) {
      return { kind: 'broken', error }
    }
  }
}
