/* One connection from start to end: `Outgoing` sends requests, `ExchangeQueue` takes answers, and both end together. */
import type { Duplex } from 'node:stream'
import { ConnectionError, TimeoutError, UsageError, type DdbError } from '../errors.js'
import type { Clock, Socket } from '../platform/platform.js'
import { ByteReader } from '../wire/byte-reader.js'
import { ExchangeQueue, limitWait, type WaitLimits } from './exchange-queue.js'
import { addressText, connectionLost } from './failure.js'
import { hideInError, newSecrets, type Secrets } from './login/hide-password.js'
import type { ConnectOptions } from './session-options.js'
import { Outgoing } from './outgoing.js'
import { traceConnection, type ConnectionTrace } from './trace.js'

const defaultCloseTimeoutMs = 30_000
const defaultHighWaterBytes = 1_048_576

/** While a connection is being closed, progress is checked this many times within the time limit. */
const looksPerTimeout = 8

const forgotten =
  'has forgotten this session and answers from a new one: its variables, functions and login are gone. Connect again, and ' +
  'define again what the session needs.'

const noRoom = (timeoutMs: number): TimeoutError =>
  new TimeoutError(
    `The server took nothing more for ${timeoutMs} ms, perhaps because too much was sent at once.`,
    'timeoutMs',
  )

type Stream = Duplex & Pick<Socket, 'unacknowledgedBytes'>

/** One established connection; it is never reopened. */
export class Link {
  readonly outgoing: Outgoing
  readonly exchanges: ExchangeQueue
  /** If true, the link drops all incoming bytes. */
  ignoresAnswers = false
  /** The session id that every answer must carry; '0' until the server has sent it. */
  sessionId = '0'
  /** Passwords sent over this link, redacted from all later messages of the server. */
  readonly secrets: Secrets = newSecrets()
  readonly trace: ConnectionTrace | undefined
  /** Called once when the connection has ended: with the failure, or with undefined after close(). */
  onClose: ((error: DdbError | undefined) => void) | undefined
  readonly #options: ConnectOptions
  readonly #stream: Stream
  readonly #clock: Clock
  readonly #reader: ByteReader = new ByteReader()
  readonly #ended: Promise<void>
  /** Why the connection is gone; undefined while it is open, and if close() ended it. */
  #failure: DdbError | undefined
  #closing: Promise<void> | undefined
  #finSent = false
  #gone = false
  #receivedBytes = 0

  constructor(stream: Stream, options: ConnectOptions, clock: Clock) {
    this.#options = options
    this.#stream = stream
    this.#clock = clock
    const trace = options.trace && traceConnection(options.trace, clock, this.secrets)
    trace?.opened(options.host, options.port)
    this.trace = trace
    const highWaterBytes = options.highWaterBytes ?? defaultHighWaterBytes
    this.outgoing = new Outgoing(stream, highWaterBytes, clock, trace)
    this.exchanges = new ExchangeQueue(
      this.outgoing,
      this.#reader,
      clock,
      // A server that does not know a session id silently opens a new session (docs/protocol.md#response).
      ({ sessionId }) =>
        this.sessionId === '0' || this.sessionId === sessionId ? undefined : this.#lost(forgotten),
      trace,
    )
    stream.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    stream.once('end', () => this.abandon(undefined))
    stream.once('error', error => this.abandon(error))
    this.#ended = new Promise<void>(resolve => {
      stream.once('close', () => {
        this.abandon(undefined)
        resolve()
        trace?.closed(this.#failure)
        this.onClose?.(this.#failure)
      })
    })
  }

  get isOpen(): boolean {
    return !this.#gone && this.#closing === undefined
  }

  /** @throws {UsageError} DDB_CLOSED after close(); otherwise the failure that ended the connection */
  checkOpen(): void {
    if (!this.isOpen) throw this.#refusal()
  }

  /** Like `checkOpen`, but passes while the session is being closed, so that the session can finish its requests. */
  checkConnected(): void {
    if (this.#gone) throw this.#refusal()
  }

  #refusal(): DdbError {
    return (
      this.#failure ??
      new UsageError('DDB_CLOSED', 'This session is closed: connect again to send more requests.')
    )
  }

  /** Calls `act` once there is room for a request; waiters take turns. Rejects on timeout, abort or a lost connection. */
  whenRoom(limits: WaitLimits, act: () => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let isWaiting = true
      const release = limitWait(this.#clock, limits, noRoom, error => {
        isWaiting = false
        reject(error)
      })
      this.outgoing.whenRoom(() => {
        if (!isWaiting) return
        release()
        // Acts at once, not a microtask later, because the next waiter must see how much room is left.
        resolve(
          new Promise<void>(done => {
            this.checkConnected()
            done(act())
          }),
        )
      })
    })
  }

  /** Stops reading until `resume`, while the caller is busy with earlier bytes. */
  pause(): void {
    this.#stream.pause()
  }

  /** Continues after `pause`, first with what has already arrived. */
  resume(): void {
    this.#stream.resume()
    this.#advance()
  }

  /** Bytes that the kernel has taken and the other machine has not acknowledged; 0 if the system does not tell. */
  get unacknowledgedBytes(): number {
    return this.#stream.unacknowledgedBytes ?? 0
  }

  #receive(chunk: Uint8Array): void {
    this.#receivedBytes += chunk.byteLength
    if (this.ignoresAnswers) return
    this.#reader.push(chunk)
    this.#advance()
  }

  #advance(): void {
    try {
      this.exchanges.advance()
    } catch (error) {
      this.abandon(error)
    }
  }

  /** Ends the connection now, because it is gone or useless, and rejects everything that waits for it. */
  abandon(cause: unknown): void {
    if (this.#gone) return
    this.#gone = true
    if (!this.#finSent || cause !== undefined) {
      const { host, port } = this.#options
      const safe = hideInError(cause, this.secrets.hide)
      this.#failure = connectionLost(host, port, safe, this.outgoing.counts)
    }
    this.outgoing.stop()
    this.exchanges.fail(this.#refusal())
    this.#stream.destroy()
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    const unwatch = this.#watchProgress()
    try {
      const isSent = this.exchanges.idle().then(() => this.outgoing.emptied())
      await Promise.race([isSent, this.#ended])
      this.#finSent = true
      // Once the last request is answered, waiting for the other end would only cost a round trip.
      const isAnswered = this.exchanges.sentBefore === this.outgoing.counts.accepted
      this.#stream.end(isAnswered ? () => this.#stream.destroy() : undefined)
      await this.#ended
    } finally {
      unwatch()
    }
    // A lost connection rejects synchronous requests. The loss of asynchronous requests is reported only by this throw.
    if (this.#failure !== undefined && this.outgoing.counts.accepted > 0) throw this.#failure
  }

  /** While the connection is being closed, ends it if progress stops. */
  #watchProgress(): () => void {
    const timeoutMs = this.#options.closeTimeoutMs ?? defaultCloseTimeoutMs
    const movedBytes = (): number => this.#receivedBytes + this.outgoing.writtenBytes
    let seenBytes = movedBytes()
    let stillLooks = 0
    const look = (): void => {
      timer = this.#clock.after(timeoutMs / looksPerTimeout, look)
      // Only now, because the system takes its time to answer.
      const arrivedBytes = movedBytes() - this.unacknowledgedBytes
      stillLooks = arrivedBytes === seenBytes ? stillLooks + 1 : 0
      seenBytes = arrivedBytes
      if (stillLooks < looksPerTimeout) return
      const text =
        `took and answered nothing for ${timeoutMs} ms while the session was closing: what was still to be sent is not ` +
        'delivered.'
      this.#stream.destroy(this.#finSent ? undefined : this.#lost(text))
    }
    let timer = this.#clock.after(timeoutMs / looksPerTimeout, look)
    return () => timer.cancel()
  }

  #lost(what: string): ConnectionError {
    const { host, port } = this.#options
    return new ConnectionError('DDB_CONNECTION_LOST', `${addressText(host, port)} ${what}`)
  }
}
