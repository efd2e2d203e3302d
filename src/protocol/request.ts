/*
  Request (docs/protocol.md#request)
    header     <API|API2> <sessionId> <bodyBytes> / <props> LF
    body       exactly bodyBytes of UTF-8, one of
                 connect LF [login LF user LF password [LF encrypted]]
                 script LF text
                 function LF name LF argument count LF byte order
                 variable LF name,name,… LF count LF byte order
    arguments  objects, one after the other, with no length of their own
  props      flags_cancellable_priority_parallelism_rootJob_fetchSize_offset_clientId_sequenceNumber
             Empty fields at the end are left out.
*/
import { Buffer } from 'node:buffer'
import { ProtocolError, UsageError } from '../errors.js'
import type { ByteReader, Decoding } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { decodeObject, encodeValue } from './codec.js'
import { DecodeContext, defaultDecodeLimits, type DecodeLimits } from './decode-context.js'
import type { Value } from './value.js'

/** Bits of the header field `flags` that this program knows (docs/protocol.md#flags). Each request sets its own bits. */
export const requestFlags = {
  urgent: 1,
  /** The server sends no answer, not even an error. Only connect requests get an answer all the same. */
  async: 4,
  /** The server clears the session's variables after the request. */
  clearMemory: 16,
  /** Set by the C++ and Python clients on every request. */
  apiClient: 32,
  compress: 64,
  python: 2048,
  kdb: 4096,
} as const

/** Default of an empty field. Official clients usually send the number. */
export const defaultPriority = 4
export const defaultParallelism = 64

/** The fields of a header line: the session, and how to run the request (docs/protocol.md#header-fields). */
export interface RequestHead {
  /** API2 asks the server to send printed output (MSG) while the request runs. */
  protocol: 'API' | 'API2'
  /** Decimal text; '0' on connect. */
  sessionId: string
  flags: number
  cancellable?: boolean
  /** 0 to 8, usually 4. */
  priority: number
  /** Usually 64; 2 for a connect request. */
  parallelism: number
  /** Size of the blocks of the reply, in bytes. If 0 or omitted, the reply comes in one piece. */
  fetchSize?: number
}

/** A request. Serialized values follow the text of `function` and `variable` (docs/protocol.md#bodies). */
export type Request =
  | { kind: 'connect'; login?: { user: string; password: string; encrypted: boolean } }
  | { kind: 'script'; script: string }
  /** `name` may be any expression that gives a function, such as `tableInsert{loadTable("dfs://db", "t")}`. */
  | { kind: 'function'; name: string; args: readonly Value[] }
  | { kind: 'variable'; names: readonly string[]; values: readonly Value[] }

/** Limits for each request that this process reads. */
export interface RequestLimits extends DecodeLimits {
  maxHeaderBytes: number
  maxBodyBytes: number
}

export const defaultRequestLimits: RequestLimits = {
  ...defaultDecodeLimits,
  // Official clients refuse to send longer texts (docs/protocol.md#data-types).
  maxTextBytes: 262_143,
  // Nine short fields and two UUIDs take much less.
  maxHeaderBytes: 1024,
  // No script, handwritten or generated, comes close to 16 MiB.
  maxBodyBytes: 16_777_216,
}

/** Limit for the announced number of arguments. C++ and Python clients send only a few. */
const maxArguments = 4096

/** Header and body, without values. @throws {UsageError} DDB_NAME for a bad name of a variable, DDB_USAGE for a login with a line end */
export function requestText(head: RequestHead, request: Request): string {
  const body = bodyText(request)
  const bodyBytes = Buffer.byteLength(body)
  return `${head.protocol} ${head.sessionId} ${bodyBytes} / ${propertyList(head)}\n${body}`
}

/** One whole request, or nothing. @param text  `requestText` as bytes @throws {UsageError} like it @throws {ValueError} for an argument */
export function encodeRequest(
  writer: ByteWriter,
  head: RequestHead,
  request: Request,
  isCompressed: boolean = (head.flags & requestFlags.compress) !== 0,
  text?: Uint8Array,
): void {
  const written = text ?? requestText(head, request)
  writer.mark()
  try {
    if (typeof written === 'string') writer.utf8(written)
    else writer.bytes(written)
    const values = 'args' in request ? request.args : 'values' in request ? request.values : []
    for (let index = 0; index < values.length; index++) {
      encodeValue(writer, values[index]!, isCompressed)
    }
  } catch (error) {
    writer.rollback()
    throw error
  }
}

function propertyList(head: RequestHead): string {
  const cancellable = head.cancellable === false ? '0' : '1'
  const list = `${head.flags}_${cancellable}_${head.priority}_${head.parallelism}`
  return head.fetchSize === undefined ? list : `${list}__${head.fetchSize}`
}

function bodyText(request: Request): string {
  switch (request.kind) {
    case 'connect':
      return connectBody(request.login)
    case 'script':
      return `script\n${request.script}`
    case 'function':
      return `function\n${request.name}\n${request.args.length}\n1`
    case 'variable':
      checkNames(request.names, request.values)
      return `variable\n${request.names.join(',')}\n${request.values.length}\n1`
  }
}

function connectBody(login: (Request & { kind: 'connect' })['login']): string {
  if (login === undefined) return 'connect\n'
  const { user, password, encrypted } = login
  if (user.includes('\n') || password.includes('\n')) {
    throw new UsageError('DDB_USAGE', 'A user name or password cannot hold a line end')
  }
  return `connect\nlogin\n${user}\n${password}\n${encrypted}`
}

function checkNames(names: readonly string[], values: readonly Value[]): void {
  if (names.length === 0 || names.length !== values.length) {
    throw new UsageError(
      'DDB_USAGE',
      `An upload needs a name for each value, not ${names.length} names for ${values.length} values`,
    )
  }
  for (const name of names) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
      throw new UsageError(
        'DDB_NAME',
        `"${name}" cannot name a variable: use letters, digits and _, a letter first`,
      )
    }
  }
}

/** Makes the error for a request, with the position of its first byte. */
type Fault = (problem: string, code?: 'DDB_LIMIT') => ProtocolError

/** Undefined if the stream ends before a request. @throws {ProtocolError} for invalid bytes; what follows them cannot be decoded */
export function* decodeRequest(
  reader: ByteReader,
  limits: RequestLimits = defaultRequestLimits,
): Decoding<{ head: RequestHead; request: Request } | undefined> {
  while (!reader.has(1)) {
    if (reader.ended) return undefined
    yield
  }
  const startOffsetBytes = reader.offsetBytes
  const fault: Fault = (problem, code) => new ProtocolError(problem, startOffsetBytes, code)
  const line = reader.tryLine(limits.maxHeaderBytes) ?? (yield* reader.line(limits.maxHeaderBytes))
  const { head, bodyBytes } = parseHeader(line, fault)
  if (bodyBytes > limits.maxBodyBytes) {
    const limit = `the ${limits.maxBodyBytes} this end accepts`
    throw fault(`A request body of ${bodyBytes} bytes exceeds ${limit}`, 'DDB_LIMIT')
  }
  if (!reader.has(bodyBytes)) yield* reader.need(bodyBytes)
  const { request, argumentCount } = parseBody(reader.utf8(bodyBytes), fault)
  if (argumentCount === 0) return { head, request }
  const context = new DecodeContext(reader, limits)
  const values: Value[] = []
  while (values.length < argumentCount) values.push(yield* decodeObject(context))
  if (request.kind === 'variable') return { head, request: { ...request, values } }
  // Values follow only the text of `variable` and `function`.
  return { head, request: { ...(request as Request & { kind: 'function' }), args: values } }
}

/** Treats missing properties as empty, and empty ones as their default. */
function parseHeader(line: string, fault: Fault): { head: RequestHead; bodyBytes: number } {
  const [protocol, sessionId, bodyLength, , properties = ''] = line.trimEnd().split(' ', 5)
  if (protocol !== 'API' && protocol !== 'API2') {
    throw fault('This is not a DolphinDB request: it does not begin with API')
  }
  const bodyBytes = wholeNumber(bodyLength ?? '')
  if (!sessionId || bodyBytes === undefined || bodyBytes < 0) {
    throw fault('The header of a request lacks its session id or its body length')
  }
  const fields = properties.split('_')
  const head: RequestHead = {
    protocol,
    sessionId,
    flags: numberField(fields, 0, fault) ?? 0,
    priority: numberField(fields, 2, fault) ?? defaultPriority,
    parallelism: numberField(fields, 3, fault) ?? defaultParallelism,
  }
  if (fields[1] === '0') head.cancellable = false
  const fetchSize = numberField(fields, 5, fault)
  if (fetchSize !== undefined) head.fetchSize = fetchSize
  return { head, bodyBytes }
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text)
  const spelled = text !== '' && text.length < 16 && String(value) === text
  return spelled && Number.isSafeInteger(value) ? value : undefined
}

function numberField(fields: readonly string[], index: number, fault: Fault): number | undefined {
  const text = fields[index]
  if (!text) return undefined
  const value = wholeNumber(text)
  if (value !== undefined) return value
  throw fault(`Field ${index + 1} of a request's properties is not a number`)
}

function parseBody(body: string, fault: Fault): { request: Request; argumentCount: number } {
  const kindEnd = body.indexOf('\n')
  const kind = kindEnd < 0 ? body : body.slice(0, kindEnd)
  const rest = kindEnd < 0 ? '' : body.slice(kindEnd + 1)
  switch (kind) {
    case 'connect':
      return { request: parseConnect(rest, fault), argumentCount: 0 }
    case 'script':
      return { request: { kind, script: rest }, argumentCount: 0 }
    case 'function': {
      const { subject, argumentCount } = parseCall(rest, fault)
      return { request: { kind, name: subject, args: [] }, argumentCount }
    }
    case 'variable': {
      const { subject, argumentCount } = parseCall(rest, fault)
      const names = subject.split(',')
      if (names.length !== argumentCount) {
        throw fault(`An upload of ${argumentCount} values names ${names.length} variables`)
      }
      return { request: { kind, names, values: [] }, argumentCount }
    }
    default:
      throw fault('The body of a request begins with none of connect, script, function, variable')
  }
}

function parseConnect(rest: string, fault: Fault): Request {
  if (rest === '') return { kind: 'connect' }
  const [word, user, password, encrypted] = rest.split('\n')
  if (word !== 'login' || user === undefined || password === undefined) {
    throw fault('A connect request holds something other than a login')
  }
  return { kind: 'connect', login: { user, password, encrypted: encrypted === 'true' } }
}

/** Reads count and byte order from the end, because the name before them may contain anything, even line ends. */
function parseCall(rest: string, fault: Fault): { subject: string; argumentCount: number } {
  const end = rest.endsWith('\n') ? rest.length - 1 : rest.length
  const orderStart = rest.lastIndexOf('\n', end - 1)
  const countStart = orderStart < 1 ? -1 : rest.lastIndexOf('\n', orderStart - 1)
  const order = rest.slice(orderStart + 1, end)
  const argumentCount = wholeNumber(rest.slice(countStart + 1, orderStart)) ?? -1
  if (countStart < 1 || (order !== '0' && order !== '1') || argumentCount < 0) {
    throw fault('A request does not end with its argument count and byte order')
  }
  if (argumentCount > maxArguments) {
    throw fault(
      `A request with ${argumentCount} arguments exceeds the ${maxArguments} this end accepts`,
      'DDB_LIMIT',
    )
  }
  if (order === '0' && argumentCount > 0) {
    throw fault(
      'The arguments are big-endian, which this end does not read: send them little-endian (1)',
    )
  }
  return { subject: rest.slice(0, countStart), argumentCount }
}
