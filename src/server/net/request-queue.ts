/*
  Decodes the requests of one connection. A request is decoded when its turn comes, or earlier if a client lists queued
  jobs (getConsoleJobs).
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
