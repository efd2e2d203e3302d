/*
  Gzip into its content. What can be decompressed comes out before a failure is told, and nothing behind the
  compressed data is passed over but zeros, with which files are padded.
*/
import type { TransformOptions } from 'node:stream'
import { createGunzip, type Gunzip, type ZlibOptions } from 'node:zlib'
import { InputError } from '../errors.js'
import { chunkBytes } from './file-chunks.js'

type Chunks = AsyncGenerator<Uint8Array, void, void>

/**
 * The content of the gzip members in `stored`.
 *
 * @throws {InputError} DDB_INPUT_READ for what follows them; zlib's own errors; what `stored` throws. All behind the
 * last chunk
 */
export async function* gunzipped(stored: Chunks, name: string): Chunks {
  // Room for some chunks lets zlib's thread go on while the last one is parsed.
  const options: ZlibOptions & TransformOptions = {
    chunkSize: chunkBytes,
    highWaterMark: 4 * chunkBytes,
  }
  const gunzip = createGunzip(options)
  const feeding = feed(gunzip, stored, name)
  try {
    const failure = yield* contentOf(gunzip)
    // Why the input ended says more than that zlib misses something.
    const cause = (await feeding) ?? failure
    if (cause !== undefined) throw cause
  } finally {
    gunzip.destroy()
  }
}

/** Gives zlib one chunk after the other. @returns why the input is not whole; never rejects */
async function feed(gunzip: Gunzip, stored: Chunks, name: string): Promise<Error | undefined> {
  let givenBytes = 0
  try {
    for await (const chunk of stored) {
      let restBytes = chunk.length
      // Behind a zero that begins no member, zlib takes nothing more and says nothing.
      if (gunzip.bytesWritten === givenBytes) {
        await write(gunzip, chunk)
        if (gunzip.destroyed) return undefined
        givenBytes += chunk.length
        restBytes = givenBytes - gunzip.bytesWritten
      }
      const rest = chunk.subarray(chunk.length - restBytes)
      if (rest.some(byte => byte !== 0)) return unknownRest(name, gunzip.bytesWritten)
    }
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    gunzip.end()
  }
}

/** Resolves once zlib needs the chunk no more, for it is only lent, or has failed. */
function write(gunzip: Gunzip, chunk: Uint8Array): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      gunzip.off('close', done)
      resolve()
    }
    gunzip.once('close', done)
    gunzip.write(chunk, done)
  })
}

function unknownRest(name: string, endBytes: number): InputError {
  return new InputError(
    'DDB_INPUT_READ',
    `the compressed data of "${name}" end after ${endBytes} bytes, and something else follows: is the file damaged?`,
    { file: name },
  )
}

/**
 * All that zlib gives; iterating a stream would drop what it holds when it fails.
 * @returns why it failed
 */
async function* contentOf(gunzip: Gunzip): AsyncGenerator<Uint8Array, Error | undefined, void> {
  let failure: Error | undefined
  let isOver = false
  let wake = (): void => undefined
  const end = (error?: Error): void => {
    failure ??= error
    isOver = true
    wake()
  }
  gunzip
    .on('readable', () => wake())
    .on('end', () => end())
    .on('close', () => end())
    .on('error', end)
  for (;;) {
    const chunk = gunzip.read() as Uint8Array | null
    if (chunk !== null) yield chunk
    else if (isOver) return failure
    else {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
}
