/*
  The interface of an input's text, whether it comes from a file, a pipe or a compressed file. Chunks come in order, decompressed,
  as UTF-8 and without a byte order mark.
*/
import type { SourceText } from './encoding/text-origin.js'

/** Bytes, chunk by chunk. A chunk may be overwritten as soon as the next one is requested. */
export type Chunks = AsyncGenerator<Uint8Array, void, void>

export const compressions = ['none', 'gzip', 'zstd', 'brotli'] as const

export type Compression = (typeof compressions)[number]

/** One opened input. Every error while reading names the input. */
export interface ByteSource {
  /** The user's name for the input; `stdinName` for standard input. */
  readonly name: string
  readonly compression: Compression
  /** The text's encoding, how it was determined, and how to map the text back to the input. */
  readonly text: SourceText
  /** Stored (possibly compressed) size; undefined for a pipe. */
  readonly totalBytes: number | undefined
  /** Stored bytes consumed so far; progress is `bytesRead / totalBytes`. */
  readonly bytesRead: number
  /** Bytes of the decompressed input consumed so far, including a byte order mark. */
  readonly contentBytesRead: number
  /** Length of the byte order mark before the first chunk; 0 if there is none. */
  readonly startOffsetBytes: number
  /** The first characters of the text, for guessing its format; empty for an empty input. */
  readonly head: Uint8Array
  /** Content as UTF-8, readable once. @throws {InputError} DDB_INPUT_READ, DDB_INPUT_TRUNCATED, DDB_INPUT_ENCODING */
  chunks(): Chunks
  /**
   * Makes the next chunk begin at `toBytes` of the content. `bytesRead` and `contentBytesRead` then count the skipped bytes, too.
   * Undefined for compressed or decoded inputs and pipes, which are read in order.
   * @param fromBytes  end of the chunks that the caller has consumed
   * @param toBytes  where a character begins, or the content ends
   * @returns false if the source has read further than the caller; then nothing is skipped
   */
  readonly skipTo?: ((fromBytes: number, toBytes: number) => boolean) | undefined
  /** Closes the file or stream; has no effect after everything was read. */
  close(): Promise<void>
}
