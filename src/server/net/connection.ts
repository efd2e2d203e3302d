/* Takes the requests of one connection as bytes arrive, runs them one after the other, even if the peer has left, and answers. */
import {
  type Request,
  type RequestHead,
  type RequestLimits,
  decodeRequest,
  requestFlags,
} from '../../protocol/request.js'
import { messageOf } from '../../errors.js'
import { ByteReader } from '../../wire/byte-reader.js'
import { newUuid } from '../values/values.js'
import type { Value } from '../../protocol/value.js'
import type { ServerNode } from '../node.js'
import { type FaultAction, type FaultBefore, actionOf, requestText } from './faults.js'
import { Replies } from './replies.js'
import type { ScriptSession } from '../values/server-value.js'
import type { Executor, RunRequest, Transport } from './request-runner.js'

export interface ConnectionContext {
  readonly node: ServerNode
  readonly limits: RequestLimits
  readonly executor: Executor
  readonly run: RunRequest
  open(client: Pick<Transport, 'remoteAddress' | 'remotePort' | 'refusal'>): ScriptSession
  countRequest(asynchronous: boolean): void
  /** Called for a failed request whose client gets no answer. */
  countFailure(sessionId: string, text: string, message: string): void
}

/** A request, the end of the stream, or invalid bytes. Nothing can follow invalid bytes. */
type Arrival =
  | { readonly kind: 'request'; readonly head: RequestHead; readonly request: Request }
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly error: unknown }

interface Work {
  readonly head: RequestHead
  readonly request: Request
  silent: boolean
  readonly fault: FaultAction
}

type Result = { readonly value: Value | undefined } | { readonly error: unknown }

// Reading pauses if this many bytes of requests have arrived while a request waits or answers pile up.
const readAheadBytes = 4_194_304
// If more requests are at hand, the connection collects answers up to this size before it sends them.
const replyBytes = 65_536
// After this time, other connections get a turn.
const turnMs = 2

/** Exists from the first byte until the last request has run, which may be long after the socket has closed. */
export class Connection {
  readonly #context: ConnectionContext
  readonly #transport: Transport
  readonly #replies: Replies
  readonly #onFinished: () => void
  /** The bytes that have arrived for requests whose turn has not come. */
  readonly #reader: ByteReader = new ByteReader()
  #decoding: ReturnType<typeof decodeRequest>
  #session: ScriptSession
  #connected = false
  /** True if the connect request had flag 4 (asynchronous). */
  #connectedSilent = false
  #requestNumber = 0
  /** Start of the current turn of the event loop; undefined between turns. */
  #turnStartedMs: number | undefined
  /** Continues the loop if it waits for bytes, or for room for answers. */
  #wake: (() => void) | undefined
  #reading = true
  #finished = false
  /** The running request; between requests, the last one. */
  #current: Work | undefined
  /** Requests that the fault `later` holds back until the next answered request has run. */
  #later: Work[] = []

  constructor(context: ConnectionContext, transport: Transport, onFinished: () => void) {
    this.#context = context
    this.#transport = transport
    this.#onFinished = onFinished
    this.#decoding = decodeRequest(this.#reader, context.limits)
    this.#session = this.#open()
    this.#replies = new Replies(this.#session.id, transport)
    void this.#serve()
  }

  #open(): ScriptSession {
    const session = this.#context.open(this.#transport)
    session.print = text => this.#print(text)
    return session
  }

  /** Opens a new session if a request names an unknown one. Clients notice this only by the id in the answer. */
  #openAnew(): void {
    this.#context.executor.close(this.#session)
    this.#session = this.#open()
    this.#replies.sessionId = this.#session.id
  }

  get busy(): boolean {
    const waits = this.#wake !== undefined && this.#replies.hasRoom
    return !this.#finished && !(waits && this.#reader.available === 0)
  }

  /** Number of requests whose turn has come, including the running one. */
  get requestCount(): number {
    return this.#requestNumber
  }

  receive(chunk: Uint8Array): void {
    if (this.#finished) return
    this.#reader.push(chunk)
    if (this.#wake === undefined) this.#regulateReading(true)
    this.#wake?.()
  }

  /** Call this when the peer has finished sending. The peer may still read answers. */
  receiveEnd(): void {
    if (!this.#finished && !this.#reader.ended) this.#reader.end()
    this.#wake?.()
  }

  /** Call this when the peer has room for answers again. */
  drained(): void {
    this.#replies.hasRoom = true
    this.#wake?.()
  }

  /** Call this when the peer is gone. Runs the requests that have arrived, and drops their answers. */
  abandoned(): void {
    this.#replies.discard()
    this.receiveEnd()
  }

  /** Tells the peer that no more answers will come. Still runs requests that the peer sends. */
  sayGoodbye(): void {
    this.#transport.end()
  }

  stop(): void {
    if (this.#finished) return
    this.#finished = true
    this.#context.executor.close(this.#session)
    this.#onFinished()
  }

  async #serve(): Promise<void> {
    while (!this.#finished) {
      const arrival = this.#read()
      if (arrival === undefined) await this.#wait()
      else if (arrival.kind === 'broken') this.#breakOff(arrival.error)
      else {
        const due = arrival.kind === 'end' ? this.#later.splice(0) : [this.#workOf(arrival)]
        for (const work of due) {
          if (this.#finished) break
          this.#current = work
          const { request: fault } = work.fault
          if (fault !== undefined && !(await this.#apply(fault, work, due))) continue
          // Most requests do not wait, and awaiting each would take longer than some of them.
          const begun = this.#resultOf(work)
          this.#settle(work, begun instanceof Promise ? await begun : begun)
          if (!work.silent) due.push(...this.#later.splice(0))
        }
        if (arrival.kind === 'end') this.stop()
      }
    }
    this.#replies.flush()
    this.#transport.end()
  }

  async #wait(): Promise<void> {
    this.#replies.flush()
    if (this.#isTurnOver()) {
      this.#regulateReading(true)
      await new Promise<void>(resolve => this.#context.node.clock.nextTurn(resolve))
    } else {
      this.#regulateReading(!this.#replies.hasRoom)
      await new Promise<void>(resolve => (this.#wake = resolve))
      this.#wake = undefined
    }
  }

  /** Undefined while the next request is incomplete, or has to wait for room or for other connections. */
  #read(): Arrival | undefined {
    if (this.#replies.bufferedBytes >= replyBytes) this.#replies.flush()
    if (!this.#replies.hasRoom || this.#isTurnOver()) return undefined
    try {
      const step = this.#decoding.next()
      if (step.done !== true) return undefined
      if (step.value === undefined) return { kind: 'end' }
      this.#decoding = decodeRequest(this.#reader, this.#context.limits)
      const { head, request } = step.value
      return { kind: 'request', head, request }
    } catch (error) {
      return { kind: 'broken', error }
    }
  }

  /** True if other connections must run, because requests of this one have run for a while in this turn of the event loop. */
  #isTurnOver(): boolean {
    const { clock } = this.#context.node
    const startedMs = this.#turnStartedMs
    if (startedMs !== undefined) {
      return this.#reader.available > 0 && clock.nowMs() - startedMs >= turnMs
    }
    this.#turnStartedMs = clock.nowMs()
    clock.nextTurn(() => (this.#turnStartedMs = undefined))
    return false
  }

  /** Pauses or resumes reading. Never pauses while the loop waits for the rest of a request. */
  #regulateReading(isWorking: boolean): void {
    const ahead = isWorking && this.#reader.available > readAheadBytes
    if (ahead === !this.#reading) return
    this.#reading = !ahead
    if (ahead) this.#transport.pause()
    else this.#transport.resume()
  }

  #workOf({ head, request }: Extract<Arrival, { kind: 'request' }>): Work {
    const asynchronous = (head.flags & requestFlags.async) !== 0
    const { faults } = this.#context.node
    this.#requestNumber += 1
    this.#context.countRequest(asynchronous)
    if (this.#connected && head.sessionId !== this.#session.id) this.#openAnew()
    if (!this.#connected) this.#connectedSilent = asynchronous
    // Sends earlier answers first, because the fault may concern only the answer of this request.
    if (faults.before !== undefined) this.#replies.flush()
    const last = request.kind === 'function' ? request.args.at(-1) : undefined
    const given = faults.before?.({
      ...{ sessionId: this.#session.id, requestNumber: this.#requestNumber },
      ...{ kind: request.kind, text: requestText(request) },
      ...{ asynchronous, mixed: asynchronous !== this.#connectedSilent },
      rows: last?.form === 'table' ? last.rows : 0,
    })
    const fault = actionOf(given)
    return { head, request, fault, silent: asynchronous && request.kind !== 'connect' }
  }

  /** @param due  the works to run after this one @returns true if the request runs now, or fails */
  async #apply(fault: FaultBefore, work: Work, due: Work[]): Promise<boolean> {
    if (typeof fault === 'string') {
      const again = { ...work, fault: { ...work.fault, request: undefined } }
      if (fault === 'close') this.#kill()
      if (fault === 'later') this.#later.push(again)
      if (fault === 'flag') work.silent = !work.silent
      if (fault === 'stall') this.#replies.discard()
      if (fault === 'twice' && work.silent) due.push(again)
      if (fault === 'forget') this.#openAnew()
      return fault !== 'drop' && fault !== 'close' && fault !== 'later'
    }
    if ('until' in fault) await fault.until.catch(() => undefined)
    return !this.#finished
  }

  #resultOf(work: Work): Result | Promise<Result> {
    const { request: fault } = work.fault
    this.#session.fault = work.fault
    try {
      if (typeof fault === 'object' && 'error' in fault) throw new Error(fault.error)
      if (work.request.kind === 'connect') this.#connected = true
      else if (!this.#connected)
        throw new Error('The first request of a connection must be connect.')
      const outcome = this.#context.run(this.#session, work.head, work.request)
      return outcome instanceof Promise ? this.#awaited(work, outcome) : { value: outcome }
    } catch (error) {
      return { error }
    }
  }

  /** Meanwhile, other sessions can see the request, and cancel it. */
  async #awaited({ head, request }: Work, outcome: Promise<Value | undefined>): Promise<Result> {
    const { node } = this.#context
    const session = this.#session
    node.jobs.set(session.id, {
      rootJobId: newUuid(node.random),
      jobType: request.kind,
      description: requestText(request),
      priority: head.priority,
      parallelism: head.parallelism,
      receivedAt: new Date(node.now()),
      ...(head.cancellable !== false && { cancel: () => session.runtime?.cancel() }),
    })
    // Sends printed output before the request waits.
    this.#replies.flush()
    const result = await outcome.then(
      value => ({ value }),
      (error: unknown) => ({ error }),
    )
    node.jobs.delete(session.id)
    return result
  }

  #settle({ head, request, silent, fault }: Work, result: Result): void {
    if (this.#finished) return
    const context = this.#context
    // Keeps the functions of the session (docs/server-semantics.md#sessions).
    if ((head.flags & requestFlags.clearMemory) !== 0) this.#session.variables.clear()
    if (silent) {
      if ('error' in result)
        context.countFailure(this.#session.id, requestText(request), messageOf(result.error))
    } else {
      const isCompressed = (head.flags & requestFlags.compress) !== 0
      if ('error' in result) this.#replies.error(messageOf(result.error))
      else this.#replies.value(result.value, head.fetchSize ?? 0, isCompressed)
    }
    const answer = fault.answer?.()
    if (answer === 'drop') this.#replies.forget()
    if (answer === 'cut') this.#replies.flushHalf()
    if (answer === 'cut' || answer === 'close') this.#kill()
  }

  #print(text: string): void {
    const work = this.#current
    if (work === undefined || work.silent || work.head.protocol === 'API') return
    this.#replies.message(text)
    const isWaiting = this.#context.node.jobs.has(this.#session.id)
    if (isWaiting) this.#replies.flush()
  }

  /** Handles invalid bytes: reports the error, in an answer if one is expected, and ends only this connection. */
  #breakOff(error: unknown): void {
    const asynchronous = ((this.#current?.head.flags ?? 0) & requestFlags.async) !== 0
    if (asynchronous) this.#context.countFailure(this.#session.id, '', messageOf(error))
    else this.#replies.error(messageOf(error))
    this.stop()
  }

  /** Acts as if somebody had cut the cable: the connection reads, runs and sends nothing more. */
  #kill(): void {
    this.stop()
    this.#transport.destroy()
  }
}
