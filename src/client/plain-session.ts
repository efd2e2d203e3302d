/*
  The session type of the library's `connect`. Answers are plain JavaScript, unless the caller asks for typed answers.
*/
import { systemPlatform } from '../platform/system.js'
import type { Value } from '../protocol/value.js'
import { openSession, type Session } from './open-session.js'
import type { PlainOutput } from './plain-output.js'
import type { ConnectOptions, RunArguments, RunOptions } from './session-options.js'

/**
 * A session whose answers are plain JavaScript, as `toPlain` makes it. `T` is the caller's claim about an answer and is not
 * checked: `run<number>('1+2')`, `run<PlainTable<{ sym: string }>>('select sym from trades')`.
 */
export interface PlainSession extends Omit<Session, 'run' | 'call' | 'readBlocks'> {
  /**
   * Runs a script, or, with arguments, calls a function (any expression that yields one: `tableInsert{trades}`). The last argument may
   * be options. On an asynchronous session the promise resolves without a value once the request is handed over and there is room for
   * more.
   * @throws {ServerError} the server's error line
   * @throws {ConnectionError} DDB_CONNECTION_LOST
   * @throws {TimeoutError} after `timeoutMs`
   */
  run<T = PlainOutput | undefined>(scriptOrFunction: string, ...args: RunArguments): Promise<T>

  /** Calls a function, also one without arguments. */
  call<T = PlainOutput | undefined>(
    name: string,
    args: readonly Value[],
    options?: RunOptions,
  ): Promise<T>

  /** Runs a script whose large result comes in blocks, each decoded when it is requested. */
  readBlocks<T = PlainOutput>(
    script: string,
    options: RunOptions & { fetchSize: number },
  ): AsyncGenerator<T, void, void>
}

/**
 * Connects, logs in if a user is given, and resolves with a session that is ready.
 * @throws {ConnectionError} DDB_CONNECT if no connection can be made
 * @throws {ServerError} DDB_LOGIN if the server refuses the login
 * @throws {TlsError} DDB_TLS if the server's certificate is refused, or one end speaks TLS and the other does not
 * @throws {UsageError} DDB_CONFIG if the login is not protected and insecureLogin is not set, or a file of `tls` is unusable
 */
export function connect(options: ConnectOptions & { typed: true }): Promise<Session>
export function connect(options: ConnectOptions): Promise<PlainSession>
export async function connect(options: ConnectOptions): Promise<Session | PlainSession> {
  return openSession({ ...options, typed: options.typed ?? false }, systemPlatform)
}
