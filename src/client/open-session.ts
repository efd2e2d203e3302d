/* Sessions to DolphinDB servers: their interface, and how to open them. */
import { ConnectionError, DdbError } from '../errors.js'
import { checkFields } from '../known-fields.js'
import type { DialTls, Platform, Socket } from '../platform/platform.js'
import { systemPlatform } from '../platform/system-files.js'
import type { Value } from '../protocol/value.js'
import { ClientSession } from './client-session.js'
import { addressText, connectFailure } from './failure.js'
import type { ConnectOptions, RunArguments, RunOptions } from './session-options.js'
import { checkConnectOptions, connectFields } from './session-options.js'
import type { SendCounts } from './outgoing.js'
import type { PlainInput } from './plain-input.js'
import type { PlainOutput } from './plain-output.js'
import { handshakeTimeout, tlsExpected, tlsFailure, unusableIdentity } from './tls/tls-failure.js'
import { readTls } from './tls/tls-options.js'
import { interrupted, limitWait, noAnswer } from './exchange-queue.js'

export type { ConnectOptions, RunArguments, RunOptions } from './session-options.js'
export type { SendCounts } from './outgoing.js'

/**
 * One connection to a server. Each session has its own variables, functions and user on the server. Requests run one after the other.
 * `close` first sends everything that was handed over. Answers are of type `Answer`: values with DolphinDB's types, or plain JavaScript.
 */
export interface Session<Answer = Value> extends AsyncDisposable {
  /** The server's id of this session, as decimal text. */
  readonly id: string
  readonly host: string
  readonly port: number
  /** True if every request is asynchronous and only `run` is allowed. */
  readonly enableAsync: boolean
  /** True once the session was closed or lost, so that nothing can be sent any more. */
  readonly closed: boolean
  /** Bytes that were handed over but that the kernel has not taken yet. */
  readonly bufferedBytes: number
  /** Bytes that the kernel has taken and the server's machine has not acknowledged; 0 if the system does not tell: only Linux does. */
  readonly unacknowledgedBytes: number
  /** Progress of this session's asynchronous requests. */
  readonly sends: SendCounts
  /** Receives the output that scripts print. */
  onMessage: ((text: string) => void) | undefined
  /** Called once, with the failure if the connection was not closed by `close()`. */
  onClose: ((error: DdbError | undefined) => void) | undefined

  /**
   * Runs a script, or, with arguments, calls a function (any expression that yields one: `tableInsert{trades}`). The last argument may
   * be options. On an asynchronous session the promise resolves without a value once the request is handed over and there is room for
   * more. `T` is the caller's claim about the answer and is not checked: `run<number>('1+2')`.
   * @throws {ServerError} the server's error line @throws {ConnectionError} DDB_CONNECTION_LOST @throws {TimeoutError} after `timeoutMs`
   */
  run<T = Answer | undefined>(scriptOrFunction: string, ...args: RunArguments): Promise<T>

  /** Calls a function. `args` may be empty, while `run` without arguments runs a script. */
  call<T = Answer | undefined>(
    name: string,
    args: readonly Value[],
    options?: RunOptions,
  ): Promise<T>

  /**
   * Logs in, or changes the user, on a connected session.
   * @throws {ServerError} DDB_LOGIN if the server refuses
   * @throws {UsageError} DDB_CONFIG if the password would be sent unprotected; DDB_ASYNC_SESSION on an asynchronous session,
   *   which can log in only in `connect`
   */
  login(user: string, password: string): Promise<void>

  /** Runs a script whose large result comes in blocks, each decoded when it is requested. */
  readBlocks<T = Answer>(
    script: string,
    options: RunOptions & { fetchSize: number },
  ): AsyncGenerator<T, void, void>

  /** Sets session variables on the server. Names start with a letter and hold letters, digits and `_`. */
  upload(variables: Readonly<Record<string, PlainInput>>): Promise<void>

  /**
   * Sends one asynchronous function request (flag 4), also on a synchronous session. The server does not answer, even if the request
   * fails. The request overtakes synchronous requests that still wait for an earlier answer. Arrays in `args` may be sent by
   * reference, so do not change them before `onWritten`.
   * @param onWritten  called once the kernel has taken the request; never called if the connection is lost first
   * @returns false if the caller should wait for `drained()` before sending more @throws {ConnectionError} if the connection is lost
   * @throws {ValueError} if an argument cannot be encoded; then nothing is sent
   */
  send(name: string, args: readonly Value[], onWritten?: () => void): boolean

  /** Like `send`, but sends a script instead of a function call. */
  sendScript(script: string): boolean

  /** Resolves once there is room for more. @throws {ConnectionError} if the connection is lost first */
  drained(): Promise<void>

  /**
   * Finishes all calls, sends FIN, and after asynchronous requests waits for the other end to close. Stops waiting after `closeTimeoutMs`
   * without progress.
   * @throws {ConnectionError} if asynchronous requests could not be written
   */
  close(): Promise<void>

  /** Ends the connection at once: every pending call fails with `reason`. */
  abandon(reason: DdbError): void
}

export const defaultConnectTimeoutMs = 10_000

/** A session whose answers are plain JavaScript, as `toPlain` makes it. */
export type PlainSession = Session<PlainOutput>

/**
 * Connects, logs in if a user is given, and resolves with a session that is ready.
 * @throws {ConnectionError} DDB_CONNECT if no connection can be made @throws {ServerError} DDB_LOGIN if the server refuses the login
 * @throws {TlsError} DDB_TLS if the server's certificate is refused, or one end speaks TLS and the other does not
 * @throws {UsageError} DDB_CONFIG if the login is not protected and insecureLogin is not set, or a file of `tls` is unusable
 */
export function connect(options: ConnectOptions & { typed: true }): Promise<Session>
export function connect(options: ConnectOptions): Promise<PlainSession>
export async function connect(options: ConnectOptions): Promise<Session | PlainSession> {
  return openSession({ typed: false, ...checkFields(options, connectFields) }, systemPlatform)
}

export function connectTyped(options: ConnectOptions): Promise<Session> {
  return openSession({ ...options, typed: true }, systemPlatform)
}

export async function openSession(options: ConnectOptions, platform: Platform): Promise<Session> {
  checkConnectOptions(options)
  const { host, port, signal } = options
  if (signal?.aborted === true) throw interrupted(signal)
  const { clock } = platform
  const timeoutMs = options.connectTimeoutMs ?? defaultConnectTimeoutMs
  const deadlineMs = clock.nowMs() + timeoutMs
  const tls = options.tls === true ? await readTls(options, platform.files) : undefined
  const socket = dial(options, platform, tls)
  let isConnected = false
  let isOpen = false
  socket.once('connect', () => (isConnected = true))
  const opened = new Promise<void>((resolve, reject) => {
    // This listener is never removed, so a later error is not an uncaught exception. The session reports later errors.
    socket.once('error', reject)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      isOpen = true
      resolve()
    })
  })
  const isInHandshake = (): boolean => isConnected && !isOpen
  const late = (): ConnectionError =>
    (isInHandshake() ? handshakeTimeout : connectTimeout)(host, port, timeoutMs)
  const release = limitWait(clock, { timeoutMs, signal }, late, error => socket.destroy(error))
  try {
    await opened
    const session = new ClientSession(socket, options, socket.remoteAddress ?? '', platform)
    await session.open()
    return session
  } catch (error) {
    socket.destroy()
    const failure = connectFailure(host, port, error)
    if (tls !== undefined) throw tlsFailure(host, port, error, isInHandshake()) ?? failure
    const mayBeTls = error instanceof DdbError && alsoFromTls.has(error.code)
    throw mayBeTls && (await answersInTls(options, platform, deadlineMs))
      ? tlsExpected(host, port)
      : failure
  } finally {
    release()
  }
}

/** @throws {UsageError} DDB_CONFIG if our certificate or key is unusable */
function dial(
  { host, port }: ConnectOptions,
  { network }: Platform,
  tls: DialTls | undefined,
): Socket {
  try {
    return network.dial(host, port, tls)
  } catch (cause) {
    throw unusableIdentity(cause)
  }
}

/** What a session without TLS sees of a server that expects TLS: the server sends an alert or nothing, and hangs up. */
const alsoFromTls: ReadonlySet<string> = new Set(['DDB_CONNECTION_LOST', 'DDB_PROTOCOL'])

/** Longest time for testing whether a port speaks TLS, ms. */
const longestLookMs = 2_000

/** Whether the server speaks TLS. Called after a server has accepted a connection and not opened a session. */
async function answersInTls(
  { host, port, signal }: ConnectOptions,
  { clock, network }: Platform,
  deadlineMs: number,
): Promise<boolean> {
  const leftMs = Math.min(longestLookMs, deadlineMs - clock.nowMs())
  if (leftMs <= 0 || signal?.aborted === true) return false
  const ended = new AbortController()
  const release = limitWait(clock, { timeoutMs: leftMs, signal }, noAnswer, () => ended.abort())
  try {
    return await network.speaksTls(host, port, ended.signal)
  } finally {
    release()
  }
}

function connectTimeout(host: string, port: number, timeoutMs: number): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECT',
    `${addressText(host, port)} did not open a session within ${timeoutMs} ms. Check host and port, or try again later.`,
    { safeToRetry: true },
  )
}
