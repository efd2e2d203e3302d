/*
  What a reader gets its text from: a file, a pipe, a decompressed file. Chunks come in order, already decompressed, as
  UTF-8 and without a byte order mark.
*/
import type { SourceText } from './encoding/text-origin.js'

/** Bytes piece by piece; a piece may be overwritten as soon as the next one is asked for. */
export type Chunks = AsyncGenerator<Uint8Array, void, void>

/** How an input may be stored. */
export const compressions = ['none', 'gzip', 'zstd', 'brotli'] as const

/** How an input is stored. */
export type Compression = (typeof compressions)[number]

/** One opened input. Reading fails with the input's name in the error, whatever failed underneath. */
export interface ByteSource {
  /** What the user called it; `stdinName` for standard input. */
  readonly name: string
  /** Path on disk, undefined for a stream. */
  readonly path: string | undefined
  readonly compression: Compression
  /** The encoding, how it is known, and the way from the text back to the input. */
  readonly text: SourceText
  /** Size as stored (compressed when it is), undefined for a pipe. */
  readonly totalBytes: number | undefined
  /** Bytes taken so far, counted as stored; progress is `bytesRead / totalBytes`. */
  readonly bytesRead: number
  /** Bytes of the decompressed input taken so far, byte order mark included. */
  readonly contentBytesRead: number
  /** Bytes of the decompressed input that come before the first chunk: those of the byte order mark, else 0. */
  readonly startOffsetBytes: number
  /** The first characters, for guessing the format; few, and none when the input is empty. */
  readonly head: Uint8Array
  /**
   * The content as UTF-8, to be iterated once. A chunk may be overwritten as soon as the next one is asked for.
   *
   * @throws {InputError} DDB_INPUT_READ, DDB_INPUT_TRUNCATED, DDB_INPUT_ENCODING
   */
  chunks(): Chunks
  /**
   * Has the next chunk begin at `toBytes` of the content, unread what stands before; both counts go on from there. There is
   * none where content has to be read to be found: compressed, decoded, out of a pipe.
   *
   * @param fromBytes  up to which the chunks were taken
   * @param toBytes  where a character begins, or the content ends
   * @returns false when the next chunk is the one behind the last all the same: more was read than was taken
   */
  readonly skipTo?: ((fromBytes: number, toBytes: number) => boolean) | undefined
  /** Gives up the file or stream; harmless when everything was read. */
  close(): Promise<void>
}
