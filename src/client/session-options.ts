/*
  What a caller may choose for a session and for one request, and the limits of both.
*/
import { UsageError } from '../errors.js'
import { toValue, type PlainInput } from './plain-input.js'
import { compressChoices, type CompressChoice } from './compress-choice.js'
import { PlainTable } from './plain-output.js'
import { timesAs, type TimesAs } from './plain-times.js'
import { loginRequirements, type LoginOptions } from './login/protection.js'
import { checkTlsOptions, isVerified, type TlsOptions } from './tls/tls-options.js'
import type { Value } from '../protocol/value.js'
import type { Trace } from './trace.js'

/** How answers come. */
export interface AnswerOptions {
  /**
   * Answers are values with their DolphinDB types, columns typed arrays with DolphinDB's own nulls; plain JavaScript when left
   * out.
   */
  typed?: boolean
  /** Dates and times of plain answers: ISO 8601 text when left out. */
  times?: TimesAs
}

/** What `connect` has to know. */
export interface ConnectOptions extends TlsOptions, LoginOptions, AnswerOptions {
  /** Name or address. */
  host: string
  /** 1 to 65,535; servers usually listen on 8848. */
  port: number
  /** Without a user the session is the server's guest. */
  user?: string
  /** Struck out of errors and of all that is printed. */
  password?: string
  /** Every request is asynchronous: only `run`, no answers (DolphinDB's enableASYNC). */
  enableAsync?: boolean
  /** With `enableAsync`: user and password go inside the connect request, and no request is ever without the flag. */
  loginWithConnect?: boolean
  /**
   * Whether columns travel compressed, those of answers as well: `auto`, the default, does so where a network lies between,
   * with what is sent only while it is slow.
   */
  compress?: CompressChoice
  /** Longest wait until the session is ready, login included. 10,000 when left out. */
  connectTimeoutMs?: number
  /** Longest time `close()` waits without progress. 30,000 when left out. */
  closeTimeoutMs?: number
  /** From this many bytes not yet taken by the kernel on, senders have to wait. 1 MiB when left out. */
  highWaterBytes?: number
  /** Longest answer accepted, in bytes of one value. */
  maxReplyBytes?: number
  /** Receives what scripts print while their request runs. */
  onMessage?: (text: string) => void
  /** Gets a line for each message of the connection; secrets are left out, values unless it asks for them. */
  trace?: Trace
  /** Ends the attempt to connect; once there is a session it does nothing. */
  signal?: AbortSignal
}

/** How one request is run, and how long its answer is waited for. */
export interface RunOptions extends AnswerOptions {
  /** Releases the session's variables after this request. */
  clearMemory?: boolean
  /** 0 (lowest) to 8; 4 when left out. */
  priority?: number
  /** Runs on one of the few workers that are kept for short questions, also while all others are busy. */
  urgent?: boolean
  /** Most threads the server may use for this request; 64 when left out. */
  parallelism?: number
  /** Bytes of one block when a large table is to come in blocks; at least 8,192. See `Session.readBlocks`. */
  fetchSize?: number
  /** Longest wait for the answer, counted from the call. */
  timeoutMs?: number
  /** Ends the wait; a request that was sent already runs on. */
  signal?: AbortSignal
}

/** Values for a function's parameters, plain JavaScript or DolphinDB's, then perhaps options. */
export type RunArguments = readonly PlainInput[] | readonly [...PlainInput[], RunOptions]

/** By these an object is told from a value for a function's last parameter. */
export const runOptionNames: ReadonlySet<string> = new Set([
  'clearMemory',
  'priority',
  'urgent',
  'parallelism',
  'fetchSize',
  'timeoutMs',
  'signal',
  'typed',
  'times',
])

/**
 * Options are the last argument when it is an object that names nothing else; a table with such column names has
 * lists for members, and options have none.
 *
 * @param names  of all options there are
 */
export function splitArguments<Options extends RunOptions = RunOptions>(
  args: readonly (PlainInput | Options)[],
  names: ReadonlySet<string> = runOptionNames,
): { values: readonly Value[]; options: Options | undefined } {
  const last = args.at(-1)
  if (!isOptions(last, names))
    return { values: (args as readonly PlainInput[]).map(toValue), options: undefined }
  const values = args.slice(0, -1) as readonly PlainInput[]
  return { values: values.map(toValue), options: last as Options }
}

function isOptions(last: unknown, names: ReadonlySet<string>): boolean {
  if (typeof last !== 'object' || last === null || ArrayBuffer.isView(last)) return false
  if (Array.isArray(last) || last instanceof Date || last instanceof PlainTable) return false
  return Object.entries(last).every(([name, value]) => names.has(name) && !isList(value))
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value)
}

/** Timers of Node that are set for longer fire at once; also the largest int32 of a request's header. */
export const maxInt32 = 0x7fff_ffff
// Official clients refuse less, too (docs/protocol.md#blocks).
const minFetchBytes = 8_192
/** As the manual says of error S04008; one of its pages says 9. */
const maxPriority = 8

function checkInteger(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return
  throw new UsageError(
    'DDB_USAGE',
    `${name} must be an integer from ${min} to ${max}, not ${value}.`,
  )
}

/** @throws {UsageError} DDB_USAGE */
export function checkConnectOptions(options: ConnectOptions): void {
  if (options.host === '') throw new UsageError('DDB_USAGE', 'host must not be empty.')
  checkInteger('port', options.port, 1, 65_535)
  checkInteger('connectTimeoutMs', options.connectTimeoutMs, 1, maxInt32)
  checkInteger('closeTimeoutMs', options.closeTimeoutMs, 1, maxInt32)
  checkInteger('highWaterBytes', options.highWaterBytes, 1, Number.MAX_SAFE_INTEGER)
  checkInteger('maxReplyBytes', options.maxReplyBytes, 1, Number.MAX_SAFE_INTEGER)
  checkTlsOptions(options)
  checkAnswers(options)
  if (options.compress !== undefined && !compressChoices.includes(options.compress)) {
    throw new UsageError('DDB_USAGE', `compress must be one of ${compressChoices.join(', ')}.`)
  }
  checkRequirement(options)
  if (options.password !== undefined && options.user === undefined) {
    throw new UsageError('DDB_USAGE', 'A password needs a user.')
  }
}

/** @throws {UsageError} DDB_USAGE; DDB_CONFIG without the TLS that is required */
function checkRequirement(options: ConnectOptions): void {
  const { require, insecureLogin = false } = options
  if (require === undefined) return
  if (!loginRequirements.includes(require)) {
    throw new UsageError('DDB_USAGE', `require must be one of ${loginRequirements.join(', ')}.`)
  }
  if (insecureLogin) {
    throw new UsageError(
      'DDB_USAGE',
      '`server.insecureLogin` takes less than `server.require` asks for: leave one of them out.',
    )
  }
  if (require === 'tls' && !isVerified(options)) {
    throw new UsageError(
      'DDB_CONFIG',
      '`server.require` asks for TLS that is verified: connect with `server.tls`, and without `server.tlsInsecure`.',
    )
  }
}

/** @throws {UsageError} DDB_USAGE */
export function checkRunOptions(options: RunOptions): void {
  checkInteger('priority', options.priority, 0, maxPriority)
  checkInteger('parallelism', options.parallelism, 1, maxInt32)
  checkInteger('fetchSize', options.fetchSize, minFetchBytes, maxInt32)
  checkInteger('timeoutMs', options.timeoutMs, 1, maxInt32)
  checkAnswers(options)
}

/** Whoever writes JavaScript learns it here, and that `{ times: 3 }` was not taken for an argument. */
function checkAnswers({ typed, times }: AnswerOptions): void {
  if (typed !== undefined && typeof typed !== 'boolean') {
    throw new UsageError('DDB_USAGE', `typed is true or false. ${dictionaryAdvice}`)
  }
  if (times !== undefined && !timesAs.includes(times)) {
    throw new UsageError('DDB_USAGE', `times is one of ${timesAs.join(', ')}. ${dictionaryAdvice}`)
  }
}

const dictionaryAdvice = 'Where it belongs to a dictionary for the function, put {} after it.'
