/* Options of a session and of one request, their limits, and the header lines that carry them to the server. */
import { UsageError, option, usageError } from '../errors.js'
import { isList, toValue, type PlainInput } from './plain-input.js'
import { timesAs, type TimesAs } from './plain-output.js'
import { loginRequirements, type LoginOptions } from './login/protection.js'
import { checkTlsOptions, isVerified, type TlsOptions } from './tls/tls-options.js'
import type { FieldsOf } from '../known-fields.js'
import { checkFields, flag, isPlain, kind, oneOf, signal, text, whole } from '../known-fields.js'
import type { RequestHead } from '../protocol/request.js'
import { defaultParallelism, defaultPriority, requestFlags } from '../protocol/request.js'
import type { Value } from '../protocol/value.js'
import type { Trace } from './trace.js'

/** `auto` compresses answers, on a slow network also sent data, and nothing if the server is on this machine. */
export type CompressChoice = 'auto' | 'none' | 'lz4'

/** Node's timers fire at once if they are set for more milliseconds. Also the largest number in a request's header. */
export const maxInt32 = 0x7fff_ffff

export interface AnswerOptions {
  /** Answers are values with their DolphinDB types, and columns are typed arrays with DolphinDB's own nulls; default plain JavaScript. */
  typed?: boolean
  /** Form of dates and times in plain answers; default ISO 8601 text. */
  times?: TimesAs
}

export interface ServerAddress {
  /** Name or IP address. */
  host: string
  /** 1 to 65,535; servers usually listen on 8848. */
  port: number
}

/** The server, login and settings of a session that `connect` opens. */
export interface ConnectOptions extends ServerAddress, TlsOptions, LoginOptions, AnswerOptions {
  /** Without a user the session is the server's guest. */
  user?: string
  /** Redacted from errors and from everything printed. */
  password?: string
  /** Makes every request asynchronous: only `run` works, and nothing is answered (DolphinDB's enableASYNC). */
  enableAsync?: boolean
  /** With `enableAsync`: puts the login into the connect request, so that every request has the asynchronous flag. */
  loginWithConnect?: boolean
  /**
   * Whether columns are compressed. `auto`, the default, compresses nothing if the server is on this machine. Otherwise
   * the server compresses all answers, and the session compresses sent columns only while the network is slow.
   */
  compress?: CompressChoice
  /** Longest wait until the session is ready, including the login; default 10,000. */
  connectTimeoutMs?: number
  /** How long `close()` waits without progress; default 30,000. */
  closeTimeoutMs?: number
  /** Senders should wait once this many bytes are not yet taken by the kernel; default 1 MiB. */
  highWaterBytes?: number
  /** Size limit in bytes of a value in an answer; a larger value is a failure. Default 1 GiB. */
  maxReplyBytes?: number
  /** Receives the output that scripts print while their request runs. */
  onMessage?: (text: string) => void
  /** Receives a line for each message of the connection, without secrets, and without values unless `trace.values` is set. */
  trace?: Trace
  /** Ends the attempt to connect; has no effect once there is a session. */
  signal?: AbortSignal
}

const adviceOnValues = 'If this object is a dictionary for the function, put {} after it.'

const answerFields: FieldsOf<AnswerOptions> = {
  typed: kind(`true or false. ${adviceOnValues}`, value => typeof value === 'boolean'),
  times: kind(`one of ${timesAs.join(', ')}. ${adviceOnValues}`, value =>
    timesAs.includes(value as TimesAs),
  ),
}

/** Of sessions and of runs. */
export const connectionFields = {
  ...{ host: text, port: whole(1, 65_535), user: text, password: text, tls: flag, caFile: text },
  ...{ tlsInsecure: flag, certFile: text, insecureLogin: flag },
  ...{ require: oneOf(...loginRequirements), compress: oneOf('auto', 'none', 'lz4') },
  connectTimeoutMs: whole(1, maxInt32),
  loginMemory: true,
  trace: true,
} as const

export const connectFields: FieldsOf<ConnectOptions> = {
  ...{ ...connectionFields, ...answerFields, enableAsync: flag, loginWithConnect: flag },
  ...{ closeTimeoutMs: whole(1, maxInt32), highWaterBytes: whole(1), maxReplyBytes: whole(1) },
  ...{ onMessage: true, signal },
}

/** How to run one request, and how long to wait for its answer. */
export interface RunOptions extends AnswerOptions {
  /** Releases the session's variables after this request. */
  clearMemory?: boolean
  /** 0 (lowest) to 8; default 4. */
  priority?: number
  /** Runs on one of the few workers reserved for short requests, even if all other workers are busy. */
  urgent?: boolean
  /** Limit of threads that the server may use for this request; default 64. */
  parallelism?: number
  /** Block size in bytes, at least 8,192, to receive a large table in blocks. See `Session.readBlocks`. */
  fetchSize?: number
  /** Longest wait for the answer, counted from the call. */
  timeoutMs?: number
  /** Ends the wait; a request that was already sent continues on the server. */
  signal?: AbortSignal
}

/** Values for a function's parameters (plain JavaScript or DolphinDB values), optionally followed by options. */
export type RunArguments = readonly PlainInput[] | readonly [...PlainInput[], RunOptions]

// Official clients have the same minimum of `fetchSize` (docs/protocol.md#blocks). The manual's page on error S04008 says that 8 is the
// highest priority; another page of the manual says 9.
const runFields: FieldsOf<RunOptions> = {
  ...{ ...answerFields, clearMemory: flag, priority: whole(0, 8), urgent: flag },
  ...{ parallelism: whole(1, maxInt32), fetchSize: whole(8_192, maxInt32) },
  ...{ timeoutMs: whole(1, maxInt32), signal },
}

/** If the last argument is an object with only these member names, a call treats the object as options. */
export const runOptionNames: ReadonlySet<string> = new Set(Object.keys(runFields))

/** The last argument is options if it has only their names. A table with such columns stays a value, because its members are lists. */
export function splitArguments<Options extends RunOptions = RunOptions>(
  args: readonly (PlainInput | Options)[],
  names: ReadonlySet<string> = runOptionNames,
): { values: readonly Value[]; options: Options | undefined } {
  const last = args.at(-1)
  const options = isOptions(last, names) ? { ...(last as Options) } : undefined
  const values = (options === undefined ? args : args.slice(0, -1)) as readonly PlainInput[]
  return { values: values.map(toValue), options }
}

function isOptions(last: unknown, names: ReadonlySet<string>): boolean {
  if (!isPlain(last)) return false
  return Object.entries(last as object).every(([name, value]) => names.has(name) && !isList(value))
}

/** Callers in plain JavaScript have no compiler that reports a missing option. */
function checkAddress({ host, port }: Partial<ConnectOptions>): void {
  if (host === '') throw usageError('host must not be empty.')
  const missing = host === undefined ? 'host' : port === undefined ? 'port' : undefined
  if (missing === undefined) return
  throw usageError(
    `${option(`server.${missing}`)} is missing: servers usually listen on port 8848, as in { host: '127.0.0.1', port: 8848 }.`,
  )
}

/** @throws {UsageError} DDB_USAGE */
export function checkConnectOptions(options: ConnectOptions): void {
  checkAddress(options)
  checkTlsOptions(options)
  checkRequirement(options)
  if (options.password !== undefined && options.user === undefined) {
    throw usageError('A password needs a user.')
  }
}

/** @throws {UsageError} DDB_USAGE; DDB_CONFIG without the required TLS */
function checkRequirement(options: ConnectOptions): void {
  const { require, insecureLogin = false } = options
  if (require === undefined) return
  if (insecureLogin) {
    throw usageError(
      `${option('server.insecureLogin')} allows less than ${option('server.require')} demands: leave one of them out.`,
    )
  }
  if (require === 'tls' && !isVerified(options)) {
    throw new UsageError(
      'DDB_CONFIG',
      `${option('server.require')} asks for TLS that is verified: connect with ${option('server.tls')}, and without ${option('server.tlsInsecure')}.`,
    )
  }
}

/** @throws {UsageError} DDB_USAGE */
export function checkRunOptions(options: RunOptions): void {
  checkFields(options, runFields)
}

/** See docs/decisions/0017-when-data-is-compressed.md. @param remoteAddress  numeric address at the other end */
export function isCompressed(
  { compress = 'auto' }: { compress?: CompressChoice },
  remoteAddress: string,
): boolean {
  const isHere = remoteAddress === '::1' || /^(::ffff:)?127\./.test(remoteAddress)
  return compress === 'lz4' || (compress === 'auto' && !isHere)
}

/** `API 0 8 / 32_1_4_2`. The first number, the flags, grows by 4 with `async`, by 64 with `compress`. */
export function connectHead(async: boolean, compress: boolean = false): RequestHead {
  const { fetchSize: _, ...head } = requestHead('0', async, { parallelism: 2 }, compress)
  return { ...head, protocol: 'API' }
}

/** `API2 <sid> <n> / 32_1_4_64__0`, as the C++ client writes it. `async` adds 4 to the flags, `compress` 64. */
export function requestHead(
  sessionId: string,
  async: boolean,
  options: RunOptions,
  compress: boolean = false,
): RequestHead {
  return {
    protocol: 'API2',
    sessionId,
    flags:
      requestFlags.apiClient |
      (async ? requestFlags.async : 0) |
      (compress ? requestFlags.compress : 0) |
      (options.clearMemory === true ? requestFlags.clearMemory : 0) |
      (options.urgent === true ? requestFlags.urgent : 0),
    cancellable: true,
    priority: options.priority ?? defaultPriority,
    parallelism: options.parallelism ?? defaultParallelism,
    fetchSize: options.fetchSize ?? 0,
  }
}
