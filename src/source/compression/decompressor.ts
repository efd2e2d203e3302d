/*
  One of zlib's streams, given bytes and asked for their content without losing what it holds when it fails.
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

/** What it is for, by the program that tests such files. */
export type Tool = 'gzip' | 'brotli'

// Room for some chunks lets zlib's thread go on while the last one is parsed.
const options: ZlibOptions & TransformOptions = {
  chunkSize: chunkBytes,
  highWaterMark: 4 * chunkBytes,
}

export function newDecompressor(tool: Tool): Decompressor {
  return tool === 'gzip' ? createGunzip(options) : createBrotliDecompress(options)
}

/** Resolves once zlib needs the chunk no more, for it is only lent, or has failed. */
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
 * All that zlib gives, but what the call gave that failed; iterating a stream would drop what it holds when it fails.
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
