/*
  Response (docs/protocol.md#response)
    messages  any number of: MSG LF text ended by 00
    header    <sessionId> <objectCount> <byte order> LF   three tokens, no blank after them; byte order 1
    status    OK LF, or the error as one line LF
    object    when the status is OK and objectCount is 1
  If the request had a fetchSize, a reply that is a tuple comes in blocks (docs/protocol.md#blocks): flag, rows,
  columns, then rows × columns objects.
*/
import { ProtocolError } from '../errors.js'
import type { ByteReader, Decoding } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { decodeObject, encodeValue } from './codec.js'
import { dataTypes } from './data-type.js'
import { DecodeContext, type DecodeLimits, readCount } from './decode-context.js'
import { dataForms, type Value } from './value.js'

/** Limit of the header and of an error line. An error line repeats the failing script, which may be long. */
const maxLineBytes = 1_048_576
/** Limit of the text that one call of print sends. */
const maxMessageBytes = 16_777_216

const tupleFlag = (dataForms.vector << 8) | dataTypes.ANY.id

/** Writes one whole response, or nothing if it throws. @throws {ValueError} for a value that cannot be encoded */
export function encodeResponse(
  writer: ByteWriter,
  sessionId: string,
  outcome: { value: Value | undefined } | { error: string },
  isCompressed: boolean = false,
): void {
  if ('error' in outcome) {
    writer.utf8(`${sessionId} 0 1\n${errorLine(outcome.error)}\n`)
    return
  }
  if (outcome.value === undefined) {
    writer.utf8(`${sessionId} 0 1\nOK\n`)
    return
  }
  writer.mark()
  try {
    writer.utf8(`${sessionId} 1 1\nOK\n`)
    encodeValue(writer, outcome.value, isCompressed)
  } catch (error) {
    writer.rollback()
    throw error
  }
}

/** The error on one line. Clients stop reading at the first line end and would take the rest for the next response. */
function errorLine(text: string): string {
  const line = text.replaceAll(/[\r\n]+/g, ' ').trim()
  // Clients would mistake an empty line or `OK` for success.
  return line === '' || line === 'OK' ? `Error: ${line}` : line
}

/** Writes printed output. Removes U+0000, which would end the message early. */
export function encodeMessage(writer: ByteWriter, text: string): void {
  writer.utf8('MSG\n')
  writer.str0(text.replaceAll('\0', ''))
}

/** A value, or the server's error line. The session remains usable after an error. */
export type Response = { sessionId: string } & (
  | {
      ok: true
      value: Value | undefined
      /** In block mode, for a tuple: the number of values that follow. Call `decodeValue` for each. */
      blockCount?: number
    }
  | { ok: false; message: string }
)

export interface ResponseOptions {
  /** Receives the printed text of each MSG. */
  onMessage?: (text: string) => void
  limits?: DecodeLimits
  /** True if the request had a fetchSize. The caller then reads the elements of a tuple. */
  blocks?: boolean
}

/** @throws {ProtocolError} for invalid bytes; the rest of the stream can then not be decoded */
export function* decodeResponse(
  reader: ByteReader,
  options: ResponseOptions = {},
): Decoding<Response> {
  const startOffsetBytes = reader.offsetBytes
  let line = yield* reader.line(maxLineBytes)
  while (line === 'MSG') {
    const text = yield* reader.str0(maxMessageBytes)
    options.onMessage?.(text)
    line = yield* reader.line(maxLineBytes)
  }
  const { sessionId, objectCount } = parseHeader(line, startOffsetBytes)
  const status = withoutCarriageReturn(yield* reader.line(maxLineBytes))
  if (status !== 'OK') return { sessionId, ok: false, message: status }
  if (objectCount === 0) return { sessionId, ok: true, value: undefined }
  const context = new DecodeContext(reader, options.limits)
  if (options.blocks) {
    if (!reader.has(2)) yield* reader.need(2)
    if (reader.peekU16() === tupleFlag) {
      if (!reader.has(10)) yield* reader.need(10)
      reader.u16()
      const blockCount = readCount(reader, 'rows') * readCount(reader, 'columns')
      return { sessionId, ok: true, value: undefined, blockCount }
    }
  }
  return { sessionId, ok: true, value: yield* decodeObject(context) }
}

function parseHeader(line: string, offsetBytes: number) {
  const tokens = withoutCarriageReturn(line).split(' ')
  const [sessionId, objectCount, byteOrder] = tokens
  const isHeader = tokens.length === 3 && /^\d{1,19} [01]$/.test(`${sessionId} ${objectCount}`)
  if (sessionId && isHeader && byteOrder !== '0')
    return { sessionId, objectCount: Number(objectCount) }
  const problem =
    sessionId && isHeader
      ? 'The server answers in big-endian byte order, which this end does not read'
      : `A response begins with ${JSON.stringify(line.slice(0, 60))}: is this a DolphinDB server?`
  throw new ProtocolError(problem, offsetBytes)
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
