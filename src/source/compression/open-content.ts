/*
  Opens the content of an input: its own bytes, or the bytes that they decompress to.
*/
import type { Chunks, Compression } from '../byte-source.js'
import type { CountedChunks } from '../counted-chunks.js'
import { damagedInput, emptyText, notCompressed } from './damaged-input.js'
import { decompressed } from './zlib-stream.js'
import { isZstd } from './zstd-frames.js'

/** Detects the compression by the first bytes; Brotli is detected by the file name. @param asked  the user's choice */
export function compressionOf(
  asked: 'auto' | Compression,
  head: Uint8Array,
  name: string,
): Compression {
  if (asked !== 'auto') return asked
  if (isGzip(head)) return 'gzip'
  if (isZstd(head)) return 'zstd'
  if (/\.br$/i.test(name)) return 'brotli'
  return head.length === 0 ? compressionOfEmpty(name) : 'none'
}

const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b

/** Decides by the file name, so that an empty `.gz` file is reported as damaged instead of treated as an empty input. */
function compressionOfEmpty(name: string): Compression {
  if (/\.t?gz$/i.test(name)) return 'gzip'
  return /\.zst$/i.test(name) ? 'zstd' : 'none'
}

/** @throws {InputError} DDB_INPUT_READ for an empty file, or if `gzip` is wrong; other errors occur when chunks are read */
export async function contentOf(
  stored: CountedChunks,
  compression: Exclude<Compression, 'none'>,
  name: string,
): Promise<Chunks> {
  const { head, isWhole } = stored
  if (head.length === 0 && isWhole) throw damagedInput(name, emptyText(compression))
  if (compression === 'gzip' && head.length > 1 && !isGzip(head)) throw notCompressed(name, 'gzip')
  if (compression !== 'zstd') return decompressed(stored.rest(), name, compression)
  // Loads the modules only when needed, because most runs read no Zstandard.
  const { unzstd } = await import('./unzstd.js')
  return unzstd(stored.rest(), name)
}
