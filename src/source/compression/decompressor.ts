/*
  Feeds one of zlib's streams and reads its content, without losing what it holds when it fails.
*/
import type { TransformOptions } from 'node:stream'
import {
  createBrotliDecompress,
  createGunzip,
  type BrotliDecompress,
  type Gunzip,
  type ZlibOptions,
} from 'node:zlib'
import { chunkBytes } from '../file-chunks.js'

export type Decompressor = Gunzip | BrotliDecompress

/** Named after the program that tests such files. */
export type Tool = 'gzip' | 'brotli'

// Room for some chunks lets zlib's thread work while the last one is parsed.
const options: ZlibOptions & TransformOptions = {
  chunkSize: chunkBytes,
  highWaterMark: 4 * chunkBytes,
}

export function newDecompressor(tool: Tool): Decompressor {
  return tool === 'gzip' ? createGunzip(options) : createBrotliDecompress(options)
}

/** Resolves once zlib no longer needs the chunk, which will be overwritten, or has failed. */
export function write(decompressor: Decompressor, chunk: Uint8Array): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      decompressor.off('close', done)
      resolve()
    }
    decompressor.once('close', done)
    decompressor.write(chunk, done)
  })
}

/**
 * Everything that zlib delivers before the call that failed; iterating the stream would drop what it holds then.
 * @returns why it failed
 */
export async function* contentOf(
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
