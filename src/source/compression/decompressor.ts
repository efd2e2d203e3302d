/*
  Feeds a decompression stream of zlib and reads all of its content, even if the stream fails.
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

/** A compression of zlib, and the name of the program that tests its files. */
export type Tool = 'gzip' | 'brotli'

// Buffers some chunks, so that zlib's thread works while the caller parses.
const options: ZlibOptions & TransformOptions = {
  chunkSize: chunkBytes,
  highWaterMark: 4 * chunkBytes,
}

export function newDecompressor(tool: Tool): Decompressor {
  return tool === 'gzip' ? createGunzip(options) : createBrotliDecompress(options)
}

/** Resolves once zlib has failed or no longer needs the chunk. The caller may then overwrite the chunk. */
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

/** Yields all content that zlib delivers before it fails, unlike a loop over the stream. @returns the failure, if any */
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
