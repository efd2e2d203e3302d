/* The interface of an input's text, whether it comes from a file, a pipe or a compressed file. Chunks come in order, decompressed, as UTF-8
   and without a byte order mark. Readers see this text, but report positions in the input and keep records in the input's bytes. */
import type { Encoding } from './encoding/encodings.js'

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
  readonly chunks: () => Chunks
  /**
   * Makes the next chunk begin at `toBytes` of the content. `bytesRead` and `contentBytesRead` then count the skipped bytes, too.
   * Undefined for compressed or decoded inputs and pipes, which are read in order.
   * @param fromBytes  end of the chunks that the caller has consumed @param toBytes  where a character begins, or the content ends
   * @returns false if the source has read further than the caller; then nothing is skipped
   */
  readonly skipTo?: (fromBytes: number, toBytes: number) => boolean
  /** Closes the file or stream; has no effect after everything was read. */
  close(): Promise<void>
}

/** Bytes of an input that are not a character of its encoding. */
export interface BrokenBytes {
  /** Position of the first broken byte in the decompressed input. */
  readonly offsetBytes: number
  readonly bytes: Uint8Array
}

export interface BrokenText {
  /** Whether the text delivered so far may have broken bytes from `textStart` on. Only `false` is certain. */
  mayBeBroken(textStart: number): boolean
  /** Finds the first broken bytes in a piece of the text. @param text  the piece, which begins at `textStart` */
  brokenBytes(text: Uint8Array, textStart: number): BrokenBytes | undefined
}

/** Maps text positions since the last `release` to the input. A position inside a character maps to its start. */
export interface TextOrigin {
  /** Position in the decompressed input that belongs to `textOffset` in the text. */
  inputOffset(textOffset: number): number
  /** The input bytes of the text between two positions; valid until more text is requested. */
  inputBytes(textStart: number, textEnd: number): Uint8Array
  /** Lets the origin forget everything before `textOffset`. Do not request that part afterwards. */
  release(textOffset: number): void
}

export interface SourceText {
  readonly encoding: Encoding
  /** Whether the user gave the encoding or the program found it. */
  readonly how: 'given' | 'found'
  /** The byte order mark at the start of the input; may be empty. */
  readonly mark: Uint8Array
  /** Finds bytes that are not a character. Undefined if reading stops with an error at the first such bytes. */
  readonly broken: BrokenText | undefined
  /** Undefined if the input is UTF-8, which needs no decoding: text and input then have the same positions. */
  readonly origin: TextOrigin | undefined
}
