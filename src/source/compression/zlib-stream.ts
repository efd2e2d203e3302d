/*
  Decompresses gzip and Brotli. Readers get all content that can be decompressed before a failure is reported. Only
  zeros may follow the compressed data, because some programs pad files with zeros.
*/
import type { TransformOptions } from 'node:stream'
import {
  createBrotliDecompress,
  createGunzip,
  type BrotliDecompress,
  type Gunzip,
  type ZlibOptions,
} from 'node:zlib'
import type { InputError } from '../../errors.js'
import type { Chunks } from '../byte-source.js'
import { chunkBytes } from '../file-chunks.js'
import { damagedInput, isCutOff, damagedText, trailingDataText } from './damaged-input.js'

interface Given {
  bytes: number
  readonly kept: KeptInput
}

/**
 * The content of the gzip members, or of the Brotli stream, in `stored`. Yields everything that can be decompressed before an error.
 * @throws {InputError} DDB_INPUT_READ for other data after the compressed data, and for truncated or damaged data
 * @throws all errors of `stored`
 */
export async function* decompressed(stored: Chunks, name: string, tool: Tool): Chunks {
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

type Decompressor = Gunzip | BrotliDecompress

/** A compression of zlib, and the name of the program that tests its files. */
type Tool = 'gzip' | 'brotli'

// Buffers some chunks, so that zlib's thread works while the caller parses.
const options: ZlibOptions & TransformOptions = {
  chunkSize: chunkBytes,
  highWaterMark: 4 * chunkBytes,
}

function newDecompressor(tool: Tool): Decompressor {
  return tool === 'gzip' ? createGunzip(options) : createBrotliDecompress(options)
}

/** Resolves once zlib has failed or no longer needs the chunk. The caller may then overwrite the chunk. */
function write(decompressor: Decompressor, chunk: Uint8Array): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      decompressor.off('close', done)
      resolve()
    }
    decompressor.once('close', done)
    decompressor.write(chunk, done)
  })
}

/** Yields all content that zlib delivers before it fails, unlike a loop over the stream. @returns the failure, if any */
async function* contentOf(
  decompressor: Decompressor,
): AsyncGenerator<Uint8Array, Error | undefined, void> {
  let failure: Error | undefined
  let isOver = false
  let wake = (): void => undefined
  const end = (error?: Error): void => {
    failure ??= error
    isOver = true
    wake()
  }
  decompressor
    .on('readable', () => wake())
    .on('end', () => end())
    .on('close', () => end())
    .on('error', end)
  for (;;) {
    const chunk = decompressor.read() as Uint8Array | null
    if (chunk !== null) yield chunk
    else if (isOver) return failure
    else {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
}

/*
  A failing zlib loses the output of its last input piece. The content of a damaged archive right before the damage is recovered by
  feeding the archive to zlib again, in smaller and smaller pieces.
*/

/** The part of an archive that contains the damage; everything before `fromBytes` is intact. */
interface Place {
  readonly fromBytes: number
  readonly toBytes: number
}

/** Limits memory. If a larger archive is damaged, up to half a megabyte of content before the damage is also lost. */
const mostKeptBytes = 2 * 1024 * 1024

/** Keeps a whole archive, or nothing once the archive exceeds `mostKeptBytes`. */
class KeptInput {
  isWhole = true
  #bytes: Uint8Array = new Uint8Array(64 * 1024)
  #length = 0

  /** @param chunk  copied, because the caller will overwrite it */
  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > mostKeptBytes) {
      this.isWhole = false
      this.#bytes = new Uint8Array(0)
    }
    if (!this.isWhole) return
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(chunk, this.#length)
    this.#length = length
  }

  /** Yields the bytes up to `endBytes`: at once up to `fromBytes`, after that in pieces of at most `pieceBytes`. */
  *pieces(fromBytes: number, endBytes: number, pieceBytes: number): Generator<Uint8Array> {
    if (fromBytes > 0) yield this.#bytes.subarray(0, fromBytes)
    for (let at = fromBytes; at < endBytes; at += pieceBytes) {
      yield this.#bytes.subarray(at, Math.min(at + pieceBytes, endBytes))
    }
  }
}

/** Bytes that zlib gets at once in each of three passes over the damaged part. The last pass finds the exact byte. */
const pieceSizes = [4096, 64, 1]

/**
 * Yields the content that zlib delivers before the damage in `place`, without the content that the caller already has.
 * @param kept  the whole archive up to `place.toBytes`
 * @param knownBytes  length of the content that the caller has
 * @returns the byte at which zlib fails
 */
async function* lastContent(
  tool: Tool,
  kept: KeptInput,
  place: Place,
  knownBytes: number,
): AsyncGenerator<Uint8Array, Place, void> {
  let narrowed = place
  let contentBytes = knownBytes
  for (const pieceBytes of pieceSizes) {
    const decompressor = newDecompressor(tool)
    const feeding = feedPieces(decompressor, kept, narrowed, pieceBytes)
    try {
      let position = 0
      for await (const chunk of contentOf(decompressor)) {
        const fresh = chunk.subarray(Math.max(0, contentBytes - position))
        position += chunk.length
        if (fresh.length === 0) continue
        contentBytes += fresh.length
        yield fresh
      }
      narrowed = await feeding
    } finally {
      decompressor.destroy()
    }
  }
  return narrowed
}

/** Feeds zlib piece by piece until it fails. @returns the place of the piece at which zlib failed */
async function feedPieces(
  decompressor: Decompressor,
  kept: KeptInput,
  { fromBytes, toBytes }: Place,
  pieceBytes: number,
): Promise<Place> {
  let position = 0
  for (const piece of kept.pieces(fromBytes, toBytes, pieceBytes)) {
    await write(decompressor, piece)
    if (decompressor.destroyed) {
      return { fromBytes: position, toBytes: position + piece.length }
    }
    position += piece.length
  }
  decompressor.end()
  return { fromBytes: position, toBytes: position }
}
