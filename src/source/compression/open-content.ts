/*
  What is in an input: its bytes, or what they decompress to.
*/
import type { Chunks, Compression } from '../byte-source.js'
import type { CountedChunks } from '../counted-chunks.js'
import { gunzipped, unbrotlied } from './zlib-stream.js'
import { isZstd } from './zstd-frames.js'

/**
 * How an input is compressed, by its first bytes; Brotli has none of its own and is known by the name of the file.
 *
 * @param asked  what somebody said
 */
export function compressionOf(
  asked: 'auto' | Compression,
  head: Uint8Array,
  name: string,
): Compression {
  if (asked !== 'auto') return asked
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (isZstd(head)) return 'zstd'
  return /\.br$/i.test(name) ? 'brotli' : 'none'
}

/** The content of what is stored. @throws {InputError} DDB_INPUT_READ, behind the last chunk */
export async function contentOf(
  stored: CountedChunks,
  compression: Exclude<Compression, 'none'>,
  name: string,
): Promise<Chunks> {
  if (compression === 'gzip') return gunzipped(stored.rest(), name)
  if (compression === 'brotli') return unbrotlied(stored.rest(), name)
  // Most runs need no thread, and no decoder of their own.
  const { unzstd } = await import('./unzstd.js')
  return unzstd(stored.rest(), name)
}
