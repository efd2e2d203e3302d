/* The classes of every failure that leaves this project. The class says who is at fault, `code` says what happened (one closed list),
   fields say where, and `exitCode` is the exit code of the command line. */

/** Stable code → exit code of the command line (docs/errors.md#exit-codes). */
export const errorCodes = {
  DDB_USAGE: 64,
  DDB_NAME: 64,
  DDB_RUN_CHANGED: 64,
  DDB_RUN_MISSING: 66,
  DDB_RUN_DAMAGED: 66,
  DDB_INPUT_MISSING: 66,
  DDB_INPUT_READ: 66,
  DDB_INPUT_TRUNCATED: 65,
  DDB_INPUT_ENCODING: 65,
  DDB_INPUT_FORMAT: 65,
  DDB_INPUT_QUOTE: 65,
  DDB_INPUT_RECORD_TOO_LONG: 65,
  DDB_INPUT_FIELD_COUNT: 65,
  DDB_INPUT_COLUMN: 65,
  DDB_INPUT_CELL: 65,
  DDB_INPUT_RANGE: 65,
  DDB_INPUT_JSON: 65,
  DDB_INPUT_MEMBER: 65,
  DDB_INPUT_LIMIT: 65,
  DDB_STRING_HAS_NUL: 65,
  DDB_SERVER_REFUSED_ROW: 65,
  DDB_SCRIPT: 65,
  DDB_SERVER: 65,
  DDB_TARGET: 78,
  DDB_CONFIG: 78,
  DDB_CONNECT: 69,
  DDB_CONNECTION_LOST: 4,
  DDB_UNCONFIRMED: 4,
  DDB_EXPECTATION: 5,
  DDB_LOGIN: 77,
  DDB_PRIVILEGE: 77,
  DDB_PROTOCOL: 76,
  DDB_TLS: 76,
  DDB_LIMIT: 76,
  DDB_ASYNC_SESSION: 64,
  DDB_CLOSED: 64,
  DDB_TASK: 64,
  DDB_TIMEOUT: 75,
  DDB_LOCKED: 75,
  DDB_TARGET_CHANGED: 75,
  DDB_UNPROVEN: 75,
  DDB_UNAVAILABLE: 75,
  DDB_OUTPUT_CREATE: 73,
  DDB_OUTPUT_WRITE: 74,
  DDB_INTERRUPTED: 130,
  DDB_INTERNAL: 70,
} as const

/** Stable across versions; `docs/errors.md` explains each code. */
export type ErrorCode = keyof typeof errorCodes

let flags: ReadonlyMap<string, string> = new Map()
let callers = 0

/** Sentences and fixes name options by flags until all callers have called the result. @param flagOf  field of `LoadOptions` → flag */
export function nameOptionsByFlags(flagOf: ReadonlyMap<string, string>): () => void {
  flags = flagOf
  callers++
  return () => {
    if (--callers === 0) flags = new Map()
  }
}

/** What a sentence calls an option: for callers of the library a field in backticks, such as `delivery.mode`, else the flag. */
export const option = (field: string): string => flags.get(field) ?? `\`${field}\``

/** What would help after a failure, for programs and for the command that is printed last. */
export interface Fix {
  /** Fields of `LoadOptions` (in commands: flags) to change, with new texts, several for lists and records; null leaves the option out. */
  readonly options?: Readonly<Record<string, string | readonly string[] | null>>
  /** A command to run first. */
  readonly command?: string
}

/** The fix with the options named as `option` names them. */
export function namedFix(fix: Fix): Fix {
  const changes = Object.entries(fix.options ?? {})
  const named = changes.map(([field, text]) => [flags.get(field) ?? field, text] as const)
  return named.length > 0 ? { ...fix, options: Object.fromEntries(named) } : fix
}

/** Optional fields of an error, besides code and message. */
export interface DdbErrorOptions {
  /** The underlying failure, for debuggers and reports of defects. */
  cause?: unknown
  /** True only if sending the same request again cannot store anything twice. */
  safeToRetry?: boolean
  fix?: Fix | undefined
}

/** Base class of all errors that this project throws. `message` is one sentence that tells the user what to do. */
export class DdbError extends Error {
  readonly code: ErrorCode
  readonly safeToRetry: boolean
  readonly fix: Fix | undefined

  constructor(code: ErrorCode, message: string, options: DdbErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.safeToRetry = options.safeToRetry ?? false
    this.fix = options.fix && namedFix(options.fix)
  }

  /** The exit code with which the command line ends after this failure. */
  get exitCode(): number {
    return errorCodes[this.code]
  }
}

/** The caller asked for something impossible, such as wrong options, wrong names, or calls on the wrong kind of session. */
export class UsageError extends DdbError {}

export const usageError = (message: string, more?: DdbErrorOptions): UsageError =>
  new UsageError('DDB_USAGE', message, more)

/** The text of anything that was thrown, even by a program's own code. */
export function messageOf(cause: unknown): string {
  try {
    const text = cause instanceof Error ? cause.message : String(cause)
    return text.startsWith('EMFILE') ? `${text}: raise \`ulimit -n\`` : text
  } catch {
    return 'something without a text was thrown'
  }
}

/** undefined if the call throws. */
export function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}

/** A position in the input. Lines and columns count from 1, bytes from 0 in the decoded input. */
export interface InputPosition {
  file: string
  lineNumber?: number
  /** Column name; if the input has no names, the number of the field from 1, as text. */
  columnName?: string
  offsetBytes?: number
}

/** The input is at fault; `position` says where. */
export class InputError extends DdbError {
  readonly position: InputPosition

  constructor(
    code: ErrorCode,
    message: string,
    position: InputPosition,
    options: DdbErrorOptions = {},
  ) {
    super(code, message, options)
    this.position = position
  }
}

/** @param advice  continues the sentence */
export function bugError(fact: string, advice = '', cause?: unknown): DdbError {
  const message = `${fact}; this is a bug of ddb-ingest: please report it${advice}`
  return new DdbError('DDB_INTERNAL', message, { cause })
}

/** Wraps anything that is not a DdbError as an internal error (70). */
export function asDdbError(error: unknown): DdbError {
  if (error instanceof DdbError) return error
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === 'uv_cwd') {
    return usageError('the folder in which the program was started is gone: change to another')
  }
  return bugError(`unexpected failure: ${messageOf(error)}`, '', error)
}

/** A connection could not be opened, or an established connection was lost. */
export class ConnectionError extends DdbError {}

/** The server could not prove its identity, or does not speak TLS although it should. Retrying is useless. */
export class TlsError extends DdbError {}

/** Bytes that are not a DolphinDB message; `offsetBytes` counts from the start of the stream. */
export class ProtocolError extends DdbError {
  readonly offsetBytes: number

  constructor(message: string, offsetBytes: number, code: ErrorCode = 'DDB_PROTOCOL') {
    super(code, `${message} (at byte ${offsetBytes} of the stream)`)
    this.offsetBytes = offsetBytes
  }
}

/** The wire format of a type cannot hold the value; the message names value and type. */
export class ValueError extends DdbError {}

/** The server answered with an error line. `serverMessage` is the text of that line, without the session's password. */
export class ServerError extends DdbError {
  readonly serverMessage: string
  readonly #received: string

  constructor(
    serverMessage: string,
    code: ErrorCode = 'DDB_SERVER',
    message: string = serverMessage,
    received: string = serverMessage,
  ) {
    super(code, message)
    this.serverMessage = serverMessage
    this.#received = received
  }

  /** @internal The text as received. Decisions depend on it, but no output may contain it. */
  get received(): string {
    return this.#received
  }
}

/** A wait has reached its time limit, which the option `limit` sets. */
export class TimeoutError extends DdbError {
  readonly fact: string
  readonly limit: string | undefined

  constructor(fact: string, limit?: string) {
    super('DDB_TIMEOUT', limit === undefined ? fact : `${fact} Allow more time (${option(limit)}).`)
    this.fact = fact
    this.limit = limit
  }
}

/** Restores the names of the classes that users see, because the bundler shortens them. */
export function nameClasses(classes: Readonly<Record<string, object>>): void {
  for (const [name, one] of Object.entries(classes)) {
    Object.defineProperty(one, 'name', { value: name })
  }
}

nameClasses({
  DdbError,
  UsageError,
  InputError,
  ConnectionError,
  TlsError,
  ProtocolError,
  ValueError,
  ServerError,
  TimeoutError,
})
