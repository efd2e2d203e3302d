/* Implements `Session`: turns calls into requests, and refuses calls that the session's mode does not allow. */
import { Readable, type Duplex } from 'node:stream'
import { UsageError, usageError, type DdbError } from '../errors.js'
import type { Platform } from '../platform/platform.js'
import { decodeValue } from '../protocol/codec.js'
import { defaultDecodeLimits } from '../protocol/decode-context.js'
import type { Request, RequestHead } from '../protocol/request.js'
import { decodeResponse, type Response, type ResponseOptions } from '../protocol/response.js'
import type { Value } from '../protocol/value.js'
import type { ByteReader, Decoding } from '../wire/byte-reader.js'
import { interrupted, type ResponseDecoder } from './exchange-queue.js'
import { serverFailure } from './failure.js'
import { Link } from './link.js'
import { checkLoginAnswer, logIn, unprotectedLogin } from './login/log-in.js'
import { protectionOf, rememberLogin } from './login/protection.js'
import type { ConnectOptions, RunArguments, RunOptions } from './session-options.js'
import {
  checkRunOptions,
  connectHead,
  isCompressed,
  requestHead,
  splitArguments,
} from './session-options.js'
import { toValue, type PlainInput } from './plain-input.js'
import { toPlain } from './plain-output.js'
import type { SendCounts } from './outgoing.js'
import type { Session } from './open-session.js'

const noOptions: RunOptions = {}

/** Needs a connected socket; call `open` before anything else. `Session` documents the methods. */
export class ClientSession implements Session {
  readonly host: string
  readonly port: number
  readonly enableAsync: boolean
  onMessage: ((text: string) => void) | undefined
  onClose: ((error: DdbError | undefined) => void) | undefined
  readonly #options: ConnectOptions
  readonly #random: (length: number) => Uint8Array
  readonly #link: Link
  readonly #responseOptions: ResponseOptions
  readonly #decodeResponse: ResponseDecoder
  readonly #isCompressed: boolean
  #asyncHead: RequestHead = requestHead('0', true, {})
  #answeredHead: RequestHead = this.#asyncHead

  constructor(
    stream: Duplex,
    options: ConnectOptions,
    remoteAddress: string,
    { clock, random }: Pick<Platform, 'clock' | 'random'>,
  ) {
    this.host = options.host
    this.port = options.port
    this.enableAsync = options.enableAsync ?? false
    this.onMessage = options.onMessage
    this.#options = options
    this.#isCompressed = isCompressed(options, remoteAddress)
    this.#random = length => random.bytes(length)
    this.#link = new Link(stream, options, clock)
    const { secrets, trace } = this.#link
    this.#link.onClose = failure => this.onClose?.(failure)
    this.#link.outgoing.compressesWhenSlow = options.compress !== 'lz4'
    this.#responseOptions = {
      onMessage: printed => {
        const text = secrets.hide(printed)
        trace?.printed(text)
        // Calls back in a separate microtask, so that the callback's exception does not look like a broken stream.
        queueMicrotask(() => this.onMessage?.(text))
      },
      limits: {
        ...defaultDecodeLimits,
        maxValueBytes: options.maxReplyBytes ?? defaultDecodeLimits.maxValueBytes,
      },
    }
    this.#decodeResponse = reader => decodeResponse(reader, this.#responseOptions)
  }

  get id(): string {
    return this.#link.sessionId
  }

  get closed(): boolean {
    return !this.#link.isOpen
  }

  get bufferedBytes(): number {
    return this.#link.outgoing.bufferedBytes
  }

  get unacknowledgedBytes(): number {
    return this.#link.unacknowledgedBytes
  }

  get sends(): SendCounts {
    return this.#link.outgoing.counts
  }

  /** Sends the connect request and logs in. The server answers both requests, even on an asynchronous session. */
  async open(): Promise<void> {
    const { user, password = '' } = this.#options
    const isWithConnect = user !== undefined && this.#options.loginWithConnect === true
    if (isWithConnect) {
      const { address, mayShowPassword, needsScram } = protectionOf(this.#options, user)
      const inConnect =
        'a session that is asynchronous from its first request sends it with that request'
      if (needsScram || !mayShowPassword) throw unprotectedLogin(user, address, inConnect)
      this.#link.secrets.add(password)
    }
    // Official asynchronous clients always set the asynchronous flag here. This client does not if a login follows,
    // because the server would not answer that login.
    const head = connectHead(
      this.enableAsync && (user === undefined || isWithConnect),
      this.#isCompressed,
    )
    const login = isWithConnect ? { login: { user, password, encrypted: false } } : {}
    const response = await this.#submit(head, { kind: 'connect', ...login })
    if (isWithConnect) checkLoginAnswer({ user, password }, response)
    if (!response.ok) throw serverFailure(response.message, this.#link.secrets.hide)
    this.#link.sessionId = response.sessionId
    this.#asyncHead = this.#head(true)
    this.#answeredHead = this.#head(false)
    if (user !== undefined && !isWithConnect) await this.#login(user, password)
    // From here on, the server answers nothing on an asynchronous session. Official clients stop reading, too
    // (docs/protocol.md#asynchronous-requests).
    this.#link.ignoresAnswers = this.enableAsync
  }

  /** Holds back all other requests until the login is done. */
  async #login(user: string, password: string): Promise<void> {
    const { exchanges } = this.#link
    const release = await exchanges.hold()
    this.#link.secrets.add(password)
    try {
      const method = await logIn(
        { user, password },
        protectionOf(this.#options, user),
        this.#random,
        (name, args) => {
          this.#link.checkConnected()
          const request: Request = { kind: 'function', name, args }
          const head = this.#head(false)
          return exchanges.submit(head, request, this.#decodeResponse, {}, true)
        },
      )
      rememberLogin(this.#options, user, method)
    } finally {
      release()
    }
  }

  async login(user: string, password: string): Promise<void> {
    if (this.enableAsync) {
      throw asyncRefusal('login() waits for the answer; give user and password to connect()')
    }
    this.#link.checkOpen()
    await this.#login(user, password)
  }

  async run<T = Value | undefined>(scriptOrFunction: string, ...args: RunArguments): Promise<T> {
    const { values, options = noOptions } = splitArguments(args)
    const request: Request =
      values.length === 0
        ? { kind: 'script', script: scriptOrFunction }
        : { kind: 'function', name: scriptOrFunction, args: values }
    checkRunOptions(options)
    if (!this.enableAsync) return this.#resultOf(await this.#ask(request, options), options) as T
    if (options.fetchSize !== undefined) throw asyncRefusal('fetchSize asks for an answer')
    await this.#handOver(request, options)
    return undefined as T
  }

  async call<T = Value | undefined>(
    name: string,
    args: readonly Value[],
    options: RunOptions = noOptions,
  ): Promise<T> {
    if (this.enableAsync) throw asyncRefusal('call() returns a value')
    checkRunOptions(options)
    return this.#resultOf(await this.#ask({ kind: 'function', name, args }, options), options) as T
  }

  async upload(variables: Readonly<Record<string, PlainInput>>): Promise<void> {
    if (this.enableAsync) {
      throw asyncRefusal('upload() is only safe if it is answered before the next request')
    }
    const names = Object.keys(variables)
    if (names.length === 0) return
    const values = Object.values(variables).map(toValue)
    this.#resultOf(await this.#ask({ kind: 'variable', names, values }, noOptions), noOptions)
  }

  async *readBlocks<T = Value>(
    script: string,
    options: RunOptions & { fetchSize: number },
  ): AsyncGenerator<T, void, void> {
    if (this.enableAsync) throw asyncRefusal('readBlocks() reads an answer')
    checkRunOptions(options)
    this.#link.checkOpen()
    const blocks = new BlockBuffer(this.#link)
    const reply = this.#link.exchanges.submit(
      this.#head(false, options),
      { kind: 'script', script },
      reader => blocks.decode(reader, this.#responseOptions),
      options,
    )
    const ended = (): void => blocks.end()
    reply.then(ended, ended)
    for await (const block of blocks) yield this.#answer(block as Value, options) as T
    const last = this.#resultOf(await reply, options)
    if (last !== undefined) yield last as T
  }

  /** Not an async function, because another promise would delay the next request and leave the server idle for longer. */
  #ask(request: Request, options: RunOptions): Promise<Response> {
    this.#link.checkOpen()
    const head = options === noOptions ? this.#answeredHead : this.#head(false, options)
    return this.#submit(head, request, options)
  }

  #resultOf(response: Response, options: RunOptions): Value | undefined {
    if (!response.ok) throw serverFailure(response.message, this.#link.secrets.hide)
    return response.value === undefined ? undefined : this.#answer(response.value, options)
  }

  /** Converts an answer to plain values if the caller wants them. `PlainSession` declares the types of the result. */
  #answer(value: Value, options: RunOptions): Value {
    const { typed = this.#options.typed ?? true, times = this.#options.times } = options
    return typed ? value : (toPlain(value, times) as unknown as Value)
  }

  #head(async: boolean, options: RunOptions = {}): RequestHead {
    return requestHead(this.id, async, options, this.#isCompressed)
  }

  #submit(head: RequestHead, request: Request, options: RunOptions = {}): Promise<Response> {
    return this.#link.exchanges.submit(head, request, this.#decodeResponse, options)
  }

  send(name: string, args: readonly Value[], onWritten?: () => void): boolean {
    return this.#send({ kind: 'function', name, args }, onWritten)
  }

  sendScript(script: string): boolean {
    return this.#send({ kind: 'script', script })
  }

  #send(request: Request, onWritten?: () => void): boolean {
    this.#link.checkOpen()
    if (this.#link.exchanges.isHeld) {
      throw usageError('login() is in progress: wait for it before you send anything.')
    }
    const { outgoing } = this.#link
    outgoing.encode(this.#asyncHead, request)
    outgoing.commit(onWritten)
    return !outgoing.isFull
  }

  drained(): Promise<void> {
    return this.#link.whenRoom({}, () => undefined)
  }

  /** Encodes an asynchronous request once the send buffer has room. Resolves once there is room for the next request. */
  #handOver(request: Request, options: RunOptions): Promise<void> | undefined {
    this.#link.checkOpen()
    if (options.signal?.aborted === true) throw interrupted(options.signal)
    const { outgoing } = this.#link
    const head = options === noOptions ? this.#asyncHead : this.#head(true, options)
    const encode = (): void => {
      outgoing.encode(head, request)
      outgoing.commit()
    }
    if (outgoing.isFull || outgoing.hasWaiters) return this.#link.whenRoom(options, encode)
    encode()
    return outgoing.isFull ? this.#link.whenRoom(options, () => undefined) : undefined
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  abandon(reason: DdbError): void {
    this.#link.abandon(reason)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/**
 * Passes the blocks of one large answer from the decoder to the caller: holds at most one that the caller has not taken. The decoder runs
 * whenever bytes arrive, but waits until the caller has taken the latest block. If the caller stops early, drops all further blocks.
 */
class BlockBuffer extends Readable {
  #isWanted = false
  #ended = false
  readonly #link: Pick<Link, 'pause' | 'resume'>

  constructor(link: Pick<Link, 'pause' | 'resume'>) {
    super({ objectMode: true, highWaterMark: 1 })
    this.#link = link
  }

  /** Decodes an answer in block mode (docs/protocol.md#blocks). The response has a value only if no blocks came. */
  *decode(reader: ByteReader, options: ResponseOptions): Decoding<Response> {
    const response = yield* decodeResponse(reader, { ...options, blocks: true })
    const blockCount = response.ok ? (response.blockCount ?? 0) : 0
    for (let i = 0; i < blockCount; i++) {
      const block = yield* decodeValue(reader, options.limits)
      while (!this.#isWanted && !this.destroyed) {
        this.#link.pause()
        yield
      }
      this.#isWanted = false
      if (!this.#ended && !this.destroyed) this.push(block)
    }
    return response
  }

  end(): void {
    this.#ended = true
    this.push(null)
  }

  override _read(): void {
    this.#isWanted = true
    this.#link.resume()
  }

  override _destroy(_error: Error | null, done: () => void): void {
    this.#link.resume()
    done()
  }
}

function asyncRefusal(reason: string): UsageError {
  return new UsageError(
    'DDB_ASYNC_SESSION',
    `An asynchronous session can only run(), without an answer: ${reason}. Use a second session without enableAsync.`,
  )
}
