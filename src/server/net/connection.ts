/*
  One connection to the embedded server: decodes requests while their pieces arrive, has them executed one after the
  other, and sends the answers. Requests that arrived before the peer left are still executed.
*/
import { type RequestLimits, requestFlags } from '../../protocol/request.js'
import type { Clock } from '../../platform/platform.js'
import type { Value } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import type { AsynchronousFailures, RunningJobs } from './asynchronous-failures.js'
import {
  type FaultBefore,
  type Faults,
  type RequestInfo,
  requestInfo,
  requestText,
} from './faults.js'
import { Replies } from './replies.js'
import { RequestQueue, type ArrivedRequest } from './request-queue.js'
import type { RequestRunner } from './request-runner.js'
import type { Transport } from './executor.js'

export interface ConnectionContext {
  readonly clock: Clock
  readonly failures: AsynchronousFailures
  readonly jobs: RunningJobs
  readonly faults: Faults | undefined
  readonly limits: RequestLimits
  countRequest(asynchronous: boolean): void
}

/** A request being executed. */
interface Work extends Pick<ArrivedRequest, 'head' | 'request' | 'job'> {
  silent: boolean
  /** Only for fault hooks. */
  readonly info: RequestInfo | undefined
  /** How many more times the request must be executed. */
  repeats: number
}

// While a request waits or answers pile up, reading pauses once the peer has sent this many bytes ahead.
const readAheadBytes = 4_194_304
// While more requests are at hand, answers are collected up to this size.
const replyBytes = 65_536
// Time for one connection's requests, before other connections get their turn.
const turnMs = 2

/** Lives from the first byte until the last request was executed, perhaps long after its socket has closed. */
export class Connection {
  readonly #context: ConnectionContext
  readonly #openSession: () => RequestRunner
  readonly #transport: Transport
  readonly #replies: Replies
  readonly #onFinished: () => void
  readonly #requests: RequestQueue
  /** Belongs to the session of the latest request. */
  #runner: RequestRunner
  #connected = false
  /** Whether the connect request had flag 4 (asynchronous). */
  #connectedSilent = false
  #requestNumber = 0
  /** When the present turn began; undefined between turns. */
  #turnStartedMs: number | undefined
  /** True while a request waits, or a turn is scheduled. */
  #busy = false
  /** True while answers wait for the peer to read. */
  #blocked = false
  #reading = true
  #finished = false
  /** The request being executed, or else the latest one. */
  #current: Work | undefined
  /** Requests that a fault postpones until after the next answered request. */
  #later: Work[] = []
  /** Postponed requests that may now run. */
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
    this.#requests = new RequestQueue(context.limits, context.jobs)
    this.#runner = this.#open()
    this.#replies = new Replies(this.#runner.session.id, transport)
  }

  #open(): RequestRunner {
    const runner = this.#openSession()
    runner.session.print = text => this.#print(text)
    return runner
  }

  /** Opens a new session if a request names an unknown one. The client sees this only by the id in the answer. */
  #openAnew(): void {
    this.#runner.close()
    this.#runner = this.#open()
    this.#replies.sessionId = this.#runner.session.id
  }

  get busy(): boolean {
    const waiting = this.#requests.waitingBytes > 0 || this.#due.length > 0
    return !this.#finished && (this.#busy || this.#blocked || waiting)
  }

  /** Number of requests whose turn has come. */
  get requestCount(): number {
    return this.#requestNumber
  }

  receive(chunk: Uint8Array): void {
    if (this.#finished) return
    this.#requests.push(chunk)
    this.#work()
  }

  /** The peer sends nothing more, but may still read. */
  receiveEnd(): void {
    if (this.#finished || this.#requests.ended) return
    this.#requests.end()
    this.#work()
  }

  /** The peer has room for answers again. */
  drained(): void {
    this.#replies.drained()
    this.#work()
  }

  /** The peer is gone: executes the requests that have arrived, and drops their answers. */
  abandoned(): void {
    if (this.#finished) return
    this.#replies.discard()
    this.#requests.end()
    this.#work()
  }

  /** Tells the peer that no more answers come. Still executes requests that the peer sends. */
  sayGoodbye(): void {
    this.#transport.end()
  }

  /** Stops at once: nothing more is executed. */
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

  /** Notes when this turn of the event loop began, unless that is known. One turn may serve several chunks. */
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

  /** Pauses or continues reading. Never pauses while a decoder waits for the rest of its request. */
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
    // A fault concerns the answer of one request, so earlier answers are sent first.
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
        // Output that was printed before the wait must be sent before the wait.
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
    const { jobs } = this.#context
    const cancel = (): void => this.#runner.cancel()
    const own = jobs.jobOf(head, request, cancel)
    if (own === undefined) return
    const shown = job === undefined ? own : { ...own, rootJobId: job.rootJobId }
    jobs.begin(this.#runner.session.id, shown, this.#requests.jobs)
  }

  #waited(finish: () => void): void {
    this.#context.jobs.end(this.#runner.session.id)
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

  /** The stream is invalid: reports this, in an answer if one is expected, and ends only this connection. */
  #breakOff(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    const asynchronous = ((this.#current?.head.flags ?? 0) & requestFlags.async) !== 0
    if (asynchronous) this.#context.failures.add(this.#runner.session.id, '', message)
    else this.#replies.error(message)
    this.#finish()
  }

  /** Acts as if the wire were cut: reads, executes and sends nothing more. */
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
