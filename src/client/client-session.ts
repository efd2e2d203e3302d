/*
  One connection to a server as its user sees it: requests go out through `Outgoing`, answers come back through
  `ExchangeQueue`, and one failure ends both.
*/
import type { Duplex } from 'node:stream'
import type { DdbError } from '../errors.js'
import { ConnectionError, UsageError } from '../errors.js'
import { defaultDecodeLimits } from '../protocol/codec.js'
import type { Request, RequestHead } from '../protocol/request.js'
import { encodeRequest } from '../protocol/request.js'
import type { Value } from '../protocol/value.js'
import { ByteReader } from '../wire/reader.js'
import { BlockBuffer } from './block-buffer.js'
import type { ResponseDecoder } from './exchange-queue.js'
import { ExchangeQueue, interrupted, limitPatience } from './exchange-queue.js'
import { addressText, connectionLost, serverFailure } from './failure.js'
import type { ResponseOptions } from '../protocol/response.js'
import { decodeResponse } from '../protocol/response.js'
import { connectHead, requestHead } from './request-head.js'
import { loginFailure, loginRequest } from './login.js'
import type { ConnectOptions, RunArguments, RunOptions } from './options.js'
import { checkRunOptions, splitArguments } from './options.js'
import type { SendCounts } from './outgoing.js'
import { Outgoing } from './outgoing.js'
import type { Session } from './session.js'

const defaultCloseTimeoutMs = 30_000
const defaultHighWaterBytes = 1_048_576
const variableName = /^[A-Za-z][A-Za-z0-9_]*$/

export class ClientSession implements Session {
  readonly host: string
  readonly port: number
  readonly enableAsync: boolean
  onMessage: ((text: string) => void) | undefined
  onClose: ((error: DdbError | undefined) => void) | undefined
  readonly #options: ConnectOptions
  readonly #stream: Duplex
  readonly #reader: ByteReader = new ByteReader()
  readonly #outgoing: Outgoing
  readonly #exchanges: ExchangeQueue
  readonly #responseOptions: ResponseOptions
  readonly #decodeResponse: ResponseDecoder
  readonly #ended: Promise<void>
  #id = '0'
  #asyncHead: RequestHead = requestHead('0', true, {})
  #opened = false
  /** Why the connection is gone, unless close() ended it. */
  #failure: DdbError | undefined
  #closing: Promise<void> | undefined
  #finSent = false
  #gone = false
  #receivedBytes = 0

  constructor(stream: Duplex, options: ConnectOptions) {
    this.host = options.host
    this.port = options.port
    this.enableAsync = options.enableAsync ?? false
    this.onMessage = options.onMessage
    this.#options = options
    this.#stream = stream
    this.#outgoing = new Outgoing(stream, options.highWaterBytes ?? defaultHighWaterBytes)
    this.#exchanges = new ExchangeQueue(this.#outgoing, this.#reader)
    this.#responseOptions = {
      // Later, so that what the callback throws does not look like a broken stream.
      onMessage: text => queueMicrotask(() => this.onMessage?.(text)),
      limits: {
        ...defaultDecodeLimits,
        maxValueBytes: options.maxReplyBytes ?? defaultDecodeLimits.maxValueBytes,
      },
    }
    this.#decodeResponse = reader => decodeResponse(reader, this.#responseOptions)
    stream.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    stream.once('end', () => this.#end(undefined))
    stream.once('error', error => this.#end(error))
    this.#ended = new Promise<void>(resolve => {
      stream.once('close', () => {
        this.#end(undefined)
        resolve()
        this.onClose?.(this.#failure)
      })
    })
  }

  get id(): string {
    return this.#id
  }

  get closed(): boolean {
    return this.#gone || this.#closing !== undefined
  }

  get bufferedBytes(): number {
    return this.#outgoing.bufferedBytes
  }

  get sends(): SendCounts {
    return this.#outgoing.counts
  }

  /** The connect exchange and the login, both answered, whatever the mode of the session. */
  async open(): Promise<void> {
    const { user, password = '' } = this.#options
    // Official asynchronous clients set the flag on connect, too; a login that must be answered goes without.
    const head = connectHead(this.enableAsync && user === undefined)
    const response = await this.#exchanges.submit(head, { kind: 'connect' }, this.#decodeResponse)
    if (!response.ok) throw serverFailure(response.message)
    this.#id = response.sessionId
    this.#asyncHead = requestHead(this.#id, true, {})
    if (user !== undefined) await this.#login(user, password)
    this.#opened = true
  }

  async #login(user: string, password: string): Promise<void> {
    const head = requestHead(this.#id, false, {})
    const request = loginRequest(user, password)
    const response = await this.#exchanges.submit(head, request, this.#decodeResponse)
    if (!response.ok) throw loginFailure(user, password, response.message)
    const { value } = response
    if (value?.form === 'scalar' && value.type === 'BOOL' && value.value === false) {
      throw loginFailure(user, password, 'the user name or password is incorrect')
    }
  }

  async run(scriptOrFunction: string, ...args: RunArguments): Promise<Value | undefined> {
    const { values, options } = splitArguments(args)
    const request: Request =
      values.length === 0
        ? { kind: 'script', script: scriptOrFunction }
        : { kind: 'function', name: scriptOrFunction, args: values }
    checkRunOptions(options)
    if (!this.enableAsync) return this.#ask(request, options)
    if (options.fetchSize !== undefined) throw this.#asyncRefusal('fetchSize asks for an answer')
    await this.#handOver(request, options)
    return undefined
  }

  async call(
    name: string,
    args: readonly Value[],
    options: RunOptions = {},
  ): Promise<Value | undefined> {
    if (this.enableAsync) throw this.#asyncRefusal('call() returns a value')
    checkRunOptions(options)
    return this.#ask({ kind: 'function', name, args }, options)
  }

  async upload(variables: Readonly<Record<string, Value>>): Promise<void> {
    if (this.enableAsync) {
      throw this.#asyncRefusal(
        'upload() is only safe when its end is known before the next request',
      )
    }
    const names = Object.keys(variables)
    if (names.length === 0) return
    for (const name of names) {
      if (variableName.test(name)) continue
      throw new UsageError(
        'DDB_NAME',
        `"${name}" cannot name a variable: use a letter, then letters, digits and underscores.`,
      )
    }
    await this.#ask({ kind: 'variable', names, values: Object.values(variables) }, {})
  }

  async *readBlocks(
    script: string,
    options: RunOptions & { fetchSize: number },
  ): AsyncGenerator<Value, void, void> {
    if (this.enableAsync) throw this.#asyncRefusal('readBlocks() reads an answer')
    checkRunOptions(options)
    this.#checkOpen()
    const blocks = new BlockBuffer({
      full: () => void this.#stream.pause(),
      taken: () => {
        this.#stream.resume()
        this.#advance()
      },
    })
    const reply = this.#exchanges.submit(
      requestHead(this.#id, false, options),
      { kind: 'script', script },
      reader => blocks.decode(reader, this.#responseOptions),
      options,
    )
    const ended = (): void => blocks.end()
    reply.then(ended, ended)
    yield* blocks.take()
    const response = await reply
    if (!response.ok) throw serverFailure(response.message)
    if (response.value !== undefined) yield response.value
  }

  async #ask(request: Request, options: RunOptions): Promise<Value | undefined> {
    this.#checkOpen()
    const head = requestHead(this.#id, false, options)
    const response = await this.#exchanges.submit(head, request, this.#decodeResponse, options)
    if (!response.ok) throw serverFailure(response.message)
    return response.value
  }

  send(name: string, args: readonly Value[], onWritten?: () => void): boolean {
    this.#checkOpen()
    encodeRequest(this.#outgoing.writer, this.#asyncHead, { kind: 'function', name, args })
    this.#outgoing.commit(onWritten)
    return !this.#outgoing.isFull
  }

  /** Encodes an asynchronous request once there is room and resolves once there is room for another. */
  #handOver(request: Request, options: RunOptions): Promise<void> | undefined {
    this.#checkOpen()
    if (options.signal?.aborted === true) throw interrupted(options.signal)
    const outgoing = this.#outgoing
    const head = requestHead(this.#id, true, options)
    if (!outgoing.isFull && !outgoing.hasWaiters) {
      encodeRequest(outgoing.writer, head, request)
      outgoing.commit()
      if (!outgoing.isFull) return undefined
      return this.#whenRoom(options, () => undefined)
    }
    return this.#whenRoom(options, () => {
      encodeRequest(outgoing.writer, head, request)
      outgoing.commit()
    })
  }

  #whenRoom(options: RunOptions, act: () => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let patient = true
      const release = limitPatience(options, 'room', error => {
        patient = false
        reject(error)
      })
      this.#outgoing.whenRoom(() => {
        if (!patient) return
        release()
        // At once, not a microtask later: the next waiter must see the room that is left.
        resolve(new Promise<void>(done => done(this.#act(act))))
      })
    })
  }

  #act(act: () => void): void {
    if (this.#gone) throw this.#refusal()
    act()
  }

  drained(): Promise<void> {
    return this.#whenRoom({}, () => undefined)
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    const unwatch = this.#watchProgress()
    try {
      await Promise.race([this.#everythingSent(), this.#ended])
      this.#finSent = true
      this.#stream.end()
      await this.#ended
    } finally {
      unwatch()
    }
    // Synchronous requests reported the loss themselves; asynchronous ones have nobody else to tell.
    if (this.#failure !== undefined && this.sends.accepted > 0) throw this.#failure
  }

  async #everythingSent(): Promise<void> {
    await this.#exchanges.idle()
    await this.#outgoing.emptied()
  }

  /** Ends the connection when nothing moves any more while it is being closed. */
  #watchProgress(): () => void {
    const timeoutMs = this.#options.closeTimeoutMs ?? defaultCloseTimeoutMs
    let seenBytes = -1
    const timer = setInterval(() => {
      const movedBytes = this.#receivedBytes + this.#outgoing.writtenBytes
      if (movedBytes !== seenBytes) seenBytes = movedBytes
      else if (this.#finSent) this.#stream.destroy()
      else this.#stream.destroy(closeTimeout(this.host, this.port, timeoutMs))
    }, timeoutMs)
    return () => clearInterval(timer)
  }

  #receive(chunk: Uint8Array): void {
    this.#receivedBytes += chunk.byteLength
    // Nothing is owed to an asynchronous session, and official clients never read on one (protocol notes §2).
    if (this.enableAsync && this.#opened) return
    this.#reader.push(chunk)
    this.#advance()
  }

  #advance(): void {
    try {
      this.#exchanges.advance()
    } catch (error) {
      this.#end(error)
    }
  }

  /** The connection is gone, or of no use any more: releases everyone who waits for it. */
  #end(cause: unknown): void {
    if (this.#gone) return
    this.#gone = true
    const { counts } = this.#outgoing
    if (!this.#finSent || cause !== undefined) {
      this.#failure = connectionLost(this.host, this.port, cause, counts)
    }
    this.#outgoing.stop()
    this.#exchanges.fail(this.#refusal())
    this.#stream.destroy()
  }

  #refusal(): DdbError {
    return (
      this.#failure ??
      new UsageError('DDB_CLOSED', 'This session is closed: connect again to send more requests.')
    )
  }

  #checkOpen(): void {
    if (this.#gone || this.#closing !== undefined) throw this.#refusal()
  }

  #asyncRefusal(reason: string): UsageError {
    return new UsageError(
      'DDB_ASYNC_SESSION',
      `An asynchronous session can only run(), without an answer: ${reason}. Use a second session without enableAsync.`,
    )
  }
}

function closeTimeout(host: string, port: number, timeoutMs: number): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    `${addressText(host, port)} took and answered nothing for ${timeoutMs} ms while the session was closing; what ` +
      'was still to be sent is not delivered.',
  )
}
