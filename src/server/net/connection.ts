/*
  One connection to the embedded server: decodes requests as their bytes arrive, runs one request after the other, and
  sends the answers. If the peer leaves, the connection still runs the requests that have arrived.
*/
import { type RequestLimits, requestFlags } from '../../protocol/request.js'
import type { Clock } from '../../platform/platform.js'
import type { Value } from '../../protocol/value.js'
import type { ServerNode } from '../node.js'
import { ScriptError } from '../script-error.js'
import {
  type ArrivedRequest,
  type AsynchronousFailures,
  RequestQueue,
  jobOf,
} from './request-queue.js'
import {
  type FaultBefore,
  type Faults,
  type RequestInfo,
  requestInfo,
  requestText,
} from './faults.js'
import { Replies } from './replies.js'
import type { RequestRunner, Transport } from './request-runner.js'

export interface ConnectionContext {
  readonly clock: Clock
  readonly failures: AsynchronousFailures
  readonly node: ServerNode
  readonly faults: Faults | undefined
  readonly limits: RequestLimits
  countRequest(asynchronous: boolean): void
}

/** A request whose turn has come. */
interface Work extends Pick<ArrivedRequest, 'head' | 'request' | 'job'> {
  silent: boolean
  /** Description for fault hooks; undefined if the server has no hooks. */
  readonly info: RequestInfo | undefined
  /** How many more times the fault `twice` runs the request. */
  repeats: number
}

// Reading pauses if this many bytes of requests have arrived while a request waits or answers pile up.
const readAheadBytes = 4_194_304
// If more requests are at hand, the connection collects answers up to this size before it sends them.
const replyBytes = 65_536
// After this time, other connections get a turn.
const turnMs = 2

/** Exists from the first byte until the last request has run, which may be long after the socket has closed. */
export class Connection {
  readonly #context: ConnectionContext
  readonly #openSession: () => RequestRunner
  readonly #transport: Transport
  readonly #replies: Replies
  readonly #onFinished: () => void
  readonly #requests: RequestQueue
  /** The runner of the current session. */
  #runner: RequestRunner
  #connected = false
  /** True if the connect request had flag 4 (asynchronous). */
  #connectedSilent = false
  #requestNumber = 0
  /** Start of the current turn of the event loop; undefined between turns. */
  #turnStartedMs: number | undefined
  /** True while a request waits, or while the next turn is scheduled. */
  #busy = false
  /** True while answers wait because the peer reads too slowly. */
  #blocked = false
  #reading = true
  #finished = false
  /** The running request; between requests, the last one. */
  #current: Work | undefined
  /** Requests that the fault `later` holds back until the next answered request has run. */
  #later: Work[] = []
  /** Requests that the fault `later` held back and that may now run. */
  #due: Work[] = []

  constructor(
    context: ConnectionContext,
    openSession: () => RequestRunner,
    transport: Transport,
    onFinished: () => void,
  ) {
    this.#context = context
    this.#openSession = openSession
    this.#transport = transport
    this.#onFinished = onFinished
    this.#requests = new RequestQueue(context.limits, context.node)
    this.#runner = this.#open()
    this.#replies = new Replies(this.#runner.session.id, transport)
  }

  #open(): RequestRunner {
    const runner = this.#openSession()
    runner.session.print = text => this.#print(text)
    return runner
  }

  /** Opens a new session if a request names an unknown one. Clients notice this only by the id in the answer. */
  #openAnew(): void {
    this.#runner.close()
    this.#runner = this.#open()
    this.#replies.sessionId = this.#runner.session.id
  }

  get busy(): boolean {
    const waiting = this.#requests.waitingBytes > 0 || this.#due.length > 0
    return !this.#finished && (this.#busy || this.#blocked || waiting)
  }

  /** Number of requests whose turn has come, including the running one. */
  get requestCount(): number {
    return this.#requestNumber
  }

  receive(chunk: Uint8Array): void {
    if (this.#finished) return
    this.#requests.push(chunk)
    this.#work()
  }

  /** Call this when the peer has finished sending. The peer may still read answers. */
  receiveEnd(): void {
    if (this.#finished || this.#requests.ended) return
    this.#requests.end()
    this.#work()
  }

  /** Call this when the peer has room for answers again. */
  drained(): void {
    this.#replies.drained()
    this.#work()
  }

  /** Call this when the peer is gone. Runs the requests that have arrived, and drops their answers. */
  abandoned(): void {
    if (this.#finished) return
    this.#replies.discard()
    this.#requests.end()
    this.#work()
  }

  /** Tells the peer that no more answers will come. Still runs requests that the peer sends. */
  sayGoodbye(): void {
    this.#transport.end()
  }

  /** Stops at once: runs no further request. */
  stop(): void {
    this.#finish()
  }

  #work(): void {
    if (this.#finished) return
    this.#blocked = !this.#replies.flush()
    this.#beginTurn()
    while (!this.#busy && !this.#blocked && !this.#finished) {
      const due = this.#due.shift()
      if (due !== undefined) this.#run((this.#current = due))
      else if (!this.#takeNext()) break
      if (this.#replies.bufferedBytes >= replyBytes) this.#blocked = !this.#replies.flush()
      if (!this.#busy) this.#giveWayInTime()
    }
    this.#blocked = !this.#replies.flush()
    if (this.#finished) this.#transport.end()
    else this.#regulateReading()
  }

  /** @returns false if the next request has not arrived completely */
  #takeNext(): boolean {
    const arrival = this.#requests.next()
    if (arrival === undefined) return false
    if (arrival.kind === 'request') this.#execute(arrival)
    else if (arrival.kind === 'broken') this.#breakOff(arrival.error)
    else if (this.#later.length > 0) this.#laterIsDue()
    else this.#finish()
    return true
  }

  #laterIsDue(): void {
    this.#due.push(...this.#later.splice(0))
  }

  /** Records the start of this turn of the event loop, if an earlier chunk of the turn has not done so. */
  #beginTurn(): void {
    if (this.#turnStartedMs !== undefined) return
    const { clock } = this.#context
    this.#turnStartedMs = clock.nowMs()
    clock.nextTurn(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#turnStartedMs = undefined
  }

  #giveWayInTime(): void {
    const { clock } = this.#context
    const started = this.#turnStartedMs ?? 0
    if (this.#requests.waitingBytes === 0 || clock.nowMs() - started < turnMs) return
    this.#busy = true
    clock.nextTurn(this.#proceed)
  }

  readonly #proceed = (): void => {
    this.#busy = false
    this.#work()
  }

  /** Pauses or resumes reading. Never pauses while the decoder waits for the rest of a request. */
  #regulateReading(): void {
    const ahead = (this.#busy || this.#blocked) && this.#requests.waitingBytes > readAheadBytes
    if (ahead === !this.#reading) return
    this.#reading = !ahead
    if (ahead) this.#transport.pause()
    else this.#transport.resume()
  }

  #execute({ head, request, job, isCancelled }: ArrivedRequest): void {
    const asynchronous = (head.flags & requestFlags.async) !== 0
    const { faults } = this.#context
    this.#requestNumber += 1
    this.#context.countRequest(asynchronous)
    if (this.#connected && head.sessionId !== this.#runner.session.id) this.#openAnew()
    if (!this.#connected) this.#connectedSilent = asynchronous
    const mixed = asynchronous !== this.#connectedSilent
    const { id } = this.#runner.session
    const info = faults && requestInfo(id, this.#requestNumber, request, asynchronous, mixed)
    const silent = asynchronous && request.kind !== 'connect'
    const work = { head, request, job, info, silent, repeats: 0 }
    this.#current = work
    if (isCancelled) return this.#failed(work, new ScriptError('The task was cancelled'))
    // Sends earlier answers first, because the fault may concern only the answer of this request.
    if (info !== undefined) this.#replies.flush()
    const fault = info === undefined ? undefined : faults?.beforeExecute?.(info)
    if (fault === undefined) this.#run(work)
    else this.#runFaulty(work, fault)
  }

  #run(work: Work): void {
    try {
      if (work.request.kind === 'connect') this.#connected = true
      else if (!this.#connected)
        throw new Error('The first request of a connection must be connect.')
      const outcome = this.#runner.run(work.head, work.request)
      if (outcome instanceof Promise) {
        this.#busy = true
        this.#beginJob(work)
        // Sends printed output before the request waits.
        this.#replies.flush()
        outcome.then(
          value => this.#waited(() => this.#succeeded(work, value)),
          (error: unknown) => this.#waited(() => this.#failed(work, error)),
        )
      } else this.#succeeded(work, outcome)
    } catch (error) {
      this.#failed(work, error)
    }
  }

  #beginJob({ head, request, job }: Work): void {
    const { node } = this.#context
    const own = jobOf(node, head, request, () => this.#runner.cancel())
    if (own === undefined) return
    const running = job === undefined ? own : { ...own, rootJobId: job.rootJobId }
    node.jobs.set(this.#runner.session.id, { running, queued: this.#requests.jobs })
  }

  #waited(finish: () => void): void {
    this.#context.node.jobs.delete(this.#runner.session.id)
    this.#resumed(finish)
  }

  #resumed(finish: () => void): void {
    this.#busy = false
    if (this.#finished) return
    finish()
    this.#work()
  }

  #runFaulty(work: Work, fault: FaultBefore): void {
    if (fault === 'drop') return
    if (fault === 'close') this.#kill()
    else if (fault === 'later') this.#later.push(work)
    else if (fault === 'flag') {
      work.silent = !work.silent
      this.#run(work)
    } else if (fault === 'stall') {
      this.#replies.discard()
      this.#run(work)
    } else if (fault === 'twice') {
      work.repeats = work.silent ? 1 : 0
      this.#run(work)
    } else if (fault === 'forget') {
      this.#openAnew()
      this.#run(work)
    } else if ('error' in fault) this.#failed(work, new Error(fault.error))
    else {
      this.#busy = true
      const go = (): void => this.#resumed(() => this.#run(work))
      fault.until.then(go, go)
    }
  }

  #succeeded(work: Work, value: Value | undefined): void {
    this.#runner.afterRequest(work.head)
    if (work.repeats-- > 0) return this.#run(work)
    if (!work.silent) {
      const { flags, fetchSize = 0 } = work.head
      this.#replies.value(value, fetchSize, (flags & requestFlags.compress) !== 0)
      this.#laterIsDue()
    }
    this.#applyFaultAfter(work)
  }

  #failed(work: Work, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    this.#runner.afterRequest(work.head)
    if (work.repeats-- > 0) return this.#run(work)
    if (work.silent) {
      this.#context.failures.add(this.#runner.session.id, requestText(work.request), message)
    } else {
      this.#replies.error(message)
      this.#laterIsDue()
    }
    this.#applyFaultAfter(work)
  }

  #applyFaultAfter({ info }: Work): void {
    const fault = info === undefined ? undefined : this.#context.faults?.afterExecute?.(info)
    if (fault === undefined) return
    if (fault === 'drop') this.#replies.forget()
    else {
      if (fault === 'cut') this.#replies.flushHalf()
      this.#kill()
    }
  }

  #print(text: string): void {
    const work = this.#current
    if (work === undefined || work.silent || work.head.protocol === 'API') return
    this.#replies.message(text)
    if (this.#busy) this.#replies.flush()
  }

  /** Handles invalid bytes: reports the error, in an answer if one is expected, and ends only this connection. */
  #breakOff(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    const asynchronous = ((this.#current?.head.flags ?? 0) & requestFlags.async) !== 0
    if (asynchronous) this.#context.failures.add(this.#runner.session.id, '', message)
    else this.#replies.error(message)
    this.#finish()
  }

  /** Acts as if somebody had cut the cable: the connection reads, runs and sends nothing more. */
  #kill(): void {
    this.#finish()
    this.#transport.destroy()
  }

  #finish(): void {
    if (this.#finished) return
    this.#finished = true
    this.#runner.close()
    this.#onFinished()
  }
}
