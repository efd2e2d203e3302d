/*
  Gzip and Brotli into their content. What can be decompressed comes out before a failure is told, and nothing behind
  the compressed data is passed over but zeros, with which files are padded.
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
import { damagedInput, isCutOff, restFollows } from './damaged-input.js'

type Decompressor = Gunzip | BrotliDecompress

/** The program that tests such files. */
type Tool = 'gzip' | 'brotli'

/** What a decompressor was given. */
interface Given {
  bytes: number
}

// Room for some chunks lets zlib's thread go on while the last one is parsed.
const options: ZlibOptions & TransformOptions = {
  chunkSize: chunkBytes,
  highWaterMark: 4 * chunkBytes,
}

/**
 * The content of the gzip members in `stored`.
 *
 * @throws {InputError} DDB_INPUT_READ for what follows them, for what is cut off and for what is damaged; what `stored`
 * throws. All behind the last chunk
 */
export function gunzipped(stored: Chunks, name: string): Chunks {
  return decompressed(createGunzip(options), stored, name, 'gzip')
}

/** The content of the Brotli stream in `stored`. @throws as `gunzipped` */
export function unbrotlied(stored: Chunks, name: string): Chunks {
  return decompressed(createBrotliDecompress(options), stored, name, 'brotli')
}

async function* decompressed(
  decompressor: Decompressor,
  stored: Chunks,
  name: string,
  tool: Tool,
): Chunks {
  const given: Given = { bytes: 0 }
  const feeding = feed(decompressor, stored, name, given)
  try {
    const failure = yield* contentOf(decompressor)
    // Why the input ended says more than that zlib misses something.
    const cause = await feeding
    if (cause !== undefined) throw cause
    if (failure === undefined) return
    throw unreadable(failure, name, tool, decompressor.bytesWritten, given.bytes)
  } finally {
    decompressor.destroy()
  }
}

/** Gives zlib one chunk after the other. @returns why the input is not whole; never rejects */
async function feed(
  decompressor: Decompressor,
  stored: Chunks,
  name: string,
  given: Given,
): Promise<Error | undefined> {
  try {
    for await (const chunk of stored) {
      let restBytes = chunk.length
      // Behind a zero that begins no member, zlib takes nothing more and says nothing.
      if (decompressor.bytesWritten === given.bytes) {
        given.bytes += chunk.length
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

/** Resolves once zlib needs the chunk no more, for it is only lent, or has failed. */
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

function unknownRest(name: string, endBytes: number): InputError {
  return damagedInput(name, restFollows(endBytes))
}

/** What zlib says where a member of gzip should begin, and something else does. */
const noMember = /header|unknown compression method/

/**
 * Of what zlib says nobody knows what to do.
 *
 * @param fromBytes  before this place of the file all is well
 * @param toBytes  so much of it zlib had
 */
function unreadable(
  cause: Error,
  name: string,
  tool: Tool,
  fromBytes: number,
  toBytes: number,
): Error {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'Z_BUF_ERROR') return damagedInput(name, isCutOff(toBytes), cause)
  if (code !== 'Z_DATA_ERROR' && tool === 'gzip') return cause
  const place = `between byte ${fromBytes} and byte ${toBytes} of the file`
  if (!noMember.test(cause.message)) {
    const advice = `test it with ${tool} -t, and write or copy it again`
    return damagedInput(name, `are damaged ${place} (${cause.message}): ${advice}`, cause)
  }
  return damagedInput(
    name,
    `end ${place}, and something else follows: take it off, or load what gzip takes out of it: ` +
      'gzip -dc FILE | ddb-ingest load -',
    cause,
  )
}

/**
 * All that zlib gives; iterating a stream would drop what it holds when it fails.
 * @returns why it failed
 */
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
