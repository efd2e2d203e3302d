/*
  The source of a reader's text: a file, a pipe, a decompressed file. Chunks come in order, already decompressed, as UTF-8 and
  without a byte order mark.
*/
import type { SourceText } from './encoding/text-origin.js'

/** Bytes piece by piece; a piece may be overwritten as soon as the next one is requested. */
export type Chunks = AsyncGenerator<Uint8Array, void, void>

/** How an input may be stored. */
export const compressions = ['none', 'gzip', 'zstd', 'brotli'] as const

/** How an input is stored. */
export type Compression = (typeof compressions)[number]

/** One opened input. Errors while reading name the input, whatever the underlying failure. */
export interface ByteSource {
  /** The user's name for it; `stdinName` for standard input. */
  readonly name: string
  /** Path on disk, undefined for a stream. */
  readonly path: string | undefined
  readonly compression: Compression
  /** The encoding, how it was determined, and how to map the text back to the input. */
  readonly text: SourceText
  /** Stored (possibly compressed) size; undefined for a pipe. */
  readonly totalBytes: number | undefined
  /** Stored bytes consumed so far; progress is `bytesRead / totalBytes`. */
  readonly bytesRead: number
  /** Bytes of the decompressed input consumed so far, including a byte order mark. */
  readonly contentBytesRead: number
  /** Bytes of the decompressed input before the first chunk: those of the byte order mark, else 0. */
  readonly startOffsetBytes: number
  /** The first few characters, for guessing the format; empty if the input is. */
  readonly head: Uint8Array
  /**
   * The content as UTF-8, to be iterated once. A chunk may be overwritten as soon as the next one is requested.
   * @throws {InputError} DDB_INPUT_READ, DDB_INPUT_TRUNCATED, DDB_INPUT_ENCODING
   */
  chunks(): Chunks
  /**
   * Makes the next chunk begin at `toBytes` of the content, without reading what lies before; both counts continue from there.
   * Undefined if content can only be found by reading: compressed, decoded, or from a pipe.
   * @param fromBytes  up to which chunks were consumed
   * @param toBytes  where a character begins, or the content ends
   * @returns false if more was read than consumed, so that the next chunk still follows the last one
   */
  readonly skipTo?: ((fromBytes: number, toBytes: number) => boolean) | undefined
  /** Closes the file or stream; has no effect if everything was read. */
  close(): Promise<void>
}
