/*
  The requests of one connection that have arrived. A request is decoded when its turn comes, or earlier if a client lists
  queued jobs (getConsoleJobs).
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
export type Arrival =
  ArrivedRequest | { readonly kind: 'end' } | { readonly kind: 'broken'; readonly error: unknown }

export class RequestQueue {
  readonly #limits: RequestLimits
  readonly #node: ServerNode
  readonly #reader: ByteReader = new ByteReader()
  #decoding: ReturnType<typeof decodeRequest>
  /** Requests decoded before their turn, and their size. */
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
    return this.#ahead.flatMap(one => (one.kind === 'request' && one.job ? [one.job] : []))
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
