/*
  Decompresses gzip and Brotli. Readers get all content that can be decompressed before a failure is reported. Only
  zeros may follow the compressed data, because some programs pad files with zeros.
*/
import type { InputError } from '../../errors.js'
import type { Chunks } from '../byte-source.js'
import { damagedInput, isCutOff, damagedText, trailingDataText } from './damaged-input.js'
import { contentOf, newDecompressor, write, type Decompressor, type Tool } from './decompressor.js'
import { KeptInput, lastContent, type Place } from './last-content.js'

interface Given {
  bytes: number
  readonly kept: KeptInput
}

/**
 * The content of the gzip members in `stored`. Yields everything that can be decompressed before an error.
 * @throws {InputError} DDB_INPUT_READ for other data after the members, and for truncated or damaged data
 * @throws all errors of `stored`
 */
export function gunzipped(stored: Chunks, name: string): Chunks {
  return decompressed(stored, name, 'gzip')
}

/** The content of the Brotli stream in `stored`. @throws as `gunzipped` */
export function unbrotlied(stored: Chunks, name: string): Chunks {
  return decompressed(stored, name, 'brotli')
}

async function* decompressed(stored: Chunks, name: string, tool: Tool): Chunks {
  const decompressor = newDecompressor(tool)
  const given: Given = { bytes: 0, kept: new KeptInput() }
  const feeding = feed(decompressor, stored, name, given)
  let contentBytes = 0
  try {
    const content = contentOf(decompressor)
    let next = await content.next()
    for (; next.done !== true; next = await content.next()) {
      contentBytes += next.value.length
      yield next.value
    }
    // Prefers the input's error, because zlib's error is only a consequence and explains less.
    const cause = await feeding
    if (cause !== undefined) throw cause
    const failure = next.value
    if (failure === undefined) return
    let place = { fromBytes: decompressor.bytesWritten, toBytes: given.bytes }
    if (saysDamage(failure, tool) && given.kept.isWhole) {
      place = yield* lastContent(tool, given.kept, place, contentBytes)
    }
    throw unreadable(failure, name, tool, place)
  } finally {
    decompressor.destroy()
  }
}

/** Feeds zlib chunk by chunk; never rejects. @returns what is wrong with the input; undefined if nothing is */
async function feed(
  decompressor: Decompressor,
  stored: Chunks,
  name: string,
  given: Given,
): Promise<Error | undefined> {
  try {
    for await (const chunk of stored) {
      let restBytes = chunk.length
      // If a zero byte follows a member, zlib stops reading and silently ignores all further input.
      if (decompressor.bytesWritten === given.bytes) {
        given.bytes += chunk.length
        given.kept.add(chunk)
        await write(decompressor, chunk)
        if (decompressor.destroyed) return undefined
        restBytes = given.bytes - decompressor.bytesWritten
      }
      const rest = chunk.subarray(chunk.length - restBytes)
      if (rest.some(byte => byte !== 0)) return unknownRest(name, decompressor.bytesWritten)
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    decompressor.end()
  }
}

function unknownRest(name: string, endBytes: number): InputError {
  return damagedInput(name, trailingDataText(endBytes))
}

/** zlib's messages if something other than a member follows a gzip member. */
const noMember = /header|unknown compression method/

/** zlib's messages for a member whose content does not match its checksum or length. */
const notTheContent = /^incorrect (?:data|length) check$/

/** How many bytes of a member zlib has read when it reports each message. */
const saidWith: Readonly<Record<string, number>> = {
  'incorrect header check': 2,
  'unknown compression method': 4,
  'unknown header flags set': 4,
}

/** True if data is wrong, false if data is missing. */
function saysDamage(cause: NodeJS.ErrnoException, tool: Tool): boolean {
  return tool === 'gzip' ? cause.code === 'Z_DATA_ERROR' : cause.code !== 'Z_BUF_ERROR'
}

/** Replaces zlib's messages, because they do not tell users what to do. */
function unreadable(
  cause: NodeJS.ErrnoException,
  name: string,
  tool: Tool,
  { fromBytes, toBytes }: Place,
): Error {
  if (cause.code === 'Z_BUF_ERROR') return damagedInput(name, isCutOff(toBytes), cause)
  if (!saysDamage(cause, tool)) return cause
  const between = `between byte ${fromBytes} and byte ${toBytes} of the file`
  if (!noMember.test(cause.message)) {
    const place = notTheContent.test(cause.message) ? `before byte ${toBytes} of the file` : between
    return damagedInput(name, damagedText(`${place} (${cause.message})`, `${tool} -t`), cause)
  }
  const endBytes = toBytes - fromBytes > 1 ? 0 : toBytes - (saidWith[cause.message] ?? toBytes)
  if (endBytes > 0) return damagedInput(name, trailingDataText(endBytes), cause)
  return damagedInput(
    name,
    `end ${between}, and something else follows: cut it off, or load what gzip can decompress: ` +
      'gzip -dc FILE | ddb-ingest load -',
    cause,
  )
}
