/*
  Sessions to DolphinDB servers: what one can do, and how one comes into being.
*/
import type { DdbError } from '../errors.js'
import { ConnectionError } from '../errors.js'
import type { Platform, Socket } from '../platform/platform.js'
import { systemPlatform } from '../platform/system.js'
import type { Value } from '../protocol/value.js'
import { ClientSession } from './client-session.js'
import { addressText, connectFailure } from './failure.js'
import { checkLoginIsProtected } from './login.js'
import type { ConnectOptions, RunArguments, RunOptions } from './session-options.js'
import { checkConnectOptions } from './session-options.js'
import type { SendCounts } from './outgoing.js'
import type { PlainInput } from './plain-input.js'
import type { Result } from './session-result.js'
import { interrupted } from './wait-limits.js'

export type { ConnectOptions, RunArguments, RunOptions } from './session-options.js'
export type { SendCounts } from './outgoing.js'
export type { Result, ResultTable } from './session-result.js'

/**
 * One connection to a server, with variables, functions and a user of its own there. Requests run one after the
 * other; `close` first lets everything that was handed over leave.
 */
export interface Session extends AsyncDisposable {
  /** Decimal text the server gave. */
  readonly id: string
  readonly host: string
  readonly port: number
  /** True when every request is asynchronous and `run` is all there is. */
  readonly enableAsync: boolean
  /** True once nothing can be sent any more, whether closed or lost. */
  readonly closed: boolean
  /** Bytes handed over but not yet taken by the kernel. */
  readonly bufferedBytes: number
  /** How far the requests of this session got, synchronous ones and the connect request included. */
  readonly sends: SendCounts
  /** Receives what scripts print. */
  onMessage: ((text: string) => void) | undefined
  /** Called once, with the failure when the connection was not closed by `close()`. */
  onClose: ((error: DdbError | undefined) => void) | undefined

  /**
   * Runs a script, or, with arguments, calls a function (any expression that yields one: `tableInsert{trades}`).
   * The last argument may be options. On an asynchronous session it resolves without a value once the request is
   * handed over and there is room for more.
   *
   * `T` is what the caller knows of the answer and is not checked: `run<ResultTable>('select …')`.
   *
   * @throws {ServerError} the server's error line
   * @throws {ConnectionError} DDB_CONNECTION_LOST
   * @throws {TimeoutError} after `timeoutMs`
   */
  run<T extends Result | undefined = Result | undefined>(
    scriptOrFunction: string,
    ...args: RunArguments
  ): Promise<T>

  /** Calls a function, even one without arguments. */
  call(name: string, args: readonly Value[], options?: RunOptions): Promise<Result | undefined>

  /**
   * Logs in, or changes the user, on a connected session.
   *
   * @throws {ServerError} DDB_LOGIN when the server refuses
   * @throws {UsageError} DDB_CONFIG when the password would leave this machine unprotected; DDB_ASYNC_SESSION on an
   *   asynchronous session, which logs in with `connect`
   */
  login(user: string, password: string): Promise<void>

  /** Runs a script whose large result comes in blocks, each decoded when it is asked for. */
  readBlocks(
    script: string,
    options: RunOptions & { fetchSize: number },
  ): AsyncGenerator<Result, void, void>

  /** Sets session variables on the server. Names start with a letter and hold letters, digits and `_`. */
  upload(variables: Readonly<Record<string, PlainInput>>): Promise<void>

  /**
   * One asynchronous function request (flag 4), also on a synchronous session: nothing comes back, whatever becomes
   * of it. It goes out before synchronous requests that still wait for an earlier answer. Arrays of `args` may
   * travel by reference and must not change before `onWritten`.
   *
   * @param onWritten called once the kernel has taken the request; never called when the connection is lost first
   * @returns false when the caller should wait for `drained()` before sending more
   * @throws {ConnectionError} when the connection is lost
   * @throws {ValueError} when an argument cannot be encoded; nothing is sent then
   */
  send(name: string, args: readonly Value[], onWritten?: () => void): boolean

  /** Resolves when there is room for more. @throws {ConnectionError} when the connection is lost first */
  drained(): Promise<void>

  /**
   * Lets what was handed over finish, sends FIN, and waits for the other end to close, for as long as there is
   * progress.
   *
   * @throws {ConnectionError} when asynchronous requests could not be written
   */
  close(): Promise<void>

  /** Ends the connection at once: every call that still waits fails with `reason`. */
  abandon(reason: DdbError): void
}

/** How long connecting may take where nothing else is asked for. */
export const defaultConnectTimeoutMs = 10_000

/**
 * Connects, logs in when a user is given, and resolves with a session that is ready.
 *
 * @throws {ConnectionError} DDB_CONNECT when no connection can be made
 * @throws {ServerError} DDB_LOGIN when the server refuses the login
 * @throws {UsageError} DDB_CONFIG when the login is not protected and insecureLogin is not set
 */
export function connect(options: ConnectOptions): Promise<Session> {
  return openSession(options, systemPlatform)
}

/** As `connect`, on the platform given. */
export async function openSession(options: ConnectOptions, platform: Platform): Promise<Session> {
  checkConnectOptions(options)
  const { host, port, signal } = options
  if (signal?.aborted === true) throw interrupted(signal)
  const { clock, network } = platform
  const socket = network.dial(host, port)
  const timeoutMs = options.connectTimeoutMs ?? defaultConnectTimeoutMs
  const timer = clock.after(timeoutMs, () => socket.destroy(connectTimeout(host, port, timeoutMs)))
  const onAbort = (): void => void socket.destroy(interrupted(signal))
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await opened(socket)
    if (options.user !== undefined) {
      checkLoginIsProtected(
        options.user,
        socket.remoteAddress ?? '',
        options.insecureLogin ?? false,
      )
    }
    const session = new ClientSession(socket, options, socket.remoteAddress ?? '', clock)
    await session.open()
    return session
  } catch (error) {
    socket.destroy()
    throw connectFailure(host, port, error)
  } finally {
    timer.cancel()
    signal?.removeEventListener('abort', onAbort)
  }
}

function opened(socket: Socket): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    // The error listener stays: a later failure is the session's to report, not an uncaught exception.
    socket.once('error', reject)
    socket.once('connect', resolve)
  })
}

function connectTimeout(host: string, port: number, timeoutMs: number): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECT',
    `${addressText(host, port)} did not let us in within ${timeoutMs} ms. Check host and port, or allow more time ` +
      '(`server.connectTimeoutMs`).',
    { safeToRetry: true },
  )
}
