/* Sends requests that get answers one at a time. One whose caller gives up keeps its place, so that requests and answers still match:
   after a time limit, or by an AbortSignal. */
import { setMaxListeners } from 'node:events'
import { DdbError, TimeoutError } from '../errors.js'
import type { Request, RequestHead } from '../protocol/request.js'
import type { Response } from '../protocol/response.js'
import type { ByteReader, Decoding } from '../wire/byte-reader.js'
import type { Clock } from '../platform/platform.js'
import type { Outgoing } from './outgoing.js'
import type { ConnectionTrace } from './trace.js'

/** Limits that end the caller's wait; the server continues its work. */
export interface WaitLimits {
  timeoutMs?: number
  signal?: AbortSignal | undefined
}

const noLimits = (): void => undefined

/** Calls `giveUp` at most once. @param late  the error when the time is up @returns a function that cancels timer and signal */
export function limitWait(
  clock: Clock,
  { timeoutMs, signal }: WaitLimits,
  late: (timeoutMs: number) => DdbError,
  giveUp: (error: DdbError) => void,
): () => void {
  if (timeoutMs === undefined && signal === undefined) return noLimits
  const end = (error: DdbError): void => {
    release()
    giveUp(error)
  }
  const onAbort = (): void => end(interrupted(signal))
  const timer =
    timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => end(late(timeoutMs)))
  const release = (): void => {
    timer?.cancel()
    signal?.removeEventListener('abort', onAbort)
  }
  // Calls may share a signal, and Node would warn about so many.
  if (signal instanceof EventTarget) setMaxListeners(0, signal)
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted === true) onAbort()
  return release
}

/** A DDB_INTERRUPTED error, with the signal's own reason as the cause. */
export function interrupted(signal: AbortSignal | undefined): DdbError {
  return new DdbError('DDB_INTERRUPTED', 'The caller cancelled the wait.', {
    cause: signal?.reason,
  })
}

export const noAnswer = (timeoutMs: number): TimeoutError =>
  new TimeoutError(
    `No answer within ${timeoutMs} ms; the server may still be working on the request.`,
    'timeoutMs',
  )

export type ResponseDecoder = (reader: ByteReader) => Decoding<Response>

/** Checks an answer. Returns an error if the connection must end after this answer, else undefined. */
export type LastAnswer = (response: Response) => DdbError | undefined

interface Exchange {
  head: RequestHead
  request: Request
  decode: ResponseDecoder
  /** `resolve` and `reject` have no effect once the caller has given up. */
  resolve: (response: Response) => void
  reject: (error: unknown) => void
  /** Removes the time limit and the abort listener of the caller's wait. */
  release: () => void
}

/** The requests of one session. The server has at most one of them at a time. */
export class ExchangeQueue {
  /** Asynchronous requests before the last request that gets an answer. */
  sentBefore = 0
  readonly #outgoing: Outgoing
  readonly #reader: ByteReader
  readonly #clock: Clock
  readonly #lastAnswer: LastAnswer
  readonly #trace: ConnectionTrace | undefined
  #answerStartBytes = 0
  readonly #waiting: Exchange[] = []
  /** Requests made before `hold`, then the requests of the caller of `hold`. All other requests wait until the hold ends. */
  readonly #held: Exchange[] = []
  readonly #holders: (() => void)[] = []
  /** True while only requests of the caller of `hold` are sent. */
  isHeld = false
  #outstanding: Exchange | undefined
  #decoding: Decoding<Response> | undefined
  #onIdle: (() => void) | undefined

  constructor(
    outgoing: Outgoing,
    reader: ByteReader,
    clock: Clock,
    lastAnswer: LastAnswer,
    trace?: ConnectionTrace,
  ) {
    this.#outgoing = outgoing
    this.#reader = reader
    this.#clock = clock
    this.#lastAnswer = lastAnswer
    this.#trace = trace
  }

  get isIdle(): boolean {
    const isEmpty = this.#waiting.length === 0 && this.#held.length === 0
    return this.#outstanding === undefined && isEmpty && !this.isHeld
  }

  /** Holds other requests back until the returned function is called. A second caller waits until the first has finished. */
  async hold(): Promise<() => void> {
    if (this.isHeld) await new Promise<void>(resolve => this.#holders.push(resolve))
    this.isHeld = true
    // Requests that were waiting before the hold are sent first.
    this.#held.push(...this.#waiting.splice(0))
    this.#next()
    return () => {
      const next = this.#holders.shift()
      if (next !== undefined) return next()
      this.isHeld = false
      this.#next()
    }
  }

  /** @param isHolder  true for the caller of `hold` @throws {ValueError} (a rejection) for an unsuitable argument; then nothing is sent */
  submit(
    head: RequestHead,
    request: Request,
    decode: ResponseDecoder,
    limits: WaitLimits = {},
    isHolder: boolean = false,
  ): Promise<Response> {
    return new Promise<Response>((resolve, reject) => {
      const exchange: Exchange = { head, request, decode, resolve, reject, release: noLimits }
      exchange.release = limitWait(this.#clock, limits, noAnswer, error => {
        reject(error)
        this.#drop(exchange)
      })
      if (limits.signal?.aborted !== true) (isHolder ? this.#held : this.#waiting).push(exchange)
      this.#next()
    })
  }

  #next(): void {
    while (this.#outstanding === undefined) {
      const exchange = (this.isHeld ? this.#held : this.#waiting).shift()
      if (exchange === undefined) {
        if (this.isIdle) this.#onIdle?.()
        return
      }
      try {
        this.#outgoing.encode(exchange.head, exchange.request)
      } catch (error) {
        exchange.release()
        exchange.reject(error)
        continue
      }
      this.sentBefore = this.#outgoing.counts.accepted
      this.#outstanding = exchange
      this.#decoding = exchange.decode(this.#reader)
      this.#answerStartBytes = this.#reader.offsetBytes
      this.#outgoing.flush()
    }
  }

  /** @throws {ProtocolError} for bytes that are no answer, or not due @throws {DdbError} of `LastAnswer`, before anything else is sent */
  advance(): void {
    while (this.#decoding !== undefined) {
      const step = this.#decoding.next()
      if (step.done !== true) return
      const exchange = this.#outstanding!
      this.#outstanding = undefined
      this.#decoding = undefined
      this.#trace?.received(step.value, this.#reader.offsetBytes - this.#answerStartBytes)
      const last = this.#lastAnswer(step.value)
      // Even if `last` ends the connection, a request that the server answered with success succeeds.
      exchange.release()
      if (last === undefined || step.value.ok) exchange.resolve(step.value)
      else exchange.reject(last)
      if (last !== undefined) throw last
      this.#next()
    }
    if (this.#reader.available > 0) {
      throw this.#reader.fault(
        'the server sent bytes that no request asked for; does it answer asynchronous requests?',
      )
    }
  }

  /** An exchange whose request was sent keeps its place. */
  #drop(exchange: Exchange): void {
    for (const queue of [this.#waiting, this.#held]) {
      const place = queue.indexOf(exchange)
      if (place >= 0) queue.splice(place, 1)
    }
    if (this.isIdle) this.#onIdle?.()
  }

  /** Fails every waiting request with `error`, because the connection is gone. */
  fail(error: unknown): void {
    const lost = [...this.#held.splice(0), ...this.#waiting.splice(0)]
    if (this.#outstanding !== undefined) lost.unshift(this.#outstanding)
    this.#outstanding = undefined
    this.#decoding = undefined
    for (const { release, reject } of lost) {
      release()
      reject(error)
    }
    this.#onIdle?.()
  }

  async idle(): Promise<void> {
    if (!this.isIdle) await new Promise<void>(resolve => (this.#onIdle = resolve))
  }
}
