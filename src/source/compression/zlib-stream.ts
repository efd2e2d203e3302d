/* Decompresses gzip and Brotli. Readers get the content before a damage, but a failing zlib loses the content of its last chunk. Only zeros
   may follow the compressed data, because some programs pad files with zeros. */
import type { TransformOptions } from 'node:stream'
import { createBrotliDecompress, createGunzip, gunzipSync } from 'node:zlib'
import type { BrotliDecompress, Gunzip, ZlibOptions } from 'node:zlib'
import type { Chunks } from '../byte-source.js'
import { chunkBytes } from '../file-chunks.js'
import { damagedInput, isCutOff, damagedText, trailingDataText } from './damaged-input.js'

/**
 * The content of the gzip members, or of the Brotli stream, in `stored`. Before an error, yields what zlib delivers: everything but the
 * content of the chunk in which the data is damaged. @throws all errors of `stored`
 * @throws {InputError} DDB_INPUT_READ for other data after the compressed data, and for truncated or damaged data
 */
export async function* decompressed(stored: Chunks, name: string, tool: Tool): Chunks {
  const decompressor = tool === 'gzip' ? createGunzip(options) : createBrotliDecompress(options)
  const given = { bytes: 0 }
  const feeding = feed(decompressor, stored, name, given)
  try {
    const failure = yield* contentOf(decompressor)
    // Prefers the input's error, because zlib's error is only a consequence and explains less.
    const cause = await feeding
    if (cause !== undefined) throw cause
    if (failure === undefined) return
    throw unreadable(failure, name, tool, decompressor.bytesWritten, given.bytes)
  } finally {
    decompressor.destroy()
  }
}

/** What `gunzipSync` returns with `info`, unlike what its types say. */
type Unpacked = { readonly buffer: Uint8Array; readonly engine: Gunzip }

/** The content of a small file at once, since a stream for each of thousands takes far longer; undefined if a stream must tell what is wrong. */
export function gunzipped(stored: Uint8Array): Uint8Array | undefined {
  try {
    const asked = { info: true, maxOutputLength: chunkBytes }
    const { buffer, engine } = gunzipSync(stored, asked) as unknown as Unpacked
    return engine.bytesWritten === stored.length ? buffer : undefined
  } catch {
    return undefined
  }
}

/** Feeds zlib chunk by chunk; never rejects. @returns what is wrong with the input; undefined if nothing is */
async function feed(
  decompressor: Decompressor,
  stored: Chunks,
  name: string,
  given: { bytes: number },
): Promise<Error | undefined> {
  try {
    for await (const chunk of stored) {
      let restBytes = chunk.length
      // If a zero byte follows a member, zlib stops reading and silently ignores all further input.
      if (decompressor.bytesWritten === given.bytes) {
        given.bytes += chunk.length
        await write(decompressor, chunk)
        if (decompressor.destroyed) return undefined
        restBytes = given.bytes - decompressor.bytesWritten
      }
      const rest = chunk.subarray(chunk.length - restBytes)
      if (rest.some(byte => byte !== 0)) {
        return damagedInput(name, trailingDataText(decompressor.bytesWritten))
      }
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    decompressor.end()
  }
}

/** zlib's messages if something other than a member follows a gzip member. */
const noMember = /header|unknown compression method/

/** Replaces zlib's messages, because they do not tell users what to do. */
function unreadable(
  cause: NodeJS.ErrnoException,
  name: string,
  tool: Tool,
  fromBytes: number,
  toBytes: number,
): Error {
  if (cause.code === 'Z_BUF_ERROR') return damagedInput(name, isCutOff(toBytes), cause)
  if (tool === 'gzip' && cause.code !== 'Z_DATA_ERROR') return cause
  if (!noMember.test(cause.message)) {
    const place = `before byte ${toBytes} of the file (${cause.message})`
    return damagedInput(name, damagedText(place, `${tool} -t`), cause)
  }
  return damagedInput(
    name,
    `end between byte ${fromBytes} and byte ${toBytes} of the file, and something else follows: write the file again (gzip -dc FILE | gzip > NEW)`,
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
      await new Promise<void>(resolve => (wake = resolve))
    }
  }
}
