/*
  Decodes the requests of one connection: each when its turn comes, or earlier if a client lists queued jobs
  (getConsoleJobs).
*/
import {
  type Request,
  type RequestHead,
  type RequestLimits,
  decodeRequest,
} from '../../protocol/request.js'
import { ByteReader } from '../../wire/byte-reader.js'
import type { ConsoleJob } from '../node.js'
import type { RunningJobs } from './asynchronous-failures.js'

export interface ArrivedRequest {
  readonly kind: 'request'
  readonly head: RequestHead
  readonly request: Request
  /** The job under which clients saw the request in the queue; undefined if no client listed the queue. */
  job: ConsoleJob | undefined
  /** The job was cancelled before its turn came. */
  isCancelled: boolean
}

/** What arrives: a request, the end of all requests, or invalid bytes. Nothing follows invalid bytes. */
export type Arrival =
  ArrivedRequest | { readonly kind: 'end' } | { readonly kind: 'broken'; readonly error: unknown }

export class RequestQueue {
  readonly #limits: RequestLimits
  readonly #jobs: RunningJobs
  readonly #reader: ByteReader = new ByteReader()
  #decoding: ReturnType<typeof decodeRequest>
  /** Requests decoded before their turn. */
  readonly #ahead: Arrival[] = []
  #aheadBytes = 0

  constructor(limits: RequestLimits, jobs: RunningJobs) {
    this.#limits = limits
    this.#jobs = jobs
    this.#decoding = decodeRequest(this.#reader, limits)
  }

  /** Bytes of requests that wait for their turn. */
  get waitingBytes(): number {
    return this.#reader.available + this.#aheadBytes
  }

  /** True once nothing more will arrive. */
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

  /** Decodes the waiting requests and lists their jobs. */
  readonly jobs = (): ConsoleJob[] => {
    while (this.#ahead.length === 0 || this.#ahead.at(-1)!.kind === 'request') {
      const before = this.#reader.available
      const arrival = this.#read()
      if (arrival === undefined) break
      this.#aheadBytes += before - this.#reader.available
      if (arrival.kind === 'request') {
        const cancel = (): void => void (arrival.isCancelled = true)
        arrival.job = this.#jobs.jobOf(arrival.head, arrival.request, cancel)
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
